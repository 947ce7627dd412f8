"""Digests: what two replicas with the same records must agree on.

A digest is a sum over rows, kept a circle, day and kind; `node.store.rows` adds each row. Days that
are over are left out, since each side forgets them in its own time.
"""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

from node.store.database import Database
from protocol.limits import SKEW_MS_MAX
from protocol.merge import DIGEST_MODULUS
from protocol.record import day_of


def of_circle(connection: sqlite3.Connection, circle: int, now_ms: int) -> bytes:
    """The digest of a circle's rows: BLAKE2b over (day, kind, sum) of all days not over."""
    rows = connection.execute(OF_CIRCLE, (circle, first_day(now_ms)))
    return combine(rows.fetchall())


def add(database: Database, circle: int, day: int, kind: str, delta: int) -> None:
    """Add to one sum of the digest of merged rows."""
    key = (circle, day, kind)
    row = database.connection.execute(
        "SELECT sum FROM digest WHERE circle = ? AND day = ? AND kind = ?", key
    ).fetchone()
    total = (int.from_bytes(row[0], "big") if row else 0) + delta
    database.connection.execute(
        "INSERT INTO digest (circle, day, kind, sum) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (circle, day, kind) DO UPDATE SET sum = excluded.sum",
        (*key, (total % DIGEST_MODULUS).to_bytes(32, "big")),
    )


def over_all(connection: sqlite3.Connection, now_ms: int) -> bytes:
    """The digest over all circles."""
    circles = connection.execute("SELECT n, id FROM circle ORDER BY id").fetchall()
    return over(
        [(identifier, of_circle(connection, number, now_ms)) for number, identifier in circles]
    )


def over(circles: list[tuple[bytes, bytes]]) -> bytes:
    """The digest over (circle id, digest) pairs in ascending order."""
    return blake2b(
        b"".join(one + digest for one, digest in sorted(circles)), digest_size=32
    ).digest()


def combine(rows: list[tuple[int, str, bytes]]) -> bytes:
    """The digest of (day, kind, sum) rows; sums of nothing count for nothing."""
    state = blake2b(digest_size=32)
    for day, kind, total in sorted(rows):
        if any(total):
            state.update(f"{day} {kind} {total.hex()}\n".encode())
    return state.digest()


def first_day(now_ms: int) -> int:
    """The first day that is not over on any clock within the allowed skew."""
    return day_of(now_ms - SKEW_MS_MAX)


OF_CIRCLE = "SELECT day, kind, sum FROM digest WHERE circle = ? AND day >= ?"
