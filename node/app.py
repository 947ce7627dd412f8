"""App: the composition root. Builds everything, starts it in order, ends it in order.

`Node` is what pages, the API and the command line see of a running node: one method a wish, each
checked, each telling what happened. It never speaks HTTP and holds no SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from node import acts, home, notes, upkeep
from node.author import Author, Published
from node.clock import Clock
from node.config import listen_address, public_url
from node.events import Events
from node.ingest import Outcome
from node.invites import Invites
from node.keyring import Keyring, entropy
from node.net.peers import Peers
from node.notes import Answering, Asking
from node.publish import Publisher
from node.settings import Settings
from node.store.database import Database
from node.store.invites import Given
from node.store.store import Store
from node.views import circles, read
from protocol import profile, trade
from protocol.chunk import Path as ChunkPath
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.keys import Network, signing_pair
from protocol.limits import CHUNK_RECORDS_MAX

OWNER: Final = "owner"


class Joining(msgspec.Struct, frozen=True):
    """What came of an invite: the circle, the inviting co-op, and whether others must say yes."""

    circle: bytes
    peer: bytes
    pending: bool


class Node:
    """A running node. Build it with `running`."""

    def __init__(
        self, settings: Settings, keyring: Keyring, clock: Clock, store: Store, events: Events
    ) -> None:
        assert keyring.coop is not None
        self.settings = settings
        self.coop: bytes = keyring.coop
        self.device, _ = signing_pair(keyring.device_seed)
        self.clock = clock
        self.store = store
        self.events = events
        self.network = Network(settings.network)
        author = Author(self.coop, keyring.device_seed)
        self.publisher = Publisher(
            store,
            author,
            home.instance_of(keyring),
            clock,
            entropy,
            self._tell,
            self._check_clock,
        )
        self.invites = Invites(store, self.network, self.coop, clock, entropy)
        self.copy_error = ""
        """Why last night's copy was not made; empty when it was, and before the first night."""
        self._address = public_url(settings, listen_address(settings.listen)[1])
        self.peers = Peers(self, keyring)
        self._openers = (keyring.noise_private,)

    @property
    def address(self) -> str:
        """Where other nodes reach this one, without a slash at the end."""
        return self._address

    async def listening(self, address: str) -> None:
        """The server is up at an address: tell the circles when it is a new one, and dial."""
        self._address = address
        await self.store.write(partial(home.note_address, address=address))
        for circle in await self.store.write(partial(home.circles_of, coop=self.coop)):
            needs = partial(home.needs_contact, circle=circle, coop=self.coop, address=address)
            if await self.store.write(needs):
                await self._show_contact(circle, OWNER)
        for circle in await self.store.write(home.open_admits):
            self.accepted(circle)
        self.peers.wake()

    async def found_circle(self, name: str, *, public: bool, role: str = OWNER) -> bytes:
        """Found a circle; its id."""
        circle, _ = await self.publisher.run(
            lambda database, signing: acts.found_circle(database, signing, name, public=public),
            role=role,
            results=lambda answer: answer[1],
        )
        await self._introduce(circle, role)
        return circle

    async def admit(self, circle: bytes, coop: bytes, *, role: str = OWNER) -> bool:
        """Admit a co-op; False when this only endorsed it and others have to say yes too."""
        done, _ = await self.publisher.run(
            lambda database, signing: acts.admit(database, signing, circle, coop),
            role=role,
            results=lambda answer: answer[1],
        )
        return done

    async def endorse(self, circle: bytes, digest: bytes, *, role: str = OWNER) -> bool:
        """Endorse a proposal; True when that made it take effect."""
        done, _ = await self.publisher.run(
            lambda database, signing: acts.endorse_act(database, signing, circle, digest),
            role=role,
            results=lambda answer: answer[1],
        )
        return done

    async def remove(self, circle: bytes, coop: bytes, *, role: str = OWNER) -> bool:
        """Remove a co-op, or leave (one's own id); False when this only endorsed it."""
        done, _ = await self.publisher.run(
            lambda database, signing: acts.remove(database, signing, circle, coop),
            role=role,
            results=lambda answer: answer[1],
        )
        return done

    async def invite(
        self,
        circle: bytes,
        *,
        uses: int | None = None,
        days: int | None = None,
        addresses: Sequence[str] = (),
    ) -> Given:
        """Make an invite to a circle; what is left out comes from the settings."""
        names = partial(circles.names_for_invite, circle=circle, own=self.coop)
        circle_name, coop_name = await read(self.store, names)
        defaults = self.settings.invite
        return await self.invites.create(
            circle,
            circle_name,
            coop_name,
            addresses or (self.address,),
            uses=defaults.uses if uses is None else uses,
            days=defaults.days if days is None else days,
        )

    def begin_join(self, link: str) -> bytes:
        """Start to follow an invite, to be watched in `peers.joins.wishes`; the circle's id."""
        invite = self.invites.read(link)
        if not self.peers.joins.wishes.is_under_way(invite.circle):
            self.peers.joins.wishes.begin(invite)
            self.peers.start(self._follow(invite))
        return invite.circle

    async def _follow(self, invite: Invite) -> None:
        with suppress(Refusal):  # the wish tells it
            await self.peers.join(invite)

    async def join(self, link: str) -> Joining:
        """Follow an invite: dial its addresses, prove it, ask to be admitted, accept."""
        invite = self.invites.read(link)
        pending = await self.peers.join(invite)
        return Joining(invite.circle, invite.coop, pending)

    async def add_offer(
        self,
        circle: bytes,
        kind: str,
        fields: trade.Offer,
        *,
        subject: bytes | None = None,
        role: str = OWNER,
    ) -> bytes:
        """Publish an offer or want, or a new version of one; the id of the record."""
        published = await self.add_offers(circle, [(kind, fields, subject)], role=role, live=True)
        return published.ids[0]

    async def edit_offer(
        self,
        subject: bytes,
        fields: trade.Offer,
        *,
        over: bytes | None = None,
        role: str = OWNER,
    ) -> bytes:
        """Publish a new version of an own offer, if `over` stands there still; the record's id."""
        published = await self.publisher.run(
            lambda database, signing: acts.edit_offer(database, signing, fields, subject, over),
            role=role,
            results=lambda answer: answer,
        )
        return published.ids[0]

    async def add_offers(
        self,
        circle: bytes,
        offers: Sequence[tuple[str, trade.Offer, bytes | None]],
        *,
        role: str = OWNER,
        live: bool = False,
    ) -> Published:
        """Publish up to 1,000 at once, all or none; bulk ones are searchable a moment later."""
        assert 0 < len(offers) <= OFFERS_AT_ONCE_MAX
        return await self.publisher.run(
            lambda database, signing: acts.add_offers(database, signing, circle, offers, live=live),
            role=role,
            results=lambda answer: answer,
        )

    async def withdraw(self, subject: bytes, reason: dict[str, str], *, role: str = OWNER) -> bytes:
        """Take an offer back; the id of the withdrawal."""
        published = await self.publisher.run(
            lambda database, signing: acts.withdraw(database, signing, subject, reason),
            role=role,
            results=lambda answer: answer,
        )
        return published.ids[0]

    async def erase(self, subjects: Sequence[bytes], *, role: str = OWNER) -> list[bytes]:
        """Take offers of one circle back and drop their texts everywhere; up to 250 at once."""
        published = await self.publisher.run(
            lambda database, signing: acts.erase(database, signing, subjects),
            role=role,
            results=lambda answer: answer,
        )
        return published.ids

    async def affirm(self, circle: bytes, records: Sequence[bytes], *, role: str = OWNER) -> None:
        """Take own disputed records as the co-op's own again."""
        await self.publisher.run(
            lambda database, signing: acts.affirm(database, signing, circle, records),
            role=role,
            results=lambda answer: answer,
        )

    async def change_keys(self, change: Callable[[Database], object]) -> None:
        """Put a key event of one's own, then let every neighbour compare."""
        await self.store.write(change)
        await self.peers.keys_changed()

    async def send_note(self, wish: Asking | Answering, *, role: str = OWNER) -> bytes:
        """Ask another co-op about an offer of its, or answer; the id of the note."""
        published = await self.publisher.run(
            lambda database, signing: notes.send(database, signing, wish),
            role=role,
            results=lambda answer: answer,
        )
        await self.open_notes()
        return published.ids[0]

    async def open_notes(self) -> None:
        """Open what came for this co-op and was not looked at yet."""
        while await self.store.write(
            lambda database: notes.open_some(database, self.coop, self._openers)
        ):
            pass

    async def set_profile(self, fields: profile.Profile, *, role: str = OWNER) -> None:
        """Keep the co-op's own profile and show it in every circle."""
        await self.store.write(lambda database: home.keep_profile(database, fields))
        for circle in await self.store.write(partial(home.circles_of, coop=self.coop)):
            await self._show(circle, fields, role)

    async def set_contact(self, fields: profile.Contact, *, role: str = OWNER) -> None:
        """Keep how people reach the co-op, and tell every circle."""
        await self.store.write(lambda database: home.keep_contact(database, fields))
        for circle in await self.store.write(partial(home.circles_of, coop=self.coop)):
            await self._show_contact(circle, role)

    async def rebuild(self) -> tuple[bytes, bytes]:
        """Drop and refold all rows; the digest before and after."""
        return await self.store.write(lambda database: home.rebuild(database, self.clock.now_ms()))

    def accepted(self, circle: bytes) -> None:
        """Called by the peers when an admit of ours may have come: say yes, show the profile."""
        self.peers.start(self._accept(circle))

    async def _accept(self, circle: bytes) -> None:
        published = await self.publisher.run(
            lambda database, signing: acts.accept(database, signing, circle),
            role=OWNER,
            results=lambda answer: answer,
        )
        if published is not None:
            await self._introduce(circle, OWNER)
        if await self.store.write(lambda database: home.is_member(database, circle, self.coop)):
            self.peers.membership(circle)

    async def _introduce(self, circle: bytes, role: str) -> None:
        fields = await self.store.write(home.kept_profile)
        if fields is not None:
            await self._show(circle, fields, role)
        await self._show_contact(circle, role)

    async def _show_contact(self, circle: bytes, role: str) -> None:
        await self.publisher.run(
            lambda database, signing: acts.set_contact(
                database, signing, circle, home.contact(database, circle, self.coop, self._address)
            ),
            role=role,
            results=lambda answer: answer,
        )

    async def _show(self, circle: bytes, fields: profile.Profile, role: str) -> None:
        await self.publisher.run(
            lambda database, signing: acts.set_profile(database, signing, circle, fields),
            role=role,
            results=lambda answer: answer,
        )

    def _check_clock(self) -> None:
        """Before anything is signed; the peers come into being after the publisher."""
        self.peers.clocks.check()

    def _tell(self, outcome: Outcome, paths: Sequence[ChunkPath]) -> None:
        """After each commit: peers first, then live pages."""
        self.peers.tell(outcome, paths)
        self.events.put("records", {"circle": outcome.circle.hex(), "new": outcome.new_records})


@asynccontextmanager
async def running(settings: Settings, keyring: Keyring, clock: Clock) -> AsyncIterator[Node]:
    """Open the store, dial and listen; on leaving, end in the opposite order."""
    events = Events(clock)
    assert keyring.coop is not None

    def folded() -> None:
        events.put("folded", {})
        # Among what was folded may be where a co-op answers now.
        node.peers.wake()

    path = Path(settings.home) / home.DATABASE_NAME
    store = Store(path, Network(settings.network), keyring.coop, folded)
    node = Node(settings, keyring, clock, store, events)
    await store.open()
    try:
        async with node.peers.running(), asyncio.TaskGroup() as group:
            nights = group.create_task(upkeep.keep(node))
            try:
                yield node
            finally:
                nights.cancel()
    finally:
        await store.close()


OFFERS_AT_ONCE_MAX: Final = CHUNK_RECORDS_MAX - 1
