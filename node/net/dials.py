"""Dials: this node's way to others: one patient task for each co-op that has an address.

Each address in turn, waiting longer after each failure; addresses are looked up anew when circles
or contacts change. It never decides whom this node may talk to: the store's list does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from node.keyring import entropy
from node.net.addresses import may_dial
from node.net.link import Link
from node.net.wire import SOCKET_MESSAGE_BYTES_MAX, Wire, close_socket, initiate
from node.store import peers as rows
from node.store.reading import read
from protocol.errors import Refusal

if TYPE_CHECKING:
    from types import SimpleNamespace

    from node.net.peers import Peers


class Dials:
    """Whom to dial, and the dialling tasks."""

    def __init__(self, peers: Peers) -> None:
        self.known: list[rows.Peer] = []
        self._peers = peers
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._addresses: dict[bytes, tuple[str, ...]] = {}
        self._given: frozenset[str] = frozenset()
        """Addresses that the operator gave: they may lead wherever the operator wants."""
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look again whom to dial, and where."""
        self._changed.set()

    async def keep(self) -> None:
        """Keep one task for each co-op with an address, for as long as the node runs."""
        while True:
            self._changed.clear()
            await self._peers.guard(self._look())
            # News come in crowds.
            await asyncio.sleep(LOOK_S_MIN)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S_MAX):
                    await self._changed.wait()

    async def refresh(self) -> None:
        """Read whom this node was told of."""
        own = self._peers.own.coop
        known = await read(self._peers.store, lambda reader: rows.all_known(reader, own))
        if own in self._peers.links and all(one.coop != own for one in known):
            known.append(rows.Peer(own))
        self._given = frozenset(address for one in known for address in one.given)
        self.known = [self._elsewhere(one) if one.coop == own else one for one in known]

    async def connect(self, address: str, expected: bytes, nonce: bytes | None = None) -> Wire:
        """Dial and shake hands; refuses with the reason, whatever goes wrong."""
        if address not in self._given and not await may_dial(address, self._peers.address):
            raise Refusal("peer-unreachable", "an address that only the other machine can mean")
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                socket = await self._peers.client.ws_connect(
                    f"{address.rstrip('/')}/peer",
                    max_msg_size=SOCKET_MESSAGE_BYTES_MAX,
                    heartbeat=HEARTBEAT_S,
                    compress=0,
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as broken:
            why = str(broken) or type(broken).__name__
            raise Refusal("peer-unreachable", f"{address}: {why}"[:300]) from broken
        try:
            peers = self._peers
            return await initiate(socket, peers.own, peers.network, entropy, expected, nonce)
        except BaseException:
            await close_socket(socket)
            raise

    def _elsewhere(self, peer: rows.Peer) -> rows.Peer:
        """This co-op's other nodes: all of its addresses but this node's."""
        addresses = tuple(one for one in peer.addresses if one != self._peers.address)
        return msgspec.structs.replace(peer, addresses=addresses)

    async def _look(self) -> None:
        await self.refresh()
        wanted = {
            one.coop: one.addresses for one in self.known if one.addresses and not one.blocked
        }
        for coop, task in list(self._tasks.items()):
            # A new address is tried at once, whatever the waits have grown to.
            moved = coop not in self._peers.links and self._addresses[coop] != wanted.get(coop)
            if task.done() or coop not in wanted or moved:
                task.cancel()
                del self._tasks[coop]
        for coop, addresses in wanted.items():
            self._addresses[coop] = addresses
            if coop not in self._tasks and len(self._tasks) < DIALS_MAX:
                dialling = self._peers.start(self._dial(coop))
                if dialling is not None:
                    self._tasks[coop] = dialling

    async def _dial(self, coop: bytes) -> None:
        """Dial one co-op for ever, waiting longer after each failure."""
        wait_s = WAIT_S_MIN
        while True:
            began_ms = self._peers.clock.monotonic_ms()
            await self._talk(coop)
            if self._peers.clock.monotonic_ms() - began_ms > GOOD_LINK_MS:
                wait_s = WAIT_S_MIN
            jitter = entropy(1)[0] / 256
            await asyncio.sleep(wait_s * (1 + jitter) + self._peers.backoff.left_ms(coop) / 1000)
            wait_s = min(wait_s * 2, WAIT_S_MAX)

    async def _talk(self, coop: bytes) -> None:
        """As long as there is a link, whoever made it; else try each address once."""
        there = self._peers.links.get(coop)
        if there is not None:
            await there.over.wait()
            return
        if self._peers.backoff.left_ms(coop) or not self._peers.is_running:
            return
        wish = await self._peers.joins.wish_to(coop)
        nonce, wants = (wish.nonce, wish.circle) if wish else (None, None)
        for address in self._addresses[coop]:
            try:
                wire = await self.connect(address, coop, nonce)
            except Refusal as refusal:
                self._peers.failed(coop, refusal)
                continue
            link = Link(self._peers, wire, wants=wants)
            if wish is not None:
                self._peers.start(self._peers.joins.follow(link, wish))
            await self._peers.run(link)
            return


def new_client() -> aiohttp.ClientSession:
    """The client that dials: it follows no redirection, which could lead anywhere."""

    async def refuse(
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        redirected: aiohttp.TraceRequestRedirectParams,
    ) -> None:
        del session, context
        where = redirected.response.headers.get("Location", "")
        raise aiohttp.ClientError(f"it redirects to {where[:200]}; dial the address itself")

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(refuse)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX)
    return aiohttp.ClientSession(timeout=timeout, trace_configs=[trace])


# From the first packet to an open websocket.
CONNECT_S_MAX: Final = 10
HEARTBEAT_S: Final = 30
WAIT_S_MIN: Final = 1
WAIT_S_MAX: Final = 60
GOOD_LINK_MS: Final = 10_000
DIALS_MAX: Final = 256
LOOK_S_MIN: Final = 0.1
LOOK_S_MAX: Final = 60
