"""Joins: how an invite becomes a membership, on both sides of the link that follows it.

The newcomer proves the invite and asks; the inviter counts a use and admits, or endorses. It never
decides whether an invite is good (`invites` does) or an admission right (`acts` does).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from node.net.link import Link
from node.store import peers as rows
from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.app import Node
    from node.net.peers import Peers
    from protocol.invite import Invite


class Joins:
    """Circles on their way in."""

    def __init__(self, peers: Peers, node: Node) -> None:
        self._peers = peers
        self._node = node
        self._accepted: dict[bytes, asyncio.Event] = {}

    async def join(self, invite: Invite) -> bool:
        """Dial the inviter, prove the invite, ask to join; True while others have to endorse."""
        store, own = self._peers.store, self._peers.own.coop
        # First of all, so that a node that is killed in between finds the inviter again.
        now_ms = self._peers.clock.now_ms()
        before = await store.write(
            lambda database: rows.begin_joining(database, own, invite, now_ms)
        )
        accepted = self._accepted.setdefault(invite.circle, asyncio.Event())
        last: Refusal | None = None
        for address in invite.addresses:
            try:
                pending = await self._join_at(address, invite)
            except Refusal as refusal:
                last = refusal
                continue
            self._peers.wake()
            if not pending:
                try:
                    async with asyncio.timeout(ACCEPT_S_MAX):
                        await accepted.wait()
                except TimeoutError:
                    _log.info("admitted, and still fetching the circle")
            return pending
        await store.write(lambda database: rows.give_up_joining(database, invite, before))
        raise last or Refusal("peer-unreachable")

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
        await self._peers.store.write(lambda database: rows.end_joining(database, circle))
        self._node.events.put("joined", {"circle": circle.hex()})

    async def _join_at(self, address: str, invite: Invite) -> bool:
        wire = await self._peers.dials.connect(address, invite.coop, invite.nonce)
        link = Link(self._peers, wire, wants=invite.circle)
        self._peers.start(self._peers.run(link))
        try:
            async with asyncio.timeout(JOIN_S_MAX):
                return await asyncio.shield(link.answered)
        except TimeoutError:
            silent = Refusal("peer-stalled", "it did not answer the wish to join")
            link.end(silent.code, silent.detail)
            raise silent from None


_log = structlog.get_logger(__name__)
JOIN_S_MAX: Final = 30
# From the admission to this node's own yes, which needs the circle's records.
ACCEPT_S_MAX: Final = 20
