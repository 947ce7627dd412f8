"""Link: one authenticated peer on one socket; carries frames to the session, events to the door.

Three tasks: read, write, and take (the door). Each wait is bounded: a stalled peer is closed, a
slow one is never buffered for. It never decides who may connect; `peers` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import structlog

from node import ingest
from node.mailbox import CLOSED, Mailbox
from protocol import messages, session
from protocol import sessionevents as happened
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keylog import Signed, event_hash, read_event

if TYPE_CHECKING:
    from node.net.peers import Peers
    from node.net.wire import Wire

Taken = happened.Chunk | happened.KeyLogs | happened.BodyCame


class Link:
    """`run` until either side ends it; `coop` is proven from the moment `verified` is set."""

    def __init__(
        self,
        peers: Peers,
        wire: Wire,
        *,
        invited_to: bytes | None = None,
        wants: bytes | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.coop = wire.greeting.coop
        self.initiator = wire.initiator
        self.wire = wire
        self.invited_to = invited_to
        """The circle of the invite that the peer proved to us."""
        self.verified = False
        self.error: Refusal | None = refusal
        """Why the link ended; given at the start, it is all that the peer is told."""
        self.caught_up: set[bytes] = set()
        self.answered: asyncio.Future[bool] = peers.future()
        """Set when the peer answers our wish to join: whether others have to endorse it first."""
        self._wants = wants
        self._peers = peers
        self._session = session.Session(peers.network, self.coop, wire.handshake_hash)
        self._wake = asyncio.Event()
        self._box: Mailbox[Taken] = Mailbox(TAKING_MAX)
        self._room = asyncio.Semaphore(TAKING_MAX)
        self._held: bytes | None = None
        self._introduced = False
        self._asked = False
        self._stale = False

    @property
    def is_joining(self) -> bool:
        """Whether the link was made to follow an invite, on either side."""
        return self.invited_to is not None or self._wants is not None

    @property
    def greeted(self) -> bool:
        """Whether both sides have said hello."""
        return self.verified and self._session.greeted

    async def run(self) -> None:
        """Verify, converse, end. Never raises what the peer did; `error` tells it."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._write()), group.create_task(self._take())]
                try:
                    await self._converse()
                except Refusal as refusal:
                    self._fail(refusal)
                    await self._flush()
                for task in tasks:
                    task.cancel()
        except* (ConnectionError, TimeoutError) as broken:
            if self.error is None:
                self.error = Refusal("peer-stalled", str(broken.exceptions[0])[:200])
        finally:
            await self.wire.close()
            if not self.answered.done():
                self.answered.set_exception(self.error or Refusal("peer-unreachable", "link ended"))
                self.answered.exception()

    async def announce(self, *, answer: bool) -> None:
        """Tell our roots."""
        if self.greeted:
            await self._session_step(lambda one, replica: one.announce(replica, answer=answer))

    async def push(self, circle: bytes, packed: bytes) -> None:
        """Send a live change; when the peer is slow it is told our roots later instead."""
        if not self.greeted:
            return
        if len(self._session.outgoing) > OUTGOING_FRAMES_MAX:
            self._stale = True
            return
        await self._session_step(lambda one, _: one.push(circle, packed))

    async def ask_blob(self, circle: bytes, blob: bytes, first: int, count: int) -> None:
        """Ask for pieces of a file."""
        await self._session_step(lambda one, _: one.ask_blob(circle, blob, first, count))

    def shares(self, circles: Sequence[tuple[bytes, bytes]], circle: bytes) -> bool:
        """Whether a circle is among those shared with the peer."""
        return any(shared == circle for shared, _ in circles)

    def end(self, code: str, detail: str = "") -> None:
        """Close from our side."""
        self._fail(Refusal(code, detail))

    async def _converse(self) -> None:
        if self.error is not None:
            raise self.error
        if not await self._verify():
            self._ask_introduction()
        while (frame := await self.wire.receive()) is not None:
            if messages.is_introduction(frame):
                await self._introduction(messages.read(frame))
            elif not self.verified:
                # The peer knows us already; its hello waits until we know it.
                if self._held is not None:
                    raise Refusal("malformed", "more than a hello before introductions")
                self._held = frame
            else:
                await self._handle(frame)
            if self._has_ended():
                return

    def _has_ended(self) -> bool:
        return self.error is not None or self._session.closed

    async def _verify(self) -> bool:
        """Whether the peer's key log lists its device with the key of this link; say hello then."""
        greeting, static = self.wire.greeting, self.wire.remote_static
        self.verified = await self._peers.is_device(self.coop, greeting.device, static)
        if self.verified:
            await self._peers.verified(self)
            now_ms = self._peers.clock.now_ms()
            await self._session_step(lambda one, replica: one.hello(replica, now_ms))
        return self.verified

    def _ask_introduction(self) -> None:
        self._asked = True
        self._queue(messages.AskIntroduction())

    async def _introduction(self, message: messages.AnyMessage) -> None:
        """Give our key log once, take the peer's only when it was asked for."""
        if isinstance(message, messages.AskIntroduction):
            if self._introduced:
                raise Refusal("peer-flooding", "introductions")
            self._introduced = True
            events = await self._peers.store.session(lambda replica: replica.own_key_log())
            self._queue(messages.Introduction(tuple(events), last=True))
            return
        assert isinstance(message, messages.Introduction)
        if not self._asked or self.verified:
            raise Refusal("peer-flooding", "an introduction that was not asked for")
        for signed in message.events:
            if _coop_of(self._peers, signed) != self.coop:
                raise Refusal("bad-key-event", "an introduction of another co-op")
        await self._peers.store.write(lambda database: ingest.ingest_keys(database, message.events))
        if not await self._verify():
            raise Refusal("not-its-device", "the device of this link")
        if self._held is not None:
            held, self._held = self._held, None
            await self._handle(held)

    async def _handle(self, frame: bytes) -> None:
        events = await self._session_step(lambda one, replica: one.receive(frame, replica))
        for event in events:
            await self._event(event)

    async def _event(self, event: happened.Event) -> None:
        match event:
            case happened.Chunk() | happened.KeyLogs() | happened.BodyCame():
                await self._room.acquire()
                self._box.offer(event)
            case happened.Greeted():
                self._peers.greeted(self, event.time_ms)
                if self._wants is not None:
                    wants = self._wants
                    await self._session_step(lambda one, _: one.join(wants))
            case happened.CaughtUp():
                self.caught_up.add(event.circle)
                await self._want_bodies(event.circle)
                self._peers.caught_up(self, event.circle)
            case happened.Behind():
                self.caught_up.discard(event.circle)
            case happened.JoinAsked():
                await self._join_asked(event.circle)
            case happened.JoinAnswered():
                if not self.answered.done():
                    self.answered.set_result(event.pending)
            case happened.BlobListCame() | happened.BlobPieceCame():
                self._peers.blobs.came(event)
            case happened.Closed():
                code = event.code if event.code in REFUSALS else "peer-unreachable"
                self.error = Refusal(code, event.detail)

    async def _join_asked(self, circle: bytes) -> None:
        if self.invited_to != circle:
            raise Refusal("invite-unknown")
        pending = await self._peers.admit(self, circle)
        await self._session_step(lambda one, _: one.joined(circle, pending=pending))
        await self.announce(answer=False)

    async def _want_bodies(self, circle: bytes) -> None:
        ids = await self._peers.wanted_bodies(circle)
        if ids:
            await self._session_step(lambda one, _: one.ask_bodies(circle, ids))

    async def _take(self) -> None:
        """The door: one thing after the other, each answered to the session."""
        while (event := await self._box.take()) is not CLOSED:
            try:
                await self._take_one(event)
            except Refusal as refusal:
                if REFUSALS[refusal.code].peer is Peer.CLOSE or refusal.code == "disk-full":
                    self._fail(refusal)
                    await self._flush()
                    await self.wire.close()
                    return
                _log.info("refused", peer=self.coop.hex()[:12], code=refusal.code)
            finally:
                self._room.release()

    async def _take_one(self, event: Taken) -> None:
        if isinstance(event, happened.BodyCame):
            await self._peers.take_body(event)
            return
        if isinstance(event, happened.KeyLogs):
            grown = await self._peers.take_keys(event)
            if event.last:
                after = await self._session_step(
                    lambda one, replica: one.keys_taken(event.circle, replica, progressed=grown)
                )
                await self._events(after)
            return
        outcome = await self._peers.take_chunk(self, event)
        progressed = outcome.new_records > 0
        after = await self._session_step(
            lambda one, replica: one.taken(event, replica, progressed=progressed, gap=outcome.gap)
        )
        await self._events(after)

    async def _events(self, events: Sequence[happened.Event]) -> None:
        for event in events:
            assert not isinstance(event, happened.Chunk | happened.KeyLogs | happened.BodyCame)
            await self._event(event)

    async def _session_step(self, step: session.Step) -> Sequence[happened.Event]:
        """A step of the session on its thread; what it queued is sent."""
        one = self._session
        events = await self._peers.store.session(lambda replica: step(one, replica))
        self._wake.set()
        return events or ()

    def _queue(self, message: messages.Message) -> None:
        self._session.outgoing.append(messages.write(message))
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            if self._session.closed:
                await self.wire.close()
                return
            while self.greeted and await self._fill():
                await self._flush()
            if self._stale:
                self._stale = False
                await self.announce(answer=False)

    async def _fill(self) -> bool:
        one = self._session
        return await self._peers.store.session(one.fill)

    async def _flush(self) -> None:
        while self._session.outgoing:
            await self.wire.send(self._session.outgoing.popleft())

    def _fail(self, refusal: Refusal) -> None:
        self.error = self.error or refusal
        self._session.close(refusal.code, refusal.detail)
        self._wake.set()


def _coop_of(peers: Peers, signed: Signed) -> bytes:
    event, _ = read_event(signed.event)
    return event.coop if event.coop is not None else event_hash(peers.network, signed.event)


_log = structlog.get_logger(__name__)
# Chunks, key logs and bodies between the socket and the door.
TAKING_MAX: Final = 8
# A peer that has this many frames before it reads no pushes any more.
OUTGOING_FRAMES_MAX: Final = 512
