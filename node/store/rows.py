"""Rows: offers and other subjects as tables that pages can list and search.

`Rows` gathers a batch and writes it at `flush`, with the digest of merged rows kept beside. The
words of an offer are indexed without a second copy: they are read back out of the signed body.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from node.store import bodies, digests, facets
from node.store.database import Database
from protocol import merge, trade
from protocol.codec import decode, encode
from protocol.merge import Order, Standing, Version, join, lift, row_hash, version_of
from protocol.record import open_body

if TYPE_CHECKING:
    from node.store.fold import Folding


class Told(NamedTuple):
    """What the header of a counted record says, where nothing of its body is needed."""

    n: int
    circle: int
    coop: int
    kind: str
    expires_day: int | None
    order: Order


class Rows:
    """A batch of rows on their way into the tables."""

    def __init__(self, database: Database) -> None:
        self.passed = 0
        """Records up to this number have gone through the fold; later ones say nothing yet."""
        self._database = database
        self._offers: list[tuple[object, ...]] = []
        self._entries = facets.Entries()
        self._malformed: list[tuple[int, str]] = []
        self._digests: dict[tuple[int, int, str], int] = {}

    def malformed(self, record: int, code: str) -> None:
        """Note a record whose body breaks its kind's rules."""
        self._malformed.append((record, code))

    def may_speak(self, folding: Folding) -> bool:
        """Whether all that a record refers to is here and dated before it.

        Else it waits for the first that is not, or is ineffective.
        """
        for ref in folding.body.refs:
            told = self._told(ref)
            if told is None or told.circle != folding.circle:
                if not self._is_key_event(ref, folding.circle):
                    self._wait(ref, folding)
                    return False
            elif (
                told.expires_day is None
                and told.order[1] != folding.order[1]
                and told.order[0] >= folding.order[0]
            ):
                return False
        return True

    def new_offer(self, folding: Folding) -> None:
        """The row of an offer that nothing else speaks of yet: all else waits for its header."""
        fields = folding.fields
        assert isinstance(fields, trade.Offer)
        standing = Standing(version=version_of(folding.order, folding.expires_day))
        self._offers.append(_offer_values(folding, fields))
        self._entries.add(folding.n, fields)
        self._count(folding, folding.kind, folding.id, standing, folding.expires_day)

    def change_offer(self, folding: Folding) -> None:
        """Join a version, a withdrawal or an erasure to the row of its subject.

        What it may say is judged by the subject's header alone: its body may be gone.
        """
        subject = folding.body.subject or folding.id
        root = self._told(subject)
        if root is None:
            self._wait(subject, folding)
            return
        is_version = folding.kind in OFFERS
        if root.kind not in OFFERS or (is_version and root.kind != folding.kind):
            return
        if (root.coop, root.circle) != (folding.coop, folding.circle):
            # Of another co-op: ineffective, for ever.
            return
        before, day = self._offer_standing(root.n)
        named = self._erase(root, subject, before, folding)
        said = lift(folding.kind, folding.order, folding.expires_day, folding.fields, named)
        after = join(before, said)
        if after == before:
            return
        self._count(folding, root.kind, subject, before, day, sign=-1)
        unindex(self._database.connection, root.n)
        day = self._rewrite(root, after)
        self._count(folding, root.kind, subject, after, day)

    def stand(self, family: str, folding: Folding) -> None:
        """Join to a subject of which the newest version stands."""
        if family in ABOUT and not self._is_about_own(folding, ABOUT[family]):
            return
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

    def _is_about_own(self, folding: Folding, kind: str) -> bool:
        """Whether its subject is a counted record of this kind by the same co-op in its circle.

        Judged by the subject's header alone; one whose subject is not counted here waits for it.
        """
        subject = folding.body.subject
        assert subject is not None
        told = self._told(subject)
        if told is None:
            self._wait(subject, folding)
            return False
        return (told.kind, told.coop, told.circle) == (kind, folding.coop, folding.circle)

    def flush(self) -> None:
        """Write what was gathered."""
        connection = self._database.connection
        connection.executemany(
            "INSERT INTO offer (root, circle, coop, is_want, version, hidden, published_ms, "
            f"expires_day, {facets.COLUMNS}) "
            f"VALUES (?, ?, ?, ?, ?, 0, ?, ?, {facets.placeholders()})",
            self._offers,
        )
        self._entries.put(connection)
        connection.executemany(
            "INSERT OR REPLACE INTO malformed (record, code) VALUES (?, ?)", self._malformed
        )
        for (circle, day, kind), delta in self._digests.items():
            digests.add(self._database, circle, day, kind, delta)
        self._offers.clear()
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
        if standing.version is None:
            return
        key = (folding.circle, merge.LASTING_DAY if day is None else day, kind)
        term = row_hash(self._database.network, kind, subject, folding.coop_id, standing)
        self._digests[key] = self._digests.get(key, 0) + sign * term

    def _wait(self, ref: bytes, folding: Folding) -> None:
        self._database.connection.execute(
            "INSERT OR IGNORE INTO waiting (ref, record) VALUES (?, ?)", (ref, folding.n)
        )

    def _told(self, record: bytes) -> Told | None:
        """The header of a record that is counted and has gone through the fold."""
        row = self._database.connection.execute(
            f"SELECT record.n, log.circle, log.coop, kind.name, record.expires_day, {_ORDER} "
            "FROM record JOIN kind ON kind.n = record.kind "
            "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
            "WHERE record.id = ? AND record.n <= ? AND (record.seq <= branch.counted_seq "
            "OR record.n IN (SELECT record FROM affirmed))",
            (record, self.passed),
        ).fetchone()
        return None if row is None else Told._make([*row[:5], row[5:]])

    def _is_key_event(self, ref: bytes, circle: int) -> bool:
        """Whether a ref names a key event of a co-op that the circle knows."""
        statement = (
            "SELECT 1 FROM key_event JOIN circle_member ON circle_member.coop = key_event.coop "
            "WHERE hash = ? AND circle = ?"
        )
        return self._database.connection.execute(statement, (ref, circle)).fetchone() is not None

    def _erase(
        self, root: Told, subject: bytes, before: Standing, folding: Folding
    ) -> list[Version]:
        """Drop the bodies that an erasure names; those of its records that may be versions."""
        fields = folding.fields
        named: list[Version] = []
        for one in fields.records if isinstance(fields, trade.Erase) else ():
            told = self._told(one)
            if told is None:
                # It may come after its erasure.
                self._wait(one, folding)
                continue
            if (told.coop, told.circle) != (root.coop, root.circle):
                continue
            if told.kind == root.kind:
                named.append(version_of(told.order, told.expires_day))
            if told.expires_day is None:
                continue
            if bodies.doubt(self._database, told.n):
                # What it speaks of is known once its body comes: a node that has it may keep it.
                self._wait(one, folding)
            elif bodies.is_of(self._database, told.n, subject):
                if before.version is not None and before.version.order == told.order:
                    unindex(self._database.connection, root.n)
                bodies.erase(self._database, told.n)
        return named

    def _offer_standing(self, root: int) -> tuple[Standing, int | None]:
        row = self._database.connection.execute(
            "SELECT version, withdrawn, erased, expires_day FROM offer WHERE root = ?", (root,)
        ).fetchone()
        if row is None:
            return Standing(), None
        order = self._order(row[0])
        version = None if order is None else version_of(order, row[3])
        return Standing(version, self._order(row[1]), ids_in(row[2])), row[3]

    def _order(self, record: int | None) -> Order | None:
        if record is None:
            return None
        row: Order = self._database.connection.execute(
            f"SELECT {_ORDER} FROM record JOIN branch ON branch.n = record.branch "
            "JOIN log ON log.n = branch.log WHERE record.n = ?",
            (record,),
        ).fetchone()
        return row

    def _rewrite(self, root: Told, standing: Standing) -> int | None:
        """Write the row of an offer as it stands now; the day on which it may be forgotten."""
        connection = self._database.connection
        version = _number_of(connection, standing.version and standing.version.order)
        # Of an erased version everyone knows only the header.
        fields = None if standing.is_erased else read_offer(connection, version)
        day = standing.version.day if standing.version is not None else None
        day = None if day == merge.LASTING_DAY else day
        connection.execute(
            "INSERT INTO offer (root, circle, coop, is_want, version, withdrawn, erased, hidden, "
            f"published_ms, expires_day, {facets.COLUMNS}) "
            f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {facets.placeholders()}) "
            "ON CONFLICT (root) DO UPDATE SET "
            "version = excluded.version, withdrawn = excluded.withdrawn, "
            "erased = excluded.erased, hidden = excluded.hidden, "
            f"expires_day = excluded.expires_day, {facets.updates()}",
            (
                root.n,
                root.circle,
                root.coop,
                root.kind == trade.WANT,
                version,
                _number_of(connection, standing.withdrawn),
                encode(sorted(standing.erased)) if standing.erased else None,
                fields is None or standing.is_withdrawn,
                root.order[0],
                day,
                *facets.facets_of(fields),
            ),
        )
        if fields is not None:
            self._entries.add(root.n, fields)
            self._entries.put(connection)
        return day


