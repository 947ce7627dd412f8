"""Repeats: a request that is sent again with the same Idempotency-Key is not done again.

Its answer is kept for a day and given once more. What a request publishes is marked as done in the
same transaction, so that it is not done again either when the node is killed before it answers.
Refusals are not kept: what was refused changed nothing, and may be tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Final

from node.clock import Clock
from node.publish import MARK
from node.store import answers as rows
from node.store.answers import UNANSWERED, Answer
from node.store.database import Database
from node.store.reading import read
from node.store.store import Store
from protocol.errors import Refusal

__all__ = ["Answer", "Repeats", "request_hash"]


class Repeats:
    """The answers that are kept, and the requests that are being answered."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._under_way: dict[str, asyncio.Event] = {}

    async def once(
        self, account: str, key: str, hashed: bytes, work: Callable[[], Awaitable[Answer]]
    ) -> tuple[Answer, bool]:
        """The answer to a request, and whether it was given before.

        Refuses `key-reused` for another request, `bad-field` for a key that is none.
        """
        if not 0 < len(key) <= KEY_CHARS_MAX or not key.isascii() or not key.isprintable():
            raise Refusal("bad-field", f"a key has 1 to {KEY_CHARS_MAX} visible ASCII characters")
        name = f"{account}\n{key}"
        await self._wait_for(name)
        done = self._under_way[name] = asyncio.Event()
        try:
            now_ms = self._clock.now_ms()
            kept = await read(
                self._store, lambda reader: rows.find_answer(reader, name, hashed, now_ms)
            )
            if kept is not None:
                if kept.status == UNANSWERED:
                    raise Refusal("already-there", "this was done before; its answer was lost")
                return kept, True
            answer = await self._work(work, _Mark(name, hashed, now_ms))
            if answer.status < FIRST_REFUSING_STATUS:
                await self._store.write(
                    lambda database: rows.put_answer(database, name, hashed, answer, now_ms)
                )
            return answer, False
        finally:
            del self._under_way[name]
            done.set()

    async def _work(self, work: Callable[[], Awaitable[Answer]], mark: _Mark) -> Answer:
        token = MARK.set(mark)
        try:
            return await work()
        except Refusal:
            if mark.is_written:
                await self._store.write(lambda database: rows.drop_mark(database, mark.name))
            raise
        finally:
            mark.is_over = True
            MARK.reset(token)

    async def _wait_for(self, name: str) -> None:
        """Until nobody else works on the same request."""
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                while name in self._under_way:
                    await self._under_way[name].wait()
        except TimeoutError:
            raise Refusal("too-many-tries", "the same request is still being answered") from None


class _Mark:
    """Notes on the writer thread that a request was done, as long as it is being answered."""

    def __init__(self, name: str, hashed: bytes, now_ms: int) -> None:
        self.name = name
        self.is_written = False
        self.is_over = False
        self._hashed = hashed
        self._now_ms = now_ms

    def __call__(self, database: Database) -> None:
        if not self.is_over:
            nothing = Answer(UNANSWERED, b"")
            rows.put_answer(database, self.name, self._hashed, nothing, self._now_ms)
            self.is_written = True


def request_hash(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    head = f"{method} {path}\n".encode("utf-8", "surrogatepass")
    return blake2b(head + body, digest_size=32, person=b"coop request").digest()


KEY_CHARS_MAX: Final = 200
# As long as a program waits for an answer of ours.
WAIT_S_MAX: Final = 60
FIRST_REFUSING_STATUS: Final = 400
