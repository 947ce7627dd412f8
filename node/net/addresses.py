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
    """Whether every IP address behind a URL is as public as our own URL, or more.

    A node that cannot resolve its own name counts as public: it dials no neighbours.
    """
    theirs, ours = await reach(address), await reach(own)
    return theirs != NOWHERE and theirs <= (PUBLIC if ours == NOWHERE else ours)


async def reach(address: str) -> int:
    """How far away a URL's host can be: PUBLIC, PRIVATE (one site), LOOPBACK, or NOWHERE."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
        async with asyncio.timeout(RESOLVE_S_MAX):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, ValueError):
        # Whatever a contact record claims: no such host, no host at all, or a port beyond all.
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
DEFAULT_PORT: Final = 443
