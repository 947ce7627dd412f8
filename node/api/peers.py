"""Peers: the co-ops that this node talks to."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from node.api.route import Call, Route
from node.views import ids, peers
from node.views.ids import text
from protocol.keys import COOP
from protocol.values import Address


class Peers(msgspec.Struct, frozen=True):
    """Every co-op that this node was told of."""

    peers: tuple[peers.PeerView, ...]


class NewPeer(msgspec.Struct, frozen=True):
    """A co-op to be listed, and where its node answers."""

    coop: str
    address: Address


class PeerListed(msgspec.Struct, frozen=True):
    """It is listed and will be dialled."""

    coop: str
    address: str


class PeerBlocked(msgspec.Struct, frozen=True):
    """Whether the co-op is blocked now."""

    coop: str
    blocked: bool


async def show_all(call: Call) -> Peers:
    """All of them, with how the link stands."""
    seen = await call.node.peers.states()
    return Peers(await call.read(lambda reader: peers.peers(reader, call.node.coop, seen)))


async def add(call: Call) -> PeerListed:
    """List one."""
    wish: NewPeer = call.wish
    coop: bytes = await call.read(lambda reader: ids.coop_id(reader, wish.coop))
    await call.node.peers.add(coop, wish.address)
    return PeerListed(text(COOP, coop), wish.address)


async def block(call: Call) -> PeerBlocked:
    """Talk to it no more."""
    return await _set_blocked(call, blocked=True)


async def unblock(call: Call) -> PeerBlocked:
    """Talk to it again."""
    return await _set_blocked(call, blocked=False)


async def _set_blocked(call: Call, *, blocked: bool) -> PeerBlocked:
    coop: bytes = await call.read(lambda reader: ids.coop_id(reader, call.part("coop")))
    await call.node.peers.set_blocked(coop, blocked)
    return PeerBlocked(text(COOP, coop), blocked)


_route = partial(Route, method="POST", scope="admin")
ROUTES: Final = (
    Route(
        method="GET", path="/peers", summary="Peers, and how the link to each stands",
        handle=show_all, answer=Peers,
    ),
    _route(
        path="/peers", summary="List a co-op with its address", handle=add, wish=NewPeer,
        answer=PeerListed,
    ),
    _route(
        path="/peers/{coop}/block", summary="Talk to a co-op no more", handle=block,
        answer=PeerBlocked,
    ),
    _route(
        path="/peers/{coop}/unblock", summary="Talk to a co-op again", handle=unblock,
        answer=PeerBlocked,
    ),
)  # fmt: skip