def drop(database: Database, circle: int) -> None:
    """Drop a circle's rows, words and digest."""
    connection = database.connection
    found = connection.execute("SELECT root FROM offer WHERE circle = ?", (circle,))
    for (root,) in found.fetchall():
        unindex(connection, root)
    connection.execute("DELETE FROM offer WHERE circle = ?", (circle,))
    connection.execute("DELETE FROM standing WHERE circle = ?", (circle,))
    connection.execute("DELETE FROM digest WHERE circle = ?", (circle,))
    of_circle = (
        "(SELECT record.n FROM record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log WHERE log.circle = ?)"
    )
    connection.execute(f"DELETE FROM waiting WHERE record IN {of_circle}", (circle,))
    connection.execute(f"DELETE FROM malformed WHERE record IN {of_circle}", (circle,))


def unindex(connection: sqlite3.Connection, root: int) -> None:
    """Take an offer out of the indexes, while the body of its version is still here.

    An erased version was never put in: its body may go at any time.
    """
    row = connection.execute(
        "SELECT version, erased, record.id FROM offer JOIN record ON record.n = version "
        "WHERE root = ?",
        (root,),
    ).fetchone()
    if row is None or row[2] in ids_in(row[1]):
        return
    fields = read_offer(connection, row[0])
    if fields is not None:
        facets.take_out(connection, root, fields)


