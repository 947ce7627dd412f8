"""The night's work: a copy that opens, and when it is due."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from structlog.testing import capture_logs

from node import home, keyring, upkeep
from node.app import running
from node.clock import ManualClock
from node.config import load
from protocol import profile
from protocol.keys import Network
from protocol.trade import OFFER, Offer

DAY_MS = 86_400_000
NOW_MS = 20_000 * DAY_MS + 5 * 3_600_000


def test_the_next_night_is_found_from_any_hour() -> None:
    assert upkeep.until_next(NOW_MS, 6) == 3_600_000
    assert upkeep.until_next(NOW_MS, 4) == 23 * 3_600_000
    assert upkeep.until_next(NOW_MS, 5) == DAY_MS


async def test_a_night_copies_forgets_and_keeps_what_lives(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    fields = profile.Profile(name="Night", country="DE")
    home.make(folder, Network(), fields, keyring.entropy)
    clock = ManualClock(NOW_MS)
    settings = load(folder, {}, {})
    async with running(settings, keyring.load(folder), clock) as node:
        circle = await node.found_circle("Moon", public=False)
        short = Offer(title={"en": "today only"}, valid_until_ms=NOW_MS)
        long = Offer(title={"en": "a year"}, valid_until_ms=NOW_MS + 300 * DAY_MS)
        await node.add_offer(circle, OFFER, short)
        await node.add_offer(circle, OFFER, long)
        first = await upkeep.night(node)
        assert first is not None
        assert _titles(first) == 2
        clock.advance(2 * DAY_MS)
        second = await upkeep.night(node)
        third = await upkeep.night(node)
    assert second != first
    assert second is not None
    assert third == second
    assert _titles(third) == 1, "what was over is forgotten, headers and the rest stay"
    with sqlite3.connect(third) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        bodies = copy.execute("SELECT count(*) FROM record WHERE body IS NULL").fetchone()[0]
    assert bodies == 1


async def test_a_copy_that_fails_is_told_and_keeps_nothing_else_from_being_done(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "home"
    home.make(folder, Network(), profile.Profile(name="N", country="DE"), keyring.entropy)
    (folder / upkeep.COPIES_FOLDER).write_text("a file where the folder should be")
    clock = ManualClock(NOW_MS)
    async with running(load(folder, {}, {}), keyring.load(folder), clock) as node:
        circle = await node.found_circle("Moon", public=False)
        short = Offer(title={"en": "today only"}, valid_until_ms=NOW_MS)
        await node.add_offer(circle, OFFER, short)
        clock.advance(2 * DAY_MS)
        with capture_logs() as told:
            assert await upkeep.night(node) is None
        assert node.copy_error.endswith("[internal]")
        failed = [one for one in told if one["log_level"] == "error"]
        assert [one["reason"] for one in failed] == [node.copy_error]
        async with node.store.reader() as reader:
            left = await reader.execute_fetchall("SELECT count(*) FROM offer")
        assert list(left) == [(0,)]
        (folder / upkeep.COPIES_FOLDER).unlink()
        assert await upkeep.night(node)
        assert node.copy_error == ""


async def test_only_so_many_copies_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    home.make(folder, Network(), profile.Profile(name="N", country="DE"), keyring.entropy)
    clock = ManualClock(NOW_MS)
    settings = load(folder, {}, {"backup.keep": 2})
    async with running(settings, keyring.load(folder), clock) as node:
        for _ in range(4):
            await upkeep.night(node)
            clock.advance(DAY_MS)
    assert len(list((folder / upkeep.COPIES_FOLDER).iterdir())) == 2


def _titles(copy: Path) -> int:
    with sqlite3.connect(copy) as connection:
        row: tuple[int] = connection.execute("SELECT count(*) FROM offer").fetchone()
    return row[0]
