"""The writer thread, the readers beside it, and what happens when the disk is full."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from node import acts
from node.store import fold
from node.store import store as stores
from node.store.database import Database
from node.store.replica import SqliteReplica
from node.store.store import READERS, Store
from protocol.errors import Refusal
from protocol.replica import TrieAt
from protocol.trade import OFFER, Offer
from tests.coops import NETWORK, Coop

GUARD_S = 30


@asynccontextmanager
async def opened(coop: Coop, path: Path) -> AsyncIterator[tuple[Store, asyncio.Event]]:
    """A store on a co-op's file, and an event that is set after each background fold."""
    folded = asyncio.Event()
    store = Store(path, NETWORK, coop.id, folded.set)
    await store.open()
    try:
        async with asyncio.timeout(GUARD_S):
            yield store, folded
    finally:
        await store.close()


def coop_at(path: Path) -> Coop:
    coop = Coop("fishers", path)
    coop.database.close()
    return coop


async def meta(store: Store, name: str) -> object:
    async with store.reader() as connection:
        rows = list(
            await connection.execute_fetchall("SELECT value FROM meta WHERE name = ?", (name,))
        )
    return rows[0][0] if rows else None


async def test_writes_are_done_one_after_the_other_on_one_thread(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):
        threads: set[int] = set()
        order: list[int] = []

        def write(database: Database, number: int) -> int:
            threads.add(threading.get_ident())
            order.append(number)
            with database.transaction():
                database.set_meta("last", number)
            return number

        numbers = range(2 * stores.JOBS_WAITING_MAX)
        jobs = [store.write(partial(write, number=number)) for number in numbers]
        assert await asyncio.gather(*jobs) == list(numbers)
        assert len(threads) == 1
        assert threading.get_ident() not in threads
        assert sorted(order) == list(numbers)
        assert await meta(store, "last") == order[-1]


async def test_a_fault_is_the_callers_and_the_thread_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):

        def fails(database: Database) -> None:
            with database.transaction():
                database.set_meta("half", 1)
                raise RuntimeError("a fault")

        def refuses(database: Database) -> None:
            raise Refusal("not-found")

        with pytest.raises(RuntimeError):
            await store.write(fails)
        with pytest.raises(Refusal):
            await store.write(refuses)
        assert await store.write(lambda database: database.meta("half")) is None


async def test_a_caller_that_goes_away_leaves_the_write_done(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):
        started, go_on = threading.Event(), threading.Event()

        def slow(database: Database) -> None:
            started.set()
            go_on.wait(GUARD_S)
            with database.transaction():
                database.set_meta("done", 1)

        caller = asyncio.create_task(store.write(slow))
        await asyncio.to_thread(started.wait, GUARD_S)
        caller.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert await store.write(lambda database: database.meta("done")) == 1


