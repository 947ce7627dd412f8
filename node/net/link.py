"""Link: one authenticated peer on one socket; carries frames to the session, events to the door.

Three tasks: read, write, and take (the door). Each wait is bounded: a stalled peer is closed, a
slow one is never buffered for. It never decides who may connect; `peers` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from node import ingest
from node.mailbox import CLOSED
from node.net.inbox import Inbox, Taken
from node.net.introductions import Introductions
from protocol import messages, session
from protocol import sessionevents as happened
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keylog import Signed

if TYPE_CHECKING:
    from node.ingest import Outcome
    from node.net.peers import Peers
    from node.net.wire import Wire


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
        self.node = (wire.greeting.coop, wire.greeting.device)
        """Which of the co-op's nodes it is."""
        self.initiator = wire.initiator
        self.wire = wire
        self.invited_to = invited_to
        """The circle of the invite that the peer proved to us."""
        self.verified = False
        self.error: Refusal | None = refusal
        """Why the link ended; given at the start, it is all that the peer is told."""
        self.over = asyncio.Event()
        self.caught_up: set[bytes] = set()
        self.circles: set[bytes] = set()
        """Circles that were shared with the peer since the link began."""
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Set when the peer answers our wish to join: whether others have to endorse it first."""
        self.settled = asyncio.Event()
        """Set when no invite is being followed over the link any more."""
        self._wants = wants
        self._peers = peers
        self._session = session.Session(peers.network, self.coop, wire.handshake_hash)
        self._introductions = Introductions(peers.network, self.coop)
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._inbox = Inbox()
        self._held: bytes | None = None
        self._pushes = 0
        """Live changes on their way to the session."""
        self._keys_grew = False
        self._stale = False
        """Whether the peer missed some, and has to be told our roots instead."""
        self._reads = 0
        """How often a frame was waited for; with `_reading` it tells a silent peer."""
        self._reading = False
        self._asked_at: int | None = None

    @property
    def is_joining(self) -> bool:
        """Whether an invite is being followed over the link, on either side."""
        wanted = self.invited_to is not None or self._wants is not None
        return wanted and not self.settled.is_set()

    @property
    def greeted(self) -> bool:
        """Whether both sides have said hello, and neither has said goodbye."""
        return self.verified and self._session.greeted and not self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether either side has closed, though the socket may still be open."""
        return self.error is not None or self._session.closed or self.over.is_set()

    async def run(self) -> None:
        """Verify, converse, end. Never raises what the peer did; `error` tells it."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._write()), group.create_task(self._take())]
                try:
                    await self._converse()
                except Refusal as refusal:
                    self.break_off(refusal)
                await self._say_goodbye()
                for task in tasks:
                    task.cancel()
        except* (ConnectionError, TimeoutError) as broken:
            if self.error is None:
                self.error = Refusal("peer-stalled", str(broken.exceptions[0])[:200])
        finally:
            self.over.set()
            self.settled.set()
            if not self.answered.done():
                self.answered.set_exception(self.error or Refusal("peer-unreachable", "link ended"))
                self.answered.exception()
            await self.wire.close()

    async def announce(self) -> None:
        """Tell our roots; before both sides have said hello, right after."""
        if self.greeted:
            await self._session_step(lambda one, replica: one.announce(replica, answer=False))
        else:
            self._stale = True

    async def compare(self) -> None:
        """Tell our roots and ask for the peer's; one that did not answer the last time is ended."""
        if not self.greeted:
            return
        if self._reading and self._reads == self._asked_at:
            self.end("peer-stalled", "it did not answer for its roots")
            return
        shared = await self._peers.store.session(
            lambda replica: bool(replica.shared_circles(self.coop))
        )
        self._asked_at = self._reads if shared and self._reading else None
        await self._session_step(lambda one, replica: one.announce(replica, answer=True))

    async def push(self, circle: bytes, packed: bytes) -> None:
        """Send a live change; when the peer is slow it is told our roots later instead."""
        if not self.greeted or len(self._session.outgoing) > OUTGOING_FRAMES_MAX:
            self._stale = True
            return
        await self._session_step(lambda one, _: one.push(circle, packed))

    def begin_push(self) -> bool:
        """Whether one more live change may be on its way; if not, roots go out later."""
        if self._pushes < PUSHES_MAX:
            self._pushes += 1
            return True
        self._stale = True
        self._wake.set()
        return False

    def end_push(self) -> None:
        """It has reached the session."""
        self._pushes -= 1

    async def ask_blob(self, circle: bytes, blob: bytes, first: int, count: int) -> None:
        """Ask for pieces of a file."""
        await self._session_step(lambda one, _: one.ask_blob(circle, blob, first, count))

    def end(self, code: str, detail: str = "") -> None:
        """Close from our side."""
        self._fail(Refusal(code, detail))

    async def _converse(self) -> None:
        if self.error is not None:
            raise self.error
        if not await self._verify():
            self._queue(self._introductions.ask())
        # Not for every frame anew: who drips frames without a hello must not hold a place.
        hello_by = asyncio.get_running_loop().time() + HELLO_S_MAX
        while (frame := await self._receive(hello_by)) is not None:
            if messages.is_introduction(frame):
                await self._introduction(messages.read(frame))
            elif not self.verified:
                self._early(frame)
            else:
                await self._handle(frame)
            if self.has_ended:
                return

    async def _receive(self, hello_by: float) -> bytes | None:
        self._reads += 1
        self._reading = True
        try:
            async with asyncio.timeout_at(None if self.greeted else hello_by):
                return await self.wire.receive()
        except TimeoutError:
            raise Refusal("peer-stalled", "no hello") from None
        finally:
            self._reading = False

    async def _verify(self) -> bool:
        """Whether the peer's key log lists its device with the key of this link; say hello then."""
        greeting, static = self.wire.greeting, self.wire.remote_static
        self.verified = await self._peers.is_device(self.coop, greeting.device, static)
        if self.verified:
            self._peers.verified(self)
            now_ms = self._peers.clock.now_ms()
            await self._session_step(lambda one, replica: one.hello(replica, now_ms))
        return self.verified

    def _early(self, frame: bytes) -> None:
        """The peer knows us already, and we not it: its hello waits; its goodbye does not."""
        message = messages.read(frame)
        if isinstance(message, messages.Close):
            self._closed(message.code, message.detail)
        elif self._held is not None:
            raise Refusal("malformed", "more than a hello before introductions")
        else:
            self._held = frame

    async def _introduction(self, message: messages.AnyMessage) -> None:
        """Give our key log once, take the peer's only when it was asked for."""
        if isinstance(message, messages.AskIntroduction):
            events = await self._peers.store.session(lambda replica: replica.own_key_log())
            for part in self._introductions.give(events):
                self._queue(part)
            return
        assert isinstance(message, messages.Introduction)
        some: Sequence[Signed] = self._introductions.take(message)
        await self._peers.store.write(lambda database: ingest.ingest_keys(database, some))
        if not message.last:
            return
        if not await self._verify():
            raise Refusal("not-its-device", "the device of this link")
        if self._held is not None:
            held, self._held = self._held, None
            await self._handle(held)

    async def _handle(self, frame: bytes) -> None:
        events = await self._session_step(lambda one, replica: one.receive(frame, replica))
        for event in events:
            await self._event(event)
        # Who asks faster than it takes the answers is not listened to meanwhile.
        while len(self._session.outgoing) > OUTGOING_FRAMES_MAX and not self.has_ended:
            self._drained.clear()
            await self._drained.wait()

    async def _event(self, event: happened.Event) -> None:
        match event:
            case happened.Chunk() | happened.KeyLogs() | happened.BodyCame():
                await self._inbox.put(event)
            case happened.Greeted():
                await self._greeted(event.time_ms)
            case happened.CaughtUp():
                self.caught_up.add(event.circle)
                self.circles.add(event.circle)
                await self._want_bodies(event.circle)
                self._peers.caught_up(self, event.circle)
            case happened.Behind():
                self.caught_up.discard(event.circle)
                self.circles.add(event.circle)
            case happened.JoinAsked():
                await self._join_asked(event.circle)
            case happened.JoinAnswered():
                self.settled.set()
                if not self.answered.done():
                    self.answered.set_result(event.pending)
            case happened.BlobListCame() | happened.BlobPieceCame():
                self._peers.blobs.came(self, event)
            case happened.Closed():
                self._closed(event.code, event.detail)

    async def _greeted(self, time_ms: int) -> None:
        self._peers.greeted(self, time_ms)
        if self._wants is not None:
            wants = self._wants
            await self._session_step(lambda one, _: one.join(wants))

    async def _join_asked(self, circle: bytes) -> None:
        if self.invited_to != circle:
            raise Refusal("invite-unknown")
        pending = await self._peers.admit(self, circle)
        self.settled.set()
        await self._session_step(lambda one, _: one.joined(circle, pending=pending))
        await self.announce()

    async def _want_bodies(self, circle: bytes) -> None:
        ids = await self._peers.wanted_bodies(circle)
        if ids:
            await self._session_step(lambda one, _: one.ask_bodies(circle, ids))

    async def _take(self) -> None:
        """The door: one thing after the other, each answered to the session."""
        while (event := await self._inbox.take()) is not CLOSED:
            try:
                if not self.has_ended:
                    await self._take_one(event)
            except Refusal as refusal:
                if REFUSALS[refusal.code].peer is Peer.CLOSE or refusal.code == "disk-full":
                    self.break_off(refusal)
                    return
                _log.info("refused", peer=self.coop.hex()[:12], code=refusal.code)
            finally:
                self._inbox.done()

    async def _take_one(self, event: Taken) -> None:
        if isinstance(event, happened.BodyCame):
            await self._peers.take_body(event)
        elif isinstance(event, happened.KeyLogs):
            self._keys_grew |= await self._peers.take_keys(event)
            if event.last:
                grown, self._keys_grew = self._keys_grew, False
                after = await self._session_step(
                    lambda one, replica: one.keys_taken(event.circle, replica, progressed=grown)
                )
                await self._events(after)
        else:
            chunks = [event, *self._inbox.more_like(event)]
            for chunk, outcome in await self._peers.take_chunks(self, chunks):
                await self._events(await self._taken(chunk, outcome))

    async def _taken(self, chunk: happened.Chunk, outcome: Outcome) -> Sequence[happened.Event]:
        progressed, gap = outcome.new_records > 0, outcome.gap
        return await self._session_step(
            lambda one, replica: one.taken(chunk, replica, progressed=progressed, gap=gap)
        )

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
            if self._stale and self.greeted:
                self._stale = False
                await self.announce()

    async def _fill(self) -> bool:
        one = self._session
        return await self._peers.store.session(one.fill)

    async def _flush(self) -> None:
        outgoing = self._session.outgoing
        while outgoing:
            await self.wire.send(outgoing.popleft())
            if len(outgoing) <= OUTGOING_FRAMES_MAX:
                self._drained.set()

    async def _say_goodbye(self) -> None:
        """Tell why we close, if the peer still listens."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S_MAX):
                await self._flush()

    def _closed(self, code: str, detail: str) -> None:
        """The peer closed and said why; what this version does not know becomes a plain word."""
        known = code if code in REFUSALS else "peer-unreachable"
        self.error = self.error or Refusal(known, detail)

    def break_off(self, refusal: Refusal) -> None:
        """Close because of something that the peer sent."""
        if self.verified and not self.has_ended:
            self._peers.backoff.broke(self.coop, refusal.code)
        self._fail(refusal)

    def _fail(self, refusal: Refusal) -> None:
        self.error = self.error or refusal
        if not self._session.closed:
            # What still waits would only hold up the goodbye.
            self._session.outgoing.clear()
            self._session.close(refusal.code, refusal.detail)
        self._drained.set()
        self._wake.set()


_log = structlog.get_logger(__name__)
# A peer that has this many frames (of 64 KiB at most) before it is slow.
OUTGOING_FRAMES_MAX: Final = 256
# Live changes on their way to one peer; with more it is told our roots instead.
PUSHES_MAX: Final = 64
# From the handshake to the peer's hello, introductions included.
HELLO_S_MAX: Final = 20
GOODBYE_S_MAX: Final = 5
