"""mailbox: a bounded queue between two tasks, in which a full box refuses instead of waiting.

The sender is never held up by a slow receiver: it is told that the item was not taken, and the
mailbox counts it. Never grows past its limit, and never drops what it has accepted. For one event
loop only; not for threads.
"""

import asyncio
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import Final, Generic, Literal, TypeVar

T = TypeVar("T")


class Ending(Enum):
    """What `take` answers when a mailbox is closed and empty."""

    CLOSED = auto()


CLOSED: Final = Ending.CLOSED


class Mailbox(Generic[T]):
    """Items in the order they were offered; `async for` over it ends when it is closed."""

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` items."""
        assert limit >= 1, "a mailbox holds at least one item"
        self.limit = limit
        self.refused_count = 0
        self._closed = False
        # one place more than the limit, kept for the end mark, so that closing never waits
        self._queue: asyncio.Queue[T | Literal[Ending.CLOSED]] = asyncio.Queue(limit + 1)

    def offer(self, item: T) -> bool:
        """Put an item in; False, and counted in `refused_count`, when it is full or closed."""
        if self._closed or len(self) >= self.limit:
            self.refused_count += 1
            return False
        self._queue.put_nowait(item)
        return True

    async def take(self) -> T | Literal[Ending.CLOSED]:
        """The oldest item, waiting for one; CLOSED when there will be no more."""
        item = await self._queue.get()
        if item is CLOSED:
            self._queue.put_nowait(CLOSED)  # every other taker must see it too
        return item

    def poll(self) -> T | None:
        """The oldest item if one is there now; None when it is empty, or was closed."""
        if not len(self):
            return None
        item = self._queue.get_nowait()
        assert item is not CLOSED, "the end mark comes behind every item"
        return item

    def close(self) -> None:
        """Refuse what comes from now on; what was accepted can still be taken."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(CLOSED)

    def __len__(self) -> int:
        """How many items wait."""
        return self._queue.qsize() - (1 if self._closed else 0)

    async def __aiter__(self) -> AsyncIterator[T]:
        """All items until the mailbox is closed and empty."""
        while (item := await self.take()) is not CLOSED:
            yield item
