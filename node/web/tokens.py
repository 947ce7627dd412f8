"""Tokens: keys by which programs use this node; each is shown once, and ended when not needed."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.access import SCOPES, read_scopes
from node.gate.keys import ACCOUNTS
from node.gate.problems import problem_of
from node.text import mark as _
from node.web.role_words import DUTIES
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal


async def show(visit: Visit) -> web.StreamResponse:
    """All of them, and the form for a new one."""
    return await _page(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """Make one of the own account."""
    label = visit.form.get("name", "").strip()
    if not 0 < len(label) <= LABEL_CHARS_MAX:
        return await _page(visit, fault=_("write what it is for, in at most 64 characters"))
    scopes = read_scopes(one for one in SCOPES if visit.form.get(one))
    try:
        _number, token = await visit.request.app[ACCOUNTS].make_token(
            visit.principal, label, scopes
        )
    except Refusal as refusal:
        return await _page(visit, refusal=refusal)
    return await _page(visit, token=token)


async def end(visit: Visit) -> web.StreamResponse:
    """End one for good."""
    written = visit.form.get("number", "")
    if not (written.isascii() and written.isdigit()) or len(written) > DIGITS_MAX:
        raise Refusal("bad-id", "the number of a token is needed")
    await visit.request.app[ACCOUNTS].revoke_token(visit.principal, int(written))
    return visit.see("/people/tokens")


async def _page(
    visit: Visit, *, token: str = "", fault: str = "", refusal: Refusal | None = None
) -> web.StreamResponse:
    problem = None if refusal is None else problem_of(refusal, visit.translate, visit.here)
    values = {
        "tokens": await visit.request.app[ACCOUNTS].tokens(),
        "made": token,
        "label": visit.form.get("name", ""),
        "fault": visit.translate(fault) if fault else "",
        "problem": problem,
        "duties": DUTIES,
        "now_ms": visit.node.clock.now_ms(),
    }
    status = 422 if fault else 200 if problem is None else problem.status
    response = visit.page("tokens.html", values, status=status)
    if token:
        response.headers["Cache-Control"] = "no-store"
    return response


LABEL_CHARS_MAX: Final = 64
DIGITS_MAX: Final = 15
ROUTES: Final = (
    PageRoute("GET", "/people/tokens", show, "admin"),
    PageRoute("POST", "/people/tokens", make, "admin"),
    PageRoute("POST", "/people/tokens/end", end, "admin"),
)
