"""Co-ops: who is with us in our circles, and how they present themselves."""

from __future__ import annotations

from typing import Final

from node.api.route import Call, Route
from node.views import Connection, coops, ids
from node.views.coops import CoopDetail, Coops


async def show_all(call: Call) -> Coops:
    """All of them."""
    node = call.node
    seen = await node.peers.states()
    found: Coops = await call.read(
        lambda reader: coops.coops(reader, node.coop, seen, node.clock.now_ms())
    )
    return found


async def show(call: Call) -> CoopDetail:
    """One of them."""
    node = call.node
    seen = await node.peers.states()

    def view(reader: Connection) -> CoopDetail:
        coop = ids.coop_id(reader, call.part("coop"))
        return coops.detail(reader, coop, node.coop, seen, node.clock.now_ms())

    found: CoopDetail = await call.read(view)
    return found


ROUTES: Final = (
    Route(
        method="GET", path="/coops", summary="Everybody in our circles, and how each link stands",
        handle=show_all, answer=Coops,
    ),
    Route(
        method="GET", path="/coops/{coop}", summary="A co-op: profile, contact, circles, link",
        handle=show, answer=CoopDetail,
    ),
)  # fmt: skip
