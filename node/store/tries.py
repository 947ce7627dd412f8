"""Tries in the store: the leaves and branch nodes of each circle's Merkle trie.

It implements `protocol.trie.TrieStore` over two tables; the hashing is the protocol's.
"""

from __future__ import annotations

import sqlite3

from node.store.database import Database
from protocol import trie


class SqliteTrie:
    """One circle's trie."""

    def __init__(self, connection: sqlite3.Connection, circle: int, *, is_keys: bool) -> None:
        self._connection = connection
        self._circle = circle
        self._is_keys = is_keys

    def leaf(self, key: bytes) -> bytes | None:
        """The value of a leaf."""
        row = self._connection.execute(
            "SELECT value FROM trie_leaf WHERE circle = ? AND key = ?", (self._circle, key)
        ).fetchone()
        return None if row is None else row[0]

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """Put or drop a leaf."""
        if value is None:
            self._connection.execute(
                "DELETE FROM trie_leaf WHERE circle = ? AND key = ?", (self._circle, key)
            )
        else:
            self._connection.execute(
                "INSERT INTO trie_leaf (circle, key, value, is_keys) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (circle, key) DO UPDATE SET value = excluded.value",
                (self._circle, key, value, self._is_keys),
            )

    def neighbours(self, key: bytes) -> list[bytes]:
        """The nearest leaf keys below and above."""
        below = self._connection.execute(
            "SELECT key FROM trie_leaf WHERE circle = ? AND key < ? ORDER BY key DESC LIMIT 1",
            (self._circle, key),
        ).fetchall()
        above = self._connection.execute(
            "SELECT key FROM trie_leaf WHERE circle = ? AND key > ? ORDER BY key LIMIT 1",
            (self._circle, key),
        ).fetchall()
        return [row[0] for row in below + above]

    def first_two(self, prefix: str) -> list[tuple[bytes, bytes]]:
        """At most two leaves under a prefix."""
        low, high = prefix_range(prefix)
        rows = self._connection.execute(
            "SELECT key, value FROM trie_leaf WHERE circle = ? AND key BETWEEN ? AND ? "
            "ORDER BY key LIMIT 2",
            (self._circle, low, high),
        )
        return rows.fetchall()

    def node(self, prefix: str) -> bytes | None:
        """The sixteen child hashes of a branch node."""
        row = self._connection.execute(
            "SELECT children FROM trie_node WHERE circle = ? AND prefix = ?",
            (self._circle, prefix),
        ).fetchone()
        return None if row is None else row[0]

    def set_node(self, prefix: str, children: bytes | None) -> None:
        """Put or drop a branch node."""
        if children is None:
            self._connection.execute(
                "DELETE FROM trie_node WHERE circle = ? AND prefix = ?", (self._circle, prefix)
            )
        else:
            self._connection.execute(
                "INSERT INTO trie_node (circle, prefix, children) VALUES (?, ?, ?) "
                "ON CONFLICT (circle, prefix) DO UPDATE SET children = excluded.children",
                (self._circle, prefix, children),
            )


def set_log_leaf(database: Database, circle: int, leaf: bytes, tips: list[bytes]) -> None:
    """Put the leaf of a log whose carried tips changed, and the circle's new root."""
    value = trie.tips_hash(database.network, tips) if tips else None
    _set_leaf(database, circle, leaf, value, is_keys=False)


def set_key_leaf(database: Database, circle: int, coop: bytes, value: bytes | None) -> None:
    """Put or drop the leaf of a key log, and the circle's new root."""
    _set_leaf(database, circle, trie.key_leaf(database.network, coop), value, is_keys=True)


def prefix_range(prefix: str) -> tuple[bytes, bytes]:
    """The lowest and the highest key under a hex prefix."""
    return bytes.fromhex(prefix.ljust(64, "0")), bytes.fromhex(prefix.ljust(64, "f"))


def _set_leaf(
    database: Database, circle: int, key: bytes, value: bytes | None, *, is_keys: bool
) -> None:
    store = SqliteTrie(database.connection, circle, is_keys=is_keys)
    if store.leaf(key) == value:
        return
    root = trie.update(database.network, store, key, value)
    database.connection.execute("UPDATE circle SET root = ? WHERE n = ?", (root, circle))
