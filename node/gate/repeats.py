"""Repeats: a request that is sent again with the same Idempotency-Key is not done again.

Its answer is kept for a day and given once more. Refusals are not kept: what was refused changed
nothing, and may be tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Final

from node.clock import Clock
from node.store import accounts as rows
from node.store.accounts import Answer
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
                return kept, True
            answer = await work()
            if answer.status < FIRST_REFUSING_STATUS:
                await self._store.write(
                    lambda database: rows.put_answer(database, name, hashed, answer, now_ms)
                )
            return answer, False
        finally:
            del self._under_way[name]
            done.set()

    async def _wait_for(self, name: str) -> None:
        """Until nobody else works on the same request."""
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                while name in self._under_way:
                    await self._under_way[name].wait()
        except TimeoutError:
            raise Refusal("too-many-tries", "the same request is still being answered") from None


def request_hash(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    head = f"{method} {path}\n".encode("utf-8", "surrogatepass")
    return blake2b(head + body, digest_size=32, person=b"coop request").digest()


KEY_CHARS_MAX: Final = 200
# As long as a program waits for an answer of ours.
WAIT_S_MAX: Final = 60
FIRST_REFUSING_STATUS: Final = 400
