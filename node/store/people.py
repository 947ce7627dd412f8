"""People in the store: who had which record signed, and the list of who did what.

The list is only added to, and each line hashes the one before it. Names stand apart from it, so
that a person can be forgotten. None of this ever leaves the node.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from node.store.database import Database
from protocol.codec import encode
from protocol.limits import HASH_BYTES


class Deed(NamedTuple):
    """What is written down: who did it in which role, to whom, about what."""

    who: str
    role: str
    act: str
    whom: str | None = None
    about: str = ""


class Line(NamedTuple):
    """A line of the list; a name is None when its person was removed."""

    n: int
    time_ms: int
    who: str | None
    role: str
    act: str
    whom: str | None
    about: str
    has_whom: bool


def note(database: Database, deed: Deed, now_ms: int) -> None:
    """Add a line to the list."""
    with database.transaction() as connection:
        person = _person(connection, deed.who)
        whom = None if deed.whom is None else _person(connection, deed.whom)
        last = connection.execute(
            "SELECT n, hash FROM local_audit ORDER BY n DESC LIMIT 1"
        ).fetchone() or (0, bytes(HASH_BYTES))
        number = last[0] + 1
        line = (number, now_ms, person, deed.role, deed.act, whom, deed.about)
        connection.execute(
            "INSERT INTO local_audit (n, time_ms, person, role, act, whom, about, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*line, _hash(last[1], line)),
        )


def note_records(
    database: Database, records: Sequence[bytes], who: str, role: str, now_ms: int
) -> None:
    """Write down who had records signed, and one line for all of them: `kind:count` each."""
    with database.transaction() as connection:
        person = _person(connection, who)
        counts: dict[str, int] = {}
        for record in records:
            kind = connection.execute(
                "SELECT kind.name FROM record JOIN kind ON kind.n = record.kind "
                "WHERE record.id = ?",
                (record,),
            ).fetchone()[0]
            counts[kind] = counts.get(kind, 0) + 1
        connection.executemany(
            "INSERT INTO local_author (record, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(record, person) for record in records],
        )
        about = " ".join(f"{kind}:{count}" for kind, count in sorted(counts.items()))
        note(database, Deed(who, role, SIGNED, about=about), now_ms)


def forget(database: Database, name: str) -> None:
    """Take a person's name out of all that was written down."""
    with database.transaction() as connection:
        connection.execute("UPDATE local_person SET name = NULL WHERE name = ?", (name,))


def bodies(connection: sqlite3.Connection, records: Iterable[bytes]) -> dict[bytes, bytes]:
    """The bodies of records by their ids, of those that are here."""
    found: dict[bytes, bytes] = {}
    for record in records:
        row = connection.execute("SELECT body FROM record WHERE id = ?", (record,)).fetchone()
        if row is not None and row[0] is not None:
            found[record] = row[0]
    return found


def authors(connection: sqlite3.Connection, records: Iterable[bytes]) -> dict[bytes, str | None]:
    """The account that had a record signed, of those that are known; None for who was removed."""
    found: dict[bytes, str | None] = {}
    for record in records:
        row = connection.execute(
            "SELECT coalesce(nullif(local_user.shown, ''), local_person.name) FROM local_author "
            "JOIN local_person ON local_person.n = local_author.person "
            "LEFT JOIN local_user ON local_user.name = local_person.name "
            "WHERE local_author.record = ?",
            (record,),
        ).fetchone()
        if row is not None:
            found[record] = row[0]
    return found


def lines(connection: sqlite3.Connection, before: int | None, limit: int) -> list[Line]:
    """The newest lines of the list, or those before a line's number."""
    rows = connection.execute(
        "SELECT local_audit.n, local_audit.time_ms, "
        "coalesce((SELECT nullif(shown, '') FROM local_user WHERE name = person.name), "
        "person.name), local_audit.role, local_audit.act, "
        "coalesce((SELECT nullif(shown, '') FROM local_user WHERE name = whom.name), "
        "whom.name), local_audit.about, local_audit.whom IS NOT NULL "
        "FROM local_audit JOIN local_person AS person ON person.n = local_audit.person "
        "LEFT JOIN local_person AS whom ON whom.n = local_audit.whom "
        "WHERE ?1 IS NULL OR local_audit.n < ?1 ORDER BY local_audit.n DESC LIMIT ?2",
        (before, limit),
    )
    return [Line._make((*row[:-1], bool(row[-1]))) for row in rows]


def first_broken(connection: sqlite3.Connection) -> int | None:
    """The first line that does not follow from the one before it; None when all do."""
    expected, before = 1, bytes(HASH_BYTES)
    for *line, kept in connection.execute(
        "SELECT n, time_ms, person, role, act, whom, about, hash FROM local_audit ORDER BY n"
    ):
        if line[0] != expected or kept != _hash(before, tuple(line)):
            return expected
        expected, before = expected + 1, kept
    return None


def _person(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT n FROM local_person WHERE name = ?", (name,)).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO local_person (name) VALUES (?) RETURNING n", (name,)
        ).fetchone()
    number: int = row[0]
    return number


def _hash(before: bytes, line: tuple[object, ...]) -> bytes:
    told = encode([before, *line])
    return blake2b(told, digest_size=HASH_BYTES, person=b"coop audit").digest()


SIGNED: Final = "signed"
