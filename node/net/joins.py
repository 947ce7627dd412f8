"""Joins: how an invite becomes a membership, on both sides of the link that follows it.

The newcomer proves the invite and asks; the inviter counts a use and admits, or endorses. It never
decides whether an invite is good (`invites` does) or an admission right (`acts` does).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from node.net.link import Link
from node.net.wishes import Wishes
from node.store import peers as rows
from node.store.reading import read
from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.app import Node
    from node.net.peers import Peers
    from protocol.invite import Invite


class LinkBroke(Refusal):
    """A link that was made ended before the answer came: the wish to join stands."""

    def __init__(self) -> None:
        super().__init__("peer-stalled", "the wish to join is told again at the next link")


class Joins:
    """Circles on their way in."""

    def __init__(self, peers: Peers, node: Node) -> None:
        self._peers = peers
        self._node = node
        self._accepted: dict[bytes, asyncio.Event] = {}
        self._under_way: set[bytes] = set()
        """Circles for which somebody waits in `join`."""
        self.wishes = Wishes(peers.store)

    async def join(self, invite: Invite) -> bool:
        """Dial the inviter, prove the invite, ask to join; True while others have to endorse it."""
        store, own = self._peers.store, self._peers.own.coop
        # First of all, so that a node that is killed in between finds the inviter again.
        now_ms = self._peers.clock.now_ms()
        before = await store.write(
            lambda database: rows.begin_joining(database, own, invite, now_ms)
        )
        accepted = self._accepted.setdefault(invite.circle, asyncio.Event())
        self._under_way.add(invite.circle)
        self.wishes.begin(invite)
        try:
            pending = await self._join(invite)
        except Refusal as refusal:
            is_lost = isinstance(refusal, LinkBroke)
            self.wishes.note(invite.circle, "waiting" if is_lost else "refused", refusal)
            if not is_lost:
                await store.write(lambda database: rows.give_up_joining(database, invite, before))
            raise
        finally:
            self._under_way.discard(invite.circle)
            self._peers.wake()
        self.wishes.note(invite.circle, "waiting" if pending else "admitted")
        if not pending:
            try:
                async with asyncio.timeout(ACCEPT_S_MAX):
                    await accepted.wait()
            except TimeoutError:
                _log.info("admitted, and still fetching the circle")
        return pending

    async def wish_to(self, coop: bytes) -> Invite | None:
        """The wish to join through a co-op that is to be told again over the next link to it."""
        wish = await read(self._peers.store, lambda reader: rows.open_wish(reader, coop))
        return None if wish is None or wish.circle in self._under_way else wish

    async def follow(self, link: Link, wish: Invite) -> None:
        """Wait for the answer to a wish that was told again."""
        try:
            await asyncio.shield(link.answered)
        except Refusal as refusal:
            if refusal.code in {*ENDED, "already-there"}:
                return
            # It will not be let in by the invite; what came of it before may still hold.
            _log.info("the invite was refused", code=refusal.code)
        await self._answered(wish)

    async def admit(self, link: Link, circle: bytes) -> bool:
        """Admit the newcomer on the strength of its invite; True while others must endorse."""
        now_ms = self._peers.clock.now_ms()
        await self._peers.store.write(
            lambda database: rows.put(database, link.coop, "", (), now_ms)
        )
        if await self._peers.store.write(
            lambda database: rows.was_let_in(database, circle, link.coop)
        ):
            return False
        invite = link.wire.greeting.invite
        assert invite is not None
        # Taken before it is used, so that two at once cannot share the last one.
        await self._node.invites.use(invite)
        try:
            return not await self._node.admit(circle, link.coop)
        except Refusal as refusal:
            await self._node.invites.give_back(invite)
            if refusal.code in {"already-member", "already-there"}:
                return False
            if refusal.code == "needs-endorsements":
                return True
            raise

    async def end(self, circle: bytes) -> None:
        """This node's own yes is in: the circle is no wish any more."""
        self._accepted.setdefault(circle, asyncio.Event()).set()
        self.wishes.note(circle, "joined")
        await self._peers.store.write(lambda database: rows.end_joining(database, circle))
        self._node.events.put("joined", {"circle": circle.hex()})

    async def _join(self, invite: Invite) -> bool:
        """Each address in turn, until one answers."""
        last = Refusal("peer-unreachable", "the invite names no address")
        for address in invite.addresses:
            for _ in range(TRIES_MAX):
                try:
                    return await self._join_at(address, invite)
                except Refusal as refusal:
                    last = last if isinstance(last, LinkBroke) else refusal
                    if refusal.code != "already-there":
                        break
                await self._until_free(invite.coop)
        raise last

    async def _join_at(self, address: str, invite: Invite) -> bool:
        wire = await self._peers.dials.connect(address, invite.coop, invite.nonce)
        self.wishes.note(invite.circle, "asked")
        link = Link(self._peers, wire, wants=invite.circle)
        self._peers.start(self._peers.run(link))
        try:
            async with asyncio.timeout(JOIN_S_MAX):
                pending = await asyncio.shield(link.answered)
        except TimeoutError:
            silent = Refusal("peer-stalled", "it did not answer the wish to join")
            link.end(silent.code, silent.detail)
            raise silent from None
        except Refusal as refusal:
            if refusal.code in ENDED:
                raise LinkBroke from refusal
            raise
        await self._answered(invite)
        return pending

    async def _answered(self, invite: Invite) -> None:
        circle = invite.circle
        await self._peers.store.write(lambda database: rows.joining_answered(database, circle))

    async def _until_free(self, coop: bytes) -> None:
        """The other side follows an invite of ours at this moment; its link is needed for that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(JOIN_S_MAX):
                for link in self._peers.links.of(coop):
                    if link.is_joining:
                        await link.settled.wait()
        await asyncio.sleep(AGAIN_S)


_log = structlog.get_logger(__name__)
JOIN_S_MAX: Final = 30
# How often a link gives way to one over which the other side joins, and how long until the next.
TRIES_MAX: Final = 10
AGAIN_S: Final = 0.2
# How a link ends that nobody refused.
ENDED: Final = frozenset({"peer-stalled", "peer-unreachable"})
# From the admission to this node's own yes, which needs the circle's records.
ACCEPT_S_MAX: Final = 20
