"""A link of the simulation: two real sessions joined by a wire that delays, and may break.

It does what `node.net` does around a session: the door in its own time, live changes handed on,
roots told after bulk ones, absent bodies asked for.
"""

from collections import deque
from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from node import ingest
from protocol import chunk
from protocol.keys import Network
from protocol.session import Session
from protocol.sessionevents import BodyCame, CaughtUp, Chunk, Event, KeyLogs
from tests.sim.node import SimNode
from tests.sim.picture import wanted

Later = Callable[[int, Callable[[], None]], None]
"""(delay in milliseconds, what to do then)."""
Taken = Chunk | KeyLogs | BodyCame


class Side:
    """One end: a session over a node, and what waits for its door."""

    def __init__(self, link: "Link", node: SimNode, session: Session) -> None:
        self.link = link
        self.node = node
        self.session = session
        self.other: Side
        self._arrives_ms = 0
        self._door: deque[Taken] = deque()
        self._is_taking = False
        self._is_filling = False

    def step(self, events: Iterable[Event] = ()) -> None:
        """After the session did something: carry its events, send what it queued, fill."""
        for event in events:
            if isinstance(event, Chunk | KeyLogs | BodyCame):
                self._door.append(event)
            elif isinstance(event, CaughtUp):
                self.link.caught_up.add((self.node.name, event.circle))
                ids = wanted(self.node.database, event.circle)
                if ids:
                    self.session.ask_bodies(event.circle, ids)
        while self.session.outgoing:
            self._send(self.session.outgoing.popleft())
        if self._door and not self._is_taking:
            self._is_taking = True
            self.link.later(self.link.random.randrange(80), self._take)
        if self.session.greeted and not self._is_filling:
            self._is_filling = True
            self.link.later(self.link.random.randrange(5), self._fill)

    def _send(self, frame: bytes) -> None:
        """In order within a link, late by any time; one frame may be the link's last."""
        delay = self.link.random.choice((2, 10, 40, 400))
        now = self.link.now_ms()
        self._arrives_ms = max(self._arrives_ms, now + self.link.random.randrange(1, delay))
        self.link.later(self._arrives_ms - now, lambda: self.other.receive(frame))

    def receive(self, frame: bytes) -> None:
        if not self.link.is_up:
            return
        if self.link.random.random() < self.link.breaks:
            self.link.cut()
            return
        self.step(self.session.receive(frame, self.node.replica))

    def _fill(self) -> None:
        self._is_filling = False
        if self.link.is_up and self.session.fill(self.node.replica):
            self.step()

    def _take(self) -> None:
        self._is_taking = False
        if not self.link.is_up or not self._door:
            return
        event = self._door.popleft()
        node = self.node
        if isinstance(event, Chunk):
            live = event.request is None
            now_ms = node.now_ms
            outcome = ingest.ingest(node.database, event.circle, event.data, now_ms, live=live)
            self.link.told(self, outcome, event.data if live else None)
            new = outcome.new_records > 0
            self.step(self.session.taken(event, node.replica, progressed=new, gap=outcome.gap))
        elif isinstance(event, KeyLogs):
            grown = ingest.take_keys(node.database, event.events, event.receipts)
            some: list[Event] = []
            if event.last:
                some = self.session.keys_taken(event.circle, node.replica, progressed=bool(grown))
            self.step(some)
        else:
            ingest.ingest_body(node.database, event.circle, event.record, event.body)
            self.step()


class Link:
    """Two nodes that talk until something breaks."""

    def __init__(
        self,
        network: Network,
        nodes: tuple[SimNode, SimNode],
        random: Random,
        later: Later,
        now_ms: Callable[[], int],
        told: Callable[[Side, ingest.Outcome, bytes | None], None],
        breaks: float,
    ) -> None:
        self.is_up = True
        self.random = random
        self.later = later
        self.now_ms = now_ms
        self.told = told
        self.breaks = breaks
        self.caught_up: set[tuple[str, bytes]] = set()
        """(node's name, circle) of those that found the roots equal."""
        secret = random.randbytes(32)
        one, other = nodes
        for node, peer in (nodes, (other, one)):
            node.learn(peer.identity)
        left = Side(self, one, Session(network, other.coop, secret))
        right = Side(self, other, Session(network, one.coop, secret))
        left.other, right.other = right, left
        self.sides = (left, right)
        for side in self.sides:
            side.session.hello(side.node.replica, side.node.now_ms)
            side.step()

    def of(self, node: SimNode) -> Side:
        return self.sides[0] if self.sides[0].node is node else self.sides[1]

    def cut(self) -> None:
        """What is under way is lost."""
        self.is_up = False


def without_bodies(packed: bytes, random: Random) -> bytes:
    """The same chunk with some forgettable bodies left out, as one who lacks them sends it."""
    network = Network("sim")
    paths = []
    for path in chunk.unpack(packed):
        some = tuple(
            (network.hash(b"body", body), len(body))
            if isinstance(body, bytes) and day is not None and random.random() < ABSENT
            else body
            for day, body in zip(path.expires_days, path.bodies, strict=True)
        )
        paths.append(chunk.Path(**{**_parts(path), "bodies": some}))  # type: ignore[arg-type]
    return chunk.pack(paths)


def _parts(path: chunk.Path) -> dict[str, object]:
    return {name: getattr(path, name) for name in path.__struct_fields__}


ABSENT: Final = 0.3
