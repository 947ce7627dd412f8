"""The trie of a circle: SPEC.md, section Trie."""

from typing import Final

from tests.interop.reader_circle import Circle
from tests.interop.reader_codec import Network, Value
from tests.interop.reader_records import Record, Store

TIPS_MAX: Final = 16


def root(network: Network, leaves: dict[bytes, bytes]) -> bytes:
    """The hash at the empty prefix."""
    return _at(network, sorted(leaves.items()), 0)


def hash_at(network: Network, leaves: dict[bytes, bytes], prefix: str) -> bytes:
    """The hash at a prefix of hex digits."""
    below = [leaf for leaf in sorted(leaves.items()) if leaf[0].hex().startswith(prefix)]
    return _at(network, below, len(prefix))


def _digit(key: bytes, place: int) -> int:
    return key[place // 2] >> 4 if place % 2 == 0 else key[place // 2] & 15


def _at(network: Network, leaves: list[tuple[bytes, bytes]], place: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return network.hash("leaf", leaves[0][0] + leaves[0][1])
    below: list[list[tuple[bytes, bytes]]] = [[] for _ in range(16)]
    for leaf in leaves:
        below[_digit(leaf[0], place)].append(leaf)
    return network.hash("trie", b"".join(_at(network, part, place + 1) for part in below))


def _ascending(hashes: set[bytes]) -> list[Value]:
    return [*sorted(hashes)]


def tips_value(network: Network, tips: set[bytes]) -> bytes:
    return network.of("tips", _ascending(tips) if len(tips) < TIPS_MAX else [])


def log_leaf(network: Network, coop: bytes, log: bytes) -> bytes:
    return network.of("logleaf", coop, log)


def key_leaf(network: Network, coop: bytes) -> bytes:
    return network.of("keyleaf", coop)


def key_value(network: Network, events: set[bytes], receipts: set[bytes]) -> bytes:
    return network.of("keyleaf", _ascending(events), _ascending(receipts))


def carried_tips(store: Store, carried: set[bytes]) -> dict[bytes, set[bytes]]:
    """Of each log the carried records behind which nothing carried stands."""
    tips: dict[bytes, set[bytes]] = {}
    records: list[Record] = [store.records[one] for one in carried]
    parents = {record.prev for record in records}
    for record in records:
        if record.id not in parents:
            tips.setdefault(record.log, set()).add(record.id)
    return tips


def leaves_of(store: Store, circle: Circle, carried: set[bytes]) -> dict[bytes, bytes]:
    network = store.network
    leaves: dict[bytes, bytes] = {}
    for log, ids in carried_tips(store, carried).items():
        key = log_leaf(network, store.owners[log][0], log)
        leaves[key] = tips_value(network, ids)
    for coop in circle.named() & store.keys.logs.keys():
        known = store.keys.logs[coop]
        leaves[key_leaf(network, coop)] = key_value(network, set(known.events), set(known.receipts))
    return leaves
