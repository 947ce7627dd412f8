"""Export file: one circle as a file for a stick, with every key log and every signed chunk.

`write` makes it, `Taking` brings one in through the one door, `verify` checks one offline with
nothing but the file. What the file says of itself is believed nowhere: a flipped byte is found by
the check in its last block, and what was made up by the door. SPEC section "Export file".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from node import ingest
from node.store import exports
from node.store.database import Database
from node.store.exports import Snapshot
from protocol import chunk, circle, trie
from protocol.codec import decode_as, encode
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.keys import Network
from protocol.limits import (
    CHUNK_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    EXPORT_BLOCK_BYTES_MAX,
    HASH_BYTES,
    INTEGER_MAX,
    NAME_BYTES_MAX,
)
from protocol.record import body_hash, open_body

T = TypeVar("T")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first block: which circle of which network, and the root that its records come to."""

    circle: bytes
    network: str
    root: bytes


class Keys(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="keys"):
    """Key events, each co-op's inception first, and receipts."""

    events: tuple[Signed, ...]
    receipts: tuple[Receipt, ...]


class Chunk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="chunk"):
    """A compressed chunk as a link carries it."""

    data: bytes


class End(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="end"):
    """The last block: the number of records in all chunks, and the check of all blocks before."""

    records: int
    check: bytes


Block = Header | Keys | Chunk | End


class Survey(msgspec.Struct, frozen=True):
    """What a whole and undamaged file holds; nothing of it is proven yet."""

    header: Header
    records: int
    events: int
    receipts: int
    is_public: bool
    """Whether the founding body, which is what the circle's id is the hash of, says so."""


class Taken(msgspec.Struct, frozen=True):
    """What came of taking a file in."""

    circle: bytes
    records_new: int
    records: int
    paths_waiting: int
    """Paths that do not count here (yet): beyond a cut, of a later date, behind something newer."""
    members_changed: bool


class Verified(msgspec.Struct, frozen=True):
    """What a file proves; whatever it does not prove was refused before."""

    ok: bool
    network: str
    circle: bytes
    coops: int
    records: int
    root: bytes


def write(path: Path | str, network: Network, circle_id: bytes) -> Iterator[bytes]:
    """The file of a circle, piece by piece, as one moment of the database at `path` shows it.

    Refuses `unknown-circle` before the first piece, and `gap` in the middle when a signature that
    ends a log is not here. Holds one chunk in memory; other writers are not held up.
    """
    with exports.snapshot(path, network, circle_id) as view:
        header = encode(Header(circle_id, network.name, view.root))
        check = _check_on(network, NO_CHECK, header)
        yield MAGIC + _framed(header)
        for block in _key_blocks(view):
            check = _check_on(network, check, block)
            yield _framed(block)
        records = 0
        for packed, count in _chunks(view):
            block = encode(Chunk(packed))
            check = _check_on(network, check, block)
            records += count
            yield _framed(block)
        yield _framed(encode(End(records, check)))


