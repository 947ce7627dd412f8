"""Received in the store: from which co-op a record came here first.

Records are numbered as they come, so one row speaks for a whole stretch of them. A note of this
node's own: never in records, digest or rebuild, and no proof of anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from node.store.database import Database
from node.store.reading import Connection


class Received(NamedTuple):
    """From whom, and when."""

    coop: bytes
    time_ms: int


@contextmanager
def noted(database: Database, coop: bytes, now_ms: int) -> Iterator[None]:
    """Note that the records which are put meanwhile came from a co-op, in one transaction."""
    with database.transaction() as connection:
        before = _last(connection)
        yield
        after = _last(connection)
        if after > before:
            _put(connection, before + 1, after, Received(coop, now_ms))


def source_of(connection: Connection, record: int) -> Received | None:
    """From whom a record came; None for one's own, and for what came before this was noted."""
    row = connection.execute(
        "SELECT coop, received_ms, last_n FROM local_received WHERE first_n <= ? "
        "ORDER BY first_n DESC LIMIT 1",
        (record,),
    ).fetchone()
    return None if row is None or row[2] < record else Received(row[0], row[1])


def _put(connection: Connection, first: int, last: int, received: Received) -> None:
    """One row, or the one before made longer when the same co-op goes on sending."""
    grown = connection.execute(
        "UPDATE local_received SET last_n = ? WHERE last_n = ? AND coop = ? AND received_ms > ? "
        "AND first_n = (SELECT max(first_n) FROM local_received)",
        (last, first - 1, received.coop, received.time_ms - TOGETHER_MS),
    ).rowcount
    if not grown:
        connection.execute(
            "INSERT INTO local_received (first_n, last_n, coop, received_ms) VALUES (?, ?, ?, ?)",
            (first, last, received.coop, received.time_ms),
        )


def _last(connection: Connection) -> int:
    return int(connection.execute("SELECT max(n) FROM record").fetchone()[0] or 0)


# What comes within a minute came at one time, as far as people care.
TOGETHER_MS: Final = 60_000
