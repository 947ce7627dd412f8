"""Exports in the store: one view of a circle for a file, and what a file's circle is here.

Everything in a `Snapshot` is read inside one transaction of a connection of its own, so that a file
is whole while the node goes on writing. It never writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from node.store.database import Database, connect
from node.store.replica import BranchReader, SqliteReplica
from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.keys import Network


class Standing(NamedTuple):
    """What a circle is to this node: here at all, open to read, its own, on the way to be."""

    is_known: bool
    is_public: bool
    is_own: bool
    is_joining: bool


class Holdings(NamedTuple):
    """What a database holds of a circle, counted."""

    leaves: dict[bytes, bytes]
    key_leaves: int
    records: int
    events: int
    receipts: int
    strangers: int
    """Co-ops with a key log that neither belong to the circle nor witnessed for one that does."""


class Snapshot:
    """One circle as one moment shows it."""

    def __init__(self, connection: sqlite3.Connection, network: Network, circle: bytes) -> None:
        row = connection.execute(
            "SELECT n, root FROM circle WHERE id = ?", (circle,)
        ).fetchone()  # the moment: SQLite's transaction begins with its first read
        if row is None:
            raise Refusal("unknown-circle")
        self.network = network
        self.circle = circle
        self.root: bytes = row[1]
        self._number: int = row[0]
        self._connection = connection
        self._replica = SqliteReplica(connection, network, b"")

    def events(self) -> Iterator[Signed]:
        """The key events of all co-ops of the circle and of their witnesses, inceptions first."""
        rows = self._connection.execute(
            "SELECT signed FROM key_event WHERE coop IN ("
            "SELECT coop FROM circle_member WHERE circle = ?1 "
            "UNION SELECT receipt.witness FROM receipt "
            "JOIN circle_member ON circle_member.coop = receipt.coop "
            "WHERE circle_member.circle = ?1) ORDER BY coop, place, rowid",
            (self._number,),
        )
        return (_SIGNED.decode(row[0]) for row in rows)

    def receipts(self) -> Iterator[Receipt]:
        """The receipts for those of the circle's co-ops."""
        rows = self._connection.execute(
            "SELECT receipt FROM receipt JOIN circle_member ON circle_member.coop = receipt.coop "
            "WHERE circle_member.circle = ? ORDER BY receipt.coop, event, witness",
            (self._number,),
        )
        return (_RECEIPT.decode(row[0]) for row in rows)

    def logs(self) -> Iterator[tuple[BranchReader, int]]:
        """A reader of each log and how many records it is to give.

        The founding ones first, then by arrival: a log was taken in here only when what it stands
        on was, so that another node can take them in in this order, too.
        """
        rows = self._connection.execute(
            "SELECT log.leaf, sum(branch.carried_seq - branch.first_seq + 1) FROM log "
            "JOIN trie_leaf ON trie_leaf.circle = log.circle AND trie_leaf.key = log.leaf "
            "JOIN branch ON branch.log = log.n WHERE log.circle = ? "
            "GROUP BY log.n ORDER BY min(branch.ground IS NOT NULL), log.n",
            (self._number,),
        )
        for leaf, records in rows:
            reader = self._replica.open_log(self.circle, leaf, ())
            assert reader is not None
            yield reader, records


@contextmanager
def snapshot(path: Path | str, network: Network, circle: bytes) -> Iterator[Snapshot]:
    """A view of a circle in a database file; refuses `unknown-circle`."""
    connection = connect(path, read_only=True)
    try:
        connection.execute("BEGIN")
        yield Snapshot(connection, network, circle)
    finally:
        connection.close()


@contextmanager
def scratch(network: Network) -> Iterator[Database]:
    """An empty database that SQLite keeps in memory or a file of its own, gone at the end."""
    database = Database("", network)
    try:
        yield database
    finally:
        database.close()


def standing(database: Database, circle: bytes, coop: bytes) -> Standing:
    """What a circle is to the co-op whose node this is."""
    known = database.connection.execute(
        "SELECT read FROM circle WHERE id = ?", (circle,)
    ).fetchone()
    own = database.connection.execute(
        "SELECT 1 FROM circle_member JOIN circle ON circle.n = circle_member.circle "
        "JOIN coop ON coop.n = circle_member.coop "
        "WHERE circle.id = ? AND coop.id = ? AND circle_member.live",
        (circle, coop),
    ).fetchone()
    joining = database.connection.execute(
        "SELECT 1 FROM local_joining WHERE circle = ?", (circle,)
    ).fetchone()
    is_public = known is not None and known[0] == "public"
    return Standing(known is not None, is_public, own is not None, joining is not None)


def holdings(database: Database, circle: bytes) -> Holdings:
    """All that is here, for a database that holds one circle; no leaves when it holds none."""
    connection = database.connection
    leaves = connection.execute(
        "SELECT trie_leaf.key, trie_leaf.value, trie_leaf.is_keys FROM trie_leaf "
        "JOIN circle ON circle.n = trie_leaf.circle WHERE circle.id = ?",
        (circle,),
    ).fetchall()
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM key_event), "
        "(SELECT count(*) FROM receipt WHERE coop IN (SELECT coop FROM circle_member)), "
        "(SELECT count(DISTINCT coop) FROM key_event "
        "WHERE coop NOT IN (SELECT coop FROM circle_member) "
        "AND coop NOT IN (SELECT receipt.witness FROM receipt "
        "JOIN circle_member ON circle_member.coop = receipt.coop))"
    ).fetchone()
    key_leaves = sum(is_keys for _, _, is_keys in leaves)
    return Holdings({key: value for key, value, _ in leaves}, key_leaves, *counts)


_SIGNED: Final = msgspec.msgpack.Decoder(Signed)
_RECEIPT: Final = msgspec.msgpack.Decoder(Receipt)