def read_blocks(stream: BinaryIO, network: Network | None = None) -> Iterator[Block]:
    """The blocks of a file from where the stream stands: header, keys, chunks, end.

    Refuses `bad-file` for any damage to it, at the latest behind its last block, and
    `other-network` when it is not of the given one. One block at a time is in memory.
    """
    if _read(stream, len(MAGIC)) != MAGIC:
        raise Refusal("bad-file", "it does not start as an export of this version does")
    data = _next_block(stream)
    header = _decode(_HEADER, data)
    if max(len(header.circle), len(header.root)) != HASH_BYTES or len(header.circle) != HASH_BYTES:
        raise Refusal("bad-file", "header")
    if not 0 < len(header.network.encode()) <= NAME_BYTES_MAX:
        raise Refusal("bad-file", "name of the network")
    if network is not None and header.network != network.name:
        raise Refusal("other-network", header.network)
    network = network or Network(header.network)
    yield header
    check = NO_CHECK
    block: Block = header
    while not isinstance(block, End):
        check = _check_on(network, check, data)
        data = _next_block(stream)
        following = _decode(_BLOCK, data)
        if isinstance(following, Keys) and isinstance(block, Chunk):
            raise Refusal("bad-file", "key logs behind a chunk")
        if isinstance(following, End):
            if following.check != check:
                raise Refusal("bad-file", "it was changed on the way")
            if _read(stream, 1):
                raise Refusal("bad-file", "something stands behind its end")
        block = following
        yield block


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
        """Why the last path that has to wait does so."""
        self._stream = stream
        self._network = network
        self._coop = coop
        self._now_ms = now_ms
        self._may_take = coop is None
        self._passes = 0
        self._records_new = 0
        self._keys_waiting = 0
        self._members_changed = False
        self._begin_pass(first_chunk=0)

    def step(self, database: Database) -> Taken | None:
        """Take the next block in: one transaction. `Taken` at the end, None before.

        Refuses `not-a-member` at the first step for a circle that is neither this node's own, nor
        about to be, nor open to read.
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
            self._chunks += 1
            if self._chunks > self._first_chunk:
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
        if self._tried(lambda: ingest.ingest_keys(database, block.events, block.receipts)):
            return
        for event in block.events:
            self._keys_waiting += not self._tried(lambda: ingest.ingest_keys(database, [event]))  # noqa: B023 - called at once
        for receipt in block.receipts:
            self._keys_waiting += not self._tried(
                lambda: ingest.ingest_keys(database, [], [receipt])  # noqa: B023 - called at once
            )

    def _tried(self, act: Callable[[], object]) -> bool:
        """Whether it was done; False when it has to wait. What nobody may say is raised."""
        try:
            act()
        except Refusal as refusal:
            if REFUSALS[refusal.code].peer is Peer.CLOSE:
                raise
            self.refused = refusal
            return False
        return True

    def _take_chunk(self, database: Database, block: Chunk) -> None:
        header = self.survey.header
        outcome = ingest.ingest(database, header.circle, block.data, self._now_ms, live=False)
        self._pass_new += outcome.new_records
        self._members_changed |= outcome.members_changed
        if outcome.refused:
            self.refused = outcome.refused[-1][1]
            self._paths_waiting += len(outcome.refused)
            self._first_waiting = min(self._first_waiting, self._chunks - 1)

    def _begin_pass(self, first_chunk: int) -> None:
        """Go over the file (again), from the chunk in which something had to wait."""
        self._stream.seek(0)
        self._blocks = read_blocks(self._stream, self._network)
        self._first_chunk = first_chunk
        self._first_waiting = INTEGER_MAX
        self._chunks = 0
        self._pass_new = 0
        self._paths_waiting = 0

    def _end_pass(self) -> Taken | None:
        self._passes += 1
        self._records_new += self._pass_new
        if self._paths_waiting and self._pass_new and self._passes < PASSES_MAX:
            self._begin_pass(self._first_waiting)
            return None
        return Taken(
            self.survey.header.circle, self._records_new, self.survey.records,
            self._paths_waiting + self._keys_waiting, self._members_changed,
        )  # fmt: skip


def take(database: Database, coop: bytes, stream: BinaryIO, now_ms: int) -> Taken:
    """Take a whole file in at once."""
    taking = Taking(stream, database.network, coop, now_ms)
    while True:
        taken = taking.step(database)
        if taken is not None:
            return taken


def verify(path: Path) -> Verified:
    """Check a file with nothing but itself: every key event, record, signature, count and the root.

    All of it goes through the one door of an empty database. Refuses whatever is wrong.
    """
    with path.open("rb") as stream:
        taking = Taking(stream, None, None, INTEGER_MAX)
        header = taking.survey.header
        network = Network(header.network)
        with exports.scratch(network) as database:
            taken = None
            while taken is None:
                taken = taking.step(database)
            if taken.paths_waiting:
                raise Refusal("bad-file", f"a part of it leads nowhere: {taking.refused}")
            here = exports.holdings(database, header.circle)
    counted = (taking.survey.records, taking.survey.events, taking.survey.receipts)
    if counted != (here.records, here.events, here.receipts) or here.strangers:
        raise Refusal("bad-file", "it holds things twice, or what does not belong to its circle")
    if trie.root_of(network, here.leaves) != header.root:
        raise Refusal("bad-file", "its records do not come to its root")
    return Verified(
        True, header.network, header.circle, here.key_leaves, here.records, header.root  # noqa: FBT003
    )  # fmt: skip


def survey(stream: BinaryIO, network: Network | None = None) -> Survey:
    """Read a whole file once and count; refuses `bad-file` and `other-network`, proves nothing."""
    stream.seek(0)
    header: Header | None = None
    records = events = receipts = 0
    is_public: bool | None = None
    for block in read_blocks(stream, network):
        if isinstance(block, Header):
            header = block
        elif isinstance(block, Keys):
            events += len(block.events)
            receipts += len(block.receipts)
        elif isinstance(block, Chunk):
            paths = _unpack(block)
            records += sum(len(path.bodies) for path in paths)
            if is_public is None:  # the founding record stands in the first chunk
                assert header is not None
                is_public = _is_public(network or Network(header.network), header.circle, paths)
        elif block.records != records:
            raise Refusal("bad-file", f"{records} records instead of {block.records}")
    assert header is not None
    return Survey(header, records, events, receipts, bool(is_public))


def _key_blocks(view: Snapshot) -> Iterator[bytes]:
    """Events first, all of them: a receipt counts only behind its witness's key log."""
    for events in _grouped(view.events()):
        yield encode(Keys(events, ()))
    for receipts in _grouped(view.receipts()):
        yield encode(Keys((), receipts))


