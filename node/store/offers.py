"""Offers in the store: one offer, what stands behind it, and the ones of a co-op.

Reads only, hidden ones too. It never shapes what a person sees.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.store.market import Listed, Place
from node.store.reading import Connection
from node.store.rows import ids_in


class Found(NamedTuple):
    """An offer by itself; `version` is the number of its newest version, `body` None when gone."""

    root: int
    id: bytes
    coop: bytes
    circle: bytes
    is_want: int
    published_ms: int
    hidden: int
    expires_day: int | None
    version: int | None
    withdrawn: int | None
    erased: frozenset[bytes]
    body: bytes | None


class OwnRow(NamedTuple):
    """One of a co-op's own, however it stands; without `has_body` that in `listed` is none."""

    listed: Listed
    hidden: int
    expires_day: int | None
    withdrawn: int | None
    is_erased: bool
    has_body: bool


class Signed(NamedTuple):
    """Where a record lies, and the first signed head at or behind it (None when on none here)."""

    id: bytes
    time_ms: int
    log: bytes
    seq: int
    device: bytes
    key_event: bytes
    head: bytes | None
    head_seq: int | None
    signature: bytes | None


def ids_between(connection: Connection, low: bytes, high: bytes) -> list[bytes]:
    """Ids of offers within a range, at most two: enough to know whether one is meant."""
    rows = connection.execute(
        "SELECT record.id FROM record JOIN offer ON offer.root = record.n "
        "WHERE record.id BETWEEN ? AND ? ORDER BY record.id LIMIT 2",
        (low, high),
    )
    return [row[0] for row in rows]


def find(connection: Connection, identifier: bytes) -> Found | None:
    """An offer by its id, hidden or not."""
    row = connection.execute(
        "SELECT offer.root, first.id, coop.id, circle.id, offer.is_want, offer.published_ms, "
        "offer.hidden, offer.expires_day, offer.version, offer.withdrawn, offer.erased, "
        "version.body FROM record AS first JOIN offer ON offer.root = first.n "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        "LEFT JOIN record AS version ON version.n = offer.version WHERE first.id = ?",
        (identifier,),
    ).fetchone()
    if row is None:
        return None
    *plain, erased, body = row
    return Found._make((*plain, ids_in(erased), body))


def signed(connection: Connection, record: int) -> Signed:
    """Where a record lies and by which head it is signed."""
    row = connection.execute(
        "SELECT record.id, record.time_ms, log.id, record.seq, log.device, key_ref.ref, "
        "head.id, head.seq, signature.signature FROM record "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN key_ref ON key_ref.n = record.key_ref "
        "LEFT JOIN signature ON signature.branch = record.branch AND signature.seq = "
        "(SELECT min(seq) FROM signature WHERE branch = record.branch AND seq >= record.seq) "
        "LEFT JOIN record AS head ON head.branch = record.branch AND head.seq = signature.seq "
        "WHERE record.n = ?",
        (record,),
    ).fetchone()
    return Signed(*row)


def record(connection: Connection, record: int) -> tuple[int, bytes | None]:
    """(time, body) of a record by its number."""
    found: tuple[int, bytes | None] = connection.execute(
        "SELECT time_ms, body FROM record WHERE n = ?", (record,)
    ).fetchone()
    return found


def versions(connection: Connection, offer: Found) -> list[tuple[bytes, int]]:
    """(id, time) of the bodies that are here of an offer, oldest first, at most VERSIONS_MAX."""
    rows = connection.execute(
        "SELECT record.id, record.time_ms FROM offer JOIN log ON log.coop = offer.coop "
        "AND log.circle = offer.circle JOIN branch ON branch.log = log.n "
        "JOIN record ON record.branch = branch.n JOIN kind ON kind.n = record.kind "
        "WHERE offer.root = ?1 AND kind.name IN ('offer/1', 'want/1') "
        "AND (record.n = ?1 OR substr(record.body, 20, 34) = ?2) "
        "ORDER BY record.time_ms, record.seq LIMIT ?3",
        # a body is an array of seven: 16 bytes of salt, then the subject
        (offer.root, b"\xc4\x20" + offer.id, VERSIONS_MAX),
    )
    return rows.fetchall()


def own_newest(
    connection: Connection, coop: bytes, after: Place | None, limit: int
) -> list[OwnRow]:
    """A co-op's offers in all circles behind a place, the newest first."""
    place = after or Place(2**62, 0)
    rows = connection.execute(
        "SELECT offer.root, first.id, coop.id, circle.id, offer.is_want, offer.published_ms, "
        "coalesce(offer.ends_ms, 0), offer.fair, version.body, offer.hidden, offer.expires_day, "
        "offer.withdrawn, offer.erased, version.id FROM coop "
        "CROSS JOIN offer INDEXED BY offer_newest ON offer.coop = coop.n "
        "JOIN record AS first ON first.n = offer.root "
        "JOIN circle ON circle.n = offer.circle "
        "LEFT JOIN record AS version ON version.n = offer.version "
        "WHERE coop.id = ? AND (offer.published_ms, offer.root) < (?, ?) "
        "ORDER BY offer.published_ms DESC, offer.root DESC LIMIT ?",
        (coop, *place, limit),
    )
    return [
        OwnRow(
            Listed(*row[:9]),
            hidden=row[9],
            expires_day=row[10],
            withdrawn=row[11],
            is_erased=row[13] in ids_in(row[12]),
            has_body=row[8] is not None,
        )
        for row in rows
    ]


def own(
    connection: Connection, circle: bytes, coop: bytes, after_root: int, limit: int
) -> list[tuple[int, bytes, int, int, bytes]]:
    """(root, id, is_want, hidden, body) of a co-op's offers in a circle, in the order they came."""
    rows = connection.execute(
        "SELECT offer.root, first.id, offer.is_want, offer.hidden, version.body FROM offer "
        "JOIN record AS first ON first.n = offer.root "
        "JOIN record AS version ON version.n = offer.version "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        "WHERE circle.id = ? AND coop.id = ? AND offer.root > ? AND version.body NOT NULL "
        "ORDER BY offer.root LIMIT ?",
        (circle, coop, after_root, limit),
    )
    return rows.fetchall()


VERSIONS_MAX: Final = 100
