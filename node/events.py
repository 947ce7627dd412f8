"""events: what just happened here, for pages and programs that follow along.

A bounded memory of the latest events and a bounded mailbox for each follower. Whoever misses some
(too slow, away too long, a restart) is told `reset` and reads the state anew. Events are hints: the
truth is in the store. For one event loop only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from typing import Any, Final

import msgspec

from node.clock import Clock
from node.mailbox import Mailbox
from protocol.errors import Refusal

RESET: Final = "reset"

# what a follower may have missed and still catches up on; more is read anew
EVENTS_KEPT_MAX: Final = 1_000
# what waits for one follower; a page that takes no event while so many happen has stalled
WAITING_MAX: Final = 256
# open pages and programs of one co-op
FOLLOWERS_MAX: Final = 256


class Event(msgspec.Struct, frozen=True):
    """One thing that happened; `id` is `BOOT-number`, the same boot until the node restarts."""

    id: str
    kind: str
    data: dict[str, Any]


class Events:
    """The latest events, and who follows them."""

    def __init__(self, clock: Clock) -> None:
        self._boot = f"{clock.now_ms():x}"
        self._last = 0
        self._kept: deque[Event] = deque(maxlen=EVENTS_KEPT_MAX)
        self._followers: set[_Follower] = set()
        self._closed = False

    @property
    def last_id(self) -> str:
        """The id of the latest event: whoever subscribes behind it misses nothing."""
        return self._id(self._last)

    @property
    def followers(self) -> int:
        """How many follow at the moment."""
        return len(self._followers)

    def put(self, kind: str, data: dict[str, Any]) -> None:
        """Tell every follower; never waits for one."""
        self._last += 1
        event = Event(self._id(self._last), kind, data)
        self._kept.append(event)
        for follower in self._followers:
            if not follower.mailbox.offer(event):
                follower.start_afresh()

    async def subscribe(self, last_event_id: str | None = None) -> AsyncGenerator[Event, None]:
        """All events from now on, or behind the one whose id is given; ends when closed.

        `reset` comes first when that one is not remembered here, and later whenever this follower
        was too slow. Refuses `too-many-tries` beyond FOLLOWERS_MAX.
        """
        if len(self._followers) >= FOLLOWERS_MAX:
            raise Refusal("too-many-tries", f"{FOLLOWERS_MAX} follow the events already")
        follower = _Follower()
        missed = self._behind(last_event_id)
        if self._closed:
            follower.mailbox.close()
        self._followers.add(follower)
        mailbox = follower.mailbox
        try:
            for event in missed:
                yield event
            while True:
                async for event in mailbox:
                    yield event
                if mailbox is follower.mailbox:
                    return
                mailbox = follower.mailbox
                yield self._reset()
        finally:
            self._followers.discard(follower)

    def close(self) -> None:
        """End every subscription once it has given what it holds: the node stops."""
        self._closed = True
        for follower in self._followers:
            follower.mailbox.close()

    def _behind(self, last_event_id: str | None) -> list[Event]:
        """What is remembered behind an event, or a reset."""
        if last_event_id is None:
            return []
        boot, _, number = last_event_id.partition("-")
        is_number = number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS_MAX
        if boot != self._boot or not is_number:
            return [self._reset()]
        missed = self._last - int(number)
        if not 0 <= missed <= len(self._kept):
            return [self._reset()]
        return list(self._kept)[len(self._kept) - missed :]

    def _reset(self) -> Event:
        return Event(self._id(self._last), RESET, {})

    def _id(self, number: int) -> str:
        return f"{self._boot}-{number}"


class _Follower:
    """Who follows; its mailbox is replaced when it overflows."""

    def __init__(self) -> None:
        self.mailbox: Mailbox[Event] = Mailbox(WAITING_MAX)

    def start_afresh(self) -> None:
        """Forget what waits; the reader sees by the new mailbox that it missed something."""
        self.mailbox.close()
        self.mailbox = Mailbox(WAITING_MAX)


_NUMBER_DIGITS_MAX: Final = 18
