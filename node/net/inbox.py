"""Inbox: what came over a link and waits for the door, in order and bounded.

Bulk chunks that wait together are handed out together, so that they share one commit. It never
drops anything: who sends faster than the door takes is not read from meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from node.mailbox import CLOSED, Ending, Mailbox
from protocol import sessionevents as happened

Taken = happened.Chunk | happened.KeyLogs | happened.BodyCame


class Inbox:
    """One link's events for the door."""

    def __init__(self) -> None:
        self._box: Mailbox[Taken] = Mailbox(TAKING_MAX)
        self._room = asyncio.Semaphore(TAKING_MAX)
        self._held_back: Taken | None = None

    async def put(self, event: Taken) -> None:
        """Put an event in; waits while the inbox is full."""
        await self._room.acquire()
        self._box.offer(event)

    async def take(self) -> Taken | Literal[Ending.CLOSED]:
        """The oldest event, waiting for one; `done` makes room for another."""
        event, self._held_back = self._held_back, None
        if event is None:
            found = await self._box.take()
            if found is CLOSED:
                return CLOSED
            event = found
        return event

    def more_like(self, first: happened.Chunk) -> list[happened.Chunk]:
        """Bulk chunks of the same circle that wait right behind a first one."""
        found: list[happened.Chunk] = []
        while first.request is not None and len(found) < TOGETHER_MAX - 1:
            event = self._held_back if self._held_back is not None else self._box.poll()
            self._held_back = None
            if event is None:
                break
            if not _belongs(event, first):
                self._held_back = event
                break
            assert isinstance(event, happened.Chunk)
            found.append(event)
            self.done()
        return found

    def done(self) -> None:
        """An event that was taken is through."""
        self._room.release()


def _belongs(event: Taken, first: happened.Chunk) -> bool:
    return (
        isinstance(event, happened.Chunk)
        and event.request is not None
        and event.circle == first.circle
    )


# Between the socket and the door.
TAKING_MAX: Final = 8
# Chunks under one commit: 8,000 records, before the next thing gets its turn.
TOGETHER_MAX: Final = 8
