"""Listener: the endpoint at which other nodes knock; it lets in whom this node was told of.

It counts sockets from the first moment, so that strangers cannot crowd out peers. What is said on
a link is the link's affair.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from node.keyring import entropy
from node.net.link import Link
from node.net.wire import SOCKET_MESSAGE_BYTES_MAX, Wire, close_socket, respond
from node.proxies import HEADER, caller_address, networks
from node.settings import Settings
from node.store import peers as rows
from node.store.reading import read
from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.invites import Invites
    from node.net.peers import Peers


class Listener:
    """Sockets that others opened."""

    def __init__(self, peers: Peers, invites: Invites, settings: Settings) -> None:
        self._peers = peers
        self._invites = invites
        self._settings = settings
        self._from: Counter[str] = Counter()
        """Open sockets by network address; none of it when the last one closes."""

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """A websocket, nothing else; too many at once are turned away."""
        trusted = networks(self._settings.trusted_proxies)
        remote = caller_address(request.remote, request.headers.getall(HEADER, []), trusted)
        if not self._peers.is_running or not self._has_room(remote):
            raise web.HTTPTooManyRequests
        self._from[remote] += 1
        socket = web.WebSocketResponse(
            max_msg_size=SOCKET_MESSAGE_BYTES_MAX, heartbeat=HEARTBEAT_S, compress=False
        )
        try:
            await socket.prepare(request)
            await self._serve(socket)
        finally:
            self._from[remote] -= 1
            if not self._from[remote]:
                del self._from[remote]
            if socket.prepared:
                await close_socket(socket)
        return socket

    def _has_room(self, remote: str) -> bool:
        limits = self._settings.limits
        open_sockets = max(len(self._peers.links), self._from.total())
        return (
            open_sockets < limits.peer_connections
            and self._from[remote] < limits.connections_per_address
        )

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        peers = self._peers
        try:
            wire = await respond(socket, peers.own, peers.network, entropy)
        except Refusal as refused:
            _log.info("no handshake", code=refused.code, detail=refused.detail)
            return
        try:
            link = Link(peers, wire, invited_to=await self._let_in(wire))
        except Refusal as refused:
            _log.info("peer refused", peer=wire.greeting.coop.hex()[:12], code=refused.code)
            link = Link(peers, wire, refusal=refused)
        await peers.run(link)

    async def _let_in(self, wire: Wire) -> bytes | None:
        """The circle of a proven invite; refuses who is blocked, unknown or left alone."""
        greeting, own = wire.greeting, self._peers.own.coop
        standing = await read(
            self._peers.store, lambda reader: rows.standing_of(reader, own, greeting.coop)
        )
        if standing == "blocked":
            raise Refusal("peer-blocked")
        if self._peers.backoff.left_ms(greeting.coop):
            raise Refusal("too-many-tries", "it broke a rule a moment ago")
        if greeting.invite is not None and greeting.proof is not None:
            return await self._invites.check(
                greeting.invite, greeting.proof, wire.proof_hash, greeting.coop
            )
        if standing == "unknown":
            raise Refusal("peer-not-listed")
        return None


_log = structlog.get_logger(__name__)
HEARTBEAT_S: Final = 30
