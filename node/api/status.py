"""Status: how the node stands, its co-op's profile, and its rows made anew."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from node import upkeep
from node.api.route import Call, Route
from node.gate.checks import check_code
from node.views import Connection, names, peers, status
from protocol.errors import Refusal
from protocol.profile import Contact, Profile


class Digests(msgspec.Struct, frozen=True):
    """The digest over all circles, hexadecimal, before and after."""

    before: str
    after: str


async def show(call: Call) -> status.Status:
    """Everything in numbers."""
    node = call.node
    seen = await node.peers.states()
    machine = await upkeep.machine(node)

    def view(reader: Connection) -> status.Status:
        shown = peers.peers(reader, node.coop, seen)
        now_ms = node.clock.now_ms()
        return status.status(
            reader, node.coop, node.store.lag, now_ms, shown, node.copy_error, machine
        )

    found: status.Status = await call.read(view)
    return found


async def profile(call: Call) -> Profile:
    """The profile that is kept."""
    found: Profile | None = await call.read(names.own_profile)
    if found is None:
        raise Refusal("not-found", "no profile is kept yet")
    return found


async def set_profile(call: Call) -> Profile:
    """Keep another one and show it everywhere."""
    fields: Profile = call.wish
    check_code("country", "country", fields.country)
    await call.node.set_profile(fields, role=call.principal.role)
    return fields


async def contact(call: Call) -> Contact:
    """How people reach the co-op."""
    found: Contact = await call.read(names.own_contact)
    return found


async def set_contact(call: Call) -> Contact:
    """Say it anew."""
    fields: Contact = call.wish
    if fields.nodes:
        raise Refusal("bad-field", "nodes: the node itself says where it answers")
    await call.node.set_contact(fields, role=call.principal.role)
    return fields


async def rebuild(call: Call) -> Digests:
    """Drop and refold."""
    before, after = await call.node.rebuild()
    return Digests(before.hex(), after.hex())


_route = partial(Route, scope="admin")
ROUTES: Final = (
    Route(
        method="GET", path="/status", summary="How the node stands", handle=show,
        answer=status.Status,
    ),
    Route(
        method="GET", path="/profile", summary="The co-op's own profile", handle=profile,
        answer=Profile,
    ),
    _route(
        method="PUT", path="/profile", summary="Show the co-op differently", handle=set_profile,
        wish=Profile, answer=Profile,
    ),
    Route(
        method="GET", path="/contact", summary="How people reach the co-op", handle=contact,
        answer=Contact,
    ),
    _route(
        method="PUT", path="/contact", summary="Say how people reach the co-op",
        handle=set_contact, wish=Contact, answer=Contact,
    ),
    _route(
        method="POST", path="/rebuild", summary="Make all rows anew out of the records",
        handle=rebuild, answer=Digests,
    ),
)  # fmt: skip
