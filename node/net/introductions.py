"""Introductions: how two co-ops show each other their key logs before the first hello.

Each side gives its own at most once, and takes the other's only when it asked for it: a key log is
public, but nobody stores one that nobody wanted. It never decides who is at the other end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from protocol.errors import Refusal
from protocol.keylog import Signed, event_hash, read_event
from protocol.keys import Network
from protocol.limits import ASKED_KEY_LOGS_MAX, KEY_EVENTS_MAX, PIECE_BYTES_MAX
from protocol.messages import AskIntroduction, Introduction
from protocol.serve import SIGNATURE_COST_BYTES


class Introductions:
    """The introductions of one link; `coop` is who the other side claims to be."""

    def __init__(self, network: Network, coop: bytes) -> None:
        self._network = network
        self._coop = coop
        self._given = False
        self._expected = 0
        """Parts that may still come."""

    def ask(self) -> AskIntroduction:
        """The wish for the other side's key log."""
        self._expected = PARTS_MAX
        return AskIntroduction()

    def give(self, events: Sequence[Signed]) -> Iterator[Introduction]:
        """Our key log in parts that fit a frame; refuses `peer-flooding` the second time."""
        if self._given:
            raise Refusal("peer-flooding", "introductions")
        self._given = True
        return _parts(events)

    def take(self, part: Introduction) -> Sequence[Signed]:
        """The key events of a part, all of the co-op that the other side claims to be."""
        if not self._expected:
            raise Refusal("peer-flooding", "an introduction that was not asked for")
        self._expected = 0 if part.last else self._expected - 1
        for signed in part.events:
            event, _ = read_event(signed.event)
            coop = event.coop if event.coop is not None else event_hash(self._network, signed.event)
            if coop != self._coop:
                raise Refusal("bad-key-event", "an introduction of another co-op")
        return part.events


def _parts(events: Sequence[Signed]) -> Iterator[Introduction]:
    some: list[Signed] = []
    size = 0
    for signed in events:
        cost = len(signed.event) + SIGNATURE_COST_BYTES * len(signed.signatures)
        if some and (size + cost > PIECE_BYTES_MAX or len(some) == ASKED_KEY_LOGS_MAX):
            yield Introduction(tuple(some), last=False)
            some, size = [], 0
        some.append(signed)
        size += cost
    yield Introduction(tuple(some), last=True)


# The longest key log, were each event in a part of its own.
PARTS_MAX: Final = KEY_EVENTS_MAX
