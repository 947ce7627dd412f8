"""Circles: founding them, and deciding together who is in."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from node.api.route import Call, Route
from node.views import Connection, circles, ids
from node.views.ids import text
from protocol.keys import CIRCLE
from protocol.values import Name


class NewCircle(msgspec.Struct, frozen=True):
    """A circle to be; anybody whom a member lets connect may read a public one."""

    name: Name
    public: bool = False


class CircleMade(msgspec.Struct, frozen=True):
    """The id of the new circle."""

    circle: str


class WhichCoop(msgspec.Struct, frozen=True):
    """A co-op by its id, whole or a beginning of it."""

    coop: str


class WhichProposal(msgspec.Struct, frozen=True):
    """A proposal by its digest, hexadecimal, whole or a beginning of it."""

    digest: str


class Decided(msgspec.Struct, frozen=True):
    """Whether it took effect; else this co-op has endorsed it, and others have to as well."""

    done: bool


async def show_all(call: Call) -> circles.Circles:
    """The circles that are here."""
    node = call.node
    found: circles.Circles = await call.read(
        lambda reader: circles.all_of(reader, node.coop, node.clock.now_ms())
    )
    return found


async def show(call: Call) -> circles.CircleDetail:
    """One circle."""
    node, circle = call.node, await circle_of(call)
    return await node.store.write(
        lambda database: circles.detail(database, circle, node.coop, node.clock.now_ms())
    )


async def found(call: Call) -> CircleMade:
    """Found one."""
    wish: NewCircle = call.wish
    circle = await call.node.found_circle(wish.name, public=wish.public, role=call.principal.role)
    return CircleMade(text(CIRCLE, circle))


async def admit(call: Call) -> Decided:
    """Admit a co-op, or endorse that."""
    circle, coop = await circle_of(call), await _coop_of(call)
    return Decided(await call.node.admit(circle, coop, role=call.principal.role))


async def endorse(call: Call) -> Decided:
    """Say yes to a proposal."""
    wish: WhichProposal = call.wish
    circle = await circle_of(call)
    digest = await call.node.store.write(
        lambda database: circles.proposal_digest(database, circle, wish.digest)
    )
    return Decided(await call.node.endorse(circle, digest, role=call.principal.role))


async def remove(call: Call) -> Decided:
    """Remove a co-op, or endorse that; leave, with the own id."""
    circle, coop = await circle_of(call), await _coop_of(call)
    return Decided(await call.node.remove(circle, coop, role=call.principal.role))


async def circle_of(call: Call) -> bytes:
    """The circle in the path."""

    def view(reader: Connection) -> bytes:
        return ids.circle_id(reader, call.part("circle"))

    circle: bytes = await call.read(view)
    return circle


async def _coop_of(call: Call) -> bytes:
    wish: WhichCoop = call.wish
    coop: bytes = await call.read(lambda reader: ids.coop_id(reader, wish.coop))
    return coop


_decision = partial(Route, method="POST", scope="admin", answer=Decided)
ROUTES: Final = (
    Route(
        method="GET", path="/circles", summary="The circles that this node knows",
        handle=show_all, answer=circles.Circles,
    ),
    Route(
        method="POST", path="/circles", summary="Found a circle", handle=found, scope="admin",
        wish=NewCircle, answer=CircleMade, status=201,
    ),
    Route(
        method="GET", path="/circles/{circle}", summary="A circle's rules, members and proposals",
        handle=show, answer=circles.CircleDetail,
    ),
    _decision(
        path="/circles/{circle}/admissions", summary="Admit a co-op, or endorse that",
        handle=admit, wish=WhichCoop,
    ),
    _decision(
        path="/circles/{circle}/endorsements", summary="Endorse a proposal", handle=endorse,
        wish=WhichProposal,
    ),
    _decision(
        path="/circles/{circle}/removals", summary="Remove a co-op, or endorse that; leave",
        handle=remove, wish=WhichCoop,
    ),
)  # fmt: skip
