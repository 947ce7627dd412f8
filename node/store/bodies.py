"""Bodies in the store: forgettable ones that came absent, and those whose time is over."""

from __future__ import annotations

from node.store.database import Database
from protocol.limits import ASKED_BODIES_MAX


def wanted(database: Database, circle: bytes) -> list[bytes]:
    """Some absent bodies of a circle that are worth asking for."""
    rows = database.connection.execute(
        "SELECT record.id FROM local_wanted_body AS wanted "
        "JOIN record ON record.n = wanted.record "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN circle ON circle.n = log.circle WHERE circle.id = ? ORDER BY record.n LIMIT ?",
        (circle, ASKED_BODIES_MAX),
    )
    return [row[0] for row in rows]


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
