"""Bodies in the store: forgettable ones that came absent, are erased, or are over.

A body that is dropped leaves its hash and length with its header. It never drops a lasting one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from node.store.database import Database
from protocol import merge
from protocol.errors import Refusal
from protocol.limits import ASKED_BODIES_MAX
from protocol.record import open_body


def wanted(database: Database, circle: bytes) -> list[bytes]:
    """Some absent bodies of a circle that are worth asking for; others the next time.

    Behind them a few that an erasure names, as one of those may be meant for another offer.
    """
    return [
        *_next(database, circle, "local_wanted_body", "wanted", ASKED_BODIES_MAX - DOUBTED_MAX),
        *_next(database, circle, "local_doubted_body", "doubted", DOUBTED_MAX),
    ]


def _next(database: Database, circle: bytes, table: str, name: str, most: int) -> list[bytes]:
    """The next ones of a list, in turn."""
    cursor = f"{name} {circle.hex()}"
    after = int(database.meta(cursor) or 0)
    rows = database.connection.execute(
        f"SELECT record.n, record.id FROM {table} AS absent "
        "JOIN record ON record.n = absent.record "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN circle ON circle.n = log.circle WHERE circle.id = ? "
        "ORDER BY record.n <= ?, record.n LIMIT ?",
        (circle, after, most),
    ).fetchall()
    if rows:
        with database.transaction():
            database.set_meta(cursor, rows[-1][0])
    return [row[1] for row in rows]


def want_again(database: Database, records: Iterable[bytes]) -> None:
    """Ask again for bodies whose erasure counts no more."""
    database.connection.executemany(
        "INSERT OR IGNORE INTO local_wanted_body (record) "
        "SELECT n FROM record WHERE id = ? AND body IS NULL",
        [(one,) for one in records],
    )
    database.connection.execute(
        "DELETE FROM local_doubted_body WHERE record IN (SELECT record FROM local_wanted_body)"
    )


def fill(database: Database, record: bytes, body: bytes) -> bool:
    """Put a body that was absent and fits its hash; False when it is not wanted (any more)."""
    row = database.connection.execute(
        "SELECT n, absent_hash FROM record WHERE id = ? AND (n IN (SELECT record FROM "
        "local_wanted_body) OR n IN (SELECT record FROM local_doubted_body))",
        (record,),
    ).fetchone()
    if row is None or row[1] != database.network.hash(b"body", body):
        return False
    database.connection.execute(
        "UPDATE record SET body = ?, absent_hash = NULL, absent_len = NULL WHERE n = ?",
        (body, row[0]),
    )
    for table in ("local_wanted_body", "local_doubted_body"):
        database.connection.execute(f"DELETE FROM {table} WHERE record = ?", (row[0],))
    return True


def drop(database: Database, record: int) -> bool:
    """Drop one body, keeping its hash and length; False when it is not here."""
    row = database.connection.execute(
        "SELECT body FROM record WHERE n = ? AND body NOT NULL", (record,)
    ).fetchone()
    if row is None:
        return False
    database.connection.execute(
        "UPDATE record SET body = NULL, absent_hash = ?, absent_len = ? WHERE n = ?",
        (database.network.hash(b"body", row[0]), len(row[0]), record),
    )
    return True


def erase(database: Database, record: int) -> None:
    """Drop one body for good: it is asked for no more."""
    drop(database, record)
    database.connection.execute("DELETE FROM local_wanted_body WHERE record = ?", (record,))


def doubt(database: Database, record: int) -> bool:
    """Note that an erasure names a record; True when its body never came, and may come yet."""
    connection = database.connection
    moved = connection.execute("DELETE FROM local_wanted_body WHERE record = ?", (record,)).rowcount
    if moved:
        connection.execute("INSERT INTO local_doubted_body (record) VALUES (?)", (record,))
        return True
    found = connection.execute("SELECT 1 FROM local_doubted_body WHERE record = ?", (record,))
    return found.fetchone() is not None


def is_of(database: Database, record: int, subject: bytes) -> bool:
    """Whether an offer's body speaks of a subject, or says nothing; of one that is gone it is so.

    Erasing one version must not take another offer away.
    """
    identifier, kind, body = database.connection.execute(
        "SELECT record.id, kind.name, body FROM record JOIN kind ON kind.n = record.kind "
        "WHERE record.n = ?",
        (record,),
    ).fetchone()
    if body is None:
        return True
    try:
        parts = open_body(body)
        merge.read_fields(kind, parts)
    except Refusal:
        return True
    return (parts.subject or identifier) == subject


# Of what an erasure names, where nearly always nobody has it any more.
DOUBTED_MAX: Final = 8
