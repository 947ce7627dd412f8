"""Peers in the store: whom this node may talk to, and where they answer.

The operator's list, and the members of shared circles with the addresses in their contact records.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final, NamedTuple

import msgspec

from node.store.database import Database
from protocol import merge, profile
from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.record import open_body


class Peer(msgspec.Struct, frozen=True):
    """A co-op that this node was told of."""

    coop: bytes
    name: str = ""
    addresses: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """Those that the operator gave."""
    blocked: bool = False
    last_seen_ms: int | None = None


def standing_of(connection: sqlite3.Connection, own: bytes, coop: bytes) -> str:
    """What a co-op is here: own (another node of ours), listed, member, blocked, or unknown."""
    row = connection.execute("SELECT blocked FROM local_peer WHERE coop = ?", (coop,)).fetchone()
    if row is not None:
        return "blocked" if row[0] else "listed"
    if coop == own:
        return "own"
    return "member" if coop in members_of_own_circles(connection, own) else "unknown"


def members_of_own_circles(connection: sqlite3.Connection, own: bytes) -> set[bytes]:
    """Live members of all circles in which this co-op is live itself."""
    rows = connection.execute(
        "SELECT DISTINCT they.id FROM circle_member AS mine "
        "JOIN coop AS us ON us.n = mine.coop AND us.id = ? "
        "JOIN circle_member AS other ON other.circle = mine.circle AND other.live "
        "JOIN coop AS they ON they.n = other.coop WHERE mine.live",
        (own,),
    )
    return {row[0] for row in rows} - {own}


def put(
    database: Database,
    coop: bytes,
    name: str,
    addresses: tuple[str, ...],
    now_ms: int,
    *,
    by_operator: bool = False,
) -> None:
    """List a co-op; known addresses are kept beside the new ones, the new ones first."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT name, addresses, given FROM local_peer WHERE coop = ?", (coop,)
        ).fetchone()
        before, known, given = row or ("", "[]", "[]")
        connection.execute(
            "INSERT INTO local_peer (coop, name, addresses, given, blocked, added_ms) "
            "VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (coop) DO UPDATE SET "
            "name = excluded.name, addresses = excluded.addresses, given = excluded.given",
            (
                coop,
                name or before,
                _merged(addresses, known),
                _merged(addresses, given) if by_operator else given,
                now_ms,
            ),
        )


def _merged(addresses: tuple[str, ...], known: str) -> str:
    return json.dumps(list(dict.fromkeys([*addresses, *json.loads(known)]))[:ADDRESSES_MAX])


def set_blocked(database: Database, coop: bytes, *, blocked: bool, now_ms: int) -> None:
    """Block or unblock; a member that is not listed becomes listed by it."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_peer (coop, name, addresses, blocked, added_ms) "
            "VALUES (?, '', '[]', ?, ?) ON CONFLICT (coop) DO UPDATE SET "
            "blocked = excluded.blocked",
            (coop, blocked, now_ms),
        )


def note(database: Database, coop: bytes, seen_ms: int) -> None:
    """Note when a co-op was linked; it is not listed by it."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_seen (coop, seen_ms) VALUES (?, ?) "
            "ON CONFLICT (coop) DO UPDATE SET seen_ms = max(seen_ms, excluded.seen_ms)",
            (coop, seen_ms),
        )


def all_known(connection: sqlite3.Connection, own: bytes) -> list[Peer]:
    """Listed peers and members, with their addresses."""
    rows = connection.execute(
        "SELECT coop, name, addresses, given, blocked FROM local_peer"
    ).fetchall()
    found = {
        coop: Peer(coop, name, tuple(json.loads(some)), tuple(json.loads(given)), bool(blocked))
        for coop, name, some, given, blocked in rows
    }
    for coop in members_of_own_circles(connection, own) | ({own} & found.keys()):
        known = found.get(coop) or Peer(coop)
        addresses = tuple(dict.fromkeys([*told_addresses(connection, coop), *known.addresses]))
        found[coop] = msgspec.structs.replace(known, addresses=addresses[:ADDRESSES_MAX])
    seen: dict[bytes, int] = dict(connection.execute("SELECT coop, seen_ms FROM local_seen"))
    return [
        msgspec.structs.replace(found[coop], last_seen_ms=seen.get(coop)) for coop in sorted(found)
    ]


def told_addresses(
    connection: sqlite3.Connection, coop: bytes, circle: bytes | None = None
) -> tuple[str, ...]:
    """Where a co-op says that its node answers, in its contact records (of one circle)."""
    rows = connection.execute(
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
    wish: tuple[bytes, str, str, bytes | None] | None
    """Co-op, circle's name, state and invite of an earlier wish to join the same circle."""


def begin_joining(database: Database, own: bytes, invite: Invite, now_ms: int) -> Before:
    """List the inviter, and note that this node is joining the circle through it."""
    was_unknown = standing_of(database.connection, own, invite.coop) == "unknown"
    with database.transaction() as connection:
        put(database, invite.coop, invite.coop_name, invite.addresses, now_ms)
        row = connection.execute(
            "SELECT coop, name, state, invite FROM local_joining WHERE circle = ?",
            (invite.circle,),
        ).fetchone()
        wish = (invite.coop, invite.circle_name, "asked", encode(invite))
        _put_joining(connection, invite.circle, wish)
    return Before(was_unknown, row)


def give_up_joining(database: Database, invite: Invite, before: Before) -> None:
    """The wish was refused: everything is as it was before."""
    with database.transaction() as connection:
        if before.wish is None:
            end_joining(database, invite.circle)
        else:
            _put_joining(connection, invite.circle, before.wish)
        if before.was_unknown:
            connection.execute("DELETE FROM local_peer WHERE coop = ?", (invite.coop,))


def joining_answered(database: Database, circle: bytes) -> None:
    """The wish has reached the inviter; its invite is not needed any more."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE local_joining SET state = 'pending', invite = NULL WHERE circle = ?", (circle,)
        )


def open_wish(connection: sqlite3.Connection, coop: bytes) -> Invite | None:
    """The invite of a co-op that is being followed, and that it has not answered yet."""
    row = connection.execute(
        "SELECT invite FROM local_joining WHERE coop = ? AND invite NOT NULL LIMIT 1", (coop,)
    ).fetchone()
    return None if row is None else decode_as(_INVITE, row[0])


def _put_joining(
    connection: sqlite3.Connection, circle: bytes, wish: tuple[bytes, str, str, bytes | None]
) -> None:
    connection.execute(
        "INSERT INTO local_joining (circle, coop, name, state, invite) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (circle) DO UPDATE SET coop = excluded.coop, name = excluded.name, "
        "state = excluded.state, invite = excluded.invite",
        (circle, *wish),
    )


def end_joining(database: Database, circle: bytes) -> None:
    """The circle was joined, or the wish given up."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM local_joining WHERE circle = ?", (circle,))


def joining(database: Database) -> list[bytes]:
    """Circles that this node waits to be admitted to."""
    return [row[0] for row in database.connection.execute("SELECT circle FROM local_joining")]


def all_joining(connection: sqlite3.Connection) -> list[tuple[bytes, str, bytes, str]]:
    """(circle, its name, the co-op that is asked, its name as listed) of all wishes that wait."""
    return connection.execute(
        "SELECT circle, local_joining.name, local_joining.coop, coalesce(local_peer.name, '') "
        "FROM local_joining LEFT JOIN local_peer ON local_peer.coop = local_joining.coop "
        "ORDER BY local_joining.rowid"
    ).fetchall()


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
_INVITE: Final = msgspec.msgpack.Decoder(Invite)
