"""Database: one SQLite file, its migrations, and the numbers that stand for long ids.

Synchronous: the writer thread, a rebuild and the simulator use it alike. Exactly one connection
writes, and it alone checkpoints. It never decides what is valid.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from protocol.circle import Circle
from protocol.keylog import KeyLog, Signed, event_hash
from protocol.keys import Network


class NewerSchema(Exception):  # noqa: N818 - a finding, told in words by the caller
    """The file was written by a newer coop-node."""


class OtherNetwork(Exception):  # noqa: N818 - the same
    """The file belongs to another network; `name` is its name, empty when only that is known."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class Database:
    """The writing connection and what is remembered of the file between transactions."""

    def __init__(self, path: Path | str, network: Network) -> None:
        self.path = path
        self.network = network
        self.connection = connect(path)
        migrate(self.connection)
        self._keep_network()
        self._numbers: dict[str, dict[bytes | str, int]] = {}
        self.key_logs: dict[bytes, KeyLog] = {}
        self.circles: dict[bytes, Circle] = {}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction; what was remembered goes with it when it fails.

        Inside another one it is a part of that: all or nothing together.
        """
        if self._is_in_transaction():
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            self.forget()
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _keep_network(self) -> None:
        """Every hash in the file is the network's: under another name nothing would fit."""
        kept = self.meta("network")
        if kept is None:
            row = self.connection.execute("SELECT hash, signed FROM key_event LIMIT 1").fetchone()
            if row is None or event_hash(self.network, _SIGNED.decode(row[1]).event) == row[0]:
                self.set_meta("network", self.network.name)
                return
        if kept != self.network.name:
            self.connection.close()
            raise OtherNetwork(str(kept or ""))

    def _is_in_transaction(self) -> bool:
        return self.connection.in_transaction

    def forget(self) -> None:
        """Drop every cache; the file is the truth."""
        self._numbers.clear()
        self.key_logs.clear()
        self.circles.clear()

    def _number(self, table: str, value: bytes | str) -> int:
        """The row number of a value in one of the small tables, made when it is new."""
        known = self._numbers.setdefault(table, {})
        found = known.get(value)
        if found is None:
            row = self.connection.execute(_SELECT[table], (value,)).fetchone()
            if row is None:
                row = self.connection.execute(_INSERT[table], (value,)).fetchone()
            if len(known) >= NUMBERS_REMEMBERED_MAX:
                known.clear()
            found = known[value] = row[0]
        return found

    def forget_numbers(self) -> None:
        """Drop numbers that a savepoint which was rolled back may have left behind."""
        self._numbers.clear()

    def forget_circle(self, circle: bytes) -> None:
        """Drop a circle's judge, which has taken records in that were rolled back."""
        self.circles.pop(circle, None)

    def coop_number(self, coop: bytes) -> int:
        """The number of a co-op."""
        return self._number("coop", coop)

    def kind_number(self, kind: str) -> int:
        """The number of a kind."""
        return self._number("kind", kind)

    def key_ref_number(self, ref: bytes) -> int:
        """The number of a key event reference."""
        return self._number("key_ref", ref)

    def meta(self, name: str) -> bytes | int | str | None:
        """A named value of the file."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def set_meta(self, name: str, value: bytes | int | str) -> None:
        """Put a named value."""
        self.connection.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def close(self) -> None:
        """Close the file; the last one checkpoints the write-ahead log."""
        self.connection.close()


def connect(path: Path | str, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with this project's pragmas; every acknowledged commit survives a power cut."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        return connection
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def is_full(fault: BaseException) -> bool:
    """Whether something failed for want of room on the disk."""
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, one transaction a step; NewerSchema when it is ahead."""
    steps = sorted(
        (entry for entry in files("node.store").joinpath("schema").iterdir()
         if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )  # fmt: skip
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(steps):
        raise NewerSchema(version)
    for number, step in enumerate(steps, start=1):
        if number > version:
            script = step.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


# A checkpoint each 16 MiB: fewer syncs on bulk work, a log that stays small.
WAL_PAGES: Final = 4000
CACHE_KIB: Final = 32 * 1024
NUMBERS_REMEMBERED_MAX: Final = 50_000

_SIGNED: Final = msgspec.msgpack.Decoder(Signed)
_SELECT: Final = {
    "coop": "SELECT n FROM coop WHERE id = ?",
    "kind": "SELECT n FROM kind WHERE name = ?",
    "key_ref": "SELECT n FROM key_ref WHERE ref = ?",
}
_INSERT: Final = {
    "coop": "INSERT INTO coop (id) VALUES (?) RETURNING n",
    "kind": "INSERT INTO kind (name) VALUES (?) RETURNING n",
    "key_ref": "INSERT INTO key_ref (ref) VALUES (?) RETURNING n",
}
