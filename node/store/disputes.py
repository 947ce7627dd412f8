"""Disputes in the store: records beyond the cuts of key logs, to be shown and affirmed.

Reads only. It never decides what is disputed; `cuts` has noted it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.store.reading import Connection


class Disputed(NamedTuple):
    """A record that its co-op's key log has cut away, and that was not affirmed."""

    id: bytes
    coop: bytes
    circle: bytes
    kind: str
    time_ms: int


def listed(connection: Connection) -> list[Disputed]:
    """Disputed records, the newest first, at most LISTED_MAX."""
    rows = connection.execute(
        f"{_DISPUTED} ORDER BY record.time_ms DESC, record.id LIMIT ?", (LISTED_MAX,)
    )
    return [Disputed(*row) for row in rows]


def count(connection: Connection) -> int:
    """How many there are."""
    row = connection.execute(f"SELECT count(*) FROM ({_DISPUTED})").fetchone()
    return int(row[0])


def one(connection: Connection, record: bytes) -> Disputed | None:
    """A record, if it is disputed."""
    row = connection.execute(f"{_DISPUTED} AND record.id = ?", (record,)).fetchone()
    return None if row is None else Disputed(*row)


def ids_between(connection: Connection, low: bytes, high: bytes) -> list[bytes]:
    """Ids of disputed records within a range; two are enough to know of a doubt."""
    rows = connection.execute(
        f"{_DISPUTED} AND record.id BETWEEN ? AND ? ORDER BY record.id LIMIT 2", (low, high)
    )
    return [row[0] for row in rows]


# More than a page shows; whoever has more asks again when these are affirmed or left.
LISTED_MAX: Final = 200
_DISPUTED: Final = (
    "SELECT record.id, coop.id, circle.id, kind.name, record.time_ms FROM key_cut "
    "JOIN record ON record.branch = key_cut.branch AND record.seq > key_cut.seq "
    "JOIN kind ON kind.n = record.kind JOIN branch ON branch.n = record.branch "
    "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop "
    "JOIN circle ON circle.n = log.circle WHERE kind.name NOT IN ('circle.found/1', 'log.open/1') "
    "AND record.n NOT IN (SELECT record FROM affirmed)"
)
