"""Sightings: what people see of each peer: how the link stands, when it was seen, what went wrong.

Errors are kept in memory alone, the times in the store too. It never makes or ends a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from node.store import peers as rows

if TYPE_CHECKING:
    from node.net.link import Link
    from node.net.peers import Peers
    from protocol.errors import Refusal


class PeerState(msgspec.Struct, frozen=True):
    """What people see of a peer. `state`: connected, connecting, waiting, unknown, blocked."""

    coop: bytes
    name: str
    state: str
    address: str
    blocked: bool
    last_seen_ms: int | None
    last_error: str


class Sightings:
    """When each co-op was linked last, and why it is not."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._errors: dict[bytes, str] = {}

    async def states(self) -> list[PeerState]:
        """Every co-op that this node knows of, and how the link to it stands."""
        await self._peers.dials.refresh()
        return [self._state(one) for one in self._peers.dials.known]

    def failed(self, coop: bytes, refusal: Refusal) -> None:
        """Keep why there is no link."""
        if refusal.code != "already-there":
            self._errors[coop] = str(refusal)

    def linked(self, link: Link) -> None:
        """Both sides have said hello."""
        self._errors.pop(link.coop, None)
        self._peers.start(self._note(link.coop, self._peers.clock.now_ms()))

    def ended(self, link: Link) -> None:
        """A link that stood has ended: until now the peer was seen."""
        self._peers.start(self._note(link.coop, self._peers.clock.now_ms()))

    async def _note(self, coop: bytes, seen_ms: int) -> None:
        await self._peers.store.write(lambda database: rows.note(database, coop, seen_ms))

    def _state(self, peer: rows.Peer) -> PeerState:
        state = self._word(peer)
        is_seen = state == "connected"
        return PeerState(
            peer.coop,
            peer.name,
            state,
            peer.addresses[0] if peer.addresses else "",
            peer.blocked,
            self._peers.clock.now_ms() if is_seen else peer.last_seen_ms,
            "" if is_seen else self._errors.get(peer.coop, ""),
        )

    def _word(self, peer: rows.Peer) -> str:
        if peer.blocked:
            return "blocked"
        link = self._peers.links.get(peer.coop)
        if link is not None and not link.has_ended:
            return "connected" if link.greeted else "connecting"
        return "waiting" if peer.addresses else "unknown"
