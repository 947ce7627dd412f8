"""Proxies: from which address a request comes when a proxy stands before the node.

A proxy writes the address of whoever called it behind those that it was told. Only one that the
operator trusts is believed, so what a caller writes there itself changes nothing. Never resolves a
name.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

# more proxies one behind the other than anybody has
HOPS_MAX = 16

HEADER = "X-Forwarded-For"


def caller_address(remote: str | None, told: Iterable[str], trusted: Networks) -> str:
    """The nearest address that is no trusted proxy's, read from the right; empty for a unix socket.

    `remote` is the other end of the connection, `told` the values of the header in their order.
    """
    address = remote or ""
    hops = [hop for value in told for hop in value.split(",")]
    for hop in reversed(hops[-HOPS_MAX:]):
        before = _parsed(hop)
        if before is None or not is_trusted(address, trusted):
            break
        address = str(before)
    return address


def is_trusted(address: str, trusted: Networks) -> bool:
    """Whether an address is one of a trusted proxy."""
    parsed = _parsed(address) if trusted else None
    return parsed is not None and any(parsed in network for network in trusted)


@lru_cache(maxsize=8)
def networks(text: str) -> Networks:
    """The networks of the setting: addresses or networks, with commas between; ValueError else."""
    parts = text.split(",") if text.strip() else []
    return tuple(ipaddress.ip_network(part.strip()) for part in parts)


def is_networks(text: str) -> bool:
    """Whether a text is what `networks` takes."""
    try:
        networks(text)
    except ValueError:
        return False
    return True


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, perhaps with a port behind it as some proxies write; None for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
