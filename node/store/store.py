"""Store: the one writer thread, and the readers beside it.

Everything that writes is a function of the database that runs on the writer thread, one after the
other; between two of them the thread folds what bulk arrivals left behind. Pages read through
aiosqlite, sessions through a thread of their own. It never knows what the functions do.
"""

from __future__ import annotations

import asyncio
import queue  # noqa: TID251 - bounded, and between threads
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite
import structlog

from node.store import fold
from node.store.database import Database, connect, is_full
from node.store.replica import SqliteReplica
from protocol.errors import Refusal
from protocol.keys import Network

T = TypeVar("T")
Job = tuple[Callable[[Database], Any], "asyncio.Future[Any]"]


class Store:
    """A node's replica on disk. `folded` is called, on the loop, after each background batch."""

    def __init__(
        self, path: Path, network: Network, coop: bytes, folded: Callable[[], None]
    ) -> None:
        self._path = path
        self._network = network
        self._coop = coop
        self._folded = folded
        self._jobs: queue.Queue[Job | None] = queue.Queue(JOBS_WAITING_MAX)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._sessions = ThreadPoolExecutor(1, thread_name_prefix="sessions")
        self._readers: list[aiosqlite.Connection] = []
        self._reading = asyncio.Semaphore(READERS)
        self._loop = asyncio.get_running_loop()
        self._replica: SqliteReplica | None = None
        self._session_connection: sqlite3.Connection | None = None
        self._lag = 0
        self._closed = False

    async def open(self) -> None:
        """Open (and migrate) the file and start the writer; raises what SQLite raises."""
        self._database = await asyncio.to_thread(Database, self._path, self._network)
        self._lag = await asyncio.to_thread(fold.lag, self._database)
        self._thread.start()
        self._session_connection = connect(self._path, read_only=True)
        self._replica = SqliteReplica(self._session_connection, self._network, self._coop)
        for _ in range(READERS):
            reader = await aiosqlite.connect(self._path, isolation_level=None)
            await reader.execute("PRAGMA query_only = ON")
            self._readers.append(reader)

    async def close(self) -> None:
        """Let the waiting writes end, then close everything."""
        self._closed = True
        await asyncio.to_thread(self._jobs.put, None)
        await asyncio.to_thread(self._thread.join)
        self._sessions.shutdown()
        if self._session_connection is not None:
            self._session_connection.close()
        for reader in self._readers:
            await reader.close()
        self._database.close()

    @property
    def lag(self) -> int:
        """Records stored and not yet folded."""
        return self._lag

    async def write(self, function: Callable[[Database], T]) -> T:
        """Run on the writer thread; committed when this returns. A full disk is `disk-full`."""
        if self._closed:
            raise RuntimeError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        job: Job = (function, future)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            await asyncio.to_thread(self._jobs.put, job)
        return await future

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[aiosqlite.Connection]:
        """A read-only connection for a page, with one view of the data while it is held."""
        async with self._reading:
            connection = self._readers.pop()
            try:
                await connection.execute("BEGIN")
                yield connection
            finally:
                # First of all, so that who is cancelled here does not take the reader along.
                self._readers.append(connection)
                with suppress(sqlite3.OperationalError):  # it may not have begun
                    await connection.execute("ROLLBACK")

    async def session(self, function: Callable[[SqliteReplica], T]) -> T:
        """Run a step of a peer session on the sessions' thread, with one view of the data."""
        return await self._loop.run_in_executor(self._sessions, self._step, function)

    def _step(self, function: Callable[[SqliteReplica], T]) -> T:
        """Without a transaction each statement would see another state beside a write."""
        assert self._session_connection is not None
        assert self._replica is not None
        self._session_connection.execute("BEGIN")
        try:
            return function(self._replica)
        finally:
            self._session_connection.execute("ROLLBACK")

    def _run(self) -> None:
        """The writer thread: jobs first, folding in between."""
        in_a_row = 0
        while True:
            try:
                # Between the chunks of a bulk arrival the next one comes first, for a while.
                patience = FOLD_AFTER_S if in_a_row < JOBS_IN_A_ROW_MAX else 0.001
                job = self._jobs.get(timeout=patience if self._lag else None)
            except queue.Empty:
                in_a_row = 0
                self._fold_some()
                continue
            if job is None:
                return
            in_a_row += 1
            function, future = job
            result, fault = None, None
            try:
                result = function(self._database)
            except BaseException as caught:  # noqa: BLE001 - handed to the caller, whatever it is
                fault = _told(caught)
            # First of all, so that nobody who was answered sees no lag where there is one.
            self._measure_lag()
            self._answer(future, result, fault)

    def _fold_some(self) -> None:
        try:
            with self._database.transaction():
                fold.fold(self._database, fold.BATCH_RECORDS)
        except Exception:  # noqa: BLE001 - the edge of the thread: without it nobody could write
            # Nothing is lost: the cursor stands; it goes on after the next write that succeeds.
            _log.exception("folding stopped")
            self._lag = 0
            return
        self._measure_lag()
        self._call(self._folded)

    def _measure_lag(self) -> None:
        try:
            self._lag = fold.lag(self._database)
        except sqlite3.Error:
            self._lag = 0

    def _answer(
        self, future: asyncio.Future[Any], result: object, fault: BaseException | None
    ) -> None:
        def settle() -> None:
            if future.done():
                return
            if fault is None:
                future.set_result(result)
            else:
                future.set_exception(fault)

        self._call(settle)

    def _call(self, function: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(function)
        except RuntimeError:
            _log.warning("the loop has ended before the writer")


def _told(fault: BaseException) -> BaseException:
    """A full disk as the refusal that people read."""
    if is_full(fault):
        refusal = Refusal("disk-full")
        refusal.__cause__ = fault
        return refusal
    return fault


_log = structlog.get_logger(__name__)
READERS: Final = 4
FOLD_AFTER_S: Final = 0.03
JOBS_IN_A_ROW_MAX: Final = 256
# Bounded: whoever produces faster than the disk takes has to wait.
JOBS_WAITING_MAX: Final = 64
