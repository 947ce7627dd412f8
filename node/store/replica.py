"""Replica over SQLite: what a session reads, on a connection of its own.

Implements `protocol.replica.Replica`. It serves carried records only, to co-ops that our own state
says are members now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from node.store import records
from node.store.tries import prefix_range
from protocol.chunk import Path, make_path
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.keys import Network
from protocol.limits import CHUNK_RECORDS_MAX, HASH_BYTES, HAVE_IDS_MAX, TRIE_FANOUT
from protocol.record import Record
from protocol.replica import LeafState, TrieAt
from protocol.trie import EMPTY, children_of, key_leaf


class Branch(NamedTuple):
    """A branch as it is read; `parent` is the record number that it starts behind."""

    n: int
    parent: int | None
    first_seq: int
    tip_seq: int
    carried_seq: int


class SqliteReplica:
    """One node's replica as its peers see it."""

    def __init__(self, connection: sqlite3.Connection, network: Network, coop: bytes) -> None:
        self._connection = connection
        self._network = network
        self._coop = coop

    def shared_circles(self, peer: bytes) -> Sequence[tuple[bytes, bytes]]:
        """Circles of ours that the peer may read, and the one we are joining through it.

        One that we have left is told of our leaving, and may admit us again: it says whether it
        still shares the circle with us.
        """
        rows = self._connection.execute(
            "SELECT circle.id, circle.root FROM circle "
            "JOIN circle_member AS own ON own.circle = circle.n "
            "JOIN coop AS us ON us.n = own.coop AND us.id = ?1 "
            "WHERE (circle.read = 'public' OR EXISTS ("
            "SELECT 1 FROM circle_member AS other JOIN coop AS they ON they.n = other.coop "
            "WHERE other.circle = circle.n AND other.live AND they.id = ?2)) "
            "UNION SELECT circle, coalesce((SELECT root FROM circle WHERE id = circle), ?3) "
            "FROM local_joining WHERE coop = ?2 "
            "AND NOT EXISTS (SELECT 1 FROM circle_member AS own JOIN coop ON coop.n = own.coop "
            "JOIN circle AS known ON known.n = own.circle "
            "WHERE known.id = local_joining.circle AND coop.id = ?1 AND own.live) "
            "ORDER BY 1",
            (self._coop, peer, EMPTY),
        )
        return rows.fetchall()

    def trie_at(self, circle: bytes, prefix: str) -> TrieAt:
        """The only leaf below a prefix, or its sixteen children; () when nothing is there."""
        number = self._circle(circle)
        row = self._connection.execute(
            "SELECT children FROM trie_node WHERE circle = ? AND prefix = ?", (number, prefix)
        ).fetchone()
        if row is None:
            leaves = self._leaves(number, prefix)
            return LeafState(*leaves[0]) if leaves else ()
        inner = self._inner(number, prefix)
        return tuple(
            None
            if child == EMPTY
            else child
            if f"{prefix}{index:x}" in inner
            else LeafState(*self._leaves(number, f"{prefix}{index:x}")[0])
            for index, child in enumerate(children_of(row[0]))
        )

    def leaf_value(self, circle: bytes, key: bytes) -> bytes | None:
        """The value of a leaf."""
        row = self._connection.execute(
            "SELECT value FROM trie_leaf WHERE circle = ? AND key = ?",
            (self._circle(circle), key),
        ).fetchone()
        return None if row is None else row[0]

    def have(self, circle: bytes, leaf: bytes) -> Sequence[bytes]:
        """Tips, then steps back that double from the newest, across what it was forked from.

        What is stored here and not carried is named, too: nobody has to send it again.
        """
        branches = {one.n: one for one in self._branches(circle, leaf)}
        ends = sorted(branches.values(), key=lambda one: (one.tip_seq, one.n), reverse=True)
        found = [self._id_at(one.n, one.tip_seq) for one in ends[:HAVE_IDS_MAX]]
        if not ends:
            return found
        number, seq, step = ends[0].n, ends[0].tip_seq, 1
        while len(found) < HAVE_IDS_MAX and seq > 1:
            seq, step = max(1, seq - step), step * 2
            while seq < branches[number].first_seq:
                parent = branches[number].parent
                assert parent is not None
                number, _ = self._place_of(parent)
            found.append(self._id_at(number, seq))
        return found

    def open_log(self, circle: bytes, leaf: bytes, have: Sequence[bytes]) -> BranchReader | None:
        """A reader behind the newest known ids."""
        branches = {one.n: one for one in self._branches(circle, leaf)}
        if not branches:
            return None
        reached = {number: one.first_seq - 1 for number, one in branches.items()}
        for identifier in have:
            row = self._connection.execute(
                "SELECT branch, seq FROM record WHERE id = ?", (identifier,)
            ).fetchone()
            while row is not None and row[0] in reached:
                reached[row[0]] = max(reached[row[0]], row[1])
                parent = branches[row[0]].parent
                row = None if parent is None else self._place_of(parent)
        stretches = [
            (number, reached[number] + 1, one.carried_seq)
            for number, one in branches.items()
            if reached[number] < one.carried_seq
        ]
        return BranchReader(self._connection, stretches)

    def key_log(self, circle: bytes, leaf: bytes) -> tuple[Sequence[Signed], Sequence[Receipt]]:
        """The events and receipts behind a key leaf of the circle."""
        rows = self._connection.execute(
            "SELECT coop.n, coop.id FROM circle_member JOIN coop ON coop.n = circle_member.coop "
            "WHERE circle_member.circle = ?",
            (self._circle(circle),),
        )
        for number, coop in rows:
            if key_leaf(self._network, coop) == leaf:
                return self._events(number), self._receipts(number)
        return [], []

    def own_key_log(self) -> Sequence[Signed]:
        """The events of the node's own co-op."""
        row = self._connection.execute("SELECT n FROM coop WHERE id = ?", (self._coop,)).fetchone()
        return self._events(row[0])

    def body(self, circle: bytes, record: bytes) -> bytes | None:
        """A forgettable body of a counted record of the circle."""
        row = self._connection.execute(
            "SELECT body FROM record JOIN branch ON branch.n = record.branch "
            "JOIN log ON log.n = branch.log WHERE record.id = ? AND log.circle = ? "
            "AND record.seq <= branch.carried_seq AND record.expires_day IS NOT NULL",
            (record, self._circle(circle)),
        ).fetchone()
        return None if row is None else row[0]

    def blob(self, circle: bytes, blob: bytes) -> tuple[int, Sequence[bytes]] | None:
        """Size and piece hashes of a blob that is wholly here; members may ask by its hash."""
        del circle
        row = self._connection.execute(
            "SELECT size, pieces FROM local_blob WHERE hash = ? AND complete", (blob,)
        ).fetchone()
        if row is None:
            return None
        joined = row[1]
        return row[0], [joined[i : i + HASH_BYTES] for i in range(0, len(joined), HASH_BYTES)]

    def blob_piece(self, blob: bytes, index: int) -> bytes | None:
        """One piece of it."""
        row = self._connection.execute(
            "SELECT data FROM local_blob_piece WHERE hash = ? AND place = ?", (blob, index)
        ).fetchone()
        return None if row is None else row[0]

    def _circle(self, circle: bytes) -> int | None:
        row = self._connection.execute("SELECT n FROM circle WHERE id = ?", (circle,)).fetchone()
        return None if row is None else row[0]

    def _leaves(self, circle: int | None, prefix: str) -> list[tuple[bytes, bytes, bool]]:
        low, high = prefix_range(prefix)
        rows = self._connection.execute(
            "SELECT key, value, is_keys FROM trie_leaf WHERE circle = ? AND key BETWEEN ? AND ? "
            "ORDER BY key LIMIT 1",
            (circle, low, high),
        )
        return [(key, value, bool(is_keys)) for key, value, is_keys in rows]

    def _inner(self, circle: int | None, prefix: str) -> set[str]:
        """The prefixes one digit longer that are branch nodes."""
        candidates = [f"{prefix}{index:x}" for index in range(TRIE_FANOUT)]
        marks = ", ".join("?" * TRIE_FANOUT)
        rows = self._connection.execute(
            f"SELECT prefix FROM trie_node WHERE circle = ? AND prefix IN ({marks})",
            (circle, *candidates),
        )
        return {row[0] for row in rows}

    def _branches(self, circle: bytes, leaf: bytes) -> list[Branch]:
        rows = self._connection.execute(
            "SELECT branch.n, branch.parent, branch.first_seq, branch.tip_seq, branch.carried_seq "
            "FROM branch JOIN log ON log.n = branch.log WHERE log.leaf = ? AND log.circle = ? "
            "ORDER BY branch.n",
            (leaf, self._circle(circle)),
        )
        return [Branch(*row) for row in rows]

    def _id_at(self, branch: int, seq: int) -> bytes:
        row: tuple[bytes] = self._connection.execute(
            "SELECT id FROM record WHERE branch = ? AND seq = ?", (branch, seq)
        ).fetchone()
        return row[0]

    def _place_of(self, record: int) -> tuple[int, int]:
        row: tuple[int, int] = self._connection.execute(
            "SELECT branch, seq FROM record WHERE n = ?", (record,)
        ).fetchone()
        return row

    def _events(self, coop: int) -> Sequence[Signed]:
        rows = self._connection.execute(
            "SELECT signed FROM key_event WHERE coop = ? ORDER BY place, rowid", (coop,)
        )
        return [_SIGNED.decode(row[0]) for row in rows]

    def _receipts(self, coop: int) -> Sequence[Receipt]:
        rows = self._connection.execute("SELECT receipt FROM receipt WHERE coop = ?", (coop,))
        return [_RECEIPT.decode(row[0]) for row in rows]


