"""Rows: offers and other subjects as tables that pages can list and search.

`Rows` gathers a batch and writes it at `flush`, with the digest of merged rows kept beside. The
words of an offer are indexed without a second copy: they are read back out of the signed body.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from node.store.database import Database
from protocol import merge, trade
from protocol.codec import decode, encode
from protocol.merge import DIGEST_MODULUS, Order, Standing, join, lift, row_hash, version_of
from protocol.record import open_body

if TYPE_CHECKING:
    from node.store.fold import Folding


class Rows:
    """A batch of rows on their way into the tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offers: list[tuple[object, ...]] = []
        self._texts: list[tuple[int, str, str]] = []
        self._malformed: list[tuple[int, str]] = []
        self._digests: dict[tuple[int, int, str], int] = {}

    def malformed(self, record: int, code: str) -> None:
        """Note a record whose body breaks its kind's rules."""
        self._malformed.append((record, code))

    def new_offer(self, folding: Folding) -> None:
        """The row of an offer that nothing else speaks of yet."""
        fields = folding.fields
        assert isinstance(fields, trade.Offer)
        standing = Standing(version=version_of(folding.order, folding.expires_day))
        self._offers.append(_offer_values(folding, fields))
        self._texts.append((folding.n, *words(fields)))
        self._count(folding, folding.kind, folding.id, standing, folding.expires_day)

    def change_offer(self, folding: Folding) -> None:
        """Join a new version, a withdrawal or an erasure to the row of its subject."""
        subject = folding.body.subject
        connection = self._database.connection
        root = connection.execute(
            "SELECT offer.root, offer.coop, offer.circle, kind.name FROM record "
            "JOIN offer ON offer.root = record.n JOIN kind ON kind.n = record.kind "
            "WHERE record.id = ?",
            (subject,),
        ).fetchone()
        assert subject is not None
        if root is None:
            self._wait(subject, folding)
            return
        is_version = folding.kind in {trade.OFFER, trade.WANT}
        if root[1:3] != (folding.coop, folding.circle) or (is_version and root[3] != folding.kind):
            # Of another co-op or kind: ineffective, for ever.
            return
        before, day = self._offer_standing(root[0])
        after = join(before, lift(folding.kind, folding.order, folding.expires_day, folding.fields))
        if after == before:
            return
        kind = str(root[3])
        self._count(folding, kind, subject, before, day, sign=-1)
        self._unindex(root[0])
        day = self._rewrite(root[0], after)
        self._count(folding, kind, subject, after, day)

    def stand(self, family: str, folding: Folding) -> None:
        """Join to a subject of which the newest version stands."""
        connection = self._database.connection
        subject = subject_of(folding)
        row = connection.execute(
            f"SELECT standing.n, standing.coop, {_ORDER}, record.expires_day, kind.name "
            "FROM standing JOIN record ON record.n = standing.version "
            "JOIN kind ON kind.n = record.kind "
            "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
            "WHERE standing.circle = ? AND family = ? AND subject = ?",
            (folding.circle, family, subject),
        ).fetchone()
        after = Standing(version=version_of(folding.order, folding.expires_day))
        if row is not None:
            before = Standing(version=version_of(row[2:6], row[6]))
            if join(before, after) == before:
                return
            self._count(folding, row[7], subject, before, row[6], sign=-1)
            connection.execute("UPDATE standing SET version = ? WHERE n = ?", (folding.n, row[0]))
        else:
            connection.execute(
                "INSERT INTO standing (circle, family, subject, coop, version) "
                "VALUES (?, ?, ?, ?, ?)",
                (folding.circle, family, subject, folding.coop, folding.n),
            )
        self._count(folding, folding.kind, subject, after, folding.expires_day)

    def flush(self) -> None:
        """Write what was gathered."""
        connection = self._database.connection
        connection.executemany(
            "INSERT INTO offer (root, circle, coop, is_want, version, hidden, published_ms, "
            "expires_day, country, valid_until_ms) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            self._offers,
        )
        connection.executemany(
            "INSERT INTO offer_text (rowid, title, text) VALUES (?, ?, ?)", self._texts
        )
        connection.executemany(
            "INSERT OR REPLACE INTO malformed (record, code) VALUES (?, ?)", self._malformed
        )
        for (circle, day, kind), delta in self._digests.items():
            add_to_digest(self._database, circle, day, kind, delta)
        self._offers.clear()
        self._texts.clear()
        self._malformed.clear()
        self._digests.clear()

    def _count(
        self,
        folding: Folding,
        kind: str,
        subject: bytes,
        standing: Standing,
        day: int | None,
        *,
        sign: int = 1,
    ) -> None:
        key = (folding.circle, merge.LASTING_DAY if day is None else day, kind)
        term = row_hash(self._database.network, kind, subject, folding.coop_id, standing)
        self._digests[key] = self._digests.get(key, 0) + sign * term

    def _wait(self, ref: bytes, folding: Folding) -> None:
        self._database.connection.execute(
            "INSERT OR IGNORE INTO waiting (ref, record) VALUES (?, ?)", (ref, folding.n)
        )

    def _offer_standing(self, root: int) -> tuple[Standing, int | None]:
        row = self._database.connection.execute(
            "SELECT version, withdrawn, erased, expires_day FROM offer WHERE root = ?", (root,)
        ).fetchone()
        erased = frozenset(decode(row[2])) if row[2] is not None else frozenset()  # type: ignore[arg-type]
        order = self._order(row[0])
        version = None if order is None else version_of(order, row[3])
        standing = Standing(version, self._order(row[1]), erased)
        return standing, row[3]

    def _order(self, record: int | None) -> Order | None:
        if record is None:
            return None
        row: Order = self._database.connection.execute(
            f"SELECT {_ORDER} FROM record JOIN branch ON branch.n = record.branch "
            "JOIN log ON log.n = branch.log WHERE record.n = ?",
            (record,),
        ).fetchone()
        return row

    def _rewrite(self, root: int, standing: Standing) -> int | None:
        """Write the row of an offer as it stands now; the day on which it may be forgotten."""
        connection = self._database.connection
        version = _number_of(connection, standing.version and standing.version.order)
        hidden = standing.is_withdrawn or standing.is_erased
        fields, day = read_offer(connection, version) if version is not None else (None, None)
        connection.execute(
            "UPDATE offer SET version = ?, withdrawn = ?, erased = ?, hidden = ?, "
            "expires_day = ?, country = ?, valid_until_ms = ? WHERE root = ?",
            (
                version,
                _number_of(connection, standing.withdrawn),
                encode(sorted(standing.erased)) if standing.erased else None,
                hidden,
                day,
                fields.where.country if fields is not None and fields.where else None,
                fields.valid_until_ms if fields is not None else None,
                root,
            ),
        )
        if fields is not None:
            connection.execute(
                "INSERT INTO offer_text (rowid, title, text) VALUES (?, ?, ?)",
                (root, *words(fields)),
            )
        return day

    def _unindex(self, root: int) -> None:
        """Take the words of the present version out of the index."""
        connection = self._database.connection
        row = connection.execute("SELECT version FROM offer WHERE root = ?", (root,)).fetchone()
        unindex(connection, root, row[0])


