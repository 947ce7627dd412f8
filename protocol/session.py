"""Session: one authenticated peer; bytes in, events and bytes out.

It has no socket, clock or task: the shell hands in decrypted frames and the replica, sends what
`outgoing` holds, carries the events to the door, and tells when the door is done. The same code
runs over a websocket and in the simulator. SPEC section "Session".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Final, assert_never

from protocol import messages as m
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import (
    BLOB_PIECE_BYTES,
    CHUNK_BYTES_MAX,
    CHUNK_OVERHEAD_BYTES_MAX,
    CIRCLES_SHARED_MAX,
    CREDIT_BYTES,
    PROTOCOL_VERSION,
)
from protocol.pull import Pull
from protocol.replica import Replica
from protocol.serve import Streams, blob, bodies, split, trie_nodes
from protocol.sessionevents import (
    Behind,
    BlobListCame,
    BlobPieceCame,
    BodyCame,
    CaughtUp,
    Chunk,
    Closed,
    Event,
    Greeted,
    JoinAnswered,
    JoinAsked,
    KeyLogs,
)


class Session:
    """The conversation with one peer whose identity the handshake proved."""

    def __init__(self, network: Network, peer: bytes, handshake_hash: bytes) -> None:
        self.peer = peer
        self.greeted = False
        self.closed = False
        self.outgoing: deque[bytes] = deque()
        self._network = network
        self._handshake_hash = handshake_hash
        self._requests = count(1)
        self._pulls: dict[bytes, Pull] = {}
        self._their_roots: dict[bytes, bytes] = {}
        self._streams = Streams()
        self._data: dict[int, bytearray] = {}
        self._credit: dict[int, int] = {}
        """Bytes that the peer may still send, by request; the last chunk may run over."""
        self._pushed: dict[bytes, bytearray | None] = {}
        """Pushes whose last piece has not come, by blind name; None: passed over to its end."""
        self._blob_parts: dict[tuple[bytes, int], bytearray] = {}
        self._targets: dict[bytes, bytes] = {}
        """Circle -> the other side's root with which its round began."""
        self._retry: set[bytes] = set()
        self._later: list[bytes] = []
        """Circles that differ and wait until another one's round is over."""

    def hello(self, replica: Replica, now_ms: int) -> None:
        """Say hello with the roots of all shared circles."""
        self._send(m.Hello(PROTOCOL_VERSION, now_ms, self._roots(replica)))

    def receive(self, frame: bytes, replica: Replica) -> list[Event]:
        """Take one decrypted frame in; raises a Refusal when the peer broke a rule."""
        message = m.read(frame)
        if not self.greeted and not isinstance(message, m.Hello | m.Close):
            raise Refusal("malformed", "no hello first")
        return self._handle(message, replica)

    def announce(self, replica: Replica, *, answer: bool) -> None:
        """Tell our roots: after a bulk change, and every minute with `answer`."""
        roots = self._roots(replica)
        if roots and not self.closed:
            self._send(m.Roots(roots, answer))

    def push(self, circle: bytes, packed: bytes) -> None:
        """Send a live change."""
        for piece, last in split(packed):
            self._send(m.Push(self.blind(circle), last, piece))

    def taken(self, chunk: Chunk, replica: Replica, *, progressed: bool, gap: bool) -> list[Event]:
        """The door is done with a chunk. A gap behind a push starts a round."""
        if chunk.request is None:
            if gap:
                self._send(m.Roots(self._roots(replica), answer=True))
            return []
        pull = self._pulls.get(chunk.circle)
        if pull is None:
            return []
        self._send(m.Credit(chunk.request, max(1, len(chunk.data))))
        pull.chunk_taken(chunk.request, progressed=progressed)
        return self._advance(chunk.circle, replica)

    def keys_taken(self, circle: bytes, replica: Replica, *, progressed: bool) -> list[Event]:
        """The door is done with the key logs of a round."""
        pull = self._pulls.get(circle)
        if pull is None:
            return []
        pull.keys_end(progressed=progressed)
        return self._advance(circle, replica)

    def fill(self, replica: Replica) -> bool:
        """Queue one more chunk of what the peer asked for; False when there is nothing to send."""
        frames = self._streams.next_frames(replica)
        for message in frames:
            self._send(message)
        return bool(frames)

    def join(self, circle: bytes) -> None:
        """Ask to be admitted with the invite that the handshake proved."""
        self._send(m.Join(circle))

    def joined(self, circle: bytes, *, pending: bool) -> None:
        """Answer the peer's wish to join."""
        self._send(m.Joined(circle, pending))

    def ask_bodies(self, circle: bytes, ids: Sequence[bytes]) -> None:
        """Ask for absent forgettable bodies."""
        self._send(m.AskBodies(self.blind(circle), tuple(ids)))

    def ask_blob(self, circle: bytes, blob: bytes, first: int, pieces: int) -> None:
        """Ask for a blob's list (first 0) and for pieces from `first` on."""
        self._send(m.AskBlob(self.blind(circle), blob, first, pieces))

    def close(self, code: str, detail: str = "") -> None:
        """Say why and end; nothing is sent after it."""
        if not self.closed:
            self._send(m.Close(code, detail[:400]))
            self.closed = True

    def blind(self, circle: bytes) -> bytes:
        """How this link names a circle."""
        return self._network.hash(b"blind", circle + self._handshake_hash)[:16]

    def _handle(  # noqa: C901, PLR0911, PLR0912 - one row a message
        self, message: m.AnyMessage, replica: Replica
    ) -> list[Event]:
        match message:
            case m.Hello():
                return self._hello(message, replica)
            case m.Roots():
                if message.answer:
                    self._send(m.Roots(self._roots(replica), answer=False))
                return self._compare(message.circles, replica)
            case m.AskTrie() | m.AskKeys() | m.AskLogs() | m.AskBodies() | m.AskBlob():
                self._answer(message, self._circle(message.blind, replica), replica)
                return []
            case m.Trie():
                return self._trie(message, replica)
            case m.Keys():
                pulling = self._pulling(message.blind)
                self._pulls[pulling].keys(message.events, message.receipts)
                return [KeyLogs(pulling, message.events, message.receipts, message.last)]
            case m.Data():
                return self._collect(message)
            case m.Credit():
                self._streams.credit(message.request, message.size)
                return []
            case m.Done():
                return self._done(message.request, replica)
            case m.Push():
                return self._collect_push(message, replica)
            case m.BodyOf():
                bodied = self._circle(message.blind, replica)
                return [BodyCame(bodied, message.id, message.body)] if bodied else []
            case m.BlobList():
                return [BlobListCame(message.hash, message.size, message.pieces)]
            case m.BlobPart():
                return self._collect_blob(message)
            case m.Join():
                return [JoinAsked(message.circle)]
            case m.Joined():
                return [JoinAnswered(message.circle, message.pending)]
            case m.Close():
                self.closed = True
                return [Closed(message.code, message.detail)]
            case m.AskIntroduction() | m.Introduction():
                raise Refusal("malformed", "introductions come before hello")
            case _ as never:
                assert_never(never)

    def _answer(self, asked: Ask, circle: bytes | None, replica: Replica) -> None:
        """Serve what was asked for; of a circle that is not shared, nothing is here."""
        match asked:
            case m.AskTrie():
                self._send(m.Trie(asked.blind, trie_nodes(replica, circle, asked.prefixes)))
            case m.AskKeys():
                if circle is None:
                    self._send(m.Keys(asked.blind, (), (), last=True))
                else:
                    self._streams.ask_keys(asked, circle, replica)
            case m.AskLogs():
                if circle is None:
                    self._send(m.Done(asked.request))
                else:
                    self._streams.ask(asked, circle)
            case m.AskBodies():
                self._send_all(bodies(asked, circle, replica))
            case m.AskBlob():
                self._send_all(blob(asked, circle, replica))
            case _ as never:
                assert_never(never)

    def _hello(self, message: m.Hello, replica: Replica) -> list[Event]:
        if self.greeted or message.version != PROTOCOL_VERSION:
            raise Refusal("other-network", f"protocol version {message.version}")
        self.greeted = True
        return [Greeted(message.time_ms), *self._compare(message.circles, replica)]

    def _compare(self, circles: m.CircleRoots, replica: Replica) -> list[Event]:
        """Start a round for each shared circle whose root differs, a few at a time."""
        events: list[Event] = []
        given = dict(circles)
        for circle, root in replica.shared_circles(self.peer):
            theirs = given.get(self.blind(circle))
            if theirs is None:
                continue
            self._their_roots[circle] = theirs
            if theirs == root:
                events.append(CaughtUp(circle))
            elif circle in self._pulls:
                # Only a root that is new is worth another round: two sides that cannot take what
                # the other has would tell each other the same ones for ever.
                if theirs != self._targets[circle]:
                    self._retry.add(circle)
            elif circle not in self._later:
                self._later.append(circle)
        return events + self._begin(replica)

    def _begin(self, replica: Replica) -> list[Event]:
        """Start the rounds that wait, as far as may be: more would be too many requests at once."""
        events: list[Event] = []
        while self._later and len(self._pulls) < PULLS_AT_ONCE:
            circle = self._later.pop(0)
            if self._is_caught_up(circle, replica):
                events.append(CaughtUp(circle))
                continue
            self._targets[circle] = self._their_roots[circle]
            pull = self._pulls[circle] = Pull(
                self._network, circle, self.blind(circle), self._requests
            )
            self._send_all(pull.step(replica))
        return events

    def _advance(self, circle: bytes, replica: Replica) -> list[Event]:
        """Ask on; at the end of a round that got somewhere, compare the roots again."""
        pull = self._pulls[circle]
        self._send_all(pull.step(replica))
        if not pull.finished:
            return []
        del self._pulls[circle]
        begun = self._begin(replica)
        again = circle in self._retry
        self._retry.discard(circle)
        if pull.progressed or again:
            self._send(m.Roots(self._roots(replica), answer=True))
            return begun
        done = self._is_caught_up(circle, replica)
        return [*begun, CaughtUp(circle) if done else Behind(circle)]

    def _is_caught_up(self, circle: bytes, replica: Replica) -> bool:
        root = dict(replica.shared_circles(self.peer)).get(circle)
        return root == self._their_roots.get(circle)

    def _trie(self, message: m.Trie, replica: Replica) -> list[Event]:
        circle = self._pulling(message.blind)
        self._pulls[circle].trie(message.nodes, replica)
        return self._advance(circle, replica)

    def _done(self, request: int, replica: Replica) -> list[Event]:
        circle = self._pull_of(request)
        if request in self._data:
            raise Refusal("malformed", "a request ended within a chunk")
        self._credit.pop(request, None)
        self._pulls[circle].request_end(request)
        return self._advance(circle, replica)

    def _collect(self, message: m.Data) -> list[Event]:
        circle = self._pull_of(message.request)
        data = self._data.setdefault(message.request, bytearray())
        _grow(data, message.piece)
        left = self._credit.get(message.request, -CREDIT_BYTES) - len(message.piece)
        if left < -CHUNK_BYTES_MAX - CHUNK_OVERHEAD_BYTES_MAX:
            raise Refusal("peer-flooding", "more than the credit")
        self._credit[message.request] = left
        if not message.last:
            return []
        del self._data[message.request]
        self._pulls[circle].chunk_came(message.request)
        return [Chunk(circle, bytes(data), message.request)]

    def _collect_push(self, message: m.Push, replica: Replica) -> list[Event]:
        """Put the pieces together; a push is passed over to its end if it begins unshared."""
        circle = self._circle(message.blind, replica)
        if message.blind not in self._pushed:
            if len(self._pushed) >= CIRCLES_SHARED_MAX:
                raise Refusal("peer-flooding", "pushes without an end")
            self._pushed[message.blind] = None if circle is None else bytearray()
        data = self._pushed[message.blind]
        if data is not None:
            _grow(data, message.piece)
        if not message.last:
            return []
        del self._pushed[message.blind]
        return [Chunk(circle, bytes(data), None)] if circle and data is not None else []

    def _collect_blob(self, message: m.BlobPart) -> list[Event]:
        key = (message.hash, message.index)
        data = self._blob_parts.setdefault(key, bytearray())
        if len(self._blob_parts) > BLOB_PARTS_MAX or len(data) > BLOB_PIECE_BYTES:
            raise Refusal("peer-flooding", "parts of files")
        data += message.part
        if not message.last:
            return []
        del self._blob_parts[key]
        return [BlobPieceCame(message.hash, message.index, bytes(data))]

    def _circle(self, blind: bytes, replica: Replica) -> bytes | None:
        """The shared circle behind a blind name, judged by our state at this very moment."""
        for circle, _ in replica.shared_circles(self.peer):
            if self.blind(circle) == blind:
                return circle
        return None

    def _pulling(self, blind: bytes) -> bytes:
        for circle in self._pulls:
            if self.blind(circle) == blind:
                return circle
        raise Refusal("peer-flooding", "an answer to nothing")

    def _pull_of(self, request: int) -> bytes:
        for circle, pull in self._pulls.items():
            if pull.owns(request):
                return circle
        raise Refusal("peer-flooding", "data that was not asked for")

    def _roots(self, replica: Replica) -> m.CircleRoots:
        shared = replica.shared_circles(self.peer)[:CIRCLES_SHARED_MAX]
        return tuple((self.blind(circle), root) for circle, root in shared)

    def _send_all(self, out: Iterable[m.Message]) -> None:
        for message in out:
            self._send(message)

    def _send(self, message: m.Message) -> None:
        if self.closed:
            return
        if isinstance(message, m.AskLogs):
            self._credit[message.request] = message.credit
        elif isinstance(message, m.Credit) and message.request in self._credit:
            self._credit[message.request] += message.size
        self.outgoing.append(m.write(message))


Ask = m.AskTrie | m.AskKeys | m.AskLogs | m.AskBodies | m.AskBlob
Step = Callable[[Session, Replica], "list[Event] | None"]
"""A step of a session that reads the replica, for the thread that owns both."""


def _grow(data: bytearray, piece: bytes) -> None:
    data += piece
    if len(data) > CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX:
        raise Refusal("too-large", "chunk")


# A round has at most seven requests under way; so the other side never sees more than 16.
PULLS_AT_ONCE: Final = 2
# Slices of this many different pieces may be under way on one link.
BLOB_PARTS_MAX: Final = 32