def _grouped(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    some: list[T] = []
    size = 0
    for item in items:
        length = len(encode(item))
        if some and size + length > KEYS_BYTES_MAX:
            yield tuple(some)
            some, size = [], 0
        some.append(item)
        size += length
    if some:
        yield tuple(some)


def _chunks(view: Snapshot) -> Iterator[tuple[bytes, int]]:
    """Chunks as full as they may be, and the number of records in each."""
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
                yield chunk.pack(paths), records
                paths, records, size = [], 0, 0
            else:
                break
        if given != expected:
            raise Refusal("gap", "a signature that ends a log is not here yet")
    if paths:
        yield chunk.pack(paths), records


def _is_public(network: Network, circle_id: bytes, paths: Iterable[chunk.Path]) -> bool:
    for path in paths:
        for index, body in zip(path.kind_of, path.bodies, strict=True):
            if path.kinds[index] != circle.FOUND or not isinstance(body, bytes):
                continue
            if body_hash(network, body) == circle_id:
                rules = _parsed(lambda: decode_as(_RULES, bytes(open_body(body).fields)))  # noqa: B023 - called at once
                return rules.read == "public"
    return False


def _unpack(block: Chunk) -> tuple[chunk.Path, ...]:
    return _parsed(lambda: chunk.unpack(block.data))


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    return _parsed(lambda: decode_as(decoder, data))


def _parsed(act: Callable[[], T]) -> T:
    """What a reader of bytes refuses is, in a file, a bad file."""
    try:
        return act()
    except Refusal as refusal:
        raise Refusal("bad-file", str(refusal)) from refusal


def _next_block(stream: BinaryIO) -> bytes:
    length = int.from_bytes(_read_all(stream, LENGTH_BYTES), "big")
    if length > EXPORT_BLOCK_BYTES_MAX:
        raise Refusal("bad-file", f"a block of {length} bytes; at most {EXPORT_BLOCK_BYTES_MAX}")
    return _read_all(stream, length)


def _read_all(stream: BinaryIO, size: int) -> bytes:
    data = _read(stream, size)
    if len(data) != size:
        raise Refusal("bad-file", "it ends too early")
    return data


def _read(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, up to `size`; a raw stream may give them in parts."""
    parts: list[bytes] = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _framed(data: bytes) -> bytes:
    assert len(data) <= EXPORT_BLOCK_BYTES_MAX
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def _check_on(network: Network, check: bytes, block: bytes) -> bytes:
    """The check behind one more block: H("file", check before it and the block).

    The records prove themselves; this finds the bytes that no proof covers: zstd, for one, decodes
    some flipped bytes to the same content.
    """
    return network.hash(b"file", check + block)


MAGIC: Final = b"coop-node export 1\n"
LENGTH_BYTES: Final = 4
NO_CHECK: Final = bytes(HASH_BYTES)
KEYS_BYTES_MAX: Final = CHUNK_BYTES_MAX
# Each path adds some 260 bytes to the bodies; so many stay within a chunk's overhead.
CHUNK_PATHS_MAX: Final = 512
# In the order of `write` one is enough; each other writer's file may hide one more grant a pass.
PASSES_MAX: Final = 32
_HEADER: Final = msgspec.msgpack.Decoder(Header)
_BLOCK: Final = msgspec.msgpack.Decoder(Keys | Chunk | End)
_RULES: Final = msgspec.msgpack.Decoder(circle.Rules)
