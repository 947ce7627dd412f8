"""Addresses: which ones that others told of this node may dial.

A peer could name this machine itself, or a neighbour behind the same router. So an address is
dialled only when it is at least as public as this node's own. It never opens a connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

PUBLIC, PRIVATE, LOOPBACK, NOWHERE = 0, 1, 2, 3


async def may_dial(address: str, own: str) -> bool:
    """Whether every IP address behind a URL is as public as our own URL, or more."""
    theirs = await reach(address)
    return theirs != NOWHERE and theirs <= await reach(own)


async def reach(address: str) -> int:
    """How far away a URL's host can be: PUBLIC, PRIVATE (one site), LOOPBACK, or NOWHERE."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        async with asyncio.timeout(RESOLVE_S_MAX):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, parts.port or 443, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, UnicodeError):
        return NOWHERE
    return max((_reach_of(str(entry[4][0])) for entry in found), default=NOWHERE)


def _reach_of(text: str) -> int:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return LOOPBACK
    if address.is_link_local or address.is_multicast:
        # Among them the address at which clouds tell secrets.
        return NOWHERE
    return PUBLIC if address.is_global else PRIVATE


RESOLVE_S_MAX: Final = 5
