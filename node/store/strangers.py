"""Strangers: co-ops whose key logs are here, and that nothing here names.

In a round key logs come before the records that name their co-ops. So some are kept on trust, up to
a limit; a co-op that a circle or the list of peers names is none. What nothing came to name goes at
night. It never touches a key log that a record or a receipt rests on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from node.store.database import Database
from node.store.keylogs import encode_signed
from protocol.errors import Refusal
from protocol.keylog import Signed, event_hash, read_event


def within_limit(database: Database, events: Iterable[Signed]) -> list[Signed]:
    """Leave aside what would be too much of co-ops that nothing names; they are asked for again."""
    connection = database.connection
    strange: dict[bytes, bool] = {}
    kept: list[Signed] = []
    left_bytes: int | None = None
    for signed in events:
        coop = _coop_of(database, signed)
        if coop is not None and coop not in strange:
            strange[coop] = not _is_named(connection, coop)
        if coop is not None and strange[coop]:
            if left_bytes is None:
                left_bytes = STRANGERS_BYTES_MAX - _stored_bytes(connection)
            left_bytes -= len(encode_signed(signed))
            if left_bytes < 0:
                continue
        kept.append(signed)
    return kept


def forget(database: Database, own: bytes) -> int:
    """Drop the key logs of strangers on which nothing rests; how many."""
    with database.transaction() as connection:
        found = connection.execute(
            f"SELECT coop.n, coop.id FROM coop WHERE {_IS_STRANGE} AND coop.id <> ? "
            "AND NOT EXISTS (SELECT 1 FROM receipt WHERE coop.n IN (receipt.witness, receipt.coop))"
            " AND NOT EXISTS (SELECT 1 FROM log WHERE log.coop = coop.n)",
            (own,),
        ).fetchall()
        for number, coop in found:
            connection.execute("DELETE FROM key_event WHERE coop = ?", (number,))
            connection.execute("DELETE FROM coop WHERE n = ?", (number,))
            database.key_logs.pop(coop, None)
        database.forget_numbers()
    return len(found)


def _coop_of(database: Database, signed: Signed) -> bytes | None:
    try:
        event, _ = read_event(signed.event)
    except Refusal:
        # Whoever reads it again refuses it.
        return None
    return event.coop or event_hash(database.network, signed.event)


def _is_named(connection: sqlite3.Connection, coop: bytes) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM circle_member JOIN coop ON coop.n = circle_member.coop "
        "WHERE coop.id = ?1) OR EXISTS (SELECT 1 FROM local_peer WHERE coop = ?1)",
        (coop,),
    ).fetchone()
    return bool(row[0])


def _stored_bytes(connection: sqlite3.Connection) -> int:
    row: tuple[int] = connection.execute(
        "SELECT coalesce(sum(length(key_event.signed)), 0) FROM coop "
        f"JOIN key_event ON key_event.coop = coop.n WHERE {_IS_STRANGE}"
    ).fetchone()
    return row[0]


_IS_STRANGE: Final = (
    "NOT EXISTS (SELECT 1 FROM circle_member WHERE circle_member.coop = coop.n) "
    "AND NOT EXISTS (SELECT 1 FROM local_peer WHERE local_peer.coop = coop.id)"
)
# Some 20,000 young key logs: more than any circle has members whose admits are yet to come.
STRANGERS_BYTES_MAX: Final = 16 * 1024 * 1024
