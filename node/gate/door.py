"""Door: how many connections one network address may hold at a time.

Counted before a byte is read, so that one caller cannot take all there are. The machine itself is
not counted, nor is a trusted proxy: behind it everybody comes from there.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Final

from aiohttp import web

from node.proxies import Networks, is_trusted

BACKLOG_CONNECTIONS: Final = 128
# Addresses with at least one open connection; beyond, the ones without are forgotten first.
ADDRESSES_MAX: Final = 65_536

Factory = Callable[[], asyncio.Protocol]


class Door:
    """A factory of connections that turns away one too many from an address."""

    def __init__(self, server: Factory, per_address_max: int, proxies: Networks = ()) -> None:
        self._server = server
        self._proxies = proxies
        self._most = per_address_max
        self._held: dict[str, set[asyncio.Transport]] = {}

    def __call__(self) -> asyncio.Protocol:
        """A newcomer, who is let in or not once it is known where it comes from."""
        return _Newcomer(self)

    def admits(self, transport: asyncio.Transport) -> bool:
        """Whether this connection may stay; notes it then."""
        address = _address_of(transport)
        if address is None or is_trusted(address, self._proxies):
            return True
        held = {one for one in self._held.get(address, ()) if not one.is_closing()}
        if len(held) >= self._most or not self._has_room(address):
            self._held[address] = held
            return False
        self._held[address] = held | {transport}
        return True

    def _has_room(self, address: str) -> bool:
        if address in self._held or len(self._held) < ADDRESSES_MAX:
            return True
        self._held = {
            one: open_
            for one, held in self._held.items()
            if (open_ := {each for each in held if not each.is_closing()})
        }
        return len(self._held) < ADDRESSES_MAX

    def handler(self) -> asyncio.Protocol:
        """The protocol that serves whoever was let in."""
        return self._server()


class _Newcomer(asyncio.Protocol):
    """A connection until it is known where it comes from."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand over to the server, or hang up."""
        assert isinstance(transport, asyncio.Transport)
        if not self._door.admits(transport):
            transport.abort()
            return
        handler = self._door.handler()
        transport.set_protocol(handler)
        handler.connection_made(transport)


class GuardedSite(web.BaseSite):
    """Where TCP connections come in, through a door."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        per_address_max: int,
        opened: socket.socket | None = None,
        proxies: Networks = (),
    ) -> None:
        super().__init__(runner, backlog=BACKLOG_CONNECTIONS)
        self._host = host
        self._wanted_port = port
        self._most = per_address_max
        self._opened = opened
        self._proxies = proxies
        self._sockets: tuple[socket.socket, ...] = ()
        self.port = port

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen, at a socket that is open already if there is one; `port` is then the real one."""
        await super().start()
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        door = Door(server, self._most, self._proxies)
        if self._opened is None:
            listening = await loop.create_server(
                door, self._host, self._wanted_port, backlog=self._backlog
            )
        else:
            listening = await loop.create_server(door, sock=self._opened, backlog=self._backlog)
        self._server = listening
        self._sockets = listening.sockets
        self.port = listening.sockets[0].getsockname()[1]

    def copies(self) -> list[socket.socket]:
        """Its listening sockets once more: whoever knocks after `stop` waits for the next site."""
        return [one.dup() for one in self._sockets]


def _address_of(transport: asyncio.Transport) -> str | None:
    """The caller's network address; None for the machine itself."""
    name = transport.get_extra_info("peername")
    if not isinstance(name, tuple):
        return None
    address = str(name[0]).partition("%")[0]
    try:
        return None if ipaddress.ip_address(address).is_loopback else address
    except ValueError:
        return address