async def test_what_came_in_bulk_is_folded_in_between(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    circle = coop.found()
    async with opened(coop, path) as (store, folded):
        titles = [f"fish {number}" for number in range(fold.BATCH_RECORDS // 2)]
        for start in range(0, len(titles), 500):
            batch = titles[start : start + 500]
            await store.write(partial(bulk, coop=coop, circle=circle, titles=batch))
        while store.lag:
            folded.clear()
            await folded.wait()
        async with store.reader() as connection:
            rows = list(await connection.execute_fetchall("SELECT count(*) FROM offer"))
        assert rows[0][0] == len(titles)
    coop.database.close()


def bulk(database: Database, coop: Coop, circle: bytes, titles: list[str]) -> None:
    offers = [(OFFER, Offer(title={"en": title}), None) for title in titles]
    acts.add_offers(database, coop.signing(), circle, offers, live=False)


async def test_who_was_answered_knows_what_is_left_to_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "FOLD_AFTER_S", GUARD_S)
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    circle = coop.found()
    async with opened(coop, path) as (store, _):
        for number in range(20):
            before = store.lag
            await store.write(partial(bulk, coop=coop, circle=circle, titles=[f"cod {number}"]))
            assert store.lag == before + 1
    coop.database.close()


async def test_folding_that_fails_is_logged_and_writing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    circle = coop.found()
    async with opened(coop, path) as (store, folded):
        real, failed = fold.fold, threading.Event()

        def fails(database: Database, records_max: int) -> int:
            failed.set()
            raise AssertionError("a row that nobody thought of")

        with capture_logs() as told:
            monkeypatch.setattr(fold, "fold", fails)
            await store.write(partial(bulk, coop=coop, circle=circle, titles=["cod"]))
            await asyncio.to_thread(failed.wait, GUARD_S)
            assert await store.write(lambda database: database.meta("word")) is None
            monkeypatch.setattr(fold, "fold", real)
            await store.write(lambda database: None)
            await folded.wait()
        assert "folding stopped" in {line["event"] for line in told}
        async with store.reader() as connection:
            rows = list(await connection.execute_fetchall("SELECT count(*) FROM offer"))
        assert rows[0][0] == 1
    coop.database.close()


async def test_a_full_disk_is_refused_as_such_and_with_room_all_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):

        def limit(database: Database) -> None:
            pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
            database.connection.execute(f"PRAGMA max_page_count = {pages + 1}")

        def put(database: Database) -> None:
            with database.transaction():
                database.set_meta("large", bytes(100_000))

        await store.write(limit)
        with pytest.raises(Refusal, match="disk-full") as refusal:
            await store.write(put)
        assert isinstance(refusal.value.__cause__, sqlite3.OperationalError)
        assert await meta(store, "large") is None

        def make_room(database: Database) -> None:
            database.connection.execute("PRAGMA max_page_count = 100000")

        await store.write(make_room)
        await store.write(put)
        assert await meta(store, "large") == bytes(100_000)


async def test_a_reader_sees_one_moment_however_long_it_looks(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):

        def set_to(database: Database, number: int) -> None:
            with database.transaction():
                database.set_meta("number", number)

        await store.write(lambda database: set_to(database, 1))
        async with store.reader() as connection:
            query = "SELECT value FROM meta WHERE name = 'number'"
            assert list(await connection.execute_fetchall(query)) == [(1,)]
            await store.write(lambda database: set_to(database, 2))
            assert list(await connection.execute_fetchall(query)) == [(1,)]
        assert await meta(store, "number") == 2


async def test_readers_come_back_whatever_happens_to_those_who_held_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):

        async def hold(entered: asyncio.Event) -> None:
            async with store.reader() as connection:
                entered.set()
                await connection.execute_fetchall("SELECT 1")
                await asyncio.Event().wait()

        for _ in range(3):
            entered = [asyncio.Event() for _ in range(READERS)]
            holders = [asyncio.create_task(hold(one)) for one in entered]
            await asyncio.gather(*(one.wait() for one in entered))
            for holder in holders:
                holder.cancel()
            await asyncio.gather(*holders, return_exceptions=True)
        early = [asyncio.create_task(hold(asyncio.Event())) for _ in range(READERS)]
        await asyncio.sleep(0)
        for holder in early:
            holder.cancel()
        await asyncio.gather(*early, return_exceptions=True)
        with pytest.raises(sqlite3.OperationalError):
            async with store.reader() as connection:
                await connection.execute("SELECT * FROM nothing_of_that_name")
        assert await asyncio.gather(*(meta(store, "x") for _ in range(3 * READERS)))


async def test_pages_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _), store.reader() as connection:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await connection.execute("DELETE FROM meta")


async def test_sessions_see_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    async with opened(coop, path) as (store, _):
        circle, _ = await store.write(
            lambda database: acts.found_circle(database, coop.signing(), "sea", public=False)
        )
        shared = await store.session(lambda replica: replica.shared_circles(coop.id))
        assert [one for one, _ in shared] == [circle]
    coop.database.close()


async def test_a_step_of_a_session_sees_one_moment_beside_a_write(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    circle = coop.found()
    coop.offer(circle, "cod")
    async with opened(coop, path) as (store, _):
        loop = asyncio.get_running_loop()

        def drop_a_leaf(database: Database) -> None:
            with database.transaction() as connection:
                connection.execute("DELETE FROM trie_leaf")
                connection.execute("DELETE FROM trie_node")

        def step(replica: SqliteReplica) -> tuple[TrieAt, TrieAt]:
            before = replica.trie_at(circle, "")
            asyncio.run_coroutine_threadsafe(store.write(drop_a_leaf), loop).result(GUARD_S)
            return before, replica.trie_at(circle, "")

        before, within = await store.session(step)
        assert before == within != ()
        assert await store.session(lambda replica: replica.trie_at(circle, "")) == ()
        with pytest.raises(Refusal):
            await store.session(refuse)
        assert await store.session(lambda replica: replica.trie_at(circle, "")) == ()
    coop.database.close()


def refuse(replica: SqliteReplica) -> None:
    raise Refusal("malformed")


def put_number(database: Database, number: int) -> int:
    database.set_meta(f"number {number}", number)
    return number


async def test_waiting_writes_are_done_before_it_closes_and_later_ones_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "node.sqlite3"
    async with opened(coop_at(path), path) as (store, _):
        waiting = [
            asyncio.create_task(store.write(partial(put_number, number=number)))
            for number in range(20)
        ]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == list(range(20))
    with pytest.raises(RuntimeError, match="closed"):
        await store.write(lambda database: None)
