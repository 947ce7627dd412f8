"""Pages: the table of all pages of the node, and what a person sees when one of them fails.

Each family of pages is a module with its own `ROUTES`; this one only puts them together. Whoever
is not logged in sees the login alone, and the few pages marked for strangers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from node.gate import entry
from node.gate.languages import languages_of, spoken
from node.gate.problems import Problem, http_problem, problem_of
from node.text import translator
from node.web import (
    assets,
    audit,
    catalogue,
    circles,
    coops,
    first,
    install,
    inviting,
    joining,
    market,
    mine,
    notes,
    offer,
    people,
    profile,
    sessions,
    standing,
    tokens,
    welcome,
    withdraw,
    write,
)
from node.web.visit import PageRoute, Visit, answering
from protocol.errors import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, base: str) -> None:
    """Put the pages below a base path."""
    for route in ROUTES:
        app.router.add_route(route.method, base + route.path, answering(route))
    app.router.add_get(f"{base}/static/{{tag:[0-9a-f]{{16}}}}/{{name:.+}}", assets.serve)
    app.router.add_get(f"{base}/static/{{name:.+}}", assets.serve)
    if base:
        app.router.add_get(base, to_start)


async def to_start(request: web.Request) -> web.StreamResponse:
    """The base path without its slash."""
    return Visit(request, None, {}).see("/")


async def told_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell on a page whatever a page's handler raises."""
    translate = translator(spoken(languages_of(request)))
    try:
        return await handler(request)
    except web.HTTPException as fault:
        if fault.status < FIRST_REFUSING_STATUS:
            raise
        return await _problem(request, http_problem(fault, translate))
    except (ConnectionError, asyncio.CancelledError):
        raise  # whoever asked is gone
    except Exception as fault:  # noqa: BLE001 - the edge of a request
        where = f"{request.method} {request.path}"
        return await _problem(request, problem_of(fault, translate, where))


async def _problem(request: web.Request, problem: Problem) -> web.Response:
    """The problem on a page of its own, or as a part for a page that is open."""
    try:
        caller = await entry.identify(request)
    except Refusal:
        caller = None
    visit = Visit(request, caller, {})
    block = "problem" if visit.is_htmx else None
    return visit.page("problem.html", {"problem": problem}, block=block, status=problem.status)


ROUTES: Final[tuple[PageRoute, ...]] = (
    *first.LATER_ROUTES,
    *sessions.ROUTES,
    *install.ROUTES,
    *market.ROUTES,
    *offer.ROUTES,
    *mine.ROUTES,
    *coops.ROUTES,
    *catalogue.ROUTES,
    *circles.ROUTES,
    *inviting.ROUTES,
    *joining.ROUTES,
    *write.ROUTES,
    *withdraw.ROUTES,
    *notes.ROUTES,
    *standing.ROUTES,
    *people.ROUTES,
    *welcome.ROUTES,
    *audit.ROUTES,
    *tokens.ROUTES,
    *profile.ROUTES,
)
FIRST_REFUSING_STATUS: Final = 400
