"""clock: where the shell gets its time from; nothing else in the node reads a clock.

Wall time is milliseconds since 1970 and may jump, in both directions. Monotonic time is
milliseconds since nothing in particular and never goes back: waits and rates use it. Never
decides what a time means.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What the node asks the time: the machine's clock, or the simulator's."""

    def now_ms(self) -> int:
        """Wall time in milliseconds since 1970."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since an unnamed start; never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Wall time in milliseconds since 1970."""
        return time.time_ns() // NANOSECONDS_PER_MS

    def monotonic_ms(self) -> int:
        """Milliseconds since an unnamed start; never goes back."""
        return time.monotonic_ns() // NANOSECONDS_PER_MS


class ManualClock:
    """A clock that stands still until it is moved: for the simulator and for tests."""

    def __init__(self, now_ms: int = 0, monotonic_ms: int = 0) -> None:
        """Start at these times."""
        self._now_ms = now_ms
        self._monotonic_ms = monotonic_ms

    def now_ms(self) -> int:
        """Wall time in milliseconds since 1970."""
        return self._now_ms

    def monotonic_ms(self) -> int:
        """Milliseconds since an unnamed start; never goes back."""
        return self._monotonic_ms

    def advance(self, duration_ms: int) -> None:
        """Let time pass: both times move."""
        assert duration_ms >= 0, "time passes forwards only; set() moves wall time back"
        self._now_ms += duration_ms
        self._monotonic_ms += duration_ms

    def set(self, now_ms: int) -> None:
        """Correct wall time, also backwards, as an operator or a time server does."""
        self._now_ms = now_ms


NANOSECONDS_PER_MS = 1_000_000
