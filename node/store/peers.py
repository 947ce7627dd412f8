"""Peers in the store: whom this node may talk to, and where they answer.

The operator's list, and the members of shared circles with the addresses in their contact records.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

import msgspec

from node.store.database import Database
from protocol import merge, profile
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.record import open_body


class Peer(msgspec.Struct, frozen=True):
    """A co-op that this node was told of."""

    coop: bytes
    name: str = ""
    addresses: tuple[str, ...] = ()
    blocked: bool = False
    last_seen_ms: int | None = None
    last_error: str | None = None


def standing_of(database: Database, own: bytes, coop: bytes) -> str:
    """listed, member (of a circle of ours), blocked, or unknown."""
    row = database.connection.execute(
        "SELECT blocked FROM local_peer WHERE coop = ?", (coop,)
    ).fetchone()
    if row is not None:
        return "blocked" if row[0] else "listed"
    return "member" if coop in members_of_own_circles(database, own) else "unknown"


def members_of_own_circles(database: Database, own: bytes) -> set[bytes]:
    """Live members of all circles in which this co-op is live itself."""
    rows = database.connection.execute(
        "SELECT DISTINCT they.id FROM circle_member AS mine "
        "JOIN coop AS us ON us.n = mine.coop AND us.id = ? "
        "JOIN circle_member AS other ON other.circle = mine.circle AND other.live "
        "JOIN coop AS they ON they.n = other.coop WHERE mine.live",
        (own,),
    )
    return {row[0] for row in rows} - {own}


def put(
    database: Database, coop: bytes, name: str, addresses: tuple[str, ...], now_ms: int
) -> None:
    """List a co-op; known addresses are kept beside the new ones, the new ones first."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT name, addresses FROM local_peer WHERE coop = ?", (coop,)
        ).fetchone()
        known = tuple(json.loads(row[1])) if row else ()
        merged = tuple(dict.fromkeys([*addresses, *known]))[:ADDRESSES_MAX]
        connection.execute(
            "INSERT INTO local_peer (coop, name, addresses, blocked, added_ms) "
            "VALUES (?, ?, ?, 0, ?) ON CONFLICT (coop) DO UPDATE SET "
            "name = excluded.name, addresses = excluded.addresses",
            (coop, name or (row[0] if row else ""), json.dumps(merged), now_ms),
        )


def set_blocked(database: Database, coop: bytes, *, blocked: bool, now_ms: int) -> None:
    """Block or unblock; a member that is not listed becomes listed by it."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_peer (coop, name, addresses, blocked, added_ms) "
            "VALUES (?, '', '[]', ?, ?) ON CONFLICT (coop) DO UPDATE SET "
            "blocked = excluded.blocked",
            (coop, blocked, now_ms),
        )


def note(database: Database, coop: bytes, seen_ms: int | None, error: str | None) -> None:
    """Note when a listed peer was last seen, or why it was not."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE local_peer SET last_seen_ms = coalesce(?, last_seen_ms), last_error = ? "
            "WHERE coop = ?",
            (seen_ms, error, coop),
        )


def all_known(database: Database, own: bytes) -> list[Peer]:
    """Listed peers and members, with their addresses."""
    rows = database.connection.execute(
        "SELECT coop, name, addresses, blocked, last_seen_ms, last_error FROM local_peer"
    ).fetchall()
    found = {
        row[0]: Peer(row[0], row[1], tuple(json.loads(row[2])), bool(row[3]), row[4], row[5])
        for row in rows
    }
    for coop in members_of_own_circles(database, own):
        known = found.get(coop) or Peer(coop)
        addresses = tuple(dict.fromkeys([*told_addresses(database, coop), *known.addresses]))
        found[coop] = msgspec.structs.replace(known, addresses=addresses[:ADDRESSES_MAX])
    return sorted(found.values(), key=lambda one: one.coop)


def told_addresses(database: Database, coop: bytes, circle: bytes | None = None) -> tuple[str, ...]:
    """Where a co-op says that its node answers, in its contact records (of one circle)."""
    rows = database.connection.execute(
        "SELECT record.body FROM circle CROSS JOIN standing ON standing.circle = circle.n "
        "JOIN record ON record.n = standing.version "
        "WHERE family = 'contact' AND subject = ?1 AND (?2 IS NULL OR circle.id = ?2)",
        (coop, circle),
    )
    found: list[str] = []
    for (body,) in rows:
        if body is not None:
            try:
                fields = merge.read_fields(profile.CONTACT, open_body(body))
            except Refusal:
                continue
            found += fields.nodes
    return tuple(dict.fromkeys(found))


class Before(NamedTuple):
    """What there was before a wish to join: to go back to when it is refused."""

    was_unknown: bool
    through: bytes | None
    """The co-op through which the circle was being joined already."""


def begin_joining(database: Database, own: bytes, invite: Invite, now_ms: int) -> Before:
    """List the inviter, and note that this node is joining the circle through it."""
    was_unknown = standing_of(database, own, invite.coop) == "unknown"
    put(database, invite.coop, invite.coop_name, invite.addresses, now_ms)
    row = database.connection.execute(
        "SELECT coop FROM local_joining WHERE circle = ?", (invite.circle,)
    ).fetchone()
    put_joining(database, invite.circle, invite.coop, invite.circle_name, "asked")
    return Before(was_unknown, None if row is None else row[0])


def give_up_joining(database: Database, invite: Invite, before: Before) -> None:
    """The wish was refused: everything is as it was before."""
    if before.through is None:
        end_joining(database, invite.circle)
    else:
        put_joining(database, invite.circle, before.through, invite.circle_name, "asked")
    if before.was_unknown:
        with database.transaction() as connection:
            connection.execute("DELETE FROM local_peer WHERE coop = ?", (invite.coop,))


def put_joining(database: Database, circle: bytes, coop: bytes, name: str, state: str) -> None:
    """Note that this node is joining a circle through a co-op; `state` is asked or pending."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_joining (circle, coop, name, state) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (circle) DO UPDATE SET coop = excluded.coop, state = excluded.state",
            (circle, coop, name, state),
        )


def end_joining(database: Database, circle: bytes) -> None:
    """The circle was joined, or the wish given up."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM local_joining WHERE circle = ?", (circle,))


def joining(database: Database) -> list[bytes]:
    """Circles that this node waits to be admitted to."""
    return [row[0] for row in database.connection.execute("SELECT circle FROM local_joining")]


def is_accepted(database: Database, circle: bytes, coop: bytes) -> bool:
    """Whether a co-op is a member that has said yes."""
    row = database.connection.execute(
        "SELECT accepted FROM circle_member JOIN circle ON circle.n = circle_member.circle "
        "JOIN coop ON coop.n = circle_member.coop WHERE circle.id = ? AND coop.id = ?",
        (circle, coop),
    ).fetchone()
    return row is not None and bool(row[0])


def was_let_in(database: Database, circle: bytes, coop: bytes) -> bool:
    """Whether a co-op was admitted and has not said yes yet: it may have missed the answer."""
    row = database.connection.execute(
        "SELECT live AND NOT accepted FROM circle_member "
        "JOIN circle ON circle.n = circle_member.circle "
        "JOIN coop ON coop.n = circle_member.coop WHERE circle.id = ? AND coop.id = ?",
        (circle, coop),
    ).fetchone()
    return row is not None and bool(row[0])


ADDRESSES_MAX: Final = 8
