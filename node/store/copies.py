"""Copies: a consistent copy of the database while the node runs.

By SQLite's own `VACUUM INTO`, never by copying a live file. It is a first safety net on the same
disk; it holds no keys.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from node.store.database import connect, is_full
from protocol.errors import Refusal


def copy_to(source: Path, target: Path) -> Refusal | None:
    """Write a copy beside and move it into place, so that a half one is never taken for whole.

    Why there is none, when the machine failed; then nothing of it is left behind.
    """
    beside = target.with_suffix(".part")
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        beside.unlink(missing_ok=True)
        _write(source, beside)
        beside.replace(target)
    except (OSError, sqlite3.Error) as fault:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        return Refusal("disk-full") if is_full(fault) else Refusal("internal", str(fault)[:200])
    return None


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all copies but the newest, and halves that a power cut left; those removed."""
    found = sorted(folder.glob("node-*.sqlite3"), reverse=True)
    removed = [*found[keep:], *sorted(folder.glob("node-*.part"))]
    for old in removed:
        old.unlink()
    return removed


def _write(source: Path, target: Path) -> None:
    connection = connect(source, read_only=True)
    try:
        # read first what the tables are: a fault there is else told as one of the copy
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    target.chmod(0o600)
    with target.open("rb") as written:
        os.fsync(written.fileno())
