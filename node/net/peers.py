"""Peers: who this node is linked with; listening, dialling with growing waits, telling.

It asks `link` to converse and the store whom it may talk to. A node talks only to co-ops that it
was told of: by an invite, a circle, or the operator's list.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
import structlog
from aiohttp import web

from node import ingest
from node.clock import Clock
from node.keyring import Keyring, entropy
from node.net.addresses import may_dial
from node.net.blobs import Blobs
from node.net.link import Link
from node.net.wire import SOCKET_MESSAGE_BYTES_MAX, Own, Wire, initiate, respond
from node.store import bodies, keylogs
from node.store import peers as rows
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


class PeerState(msgspec.Struct, frozen=True):
    """What people see of a peer. `state`: connected, connecting, waiting, unknown, blocked."""

    coop: bytes
    name: str
    state: str
    address: str
    blocked: bool
    last_seen_ms: int | None
    last_error: str


class Peers:
    """All links of a node."""

    def __init__(self, node: Node, keyring: Keyring) -> None:
        self.store: Store = node.store
        self.network: Network = node.network
        self.clock: Clock = node.clock
        self.blobs = Blobs(self, node)
        self.links: dict[bytes, Link] = {}
        self._node = node
        device, _ = signing_pair(keyring.device_seed)
        self._own = Own(node.coop, device, keyring.noise_private)
        self._dials: dict[bytes, asyncio.Task[None]] = {}
        self._errors: dict[bytes, str] = {}
        self._known: list[rows.Peer] = []
        self._from_address: Counter[str] = Counter()
        self._group: asyncio.TaskGroup | None = None
        self._client: aiohttp.ClientSession | None = None
        self._changed = asyncio.Event()
        self._accepted: dict[bytes, asyncio.Event] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Dial and tick while the block runs; close every link after it."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX)
        async with aiohttp.ClientSession(timeout=timeout) as client, asyncio.TaskGroup() as group:
            self._client, self._group = client, group
            keepers = [group.create_task(self._dial_all()), group.create_task(self._tick())]
            try:
                yield
            finally:
                self._group = None
                for link in list(self.links.values()):
                    link.end("peer-unreachable", "the node stops")
                for task in [*keepers, *self._dials.values()]:
                    task.cancel()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside, inside the one group of tasks; dropped while the node stops."""
        if self._group is None:
            work.close()
        else:
            self._group.create_task(self._guard(work))

    def wake(self) -> None:
        """Look again whom to dial."""
        self._changed.set()

    def future(self) -> asyncio.Future[bool]:
        """A future of the running loop."""
        return asyncio.get_running_loop().create_future()

    # -- what people and the API ask ----------------------------------------------------------

    async def states(self) -> list[PeerState]:
        """Every co-op that this node knows of, and how the link to it stands."""
        await self._refresh()
        return [
            PeerState(
                one.coop,
                one.name,
                self._state(one),
                one.addresses[0] if one.addresses else "",
                one.blocked,
                one.last_seen_ms,
                self._errors.get(one.coop, one.last_error or ""),
            )
            for one in self._known
        ]

    async def add(self, coop: bytes, address: str, name: str = "") -> None:
        """List a co-op with an address and dial it."""
        if coop == self._own.coop:
            raise Refusal("to-itself")
        addresses = (address,) if address else ()
        await self.store.write(
            lambda database: rows.put(database, coop, name, addresses, self.clock.now_ms())
        )
        self._changed.set()

    async def set_blocked(self, coop: bytes, blocked: bool) -> None:  # noqa: FBT001 - what it sets
        """Block or unblock a co-op; blocking ends its link at once."""
        await self.store.write(
            lambda database: rows.set_blocked(
                database, coop, blocked=blocked, now_ms=self.clock.now_ms()
            )
        )
        if blocked and coop in self.links:
            self.links[coop].end("peer-blocked")
        self._changed.set()

    async def join(self, invite: Invite) -> bool:
        """Dial the inviter, prove the invite, ask to join; True while others have to endorse."""
        name = invite.coop_name
        await self.store.write(
            lambda database: rows.put_joining(
                database, invite.circle, invite.coop, invite.circle_name, "asked"
            )
        )
        accepted = self._accepted.setdefault(invite.circle, asyncio.Event())
        last: Refusal | None = None
        for address in invite.addresses:
            try:
                pending = await self._join_at(address, invite)
            except Refusal as refusal:
                last = refusal
                continue
            await self.add(invite.coop, address, name)
            if not pending:
                try:
                    async with asyncio.timeout(ACCEPT_S_MAX):
                        await accepted.wait()
                except TimeoutError:
                    _log.info("admitted, and still fetching the circle")
            return pending
        await self.store.write(lambda database: rows.end_joining(database, invite.circle))
        raise last or Refusal("peer-unreachable")

    async def blob(self, blob: bytes) -> bytes | None:
        """A file by its hash, from here or from a connected peer; None when nobody has it."""
        return await self.blobs.get(blob)

    # -- what links tell ----------------------------------------------------------------------

    async def is_device(self, coop: bytes, device: bytes, static: bytes) -> bool:
        """Whether a co-op's key log lists a live device with this Noise key."""

        def check(database: Any) -> bool:  # noqa: ANN401 - the store's type
            known = keylogs.key_log(database, coop)
            return known is not None and any(
                one.sign == device and one.noise == static for one in known.live_devices()
            )

        return await self.store.write(check)

    async def verified(self, link: Link) -> None:
        """A link proved who it is: of two to one co-op, keep the one that the lower id dialled."""
        other = self.links.get(link.coop)
        if other is not None and other is not link:
            own = self._own.coop
            if _dialler(other, own) < _dialler(link, own) and not link.is_joining:
                raise Refusal("already-there", "another link between the same two")
            other.end("already-there", "another link between the same two")
        self.links[link.coop] = link

    def greeted(self, link: Link, time_ms: int) -> None:
        """Both sides are known to each other."""
        del time_ms
        self._errors.pop(link.coop, None)
        now_ms = self.clock.now_ms()
        self.start(self._note(link.coop, now_ms, None))
        self._node.events.put("peers", {"coop": link.coop.hex(), "state": "connected"})

    def caught_up(self, link: Link, circle: bytes) -> None:
        """The roots of a circle are equal."""
        self._node.events.put("caught-up", {"coop": link.coop.hex(), "circle": circle.hex()})

    async def admit(self, link: Link, circle: bytes) -> bool:
        """Admit the newcomer on the strength of its invite; True while others must endorse."""
        await self.store.write(
            lambda database: rows.put(database, link.coop, "", (), self.clock.now_ms())
        )
        invite = link.wire.greeting.invite
        assert invite is not None
        try:
            done = await self._node.admit(circle, link.coop)
        except Refusal as refusal:
            if refusal.code not in {"already-member", "already-there"}:
                if refusal.code == "needs-endorsements":
                    return True
                raise
            done = True
        await self._node.invites.use(invite)
        return not done

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
            lambda database: ingest.ingest_keys(database, event.events, event.receipts)
        )
        return bool(grown)

    async def take_chunk(self, link: Link, event: happened.Chunk) -> Outcome:
        """Put a chunk through the door and tell what came of it."""
        live = event.request is None
        outcome = await self.store.write(
            lambda database: ingest.ingest(
                database, event.circle, event.data, self.clock.now_ms(), live=live
            )
        )
        if outcome.new_records:
            self._spread(outcome, event.data if live else None, link.coop)
            self._node.events.put(
                "records", {"circle": event.circle.hex(), "new": outcome.new_records}
            )
        return outcome

    def tell(self, outcome: Outcome, paths: Sequence[Path], source: bytes | None) -> None:
        """Something was published here: push it to every peer that shares the circle."""
        self._spread(outcome, pack(paths), source)

    # -- inside -------------------------------------------------------------------------------

    def _spread(self, outcome: Outcome, packed: bytes | None, source: bytes | None) -> None:
        for link in list(self.links.values()):
            if link.coop != source and link.greeted:
                self.start(self._spread_to(link, outcome.circle, packed))
        if outcome.members_changed:
            self._changed.set()
            self._node.accepted(outcome.circle)

    async def _spread_to(self, link: Link, circle: bytes, packed: bytes | None) -> None:
        shared = await self.store.session(partial(_shared_with, link.coop))
        if not any(one == circle for one, _ in shared):
            return
        if packed is None:
            await link.announce(answer=False)
        else:
            await link.push(circle, packed)

    def membership(self, circle: bytes) -> None:
        """This node's own yes to a circle is in: whoever waits in `join` may go on."""
        self._accepted.setdefault(circle, asyncio.Event()).set()
        self.start(self._end_joining(circle))
        self._changed.set()

    async def _end_joining(self, circle: bytes) -> None:
        await self.store.write(lambda database: rows.end_joining(database, circle))
        self._node.events.put("joined", {"circle": circle.hex()})

    async def _join_at(self, address: str, invite: Invite) -> bool:
        wire = await self._connect(address, invite.coop, invite.nonce)
        link = Link(self, wire, wants=invite.circle)
        self.start(self._run(link))
        async with asyncio.timeout(JOIN_S_MAX):
            return await asyncio.shield(link.answered)

    async def _connect(self, address: str, expected: bytes, nonce: bytes | None = None) -> Wire:
        assert self._client is not None
        if not await may_dial(address, self._node.address):
            raise Refusal("peer-unreachable", "an address that only the other machine can mean")
        try:
            socket = await self._client.ws_connect(
                f"{address.rstrip('/')}/peer",
                max_msg_size=SOCKET_MESSAGE_BYTES_MAX,
                heartbeat=HEARTBEAT_S,
                compress=0,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as broken:
            raise Refusal("peer-unreachable", f"{address}: {broken}"[:300]) from broken
        try:
            return await initiate(socket, self._own, self.network, entropy, expected, nonce)
        except BaseException:
            await socket.close()
            raise

    async def _run(self, link: Link) -> None:
        try:
            await link.run()
        finally:
            if self.links.get(link.coop) is link:
                del self.links[link.coop]
                self._node.events.put("peers", {"coop": link.coop.hex(), "state": "waiting"})
            if link.error is not None and link.error.code != "already-there":
                self._errors[link.coop] = str(link.error)

    async def _dial_all(self) -> None:
        """Keep one dialling task for each co-op with an address."""
        while True:
            self._changed.clear()
            await self._refresh()
            for peer in self._known:
                task = self._dials.get(peer.coop)
                wanted = bool(peer.addresses) and not peer.blocked
                if wanted and (task is None or task.done()) and self._group is not None:
                    if len(self._dials) < DIALS_MAX:
                        work = self._guard(self._dial(peer.coop))
                        self._dials[peer.coop] = self._group.create_task(work)
                elif not wanted and task is not None:
                    task.cancel()
                    del self._dials[peer.coop]
            await self._changed.wait()

    async def _dial(self, coop: bytes) -> None:
        """Dial one co-op for ever: its addresses in turn, waiting longer after each failure."""
        wait_s = WAIT_S_MIN
        while True:
            if coop not in self.links:
                peer = next((one for one in self._known if one.coop == coop), None)
                for address in peer.addresses if peer else ():
                    try:
                        wire = await self._connect(address, coop)
                    except Refusal as refusal:
                        self._errors[coop] = str(refusal)
                        continue
                    began_ms = self.clock.monotonic_ms()
                    await self._run(Link(self, wire))
                    if self.clock.monotonic_ms() - began_ms > GOOD_LINK_MS:
                        wait_s = WAIT_S_MIN
                    break
            jitter = entropy(1)[0] / 256
            await asyncio.sleep(wait_s * (1 + jitter))
            wait_s = min(wait_s * 2, WAIT_S_MAX)

    async def _tick(self) -> None:
        """Compare roots with each neighbour every so often: the guarantee behind live push."""
        interval_s = self._node.settings.sync.interval_s
        while True:
            await asyncio.sleep(interval_s * (0.75 + entropy(1)[0] / 512))
            for link in list(self.links.values()):
                await link.announce(answer=True)

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """The edge of a task: a fault is logged once and ends nothing else."""
        try:
            await work
        except Refusal as refusal:
            _log.info("refused", code=refusal.code, detail=refusal.detail)
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("a task failed")

    async def _refresh(self) -> None:
        self._known = await self.store.write(
            lambda database: rows.all_known(database, self._own.coop)
        )

    async def _note(self, coop: bytes, seen_ms: int | None, error: str | None) -> None:
        await self.store.write(lambda database: rows.note(database, coop, seen_ms, error))

    def _state(self, peer: rows.Peer) -> str:
        if peer.blocked:
            return "blocked"
        link = self.links.get(peer.coop)
        if link is not None:
            return "connected" if link.greeted else "connecting"
        return "waiting" if peer.addresses else "unknown"

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """The peer endpoint: a websocket, nothing else, from co-ops that we were told of."""
        remote = request.remote or ""
        limits = self._node.settings.limits
        if (
            len(self.links) >= limits.peer_connections
            or self._from_address[remote] >= limits.connections_per_address
        ):
            raise web.HTTPTooManyRequests
        socket = web.WebSocketResponse(
            max_msg_size=SOCKET_MESSAGE_BYTES_MAX, heartbeat=HEARTBEAT_S, compress=False
        )
        await socket.prepare(request)
        self._from_address[remote] += 1
        try:
            await self._serve(socket)
        finally:
            self._from_address[remote] -= 1
            await socket.close()
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        try:
            wire = await respond(socket, self._own, self.network, entropy)
            invited_to = await self._check_stranger(wire)
        except (Refusal, ConnectionError) as refused:
            _log.info("peer refused", why=str(refused))
            return
        await self._run(Link(self, wire, invited_to=invited_to[0], refusal=invited_to[1]))

    async def _check_stranger(self, wire: Wire) -> tuple[bytes | None, Refusal | None]:
        """The circle of a proven invite; a refusal for who is blocked or unknown."""
        greeting = wire.greeting
        standing = await self.store.write(
            lambda database: rows.standing_of(database, self._own.coop, greeting.coop)
        )
        if standing == "blocked":
            return None, Refusal("peer-blocked")
        if greeting.invite is not None and greeting.proof is not None:
            invites = self._node.invites
            try:
                circle = await invites.check(greeting.invite, greeting.proof, wire.proof_hash)
            except Refusal as refusal:
                return None, refusal
            return circle, None
        return None, None if standing != "unknown" else Refusal("peer-not-listed")


def peer_routes(node: Node) -> list[web.RouteDef]:
    """The one route that peers use."""
    return [web.get("/peer", node.peers.accept)]


def _dialler(link: Link, own: bytes) -> bytes:
    return own if link.initiator else link.coop


def _shared_with(coop: bytes, replica: SqliteReplica) -> Sequence[tuple[bytes, bytes]]:
    return replica.shared_circles(coop)


_log = structlog.get_logger(__name__)
CONNECT_S_MAX: Final = 10
JOIN_S_MAX: Final = 30
ACCEPT_S_MAX: Final = 20
HEARTBEAT_S: Final = 30
WAIT_S_MIN: Final = 1
WAIT_S_MAX: Final = 60
GOOD_LINK_MS: Final = 10_000
DIALS_MAX: Final = 256
