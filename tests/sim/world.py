"""The simulated world: nodes, links, time and all that goes wrong, out of one seed.

Events lie in one queue by time; whatever is random comes from one generator. So a seed is a whole
history, and replays it.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from node import acts, ingest
from node.author import Published
from protocol.chunk import pack
from protocol.errors import Refusal
from protocol.keys import Network
from tests.sim.identity import Identity
from tests.sim.link import Link, Side, without_bodies
from tests.sim.node import DAY_MS, SimNode

NETWORK = Network("sim")


class World:
    """`run` lets everything happen for a while, `heal` lets it come to rest."""

    def __init__(self, seed: int, folder: Path, nodes: int) -> None:
        self.random = Random(seed)
        self.now_ms = 20_000 * DAY_MS + 9 * 3_600_000
        self.links: list[Link] = []
        self.circles: list[bytes] = []
        self.did: dict[str, int] = {}
        """What people did, and how often: a run in which little happens proves little."""
        self._folder = folder
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = count()
        self._groups: dict[str, int] = {}
        self._breaks = 0.0
        self._nodes_max = nodes + COPIES_MAX
        self.nodes = [self._make(f"n{index}") for index in range(nodes)]
        # Clocks differ within the allowed skew; one is beyond it.
        for node in self.nodes:
            node.offset_ms = self.random.randrange(-SKEW_HALF_MS, SKEW_HALF_MS)
        self.nodes[-1].offset_ms = 45 * 60_000

    # -- time -------------------------------------------------------------------------------------

    def later(self, delay_ms: int, act: Callable[[], None]) -> None:
        heappush(self._queue, (self.now_ms + delay_ms, next(self._count), act))

    def rest(self, for_ms: int) -> None:
        """Let time pass, and everything happen that is due."""
        until_ms = self.now_ms + for_ms
        while self._queue and self._queue[0][0] <= until_ms:
            self.now_ms, _, act = heappop(self._queue)
            act()
        self.now_ms = until_ms

    def cut_links(self) -> None:
        for link in self.links:
            link.cut()
        self.links = []

    # -- a history --------------------------------------------------------------------------------

    def begin(self, circles: int) -> None:
        """Circles with three stewards each, who say yes."""
        for index in range(circles):
            founder, *stewards = self.nodes[3 * index : 3 * index + 3]
            coops = [one.coop for one in (founder, *stewards)]
            circle = founder.found(f"circle {index}", coops)
            self.circles.append(circle)
            for one in stewards:
                one.join_through(circle, founder)
        for _ in range(GROWING_ROUNDS):
            self._connect(2)
            for circle in self.circles:
                members = [one for one in self.nodes if one.is_member(circle)]
                self._try("invite", self.random.choice(members), circle)
            self.rest(20_000)

    def run(self, acts_done: int) -> None:
        """People act, links come and go, machines fail."""
        self._breaks = 0.002
        for _ in range(acts_done):
            self._trouble()
            members = [(one, where) for one in self.nodes if one.is_up for where in one.circles()]
            if members:
                self._act(*self.random.choice(members))
            self.rest(self.random.choice((50, 500, 5_000, 60_000)))

    def heal(self, is_done: Callable[[], bool]) -> None:
        """No more trouble; new links until all is the same everywhere."""
        self._breaks = 0.0
        self._groups.clear()
        for node in self.nodes:
            if not node.is_up:
                node.start()
        # What the node with the wrong clock wrote is not of the future any more.
        self.rest(2 * 3_600_000)
        for _ in range(ROUNDS_MAX):
            self.cut_links()
            self._connect(2)
            self.rest(10 * 60_000)
            if is_done():
                return

    # -- what goes wrong --------------------------------------------------------------------------

    def _trouble(self) -> None:
        chance = self.random.random()
        if chance < 0.12:
            self._connect(1)
        elif chance < 0.16 and self.links:
            self.random.choice(self.links).cut()
        elif chance < 0.19:
            self._groups = {one.name: self.random.randrange(2) for one in self.nodes}
            for link in self.links:
                if self._are_apart(link.sides[0].node, link.sides[1].node):
                    link.cut()
        elif chance < 0.25:
            self._groups.clear()
        elif chance < 0.29:
            self._crash(self._someone())
        elif chance < 0.30:
            self.rest(self.random.choice((1, 2)) * DAY_MS)
        for node in self.nodes:
            if not node.is_up and self.random.random() < 0.2:
                node.start()
        self.links = [link for link in self.links if link.is_up]

    def _crash(self, node: SimNode) -> None:
        """The process ends, sometimes in the middle of a transaction."""
        if not node.is_up:
            return
        self._did("crash")
        if self.random.random() < 0.5:
            node.database.connection.execute("BEGIN IMMEDIATE")
            node.database.connection.execute("DELETE FROM signature")
        node.stop()
        for link in self.links:
            if node in {side.node for side in link.sides}:
                link.cut()

    def _connect(self, degree: int) -> None:
        """Some new links for each node, within its part of a parted network."""
        for node in self.nodes:
            for other in self.random.sample(self.nodes, degree):
                self.link(node, other)

    def link(self, one: SimNode, other: SimNode) -> None:
        if one is other or not (one.is_up and other.is_up) or self._are_apart(one, other):
            return
        ends = [{side.node.name for side in link.sides} for link in self.links if link.is_up]
        if {one.name, other.name} in ends:
            return
        if any(sum(node.name in some for some in ends) >= LINKS_MAX for node in (one, other)):
            return
        self.links.append(
            Link(
                NETWORK, (one, other), self.random, self.later, lambda: self.now_ms, self._told,
                self._breaks,
            )
        )  # fmt: skip

    def _are_apart(self, one: SimNode, other: SimNode) -> bool:
        return self._groups.get(one.name, 0) != self._groups.get(other.name, 0)

    # -- what people do ---------------------------------------------------------------------------

    def _act(self, node: SimNode, circle: bytes) -> None:
        self._try(self.random.choices(list(CHANCES), list(CHANCES.values()))[0], node, circle)

    def _try(self, name: str, node: SimNode, circle: bytes) -> None:
        try:
            self._do(name, node, circle)
        except Refusal as refusal:
            # What the rules of a circle or of an offer forbid, people are told.
            if refusal.code not in TOLD_PEOPLE:
                raise
        except LookupError:
            return
        else:
            self._did(name)

    def _do(self, name: str, node: SimNode, circle: bytes) -> None:
        match name:
            case "offer":
                count_ = self.random.randrange(1, 4)
                self.tell(node, circle, node.offer(circle, count_, live=True))
            case "bulk":
                count_ = self.random.randrange(100, 400)
                self.tell(node, circle, node.offer(circle, count_, live=False))
                self._fold_later(node)
            case "edit" | "withdraw" | "erase":
                self.tell(node, *getattr(node, name)())
            case "present":
                self.tell(node, circle, node.present(circle))
            case "forget":
                node.forget_some()
            case "invite":
                self._invite(node, circle)
            case "remove" | "leave":
                self._remove(node, circle, leaves=name == "leave")
            case _:
                assert name == "copy"
                self._copy(node)

    def _remove(self, node: SimNode, circle: bytes, *, leaves: bool) -> None:
        state = node.judge(circle).state
        assert state is not None
        others = sorted(state.members() - {node.coop})
        if len(others) < MEMBERS_MIN:
            raise LookupError
        coop = node.coop if leaves else self.random.choice(others)
        self.tell(node, circle, node.remove(circle, coop))

    def _invite(self, node: SimNode, circle: bytes) -> None:
        outsiders = [one for one in self.nodes if one.is_up and not one.is_member(circle)]
        if not outsiders:
            raise LookupError
        self.invite(node, self.random.choice(outsiders), circle)

    def invite(self, node: SimNode, other: SimNode, circle: bytes) -> None:
        """Admit (or endorse) a co-op that has come with its key log, and talk with it."""
        published = node.admit(circle, other)
        other.join_through(circle, node)
        self.link(node, other)
        self.tell(node, circle, published)

    def _copy(self, node: SimNode) -> None:
        """A copied data folder: two machines sign as one device, and fork its logs."""
        if len(self.nodes) >= self._nodes_max:
            raise LookupError
        name = f"{node.name}copy{len(self.nodes)}"
        node.copy_to(self._folder / name)
        twin = SimNode(name, NETWORK, node.identity, self._folder / name, self)
        twin.offset_ms = node.offset_ms
        self.nodes.append(twin)
        twin.start()

    def _answer(self, node: SimNode, circle: bytes) -> None:
        """What a node or its people do when the members or proposals of a circle changed."""
        if not node.is_up:
            return
        try:
            accepted = acts.accept(node.database, node.signing(), circle)
            if accepted is not None:
                self._did("accept")
                self.tell(node, circle, accepted)
            elif self.random.random() < 0.4:
                endorsed = node.endorse(circle)
                if endorsed is not None:
                    self._did("endorse")
                    self.tell(node, circle, endorsed)
        except Refusal as refusal:
            if refusal.code not in TOLD_PEOPLE:
                raise

    # -- what nodes tell each other ---------------------------------------------------------------

    def tell(self, node: SimNode, circle: bytes, published: Published) -> None:
        self._spread(node, published.outcome, pack(published.paths), None)

    def _told(self, side: Side, outcome: ingest.Outcome, packed: bytes | None) -> None:
        """Something came over a link: hand it on to the others."""
        node = side.node
        if outcome.new_records:
            self._spread(node, outcome, packed, side.link)
        if not side.session.closed and packed is None:
            self._fold_later(node)

    def _spread(
        self, node: SimNode, outcome: ingest.Outcome, packed: bytes | None, source: Link | None
    ) -> None:
        for link in self.links:
            if link is source or not link.is_up or node not in {one.node for one in link.sides}:
                continue
            side = link.of(node)
            shared = dict(node.replica.shared_circles(side.session.peer))
            if not side.session.greeted or outcome.circle not in shared:
                continue
            if packed is None:
                side.session.announce(node.replica, answer=False)
            elif self.random.random() < 0.15:
                side.session.push(outcome.circle, without_bodies(packed, self.random))
            else:
                side.session.push(outcome.circle, packed)
            side.step()
        if outcome.members_changed:
            self.later(self.random.randrange(3_000), lambda: self._answer(node, outcome.circle))

    def _fold_later(self, node: SimNode) -> None:
        def fold() -> None:
            if node.is_up and node.fold_some():
                self.later(self.random.randrange(200), fold)

        self.later(self.random.randrange(500), fold)

    # -- inside -----------------------------------------------------------------------------------

    def _make(self, name: str) -> SimNode:
        identity = Identity(NETWORK, self.random.randbytes)
        node = SimNode(name, NETWORK, identity, self._folder / name, self)
        node.start()
        return node

    def _someone(self) -> SimNode:
        return self.random.choice(self.nodes)

    def _did(self, name: str) -> None:
        self.did[name] = self.did.get(name, 0) + 1


# How often people do what, beside each other.
CHANCES: Final = {
    "offer": 30, "bulk": 1, "edit": 12, "withdraw": 6, "erase": 6, "present": 6, "forget": 4,
    "invite": 12, "remove": 2, "leave": 1, "copy": 1,
}  # fmt: skip
TOLD_PEOPLE: Final = frozenset(
    {
        "already-member",
        "already-there",
        "already-withdrawn",
        "needs-endorsements",
        "not-a-member",
        "not-found",
    }
)
MEMBERS_MIN: Final = 4
LINKS_MAX: Final = 5
COPIES_MAX: Final = 3
GROWING_ROUNDS: Final = 12
SKEW_HALF_MS: Final = 5 * 60_000
ROUNDS_MAX: Final = 60
