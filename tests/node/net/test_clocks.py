"""A clock that most peers contradict stops publishing; a few peers conclude nothing."""

from __future__ import annotations

import pytest

from node.net.clocks import PEERS_MIN, Clocks
from protocol.errors import Refusal
from protocol.limits import SKEW_MS_MAX


def clocks(*ahead_ms: int) -> Clocks:
    told = Clocks()
    for number, one in enumerate(ahead_ms):
        told.note(bytes([number]), one)
    return told


def test_the_middle_one_of_five_decides_and_liars_at_the_edge_do_not() -> None:
    assert clocks(0, 5, 7, 10**12, -(10**12)).off_ms() == 5
    clocks(0, 0, 0, 10**12, 10**12).check()


@pytest.mark.parametrize(
    ("off_ms", "word"), [(SKEW_MS_MAX + 1, "behind"), (-SKEW_MS_MAX - 1, "ahead")]
)
def test_one_past_the_skew_is_refused_with_the_direction(off_ms: int, word: str) -> None:
    with pytest.raises(Refusal) as refused:
        clocks(*[off_ms] * PEERS_MIN).check()
    assert refused.value.code == "clock-is-off"
    assert f"10 minutes {word}" in refused.value.detail


def test_at_the_skew_and_with_fewer_peers_nothing_is_said() -> None:
    clocks(*[SKEW_MS_MAX] * PEERS_MIN).check()
    clocks(*[10**12] * (PEERS_MIN - 1)).check()
    told = clocks(*[10**12] * PEERS_MIN)
    told.forget(bytes([0]))
    told.check()
