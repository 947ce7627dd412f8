"""Export file: its bytes. A first line, then blocks: header, key logs, chunks, end.

`read_blocks` finds every flipped byte and every missing one, `survey` counts. It never takes
anything in and proves nothing of what a block says; `export` does. SPEC section "Export file".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import msgspec

from protocol import chunk, circle
from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed, event_hash, read_event
from protocol.keys import Network
from protocol.limits import EXPORT_BLOCK_BYTES_MAX, HASH_BYTES, NAME_BYTES_MAX
from protocol.record import body_hash, open_body


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


class BlockWriter:
    """Makes the pieces of one file, one after the other, and counts what they hold."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._check = NO_CHECK
        self._records = 0

    def header(self, circle_id: bytes, root: bytes) -> bytes:
        """The first line and the header: the first piece."""
        return MAGIC + self._framed(encode(Header(circle_id, self._network.name, root)))

    def keys(self, events: Iterable[Signed], receipts: Iterable[Receipt]) -> bytes:
        """A block of key logs."""
        return self._framed(encode(Keys(tuple(events), tuple(receipts))))

    def chunk(self, paths: list[chunk.Path]) -> bytes:
        """A block of records."""
        self._records += sum(len(path.bodies) for path in paths)
        return self._framed(encode(Chunk(chunk.pack(paths))))

    def end(self) -> bytes:
        """The last piece."""
        return self._framed(encode(End(self._records, self._check)))

    def _framed(self, block: bytes) -> bytes:
        assert len(block) <= EXPORT_BLOCK_BYTES_MAX
        self._check = check_on(self._network, self._check, block)
        return len(block).to_bytes(LENGTH_BYTES, "big") + block


def read_blocks(stream: BinaryIO, network: Network | None = None) -> Iterator[Block]:
    """The blocks of a file from where the stream stands: header, keys, chunks, end.

    Refuses `bad-file` for any damage to it, at the latest behind its last block, and
    `other-network` when it is not of the given one. One block at a time is in memory.
    """
    if _read(stream, len(MAGIC)) != MAGIC:
        raise Refusal("bad-file", "it does not start as an export of this version does")
    data = _next_block(stream)
    header = _decode_header(data)
    if network is not None and header.network != network.name:
        raise Refusal("other-network", header.network)
    network = network or Network(header.network)
    yield header
    check = NO_CHECK
    block: Block = header
    while not isinstance(block, End):
        check = check_on(network, check, data)
        data = _next_block(stream)
        with _or_bad_file():
            following = decode_as(_BLOCK, data)
        if isinstance(following, Keys) and isinstance(block, Chunk):
            raise Refusal("bad-file", "key logs behind a chunk")
        if isinstance(following, End):
            if following.check != check:
                raise Refusal("bad-file", "it was changed on the way")
            if _read(stream, 1):
                raise Refusal("bad-file", "something stands behind its end")
        block = following
        yield block


def survey(stream: BinaryIO, network: Network | None = None) -> Survey:
    """Read a whole file once and count; refuses `bad-file` and `other-network`, proves nothing."""
    stream.seek(0)
    blocks = read_blocks(stream, network)
    header = next(blocks)
    assert isinstance(header, Header)
    count = _Count(network or Network(header.network), header.circle)
    for block in blocks:
        if isinstance(block, Keys):
            count.keys(block)
        elif isinstance(block, Chunk):
            count.chunk(block)
        elif isinstance(block, End) and block.records != count.records:
            raise Refusal("bad-file", f"{count.records} records instead of {block.records}")
    if count.is_public is None:
        raise Refusal("bad-file", "it holds no records")
    return Survey(header, count.records, count.events, count.receipts, count.is_public)


class _Count:
    """What the blocks of a file hold so far, each where it has to stand."""

    def __init__(self, network: Network, circle_id: bytes) -> None:
        self.records = self.events = self.receipts = 0
        self.is_public: bool | None = None
        self._network = network
        self._circle = circle_id
        self._coops: set[bytes] = set()
        """Those whose inception was read."""

    def keys(self, block: Keys) -> None:
        """Each co-op's inception before its other events, all of them before receipts."""
        if block.events and self.receipts:
            raise Refusal("bad-file", "a key event behind receipts")
        for signed in block.events:
            self._event(signed)
        self.events += len(block.events)
        self.receipts += len(block.receipts)

    def chunk(self, block: Chunk) -> None:
        """The first chunk holds the founding record, so that what follows has its circle."""
        with _or_bad_file():
            paths = chunk.unpack(block.data)
        self.records += sum(len(path.bodies) for path in paths)
        if self.is_public is None:
            self.is_public = _is_public(self._network, self._circle, paths)

    def _event(self, signed: Signed) -> None:
        try:
            event, _ = read_event(signed.event)
        except Refusal as refusal:
            if refusal.code == "unknown-version":  # newer than this node; others go on without
                return
            raise Refusal("bad-file", str(refusal)) from refusal
        if event.coop is None:
            self._coops.add(event_hash(self._network, signed.event))
        elif event.coop not in self._coops:
            raise Refusal("bad-file", "a key event before its inception")


def check_on(network: Network, check: bytes, block: bytes) -> bytes:
    """The check behind one more block: H("file", check before it and the block).

    The records prove themselves; this finds the bytes that no proof covers: zstd, for one, decodes
    some flipped bytes to the same content.
    """
    return network.hash(b"file", check + block)


def _is_public(network: Network, circle_id: bytes, paths: Iterable[chunk.Path]) -> bool:
    for path in paths:
        for index, body in zip(path.kind_of, path.bodies, strict=True):
            if path.kinds[index] != circle.FOUND or not isinstance(body, bytes):
                continue
            if body_hash(network, body) == circle_id:
                with _or_bad_file():
                    rules = decode_as(_RULES, bytes(open_body(body).fields))
                return rules.read == "public"
    raise Refusal("bad-file", "its first chunk does not hold the founding record")


def _decode_header(data: bytes) -> Header:
    with _or_bad_file():
        header = decode_as(_HEADER, data)
    if len(header.circle) != HASH_BYTES or len(header.root) != HASH_BYTES:
        raise Refusal("bad-file", "ids in the header")
    if not 0 < len(header.network.encode()) <= NAME_BYTES_MAX:
        raise Refusal("bad-file", "name of the network")
    return header


@contextmanager
def _or_bad_file() -> Iterator[None]:
    """What a reader of bytes refuses is, in a file, a bad file."""
    try:
        yield
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


MAGIC: Final = b"coop-node export 1\n"
LENGTH_BYTES: Final = 4
NO_CHECK: Final = bytes(HASH_BYTES)
_HEADER: Final = msgspec.msgpack.Decoder(Header)
_BLOCK: Final = msgspec.msgpack.Decoder(Keys | Chunk | End)
_RULES: Final = msgspec.msgpack.Decoder(circle.Rules)
