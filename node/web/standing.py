"""Standing: what the node is doing, in words and small pictures; numbers behind them."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node import upkeep
from node.views import Connection, circles, peers, status
from node.web.peer_map import peer_map
from node.web.visit import PageRoute, Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The node's page; its changing part for a page that is open."""
    node = visit.node
    seen = await node.peers.states()
    machine = await upkeep.machine(node)
    now_ms = node.clock.now_ms()

    def view(reader: Connection) -> dict[str, Any]:
        shown = peers.peers(reader, node.coop, seen)
        return {
            "circles": circles.all_of(reader, node.coop, now_ms).circles,
            "status": status.status(
                reader, node.coop, node.store.lag, now_ms, shown, node.copy_error, machine
            ),
        }

    values = await visit.read(view)
    found = values["status"]
    values["hints"] = [(one.level, one.say(visit.translate)) for one in found.hints]
    values["map"] = peer_map(found.peers)
    values["connected"] = sum(one.state == "connected" for one in found.peers)
    return visit.page("standing.html", values, block="standing" if visit.is_htmx else None)


ROUTES: Final = (PageRoute("GET", "/state", show),)
