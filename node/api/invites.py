"""Invites: links into a circle that this node gives out, and joining by another's link."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from node.api.route import Call, Route
from node.views import ids, joins
from node.views.ids import text
from protocol.keys import CIRCLE, COOP
from protocol.limits import INVITE_ADDRESSES_MAX
from protocol.values import Address


class NewInvite(msgspec.Struct, frozen=True):
    """An invite to be; what is left out comes from the settings."""

    circle: str
    uses: int | None = None
    days: int | None = None
    addresses: Annotated[tuple[Address, ...], Meta(max_length=INVITE_ADDRESSES_MAX)] = ()
    """Where the newcomer finds this node; its own address when empty."""


class InviteMade(msgspec.Struct, frozen=True):
    """The link, to be given to whom it is meant for, and how long it holds."""

    id: str
    link: str
    circle: str
    expires_ms: int
    uses: int


class InviteLine(msgspec.Struct, frozen=True):
    """An invite in the list, without its link; `uses` are those that are left."""

    id: str
    circle: str
    uses: int
    expires_ms: int
    revoked: bool
    created_ms: int


class Invites(msgspec.Struct, frozen=True):
    """All invites that this node gave out, the newest first."""

    invites: tuple[InviteLine, ...]


class Revoked(msgspec.Struct, frozen=True):
    """The id of what was taken back."""

    revoked: str


class InviteLink(msgspec.Struct, frozen=True):
    """An invite link of another co-op."""

    link: str


class Joined(msgspec.Struct, frozen=True):
    """Pending means that other members of the circle have to say yes first."""

    circle: str
    peer: str
    state: Literal["joined", "pending"]


class GivenUp(msgspec.Struct, frozen=True):
    """The circle that is not waited for any more."""

    given_up: str


async def create(call: Call) -> InviteMade:
    """Make a link."""
    wish: NewInvite = call.wish
    circle: bytes = await call.read(lambda reader: ids.circle_id(reader, wish.circle))
    given = await call.node.invite(circle, uses=wish.uses, days=wish.days, addresses=wish.addresses)
    identifier, uses = given.id.hex(), given.uses_left
    return InviteMade(identifier, given.link, text(CIRCLE, circle), given.expires_ms, uses)


async def show_all(call: Call) -> Invites:
    """What was given out."""
    return Invites(
        tuple(
            InviteLine(
                one.id.hex(),
                text(CIRCLE, one.circle),
                one.uses_left,
                one.expires_ms,
                one.revoked,
                one.created_ms,
            )
            for one in await call.node.invites.all()
        )
    )


async def revoke(call: Call) -> Revoked:
    """Take one back."""
    invite: bytes = await call.read(lambda reader: ids.invite_id(reader, call.part("invite")))
    await call.node.invites.revoke(invite)
    return Revoked(invite.hex())


async def join(call: Call) -> Joined:
    """Follow a link."""
    wish: InviteLink = call.wish
    joining = await call.node.join(wish.link)
    return Joined(
        text(CIRCLE, joining.circle),
        text(COOP, joining.peer),
        "pending" if joining.pending else "joined",
    )


async def show_joins(call: Call) -> joins.Joins:
    """What this node wishes to join."""
    wishes = await call.node.peers.joins.wishes.all()
    found: joins.Joins = await call.read(lambda reader: joins.joins(reader, call.node.coop, wishes))
    return found


async def give_up(call: Call) -> GivenUp:
    """Wait no longer."""
    circle = ids.whole(CIRCLE, call.part("circle"))
    await call.node.peers.joins.wishes.give_up(circle)
    return GivenUp(text(CIRCLE, circle))


ROUTES: Final = (
    Route(
        method="GET", path="/invites", summary="Invites that this node gave out", scope="admin",
        handle=show_all, answer=Invites,
    ),
    Route(
        method="POST", path="/invites", summary="Make an invite link", scope="admin",
        handle=create, wish=NewInvite, answer=InviteMade, status=201, is_secret=True,
    ),
    Route(
        method="DELETE", path="/invites/{invite}", summary="Take an invite back", scope="admin",
        handle=revoke, answer=Revoked,
    ),
    Route(
        method="POST", path="/joins", summary="Join a circle by an invite link", scope="admin",
        handle=join, wish=InviteLink, answer=Joined,
    ),
    Route(
        method="GET", path="/joins", summary="Circles that this node wishes to join",
        handle=show_joins, answer=joins.Joins,
    ),
    Route(
        method="DELETE", path="/joins/{circle}", summary="Give up a wish to join", scope="admin",
        handle=give_up, answer=GivenUp,
    ),
)  # fmt: skip
