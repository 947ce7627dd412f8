"""Export: a circle out of the store into a file for a stick, and in again through the one door.

`write` streams one, `Taking` brings one in block by block, `verify` checks one offline with nothing
but the file. What a file says of itself is believed nowhere. SPEC section "Export file".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from node import ingest
from node.export_file import BlockWriter, Chunk, End, Keys, read_blocks, survey
from node.store import exports
from node.store.database import Database
from node.store.exports import Snapshot
from protocol import chunk, trie
from protocol.codec import encode
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.keys import Network
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX, INTEGER_MAX

T = TypeVar("T")


class Taken(msgspec.Struct, frozen=True):
    """What came of taking a file in."""

    circle: bytes
    records_new: int
    records: int
    waiting: int
    """Paths and key events that do not count here (yet): beyond a cut, dated ahead, too new."""
    members_changed: bool


class Verified(msgspec.Struct, frozen=True):
    """What a file proves; whatever it does not prove was refused before."""

    ok: bool
    network: str
    circle: bytes
    coops: int
    records: int
    root: bytes


def write(path: Path | str, network: Network, circle: bytes) -> Iterator[bytes]:
    """The file of a circle, piece by piece, as one moment of the database at `path` shows it.

    Refuses `unknown-circle` before the first piece, and `gap` in the middle when a signature that
    ends a log is not here. Holds one chunk in memory; nobody who writes has to wait for it.
    """
    with exports.snapshot(path, network, circle) as view:
        blocks = BlockWriter(network)
        yield blocks.header(circle, view.root)
        # All events first: a receipt counts only behind its witness's key log.
        for events in _grouped(view.events()):
            yield blocks.keys(events, ())
        for receipts in _grouped(view.receipts()):
            yield blocks.keys((), receipts)
        for paths in _chunks(view):
            yield blocks.chunk(paths)
        yield blocks.end()


class Taking:
    """An export file on its way into a node, one block a step, so that others can write between.

    Making one reads the whole file once and refuses `bad-file` before anything is taken in: do it
    off the loop. The stream must be seekable and stay open until a step returns `Taken`. Without a
    `network` the file's own is believed, without a `coop` nobody asks whose circle it is.
    """

    def __init__(
        self, stream: BinaryIO, network: Network | None, coop: bytes | None, now_ms: int
    ) -> None:
        self.survey = survey(stream, network)
        self.refused: Refusal | None = None
        """Why the last thing that has to wait does so."""
        self._stream = stream
        self._network = network
        self._coop = coop
        self._now_ms = now_ms
        self._may_take = coop is None
        self._passes = 0
        self._records_new = 0
        self._keys_waiting = 0
        self._members_changed = False
        self._pass = _Pass(first_chunk=0)
        self._rewind()

    def step(self, database: Database) -> Taken | None:
        """Take the next block in: one transaction. `Taken` at the end, None before.

        Refuses `not-a-member` at the first step for a circle that is neither this node's own, nor
        about to be, nor open to read; and at any step what nobody may say (`bad-signature`, ...).
        """
        if not self._may_take:
            self._ask(database)
            self._may_take = True
        block = next(self._blocks)
        if isinstance(block, End):
            return self._end_pass()
        if isinstance(block, Keys) and not self._passes:
            self._take_keys(database, block)
        if isinstance(block, Chunk):
            self._take_chunk(database, block)
        return None

    def _ask(self, database: Database) -> None:
        assert self._coop is not None
        here = exports.standing(database, self.survey.header.circle, self._coop)
        is_public = here.is_public if here.is_known else self.survey.is_public
        if not (here.is_own or here.is_joining or is_public):
            raise Refusal("not-a-member", "this node is not in the file's circle")

    def _take_keys(self, database: Database, block: Keys) -> None:
        """Key logs as a whole, or, where one has to wait, each event for itself."""
        if self._put_keys(database, block.events, block.receipts):
            return
        put = [self._put_keys(database, (event,), ()) for event in block.events]
        put += [self._put_keys(database, (), (receipt,)) for receipt in block.receipts]
        self._keys_waiting += put.count(False)

    def _put_keys(
        self, database: Database, events: Sequence[Signed], receipts: Sequence[Receipt]
    ) -> bool:
        """False when they have to wait; what nobody may say is raised."""
        try:
            ingest.ingest_keys(database, events, receipts)
        except Refusal as refusal:
            if REFUSALS[refusal.code].peer is Peer.CLOSE:
                raise
            self.refused = refusal
            return False
        return True

    def _take_chunk(self, database: Database, block: Chunk) -> None:
        now = self._pass
        now.chunks += 1
        if now.chunks <= now.first_chunk:
            return
        circle = self.survey.header.circle
        outcome = ingest.ingest(database, circle, block.data, self._now_ms, live=False)
        now.records_new += outcome.new_records
        self._members_changed |= outcome.members_changed
        if outcome.refused:
            self.refused = outcome.refused[-1][1]
            if not now.paths_waiting:
                now.first_waiting = now.chunks - 1
            now.paths_waiting += len(outcome.refused)

    def _end_pass(self) -> Taken | None:
        """Go over the file again, from the chunk in which something had to wait, or be done."""
        done = self._pass
        self._passes += 1
        self._records_new += done.records_new
        if done.paths_waiting and done.records_new and self._passes < PASSES_MAX:
            self._pass = _Pass(done.first_waiting)
            self._rewind()
            return None
        return Taken(
            self.survey.header.circle, self._records_new, self.survey.records,
            self._keys_waiting + done.paths_waiting, self._members_changed,
        )  # fmt: skip

    def _rewind(self) -> None:
        self._stream.seek(0)
        self._blocks = read_blocks(self._stream, self._network)


class _Pass(msgspec.Struct):
    """Where one reading of the file stands; chunks before the first one are passed over."""

    first_chunk: int
    chunks: int = 0
    records_new: int = 0
    paths_waiting: int = 0
    first_waiting: int = 0


def take(database: Database, coop: bytes, stream: BinaryIO, now_ms: int) -> Taken:
    """Take a whole file in at once; `coop` is the node's own."""
    return _run(Taking(stream, database.network, coop, now_ms), database)


