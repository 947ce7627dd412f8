"""Table: every route of the API, and what a path that is none of them is answered."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.api import (
    accounts,
    blobs,
    circles,
    coops,
    devices,
    disputes,
    events,
    imports,
    invites,
    logs,
    notes,
    offers,
    openapi,
    peers,
    people,
    status,
)
from node.api.route import PREFIX, Route, handler_of


def add_routes(app: web.Application, base: str) -> None:
    """Put all of them below a base path."""
    for route in ROUTES:
        app.router.add_route(route.method, f"{base}{PREFIX}{route.path}", handler_of(route))


ROUTES: Final[tuple[Route, ...]] = (
    *status.ROUTES,
    *circles.ROUTES,
    *invites.ROUTES,
    *peers.ROUTES,
    *coops.ROUTES,
    *offers.ROUTES,
    *imports.ROUTES,
    *blobs.ROUTES,
    *logs.ROUTES,
    *notes.ROUTES,
    *events.ROUTES,
    *accounts.ROUTES,
    *people.ROUTES,
    *devices.ROUTES,
    *disputes.ROUTES,
    openapi.route(lambda: ROUTES),
)