class BranchReader:
    """Reads stretches of a log's branches, path by path; each ends at a signature.

    A stretch that ends where there is none is read on to the next one: the newest of a branch is
    always here.
    """

    def __init__(
        self, connection: sqlite3.Connection, stretches: list[tuple[int, int, int]]
    ) -> None:
        self._connection = connection
        self._stretches = stretches

    @property
    def finished(self) -> bool:
        """Whether everything was read."""
        return not self._stretches

    def next_path(self, records_max: int, bytes_max: int) -> Path | None:
        """The next path within the limits, or None when nothing (more) fits."""
        signatures: dict[int, tuple[bool, bytes]] = {}
        while self._stretches and not signatures:
            branch, seq, last = self._stretches[0]
            signatures = self._signatures(branch, seq, last)
            if not signatures:
                # A damaged file lost it; another replica has it.
                self._stretches.pop(0)
        if not self._stretches:
            return None
        branch, seq, last = self._stretches[0]
        end = min(max(signatures), seq + records_max - 1)
        some = records.read(self._connection, branch, seq, end)
        count = _longest(some, signatures, bytes_max)
        if not count:
            return None
        end = seq + count - 1
        self._stretches[0] = (branch, end + 1, last)
        if end >= last:
            self._stretches.pop(0)
        return make_path(some[:count], signatures[end][1])

    def _signatures(self, branch: int, first: int, last: int) -> dict[int, tuple[bool, bytes]]:
        """Seq -> (whether it is kept for ever, signature), up to the first at or behind `last`."""
        rows = self._connection.execute(
            "SELECT seq, kept, signature FROM signature WHERE branch = ?1 AND seq BETWEEN ?2 AND "
            "(SELECT min(seq) FROM signature WHERE branch = ?1 AND seq >= ?3) "
            "ORDER BY seq LIMIT ?4",
            (branch, first, last, CHUNK_RECORDS_MAX),
        )
        return {seq: (bool(kept), signature) for seq, kept, signature in rows}


def _longest(
    some: Sequence[Record], signatures: dict[int, tuple[bool, bytes]], bytes_max: int
) -> int:
    """How many records the longest path has that fits and runs over no signature kept for ever.

    Absent bodies count, too: where they come later the path must still fit a chunk.
    """
    longest = size = 0
    for count, record in enumerate(some, start=1):
        size += record.header.body_len
        if size > bytes_max:
            break
        kept, signature = signatures.get(record.header.seq, (False, b""))
        if signature:
            longest = count
        if kept:
            break
    return longest


_SIGNED: Final = msgspec.msgpack.Decoder(Signed)
_RECEIPT: Final = msgspec.msgpack.Decoder(Receipt)
