"""Problems: what went wrong, as `application/problem+json` (RFC 9457) with a stable code.

A Refusal is told as it is. A fault of the machine is told without its inside, which stands in the
log with the request it belongs to.
"""

from __future__ import annotations

import errno
from typing import Final

import msgspec
import structlog
from aiohttp import web

from node.text import ToldError, Translate
from protocol.errors import REFUSALS, Refusal

CONTENT_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True):
    """`title` is the code's sentence, `detail` what exactly it is this time."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def problem_of(fault: Exception, translate: Translate, where: str) -> Problem:
    """The problem that a fault is; logs what is no refusal. `where` names the request."""
    refusal = _refusal_of(fault, where)
    rule = REFUSALS[refusal.code]
    return Problem(
        "about:blank", translate(rule.sentence), rule.status, refusal.code, refusal.detail
    )


def http_problem(fault: web.HTTPException, translate: Translate) -> Problem:
    """The same of what aiohttp itself says: no such path, another method."""
    code, detail = "not-found", "there is no such path; /openapi.json lists them all"
    if isinstance(fault, web.HTTPMethodNotAllowed):
        detail = f"this path takes {', '.join(sorted(fault.allowed_methods))}"
    elif isinstance(fault, web.HTTPRequestEntityTooLarge):
        code, detail = "too-large", ""
    elif not isinstance(fault, web.HTTPNotFound):
        code, detail = "malformed", fault.reason
    return Problem("about:blank", translate(REFUSALS[code].sentence), fault.status, code, detail)


def response_of(problem: Problem) -> web.Response:
    """The answer that tells it."""
    response = web.Response(
        status=problem.status, body=msgspec.json.encode(problem), content_type=CONTENT_TYPE
    )
    if problem.code == "not-logged-in":
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _refusal_of(fault: Exception, where: str) -> Refusal:
    if isinstance(fault, Refusal):
        if REFUSALS[fault.code].status >= FIRST_FAILING_STATUS:
            _log.error("failed", request=where, code=fault.code, detail=fault.detail)
        return fault
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        _log.error("the disk is full", request=where, fault=str(fault))
        return Refusal("disk-full")
    if isinstance(fault, ToldError):
        _log.error("failed", request=where, fault=str(fault))
        return Refusal("internal", fault.message.say())
    _log.error("failed", request=where, exc_info=fault)
    return Refusal("internal")


_log = structlog.get_logger(__name__)
FIRST_FAILING_STATUS: Final = 500
