"""People: accounts, the links that make them, sessions, and the list of who did what."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from node.api.route import Call, Route
from node.gate.keys import PEOPLE, link_of
from node.gate.people import DAYS, DAYS_MAX, Welcome
from node.views import people
from protocol.errors import Refusal

DEEDS_SHOWN: Final = 50
DEEDS_SHOWN_MAX: Final = 1_000
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]


class Users(msgspec.Struct, frozen=True):
    """All accounts, the oldest first."""

    users: tuple[people.PersonView, ...]


class NewWelcome(msgspec.Struct, frozen=True):
    """The role of a new account, and for how many days its link works."""

    role: str = "member"
    days: Days = DAYS


class NewReset(msgspec.Struct, frozen=True):
    """For how many days the link works."""

    days: Days = DAYS


class WelcomeMade(msgspec.Struct, frozen=True):
    """A link that works once."""

    number: int
    link: str
    role: str
    expires_ms: int


class Welcomes(msgspec.Struct, frozen=True):
    """The links that still work."""

    invitations: tuple[people.WelcomeView, ...]


class Ended(msgspec.Struct, frozen=True):
    """What is over now."""

    ended: str


class NewRole(msgspec.Struct, frozen=True):
    """owner, trader, member or auditor."""

    role: str


class Changed(msgspec.Struct, frozen=True):
    """The account that was changed."""

    name: str


class SessionQuery(msgspec.Struct, frozen=True):
    """With `all` everybody's, for who administers."""

    all: bool = False


class Sessions(msgspec.Struct, frozen=True):
    """Logins that last, the last seen first."""

    sessions: tuple[people.SessionView, ...]


class DeedQuery(msgspec.Struct, frozen=True):
    """A page, and `next` of the page before."""

    limit: Annotated[int, Meta(ge=1, le=DEEDS_SHOWN_MAX)] = DEEDS_SHOWN
    before: int | None = None


async def show_all(call: Call) -> Users:
    """Everybody."""
    now_ms = call.node.clock.now_ms()
    return Users(tuple(await call.read(lambda reader: people.everybody(reader, now_ms))))


async def invite(call: Call) -> WelcomeMade:
    """Make a link to a new account."""
    wish: NewWelcome = call.wish
    made = await call.request.app[PEOPLE].invite(call.principal, wish.role, wish.days)
    return _made(call, made)


async def offer_reset(call: Call) -> WelcomeMade:
    """Make a link to a new password."""
    wish: NewReset = call.wish
    name = call.part("name")
    return _made(call, await call.request.app[PEOPLE].offer_reset(call.principal, name, wish.days))


async def show_links(call: Call) -> Welcomes:
    """The open links, without their secrets."""
    now_ms = call.node.clock.now_ms()
    return Welcomes(tuple(await call.read(lambda reader: people.open_links(reader, now_ms))))


async def revoke(call: Call) -> Ended:
    """Take a link back."""
    number = call.part("number")
    if not NUMBER.fullmatch(number):
        raise Refusal("bad-id", "the number of a link is needed")
    await call.request.app[PEOPLE].revoke(call.principal, int(number))
    return Ended(number)


async def set_role(call: Call) -> Changed:
    """Give somebody another role."""
    wish: NewRole = call.wish
    await call.request.app[PEOPLE].set_role(call.principal, call.part("name"), wish.role)
    return Changed(call.part("name"))


async def disable(call: Call) -> Changed:
    """Shut somebody out."""
    await call.request.app[PEOPLE].set_disabled(call.principal, call.part("name"), disabled=True)
    return Changed(call.part("name"))


async def enable(call: Call) -> Changed:
    """Let somebody in again."""
    await call.request.app[PEOPLE].set_disabled(call.principal, call.part("name"), disabled=False)
    return Changed(call.part("name"))


async def remove(call: Call) -> Changed:
    """Remove somebody."""
    await call.request.app[PEOPLE].remove(call.principal, call.part("name"))
    return Changed(call.part("name"))


async def show_sessions(call: Call) -> Sessions:
    """The caller's own, or everybody's."""
    query: SessionQuery = call.query
    if query.all and "admin" not in call.principal.scopes:
        raise Refusal("not-your-role", "it takes the scope admin")
    name = None if query.all else call.principal.name
    now_ms = call.node.clock.now_ms()
    return Sessions(tuple(await call.read(lambda reader: people.sessions(reader, name, now_ms))))


async def end_session(call: Call) -> Ended:
    """End one."""
    await call.request.app[PEOPLE].end_session(call.principal, call.part("session"))
    return Ended(call.part("session"))


async def show_deeds(call: Call) -> people.DeedPage:
    """Who did what."""
    query: DeedQuery = call.query
    found: people.DeedPage = await call.read(
        lambda reader: people.deeds(reader, query.before, query.limit)
    )
    return found


def _made(call: Call, made: Welcome) -> WelcomeMade:
    return WelcomeMade(made.n, link_of(call.node, made.secret), made.role, made.expires_ms)


NUMBER: Final = re.compile("[0-9]{1,15}")
_route = partial(Route, scope="admin")
_of_a_name = partial(_route, answer=Changed)
ROUTES: Final = (
    Route(
        method="GET", path="/users", summary="The people of this node", handle=show_all,
        answer=Users,
    ),
    _route(
        method="POST", path="/users/invitations", summary="A one-time link to a new account",
        handle=invite, wish=NewWelcome, answer=WelcomeMade, status=201, is_secret=True,
    ),
    _route(
        method="GET", path="/users/invitations", summary="Links that still work",
        handle=show_links, answer=Welcomes,
    ),
    _route(
        method="DELETE", path="/users/invitations/{number}", summary="Take a link back",
        handle=revoke, answer=Ended,
    ),
    _route(
        method="POST", path="/users/{name}/reset", summary="A one-time link to a new password",
        handle=offer_reset, wish=NewReset, answer=WelcomeMade, status=201, is_secret=True,
    ),
    _of_a_name(
        method="PUT", path="/users/{name}/role", summary="Another role", handle=set_role,
        wish=NewRole,
    ),
    _of_a_name(
        method="POST", path="/users/{name}/disable", summary="Shut a person out",
        handle=disable,
    ),
    _of_a_name(
        method="POST", path="/users/{name}/enable", summary="Let a person in again",
        handle=enable,
    ),
    _of_a_name(
        method="DELETE", path="/users/{name}", summary="Remove a person", handle=remove,
    ),
    Route(
        method="GET", path="/sessions", summary="Logins that last, one's own or everybody's",
        handle=show_sessions, query=SessionQuery, answer=Sessions,
    ),
    Route(
        method="DELETE", path="/sessions/{session}", summary="End a login", handle=end_session,
        answer=Ended,
    ),
    Route(
        method="GET", path="/audit", summary="Who did what, the newest first", scope="audit",
        handle=show_deeds, query=DeedQuery, answer=people.DeedPage,
    ),
)  # fmt: skip
