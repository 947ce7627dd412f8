"""Copies: a consistent copy of the database while the node runs.

By SQLite's own `VACUUM INTO`, never by copying a live file. It is a first safety net on the same
disk; it holds no keys.
"""

from __future__ import annotations

import os
from pathlib import Path

from node.store.database import connect


def copy_to(source: Path, target: Path) -> None:
    """Write a copy beside and move it into place, so that a half one is never taken for whole."""
    beside = target.with_suffix(".part")
    beside.unlink(missing_ok=True)
    connection = connect(source, read_only=True)
    try:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("VACUUM INTO ?", (str(beside),))
    finally:
        connection.close()
    beside.chmod(0o600)
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.replace(target)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all copies but the newest; those removed."""
    found = sorted(folder.glob("node-*.sqlite3"), reverse=True)
    for old in found[keep:]:
        old.unlink()
    return found[keep:]
