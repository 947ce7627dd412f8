"""Replica: what a session reads of the local store, and nothing more.

The store implements it over SQLite, on files in a node and in memory in the simulator.
All ids are 32 bytes; a "leaf" is the key of a trie leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from protocol.chunk import Path
from protocol.keyevents import Receipt
from protocol.keylog import Signed


class LeafState(NamedTuple):
    """A leaf as the local trie has it."""

    key: bytes
    value: bytes
    is_keys: bool


TrieAt = LeafState | tuple[LeafState | bytes | None, ...]


class LogReader(Protocol):
    """Reads on through a log from where another replica stands."""

    def next_path(self, records_max: int, bytes_max: int) -> Path | None:
        """The next path within the limits, or None when there is no more (that fits)."""

    @property
    def finished(self) -> bool:
        """Whether everything was read."""


class Replica(Protocol):
    """One node's counted records, read-only."""

    def shared_circles(self, peer: bytes) -> Sequence[tuple[bytes, bytes]]:
        """(circle, root) of the circles that may be served to the peer, ascending by id."""

    def trie_at(self, circle: bytes, prefix: str) -> TrieAt:
        """The only leaf below a prefix, or its sixteen children; () when nothing is there."""

    def leaf_value(self, circle: bytes, key: bytes) -> bytes | None:
        """The value of a leaf."""

    def have(self, circle: bytes, leaf: bytes) -> Sequence[bytes]:
        """At most 32 own ids of a log: tips, then steps back that double."""

    def open_log(self, circle: bytes, leaf: bytes, have: Sequence[bytes]) -> LogReader | None:
        """A reader behind the newest ids of `have` that are here; None for an unknown leaf."""

    def key_log(self, circle: bytes, leaf: bytes) -> tuple[Sequence[Signed], Sequence[Receipt]]:
        """The events and receipts behind a key leaf."""

    def own_key_log(self) -> Sequence[Signed]:
        """The events of the node's own co-op."""

    def body(self, circle: bytes, record: bytes) -> bytes | None:
        """A forgettable body of a counted record, when it is here."""

    def blob(self, circle: bytes, blob: bytes) -> tuple[int, Sequence[bytes]] | None:
        """Size and piece hashes of a blob that is wholly here."""

    def blob_piece(self, blob: bytes, index: int) -> bytes | None:
        """One piece of it."""
