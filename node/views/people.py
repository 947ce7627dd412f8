"""People: the accounts, sessions, open links and deeds of this node, as people see them.

Never a secret, and nothing of another co-op's people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from node.store import accounts, people, welcomes
from node.store.reading import Connection
from protocol.record import Body


class PersonView(msgspec.Struct, frozen=True):
    """An account; `shown` is the name as its person writes it, `seen_ms` the last visit."""

    name: str
    shown: str
    role: str
    disabled: bool
    created_ms: int
    seen_ms: int | None
    sessions: int


class SessionView(msgspec.Struct, frozen=True):
    """A login that lasts: whose, in which browser, since when, last seen when."""

    id: str
    name: str
    browser: str
    created_ms: int
    seen_ms: int
    expires_ms: int


class WelcomeView(msgspec.Struct, frozen=True):
    """An open link: into a role, or to a new password of the account `name`."""

    number: int
    role: str
    name: str | None
    created_ms: int
    expires_ms: int


class DeedView(msgspec.Struct, frozen=True):
    """Who did what. A name is None when the person was removed since.

    `about` is a role, a number, or kinds of records with how many of each.
    """

    n: int
    time_ms: int
    who: str | None
    role: str
    act: str
    whom: str | None
    has_whom: bool
    about: str


class WrittenView(msgspec.Struct, frozen=True):
    """In which role a record was written and, at its own node, by whom of its people."""

    role: str
    name: str | None
    is_removed: bool


class DeedPage(msgspec.Struct, frozen=True):
    """The newest deeds; `next` is the number to go on before, None at the end.

    `broken`, on the first page, is the first line that does not follow from the one before it:
    somebody changed the file by other means.
    """

    deeds: tuple[DeedView, ...]
    next: int | None
    broken: int | None


def everybody(connection: Connection, now_ms: int) -> list[PersonView]:
    """All accounts, the oldest first."""
    seen: dict[str, list[int]] = {}
    for one in accounts.list_sessions(connection, None, now_ms):
        seen.setdefault(one.name, []).append(one.seen_ms)
    return [
        PersonView(
            name=user.name,
            shown=user.shown or user.name,
            role=user.role,
            disabled=bool(user.disabled),
            created_ms=user.created_ms,
            seen_ms=max(seen.get(user.name, ()), default=None),
            sessions=len(seen.get(user.name, ())),
        )
        for user in accounts.list_users(connection)
    ]


def sessions(connection: Connection, name: str | None, now_ms: int) -> list[SessionView]:
    """The sessions of an account, or of all."""
    return [
        SessionView(
            one.id, one.name, browser_of(one.agent), one.created_ms, one.seen_ms, one.expires_ms
        )
        for one in accounts.list_sessions(connection, name, now_ms)
    ]


def open_links(connection: Connection, now_ms: int) -> list[WelcomeView]:
    """The links that still work, the newest first."""
    return [
        WelcomeView(one.n, one.role, one.name, one.created_ms, one.expires_ms)
        for one in welcomes.open_ones(connection, now_ms)
    ]


def deeds(connection: Connection, before: int | None, limit: int) -> DeedPage:
    """Who did what, the newest first."""
    found = people.lines(connection, before, limit + 1)
    shown = tuple(
        DeedView(one.n, one.time_ms, one.who, one.role, one.act, one.whom, one.has_whom, one.about)
        for one in found[:limit]
    )
    following = shown[-1].n if len(found) > limit else None
    broken = people.first_broken(connection) if before is None else None
    return DeedPage(shown, following, broken)


def written_by(connection: Connection, records: Sequence[bytes]) -> dict[bytes, WrittenView]:
    """Who wrote each of these records, of those whose bodies are here."""
    known = people.authors(connection, records)
    return {
        record: WrittenView(
            _BODY.decode(body).acting_role,
            known.get(record),
            is_removed=record in known and known[record] is None,
        )
        for record, body in people.bodies(connection, records).items()
    }


def browser_of(agent: str) -> str:
    """`Firefox, Android` of what a browser says of itself; empty when it says nothing known."""
    name = next((name for name, pattern in BROWSERS if re.search(pattern, agent)), "")
    system = next((name for name, pattern in SYSTEMS if re.search(pattern, agent)), "")
    return ", ".join(part for part in (name, system) if part)


# The first that fits: most browsers name the ones that they descend from too.
BROWSERS: Final = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
SYSTEMS: Final = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)
_BODY: Final = msgspec.msgpack.Decoder(Body)