def verify(path: Path) -> Verified:
    """Check a file with nothing but itself: every key event, record, signature, count and the root.

    All of it goes through the one door of an empty database. Refuses whatever is wrong.
    """
    with path.open("rb") as stream:
        taking = Taking(stream, None, None, INTEGER_MAX)
        found = taking.survey
        header = found.header
        network = Network(header.network)
        with exports.scratch(network) as database:
            if _run(taking, database).waiting:
                raise Refusal("bad-file", f"a part of it leads nowhere: {taking.refused}")
            here = exports.holdings(database, header.circle)
    counted = (found.records, found.events, found.receipts)
    if counted != (here.records, here.events, here.receipts) or here.strangers:
        raise Refusal("bad-file", "it holds things twice, or what does not belong to its circle")
    if trie.root_of(network, here.leaves) != header.root:
        raise Refusal("bad-file", "its records do not come to its root")
    return Verified(
        ok=True,
        network=header.network,
        circle=header.circle,
        coops=here.key_leaves,
        records=here.records,
        root=header.root,
    )


def _run(taking: Taking, database: Database) -> Taken:
    while True:
        taken = taking.step(database)
        if taken is not None:
            return taken


def _grouped(items: Iterable[T]) -> Iterator[list[T]]:
    """Groups that fit one block of keys."""
    some: list[T] = []
    size = 0
    for item in items:
        length = len(encode(item))
        if some and size + length > KEYS_BYTES_MAX:
            yield some
            some, size = [], 0
        some.append(item)
        size += length
    if some:
        yield some


def _chunks(view: Snapshot) -> Iterator[list[chunk.Path]]:
    """Paths by the chunk, as full as it may be."""
    paths: list[chunk.Path] = []
    records = size = 0
    for reader, expected in view.logs():
        given = 0
        while not reader.finished:
            path = None
            if len(paths) < CHUNK_PATHS_MAX and records < CHUNK_RECORDS_MAX:
                path = reader.next_path(CHUNK_RECORDS_MAX - records, CHUNK_BYTES_MAX - size)
            if path is not None:
                paths.append(path)
                records += len(path.bodies)
                given += len(path.bodies)
                size += sum(len(body) for body in path.bodies if isinstance(body, bytes))
            elif paths:
                yield paths
                paths, records, size = [], 0, 0
            else:
                break
        if given < expected:
            raise Refusal("gap", "a signature that ends a log is not here yet")
    if paths:
        yield paths


KEYS_BYTES_MAX: Final = CHUNK_BYTES_MAX - 1024
# Each path adds some 260 bytes to the bodies; so many stay within a chunk's overhead.
CHUNK_PATHS_MAX: Final = 512
# In the order of `write` one is enough; another writer's order may hide one grant behind another.
PASSES_MAX: Final = 32