def add_to_digest(database: Database, circle: int, day: int, kind: str, delta: int) -> None:
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


def drop(database: Database, circle: int) -> None:
    """Drop a circle's rows, words and digest."""
    connection = database.connection
    found = connection.execute(
        "SELECT root, version FROM offer WHERE circle = ?", (circle,)
    ).fetchall()
    for root, version in found:
        unindex(connection, root, version)
    connection.execute("DELETE FROM offer WHERE circle = ?", (circle,))
    connection.execute("DELETE FROM standing WHERE circle = ?", (circle,))
    connection.execute("DELETE FROM digest WHERE circle = ?", (circle,))
    of_circle = (
        "(SELECT record.n FROM record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log WHERE log.circle = ?)"
    )
    connection.execute(f"DELETE FROM waiting WHERE record IN {of_circle}", (circle,))
    connection.execute(f"DELETE FROM malformed WHERE record IN {of_circle}", (circle,))


def unindex(connection: sqlite3.Connection, root: int, version: int | None) -> None:
    """Take the words of an offer's version out of the index, while its body is still here."""
    fields, _ = read_offer(connection, version)
    if fields is not None:
        connection.execute(
            "INSERT INTO offer_text (offer_text, rowid, title, text) VALUES ('delete', ?, ?, ?)",
            (root, *words(fields)),
        )


def read_offer(
    connection: sqlite3.Connection, version: int | None
) -> tuple[trade.Offer | None, int | None]:
    """The fields and the day of an offer's version; None when its body was dropped."""
    if version is None:
        return None, None
    data, kind, day = connection.execute(
        "SELECT body, kind.name, expires_day FROM record JOIN kind ON kind.n = record.kind "
        "WHERE record.n = ?",
        (version,),
    ).fetchone()
    if data is None:
        return None, day
    fields = merge.read_fields(kind, open_body(data))
    assert isinstance(fields, trade.Offer)
    return fields, day


def words(fields: trade.Offer) -> tuple[str, str]:
    """What of an offer is searched: all titles; all texts, categories and codes."""
    item = fields.item
    codes = [*item.category, item.sku or "", item.gtin or "", item.hs or ""]
    return " ".join(fields.title.values()), " ".join([*fields.text.values(), *codes])


def subject_of(folding: Folding) -> bytes:
    """Profiles and contacts are about their co-op; a stock is its own subject."""
    if folding.kind.startswith("profile"):
        return folding.coop_id
    return folding.id


def _offer_values(folding: Folding, fields: trade.Offer) -> tuple[object, ...]:
    return (
        folding.n,
        folding.circle,
        folding.coop,
        folding.kind == trade.WANT,
        folding.n,
        folding.order[0],
        folding.expires_day,
        fields.where.country if fields.where else None,
        fields.valid_until_ms,
    )


def _number_of(connection: sqlite3.Connection, order: Order | None) -> int | None:
    if order is None:
        return None
    row = connection.execute("SELECT n FROM record WHERE id = ?", (order[3],)).fetchone()
    return int(row[0])


SUBJECT_FAMILIES: Final = frozenset({"profile", "contact", "stock", "allotment"})
_ORDER: Final = "record.time_ms, log.id, record.seq, record.id"
