"""Peers: who this node is linked with, and what is told to whom.

`listener` lets others in, `dials` goes out to them, `link` converses; here it comes together. A
node talks only to co-ops that it was told of: by an invite, a circle, or the operator's list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import aiohttp
import structlog
from aiohttp import web

from node import ingest
from node.clock import Clock
from node.keyring import Keyring, entropy
from node.net.backoff import Backoff
from node.net.blobs import Blobs
from node.net.clocks import Clocks
from node.net.dials import Dials, new_client
from node.net.joins import Joins
from node.net.link import Link
from node.net.links import Links
from node.net.listener import Listener
from node.net.sightings import PeerState, Sightings
from node.net.wire import Own
from node.store import bodies, keylogs, received
from node.store import peers as rows
from node.store.database import Database
from node.store.replica import SqliteReplica
from node.store.store import Store
from protocol import sessionevents as happened
from protocol.chunk import Path, pack
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.keys import Network, signing_pair

if TYPE_CHECKING:
    from node.app import Node
    from node.ingest import Outcome

T = TypeVar("T")


class Peers:
    """All links of a node."""

    def __init__(self, node: Node, keyring: Keyring) -> None:
        self.store: Store = node.store
        self.network: Network = node.network
        self.clock: Clock = node.clock
        device, _ = signing_pair(keyring.device_seed)
        self.own = Own(node.coop, device, keyring.noise_private)
        self.links = Links(self.own)
        self.client: aiohttp.ClientSession
        self.backoff = Backoff(node.clock)
        self.clocks = Clocks()
        self.blobs = Blobs(self)
        self.dials = Dials(self)
        self.sightings = Sightings(self)
        self.joins = Joins(self, node)
        self._listener = Listener(self, node.invites, node.settings)
        self._node = node
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[Link] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Dial, listen and compare while the block runs; close every link after it."""
        async with new_client() as client, asyncio.TaskGroup() as group:
            self.client, self._group = client, group
            self.start(self.dials.keep())
            self.start(self._compare())
            try:
                yield
            finally:
                await self.goodbye()
                for task in self._tasks:
                    task.cancel()

    async def goodbye(self) -> None:
        """The node stops: no new links, and a little time for the others to hear why."""
        self._group = None
        links = list(self._running)
        for link in links:
            link.end("peer-unreachable", "the node stops")
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S_MAX):
                await asyncio.gather(*(link.over.wait() for link in links))

    @property
    def is_running(self) -> bool:
        """Whether new links are welcome."""
        return self._group is not None

    @property
    def address(self) -> str:
        """Where this node says that it answers."""
        return self._node.address

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run something beside, inside the one group of tasks; dropped while the node stops."""
        if self._group is None:
            work.close()
            return None
        task = self._group.create_task(self.guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def guard(self, work: Coroutine[Any, Any, None]) -> None:
        """The edge of a task: a fault is logged once and ends nothing else."""
        try:
            await work
        except Refusal as refusal:
            _log.info("refused", code=refusal.code, detail=refusal.detail)
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("a task failed")

    async def whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end even if the caller is cancelled: what is committed is told."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self.start(_settle(work, done)) is None:
            work.close()
            raise Refusal("peer-unreachable", "the node stops")
        return await asyncio.shield(done)

    def wake(self) -> None:
        """Look again whom to dial."""
        self.dials.wake()

    # -- what people and the API ask ----------------------------------------------------------

    async def states(self) -> list[PeerState]:
        """Every co-op that this node knows of, and how the link to it stands."""
        return await self.sightings.states()

    async def add(self, coop: bytes, address: str, name: str = "") -> None:
        """List a co-op with an address and dial it; this co-op for another node of its own."""
        if coop == self.own.coop and address in {"", self.address}:
            raise Refusal("to-itself")
        addresses = (address,) if address else ()
        await self.store.write(
            lambda database: rows.put(
                database, coop, name, addresses, self.clock.now_ms(), by_operator=True
            )
        )
        self.wake()

    async def set_blocked(self, coop: bytes, blocked: bool) -> None:  # noqa: FBT001 - what it sets
        """Block or unblock a co-op; blocking ends its link at once."""
        await self.store.write(
            lambda database: rows.set_blocked(
                database, coop, blocked=blocked, now_ms=self.clock.now_ms()
            )
        )
        for link in self.links.of(coop) if blocked else ():
            link.end("peer-blocked")
        self.wake()

    async def join(self, invite: Invite) -> bool:
        """Follow an invite; True while others have to endorse it."""
        return await self.joins.join(invite)

    async def blob(self, blob: bytes) -> bytes | None:
        """A file by its hash, from here or from a connected peer; None when nobody has it."""
        return await self.blobs.get(blob)

    # -- what links tell ----------------------------------------------------------------------

    async def run(self, link: Link) -> None:
        """Run a link to its end; the edge of what happens on it."""
        self._running.add(link)
        try:
            await link.run()
        except Exception:  # noqa: BLE001 - the edge of a link
            _log.exception("a link failed", peer=link.coop.hex()[:12])
            link.error = link.error or Refusal("internal")
        finally:
            self._running.discard(link)
            if self.links.drop(link):
                self.sightings.ended(link)
                if link.coop not in self.links:
                    self.clocks.forget(link.coop)
                self._node.events.put("peers", {"coop": link.coop.hex(), "state": "waiting"})
            if link.error is not None and (link.initiator or link.verified):
                self.failed(link.coop, link.error)

    def failed(self, coop: bytes, refusal: Refusal) -> None:
        """Keep why there is no link, for people to see."""
        self.sightings.failed(coop, refusal)

    async def is_device(self, coop: bytes, device: bytes, static: bytes) -> bool:
        """Whether a co-op's key log lists a live device with this Noise key."""

        def check(database: Any) -> bool:  # noqa: ANN401 - the store's type
            known = keylogs.key_log(database, coop)
            return known is not None and any(
                one.sign == device and one.noise == static for one in known.live_devices()
            )

        return await self.store.write(check)

    def verified(self, link: Link) -> None:
        """A link proved who it is; refuses `already-there` when another one stays."""
        self.links.put(link)

    def greeted(self, link: Link, time_ms: int) -> None:
        """Both sides are known to each other."""
        self.clocks.note(link.coop, time_ms - self.clock.now_ms())
        if abs(self.clocks.off_ms()) > 1000 * self._node.settings.clock.skew_warn_s:
            _log.warning("this node's clock is off", off_s=self.clocks.off_ms() // 1000)
        self.sightings.linked(link)
        self._node.events.put("peers", {"coop": link.coop.hex(), "state": "connected"})

    def caught_up(self, link: Link, circle: bytes) -> None:
        """The roots of a circle are equal."""
        self._node.events.put("caught-up", {"coop": link.coop.hex(), "circle": circle.hex()})

    async def admit(self, link: Link, circle: bytes) -> bool:
        """Admit the newcomer on the strength of its invite; True while others must endorse."""
        return await self.whole(self.joins.admit(link, circle))

    async def wanted_bodies(self, circle: bytes) -> Sequence[bytes]:
        """Absent forgettable bodies of a circle, some at a time."""
        return await self.store.write(lambda database: bodies.wanted(database, circle))

    async def take_body(self, event: happened.BodyCame) -> None:
        """A body that was absent has come."""
        outcome = await self.store.write(
            lambda database: ingest.ingest_body(database, event.circle, event.record, event.body)
        )
        if outcome.new_records:
            self._node.events.put("records", {"circle": event.circle.hex(), "new": 1})

    async def take_keys(self, event: happened.KeyLogs) -> bool:
        """Key logs have come; whether any grew."""
        grown = await self.store.write(
            lambda database: ingest.take_keys(database, event.events, event.receipts)
        )
        await self._end_revoked(grown)
        return bool(grown)

    async def keys_changed(self) -> None:
        """Keys of this co-op itself are other ones now: every neighbour hears of it."""
        await self._end_revoked({self.own.coop})
        for link in self.links:
            self.start(link.announce())

    async def take_chunks(
        self, link: Link, events: Sequence[happened.Chunk]
    ) -> list[tuple[happened.Chunk, Outcome]]:
        """Put a push, or bulk chunks of one circle, through the door; tell what came of them."""
        return await self.whole(self._take_chunks(link, events))

    def tell(self, outcome: Outcome, paths: Sequence[Path]) -> None:
        """Something was published here: push it to every peer that shares the circle."""
        self._spread(outcome, pack(paths), None)

    def announce(self) -> None:
        """Much has come by another way than a link: tell our roots to every peer."""
        for link in self.links:
            self.start(link.announce())

    def membership(self, circle: bytes) -> None:
        """This node's own yes to a circle is in: whoever waits in `join` may go on."""
        self.start(self.joins.end(circle))
        self.wake()

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """The peer endpoint: a websocket, nothing else, from co-ops that we were told of."""
        return await self._listener.accept(request)

    # -- inside -------------------------------------------------------------------------------

    async def _end_revoked(self, coops: set[bytes]) -> None:
        """End the links to machines that their co-op has taken out."""
        for link in [one for one in self.links if one.coop in coops]:
            if link.verified and not await self.store.write(partial(_is_live, node=link.node)):
                link.end("not-its-device", "its co-op has taken this machine out")

    async def _take_chunks(
        self, source: Link, events: Sequence[happened.Chunk]
    ) -> list[tuple[happened.Chunk, Outcome]]:
        circle, live = events[0].circle, events[0].request is None
        chunks = [event.data for event in events]

        def take(database: Database) -> list[Outcome]:
            now_ms = self.clock.now_ms()
            with received.noted(database, source.coop, now_ms):
                if live:
                    return [ingest.ingest(database, circle, chunks[0], now_ms, live=True)]
                return ingest.ingest_many(database, circle, chunks, now_ms)

        outcomes = await self.store.write(take)
        for outcome in outcomes:
            if outcome.new_records:
                self._spread(outcome, chunks[0] if live else None, source)
                told = {"circle": circle.hex(), "new": outcome.new_records}
                self._node.events.put("records", told)
        return list(zip(events, outcomes, strict=True))

    def _spread(self, outcome: Outcome, packed: bytes | None, source: Link | None) -> None:
        for link in self.links:
            if link is not source and link.begin_push():
                self.start(self._spread_to(link, outcome, packed))
        # It may say where a co-op answers now.
        self.wake()
        if outcome.members_changed:
            self._node.accepted(outcome.circle)

    async def _spread_to(self, link: Link, outcome: Outcome, packed: bytes | None) -> None:
        circle = outcome.circle
        try:
            shared = await self.store.session(partial(_shared_with, link.coop))
            if any(one == circle for one, _ in shared):
                link.circles.add(circle)
            elif circle in link.circles and outcome.members_changed:
                # Who has just been removed is told of that, and of nothing later.
                link.circles.discard(circle)
            else:
                return
            if packed is None:
                await link.announce()
            else:
                await link.push(circle, packed)
        finally:
            link.end_push()

    async def _compare(self) -> None:
        """Compare roots with each neighbour every so often: the guarantee behind live push."""
        interval_s = self._node.settings.sync.interval_s
        while True:
            await asyncio.sleep(interval_s * (0.75 + entropy(1)[0] / 512))
            for link in self.links:
                await self.guard(link.compare())


def peer_routes(node: Node) -> list[web.RouteDef]:
    """The one route that peers use."""
    return [web.get("/peer", node.peers.accept)]


def _is_live(database: Database, node: tuple[bytes, bytes]) -> bool:
    """Whether a co-op's key log lists the signing key of a node's device, and it is not revoked."""
    known = keylogs.key_log(database, node[0])
    return known is not None and any(one.sign == node[1] for one in known.live_devices())


async def _settle(work: Coroutine[Any, Any, T], done: asyncio.Future[T]) -> None:
    """Hand on what came of it; whoever waited may be gone."""
    try:
        result = await work
    except BaseException as fault:
        if done.done() or not isinstance(fault, Exception):
            done.cancel()
            raise
        done.set_exception(fault)
        done.exception()
    else:
        if not done.done():
            done.set_result(result)


def _shared_with(coop: bytes, replica: SqliteReplica) -> Sequence[tuple[bytes, bytes]]:
    return replica.shared_circles(coop)


_log = structlog.get_logger(__name__)
STOP_S_MAX: Final = 3
