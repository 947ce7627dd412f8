"""Upkeep: what a node does by itself once a night: copy the database, forget, clean up.

Each step says what it did in the log; one that fails keeps none of the others from being done, and
is tried again the next night.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from node import home
from node.store import accounts, answers, copies, forget, notes, strangers, welcomes
from node.views.health import Machine

if TYPE_CHECKING:
    from node.app import Node


async def keep(node: Node) -> None:
    """Do the night's work every night, for as long as the node runs."""
    while True:
        wait_ms = until_next(node.clock.now_ms(), node.settings.backup.hour)
        await asyncio.sleep(wait_ms / 1000)
        try:
            await night(node)
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("the night's work failed")


async def night(node: Node) -> Path | None:
    """One night's work; the copy that was made, None when `node.copy_error` says why not."""
    now_ms = node.clock.now_ms()
    folder = Path(node.settings.home) / COPIES_FOLDER
    target = await _copy(node, folder / f"node-{_day(now_ms)}.sqlite3")
    removed = await asyncio.to_thread(copies.prune, folder, node.settings.backup.keep)
    forgotten = await _forget_all(node, now_ms)
    await node.store.write(lambda database: strangers.forget(database, node.coop))
    await node.store.write(lambda database: notes.forget(database, now_ms // DAY_MS))
    await node.store.write(lambda database: accounts.purge_sessions(database, now_ms))
    await node.store.write(lambda database: welcomes.purge(database, now_ms))
    await node.store.write(lambda database: answers.purge_answers(database, now_ms))
    _log.info("night's work", copy=str(target), removed=len(removed), forgotten=forgotten)
    return target


async def _copy(node: Node, target: Path) -> Path | None:
    source = Path(node.settings.home) / home.DATABASE_NAME
    failure = await asyncio.to_thread(copies.copy_to, source, target)
    node.copy_error = str(failure or "")
    if failure is not None:
        _log.error("the night's copy was not made", reason=node.copy_error)
        return None
    return target


async def machine(node: Node) -> Machine:
    """What this machine says of itself: room on the disk, the newest copy, the clock."""
    return msgspec.structs.replace(
        await asyncio.to_thread(_on_disk, Path(node.settings.home)),
        address=node.address,
        clock_off_ms=node.peers.clocks.off_ms(),
        clock_warn_ms=1000 * node.settings.clock.skew_warn_s,
    )


def _on_disk(folder: Path) -> Machine:
    database = folder / home.DATABASE_NAME
    files = [database, *folder.glob(f"{home.DATABASE_NAME}-*")]
    copies_made = [one.stat().st_mtime_ns for one in folder.glob(f"{COPIES_FOLDER}/node-*.sqlite3")]
    return Machine(
        database_bytes=sum(one.stat().st_size for one in files if one.exists()),
        free_bytes=shutil.disk_usage(folder).free,
        last_copy_ms=max(copies_made) // 1_000_000 if copies_made else None,
    )


def until_next(now_ms: int, hour: int) -> int:
    """Milliseconds until the hour (UTC) comes round; a whole day at the hour itself."""
    since_midnight = now_ms % DAY_MS
    wait_ms = (hour * HOUR_MS - since_midnight) % DAY_MS
    return wait_ms or DAY_MS


async def _forget_all(node: Node, now_ms: int) -> int:
    """Batch by batch, so that live changes get in between."""
    total = 0
    while some := await node.store.write(
        lambda database: forget.forget(database, now_ms, forget.BATCH_RECORDS)
    ):
        total += some
    return total


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%d")


_log = structlog.get_logger(__name__)
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
COPIES_FOLDER: Final = "copies"
