"""Forget: drop the bodies and rows of forgettable records whose day is over.

Headers stay for ever; a body's hash and length stay with its header. It never drops a lasting body.
"""

from __future__ import annotations

from typing import Final

from node.store import bodies, digests, facets, rows
from node.store.database import Database


def forget(database: Database, now_ms: int, records_max: int) -> int:
    """Drop some of what is over, in one transaction; how many bodies and rows that were."""
    day = digests.first_day(now_ms)
    with database.transaction():
        dropped = _drop_offers(database, day, records_max)
        dropped += _drop_standing(database, day)
        dropped += _drop_bodies(database, day, records_max)
        database.connection.execute("DELETE FROM digest WHERE day < ?", (day,))
    return dropped


def _drop_offers(database: Database, day: int, records_max: int) -> int:
    """Rows first: their words are read out of the bodies.

    What was withdrawn or erased is told by lasting records: that part of a row stays for a version
    that may come yet.
    """
    connection = database.connection
    found = connection.execute(
        "SELECT root, withdrawn IS NULL AND erased IS NULL FROM offer WHERE expires_day < ? "
        "LIMIT ?",
        (day, records_max),
    ).fetchall()
    for root, is_whole in found:
        rows.unindex(connection, root)
        if is_whole:
            connection.execute("DELETE FROM offer WHERE root = ?", (root,))
        else:
            connection.execute(
                "UPDATE offer SET version = NULL, hidden = 1, expires_day = NULL, "
                f"{facets.resets()} WHERE root = ?",
                (root,),
            )
    return len(found)


def _drop_standing(database: Database, day: int) -> int:
    return database.connection.execute(
        "DELETE FROM standing WHERE version IN "
        "(SELECT n FROM record WHERE expires_day < ? AND body NOT NULL)",
        (day,),
    ).rowcount


def _drop_bodies(database: Database, day: int, records_max: int) -> int:
    """Bodies that no row reads any more."""
    connection = database.connection
    found = connection.execute(
        "SELECT n FROM record WHERE expires_day < ? AND body NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM offer WHERE offer.version = record.n) LIMIT ?",
        (day, records_max),
    ).fetchall()
    for (number,) in found:
        bodies.drop(database, number)
    for table in ("local_wanted_body", "local_doubted_body"):
        connection.execute(
            f"DELETE FROM {table} WHERE record IN (SELECT n FROM record WHERE expires_day < ?)",
            (day,),
        )
    return len(found)


BATCH_RECORDS: Final = 1000
