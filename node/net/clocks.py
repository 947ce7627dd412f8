"""Clocks: how far this node's clock is from its peers', as each said when it greeted.

Told, never followed: a node that is far off refuses to publish until its clock is mended. Below
five peers nothing is concluded, so that two liars cannot silence a node.
"""

from __future__ import annotations

from statistics import median_low
from typing import Final

from protocol.errors import Refusal
from protocol.limits import SKEW_MS_MAX


class Clocks:
    """The peers' clocks beside ours, in milliseconds ahead (+) or behind (-)."""

    def __init__(self) -> None:
        self._ahead_ms: dict[bytes, int] = {}

    def note(self, coop: bytes, ahead_ms: int) -> None:
        """A peer said what time it is."""
        self._ahead_ms[coop] = ahead_ms

    def forget(self, coop: bytes) -> None:
        """The link to a peer has ended."""
        self._ahead_ms.pop(coop, None)

    def off_ms(self) -> int:
        """How far the middle one of at least five peers is ahead of us; 0 with fewer."""
        if len(self._ahead_ms) < PEERS_MIN:
            return 0
        return median_low(self._ahead_ms.values())

    def check(self) -> None:
        """Refuse `clock-is-off` when what we sign now would be held or misdated everywhere."""
        off_ms = self.off_ms()
        if abs(off_ms) > SKEW_MS_MAX:
            word = "behind" if off_ms > 0 else "ahead"
            raise Refusal("clock-is-off", f"it is {abs(off_ms) // 60_000} minutes {word}; set it")


PEERS_MIN: Final = 5
