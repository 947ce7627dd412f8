"""Standing: what the node is doing: circles, peers, records, and what went wrong."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.views import Connection, circles, peers, status
from node.web.visit import PageRoute, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The node's page; its changing part for a page that is open."""
    node = visit.node
    seen = await node.peers.states()
    now_ms = node.clock.now_ms()

    def view(reader: Connection) -> dict[str, Any]:
        shown_peers = peers.peers(reader, node.coop, seen)
        return {
            "circles": circles.all_of(reader, node.coop, now_ms).circles,
            "status": status.status(reader, node.coop, node.store.lag, now_ms, shown_peers),
        }

    values = await visit.read(view)
    return visit.page("standing.html", values, block="standing" if visit.is_htmx else None)


ROUTES: Final = (PageRoute("GET", "/state", show),)
