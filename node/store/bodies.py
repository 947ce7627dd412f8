"""Bodies in the store: forgettable ones that came absent, are erased, or are over.

A body that is dropped leaves its hash and length with its header. It never drops a lasting one.
"""

from __future__ import annotations

from collections.abc import Iterable

from node.store.database import Database
from protocol import merge
from protocol.errors import Refusal
from protocol.limits import ASKED_BODIES_MAX
from protocol.record import open_body


def wanted(database: Database, circle: bytes) -> list[bytes]:
    """Some absent bodies of a circle that are worth asking for; others the next time."""
    cursor = f"wanted {circle.hex()}"
    after = int(database.meta(cursor) or 0)
    rows = database.connection.execute(
        "SELECT record.n, record.id FROM local_wanted_body AS wanted "
        "JOIN record ON record.n = wanted.record "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN circle ON circle.n = log.circle WHERE circle.id = ? "
        "ORDER BY record.n <= ?, record.n LIMIT ?",
        (circle, after, ASKED_BODIES_MAX),
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


def fill(database: Database, record: bytes, body: bytes) -> bool:
    """Put a body that was absent and fits its hash; False when it is not wanted (any more)."""
    row = database.connection.execute(
        "SELECT record.n, absent_hash FROM record "
        "JOIN local_wanted_body ON local_wanted_body.record = record.n WHERE record.id = ?",
        (record,),
    ).fetchone()
    if row is None or row[1] != database.network.hash(b"body", body):
        return False
    database.connection.execute(
        "UPDATE record SET body = ?, absent_hash = NULL, absent_len = NULL WHERE n = ?",
        (body, row[0]),
    )
    database.connection.execute("DELETE FROM local_wanted_body WHERE record = ?", (row[0],))
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


def is_wanted(database: Database, record: int) -> bool:
    """Whether a body never came and is still asked for."""
    row = database.connection.execute(
        "SELECT 1 FROM local_wanted_body WHERE record = ?", (record,)
    ).fetchone()
    return row is not None


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
