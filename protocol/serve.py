"""Serve: one side's answers to what the other asks for, streamed within the credit it gave.

`Streams` turns log requests into data frames, a few at a time, and hands out key logs a message at
a time, whenever the link can take more. It reads the replica and never writes; what may be served
at all is the session's question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from protocol import chunk
from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.limits import (
    ASKED_KEY_LOGS_MAX,
    CHUNK_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    PIECE_BYTES_MAX,
    REQUESTS_IN_FLIGHT_MAX,
)
from protocol.messages import (
    AskBlob,
    AskBodies,
    AskKeys,
    AskLogs,
    BlobList,
    BlobPart,
    BodyOf,
    Data,
    Done,
    Keys,
    Leaf,
    LogAsk,
    Message,
    TrieNode,
)
from protocol.replica import LeafState, LogReader, Replica


class Streams:
    """The requests of one peer, for logs and for key logs, that are being answered."""

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}
        self._keys: deque[Iterator[Message]] = deque()

    def ask(self, asked: AskLogs, circle: bytes) -> None:
        """Begin to answer; refuses `peer-flooding` beyond 16 requests in flight."""
        self._make_room()
        if asked.request in self._streams:
            raise Refusal("peer-flooding", "requests in flight")
        self._streams[asked.request] = _Stream(circle, deque(asked.logs), asked.credit)

    def ask_keys(self, asked: AskKeys, circle: bytes, replica: Replica) -> None:
        """The same for key logs; they are read when their turn comes."""
        self._make_room()
        self._keys.append(key_logs(asked, circle, replica))

    def credit(self, request: int, size: int) -> None:
        """More may be sent; a request that has ended in the meantime is no fault."""
        if request in self._streams:
            self._streams[request].credit += size

    def next_frames(self, replica: Replica) -> list[Message]:
        """The frames of one more chunk of some request, or [] when nothing can be sent now.

        Key logs go first: the records that follow could only wait for them.
        """
        while self._keys:
            message = next(self._keys[0], None)
            if message is not None:
                return [message]
            self._keys.popleft()
        for request, stream in list(self._streams.items()):
            if stream.credit <= 0:
                continue
            packed = stream.next_chunk(replica)
            if packed is None:
                del self._streams[request]
                return [Done(request)]
            stream.credit -= len(packed)
            return [Data(request, last, piece) for piece, last in split(packed)]
        return []

    def _make_room(self) -> None:
        if len(self._streams) + len(self._keys) >= REQUESTS_IN_FLIGHT_MAX:
            raise Refusal("peer-flooding", "requests in flight")


class _Stream:
    """Where one request stands."""

    def __init__(self, circle: bytes, logs: deque[LogAsk], credit: int) -> None:
        self.circle = circle
        self.credit = credit
        self._logs = logs
        self._reader: LogReader | None = None

    def next_chunk(self, replica: Replica) -> bytes | None:
        """One chunk of as many paths as fit; None at the end."""
        paths: list[chunk.Path] = []
        records, size = CHUNK_RECORDS_MAX, CHUNK_BYTES_MAX
        while records > 0 and size > 0:
            if self._reader is None:
                if not self._logs:
                    break
                asked = self._logs.popleft()
                self._reader = replica.open_log(self.circle, asked.leaf, asked.have)
                continue
            path = self._reader.next_path(records, size)
            if path is not None:
                paths.append(path)
                records -= len(path.bodies)
                size -= sum(len(body) for body in path.bodies if isinstance(body, bytes))
                size -= PATH_COST_BYTES
            elif self._reader.finished:
                self._reader = None
            else:
                break
        return chunk.pack(paths) if paths else None


def split(packed: bytes) -> list[tuple[bytes, bool]]:
    """(piece, is last) of a chunk, each piece fit for one frame."""
    starts = range(0, len(packed), PIECE_BYTES_MAX)
    return [(packed[at : at + PIECE_BYTES_MAX], at == starts[-1]) for at in starts]


def trie_nodes(
    replica: Replica, circle: bytes | None, prefixes: Sequence[str]
) -> tuple[TrieNode, ...]:
    """The nodes at prefixes, shortened for the wire; all empty of a circle that is not shared."""
    return tuple(
        TrieNode(prefix, _children(replica.trie_at(circle, prefix)) if circle else ())
        for prefix in prefixes
    )


def key_logs(asked: AskKeys, circle: bytes, replica: Replica) -> Iterator[Message]:
    """The answer to a wish for key logs, in as many messages as it takes; the last says so."""
    events: list[Signed] = []
    receipts: list[Receipt] = []
    size = 0
    for leaf in asked.leaves:
        more, more_receipts = replica.key_log(circle, leaf)
        receipts += more_receipts
        for event in more:
            cost = len(event.event) + SIGNATURE_COST_BYTES * len(event.signatures)
            if events and (size + cost > PIECE_BYTES_MAX or len(events) == ASKED_KEY_LOGS_MAX):
                yield Keys(asked.blind, tuple(events), (), last=False)
                events, size = [], 0
            events.append(event)
            size += cost
    for at in range(0, len(receipts), ASKED_KEY_LOGS_MAX):
        yield Keys(asked.blind, tuple(events), (), last=False)
        yield Keys(asked.blind, (), tuple(receipts[at : at + ASKED_KEY_LOGS_MAX]), last=False)
        events = []
    yield Keys(asked.blind, tuple(events), (), last=True)


def bodies(asked: AskBodies, circle: bytes | None, replica: Replica) -> Iterator[Message]:
    """The bodies that are here, one message each."""
    for one in asked.ids if circle else ():
        body = replica.body(circle or b"", one)
        if body is not None:
            yield BodyOf(asked.blind, one, body)


def blob(asked: AskBlob, circle: bytes | None, replica: Replica) -> Iterator[Message]:
    """The list of pieces and some pieces of a file, or that it is not here."""
    found = replica.blob(circle, asked.hash) if circle else None
    if found is None:
        yield BlobList(asked.hash, 0, ())
        return
    size, hashes = found
    if asked.first == 0:
        yield BlobList(asked.hash, size, tuple(hashes))
    for index in range(asked.first, min(asked.first + asked.count, len(hashes))):
        for part, last in split(replica.blob_piece(asked.hash, index) or b""):
            yield BlobPart(asked.hash, index, last, part)


def _children(
    node: LeafState | tuple[LeafState | bytes | None, ...],
) -> tuple[Leaf | bytes | None, ...]:
    if isinstance(node, LeafState):
        return (short_leaf(node),)
    return tuple(
        short_leaf(child) if isinstance(child, LeafState) else (child and child[:8])
        for child in node
    )


def short_leaf(leaf: LeafState) -> Leaf:
    """A leaf as the wire has it."""
    return Leaf(leaf.key, leaf.value[:8], leaf.is_keys)


# Ids, signature and column heads of a path: many short ones must not outgrow a chunk's overhead.
PATH_COST_BYTES: Final = 320
# A signature, the key it is of, and what msgpack puts around them.
SIGNATURE_COST_BYTES: Final = 104
