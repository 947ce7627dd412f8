"""Trie: the 16-way Merkle trie whose root two peers compare.

Its shape follows from its leaves alone: a prefix with one leaf below is that leaf, a prefix with
more has sixteen children. `update` changes one leaf in a store, `root_of` computes from scratch;
a law test holds them together. SPEC section "Trie".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from protocol.keys import Network
from protocol.limits import HASH_BYTES, TIPS_MAX, TRIE_DEPTH_MAX, TRIE_FANOUT


class TrieStore(Protocol):
    """Where leaves and branch nodes of one trie are kept. Prefixes are lower-case hex."""

    def leaf(self, key: bytes) -> bytes | None:
        """The value of a leaf."""

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """Put or drop a leaf."""

    def neighbours(self, key: bytes) -> list[bytes]:
        """The nearest leaf keys below and above, without the key itself."""

    def first_two(self, prefix: str) -> list[tuple[bytes, bytes]]:
        """At most two leaves (key, value) under a prefix."""

    def node(self, prefix: str) -> bytes | None:
        """The sixteen child hashes of a branch node, 512 bytes, None when it is none."""

    def set_node(self, prefix: str, children: bytes | None) -> None:
        """Put or drop a branch node."""


def update(network: Network, store: TrieStore, key: bytes, value: bytes | None) -> bytes:
    """Put (or with None drop) a leaf and mend the nodes above it; the new root."""
    store.set_leaf(key, value)
    path = key.hex()
    shared = max((_shared(path, other.hex()) for other in store.neighbours(key)), default=-1)
    hash_ = EMPTY
    for depth in range(min(shared + 1, TRIE_DEPTH_MAX), -1, -1):
        hash_ = _mend(network, store, path, depth, hash_)
    return hash_


def root_of(network: Network, leaves: Mapping[bytes, bytes]) -> bytes:
    """The root over leaves, from scratch."""
    return _hash_of(network, sorted(leaves.items()), 0)


def root(network: Network, store: TrieStore) -> bytes:
    """The root of a stored trie."""
    children = store.node("")
    if children is not None:
        return network.hash(b"trie", children)
    only = store.first_two("")
    return leaf_hash(network, *only[0]) if only else EMPTY


def leaf_hash(network: Network, key: bytes, value: bytes) -> bytes:
    """H("leaf", key and value)."""
    return network.hash(b"leaf", key + value)


def log_leaf(network: Network, coop: bytes, log: bytes) -> bytes:
    """The key of a log's leaf."""
    return network.hash_value(b"logleaf", coop, log)


def key_leaf(network: Network, coop: bytes) -> bytes:
    """The key of a key log's leaf."""
    return network.hash_value(b"keyleaf", coop)


def tips_hash(network: Network, tips: Iterable[bytes]) -> bytes:
    """The value of a log's leaf: H("tips", its sorted tips), of an overgrown one H("tips", []).

    Replicas may have taken different branches of an overgrown log, and take no more.
    """
    some = sorted(tips)
    return network.hash_value(b"tips", some if len(some) < TIPS_MAX else [])


def children_of(children: bytes) -> list[bytes]:
    """The sixteen child hashes of a branch node."""
    return [children[i : i + HASH_BYTES] for i in range(0, len(children), HASH_BYTES)]


def _mend(network: Network, store: TrieStore, path: str, depth: int, below: bytes) -> bytes:
    """The hash at `path[:depth]`, given the hash of the child that the path goes through."""
    prefix = path[:depth]
    leaves = store.first_two(prefix)
    if len(leaves) < 2:  # noqa: PLR2004 - a branch needs two
        store.set_node(prefix, None)
        return leaf_hash(network, *leaves[0]) if leaves else EMPTY
    stored = store.node(prefix)
    if stored is None:
        children = [EMPTY] * TRIE_FANOUT
        for key, value in leaves:
            if key.hex()[depth] != path[depth]:
                children[int(key.hex()[depth], 16)] = leaf_hash(network, key, value)
    else:
        children = children_of(stored)
    children[int(path[depth], 16)] = below
    joined = b"".join(children)
    store.set_node(prefix, joined)
    return network.hash(b"trie", joined)


def _hash_of(network: Network, leaves: list[tuple[bytes, bytes]], depth: int) -> bytes:
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaf_hash(network, *leaves[0])
    groups: list[list[tuple[bytes, bytes]]] = [[] for _ in range(TRIE_FANOUT)]
    for key, value in leaves:
        groups[int(key.hex()[depth], 16)].append((key, value))
    joined = b"".join(_hash_of(network, group, depth + 1) for group in groups)
    return network.hash(b"trie", joined)


def _shared(one: str, other: str) -> int:
    """How many leading hex digits two keys share."""
    count = 0
    for left, right in zip(one, other, strict=True):
        if left != right:
            break
        count += 1
    return count


EMPTY: Final = bytes(HASH_BYTES)