def erased_in(database: Database, circle: int) -> set[bytes]:
    """The records that erasures in a circle name."""
    found = database.connection.execute(
        "SELECT erased FROM offer WHERE circle = ? AND erased NOT NULL", (circle,)
    )
    return {one for (erased,) in found for one in ids_in(erased)}


def read_offer(connection: sqlite3.Connection, version: int | None) -> trade.Offer | None:
    """The fields of an offer's version; None when its body was dropped."""
    row = connection.execute(
        "SELECT body, kind.name FROM record JOIN kind ON kind.n = record.kind WHERE record.n = ?",
        (version,),
    ).fetchone()
    if row is None or row[0] is None:
        return None
    fields = merge.read_fields(row[1], open_body(row[0]))
    assert isinstance(fields, trade.Offer)
    return fields


def subject_of(folding: Folding) -> bytes:
    """Profiles and contacts are about their co-op; a stock or a note is its own subject."""
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
        *facets.facets_of(fields),
    )


def ids_in(erased: bytes | None) -> frozenset[bytes]:
    """The ids of the versions that a row says were erased."""
    if erased is None:
        return frozenset()
    ids = decode(erased)
    assert isinstance(ids, list)
    return frozenset(ids)


def _number_of(connection: sqlite3.Connection, order: Order | None) -> int | None:
    if order is None:
        return None
    row = connection.execute("SELECT n FROM record WHERE id = ?", (order[3],)).fetchone()
    return int(row[0])


OFFERS: Final = frozenset({trade.OFFER, trade.WANT})
# Family -> the kind of record that one of it has to be about.
ABOUT: Final = {"stock": trade.OFFER, "allotment": trade.STOCK}
SUBJECT_FAMILIES: Final = frozenset({"profile", "contact", "stock", "allotment", "note"})
_ORDER: Final = "record.time_ms, log.id, record.seq, record.id"
