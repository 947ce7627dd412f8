"""Backoff: how long a co-op that broke a rule is left alone; longer each time, never for ever.

It counts only what a proven peer sent: nobody can lock out another in its name. In memory: a
restart forgives.
"""

from __future__ import annotations

from typing import Final

import msgspec

from node.clock import Clock
from protocol.errors import REFUSALS, Peer


class Backoff:
    """Co-ops that broke a rule lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lately: dict[bytes, _Offence] = {}

    def broke(self, coop: bytes, code: str) -> None:
        """It was refused with a code: if that is no honest mishap, twice as long as last time."""
        if code not in BROKEN_RULES:
            return
        now_ms = self._clock.monotonic_ms()
        before = self._lately.pop(coop, None)
        wait_ms = WAIT_MS_MIN
        if before is not None and now_ms < before.until_ms + FORGIVEN_MS:
            wait_ms = min(before.wait_ms * 2, WAIT_MS_MAX)
        if len(self._lately) >= REMEMBERED_MAX:
            del self._lately[next(iter(self._lately))]
        self._lately[coop] = _Offence(now_ms + wait_ms, wait_ms)

    def left_ms(self, coop: bytes) -> int:
        """For how long it is still left alone."""
        offence = self._lately.get(coop)
        return max(0, offence.until_ms - self._clock.monotonic_ms()) if offence else 0


class _Offence(msgspec.Struct, frozen=True):
    until_ms: int
    wait_ms: int


WAIT_MS_MIN: Final = 2_000
WAIT_MS_MAX: Final = 10 * 60 * 1000
# Good behaviour for so long starts the counting anew.
FORGIVEN_MS: Final = 60 * 60 * 1000
# Beyond it the oldest is forgiven; only known co-ops come in here.
REMEMBERED_MAX: Final = 4096
# What no honest node sends.
BROKEN_RULES: Final = frozenset(
    {"bad-field", *(code for code, rule in REFUSALS.items() if rule.peer is Peer.CLOSE)}
) - {"peer-not-listed", "peer-blocked", "peer-stalled", "other-network", "to-itself"}
