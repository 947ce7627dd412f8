from itertools import pairwise

import pytest

from node.clock import Clock, ManualClock, SystemClock

SOME_DAY_IN_2024_MS = 1_720_000_000_000
SOME_DAY_IN_2100_MS = 4_110_000_000_000


def test_system_clock_tells_wall_time_in_milliseconds() -> None:
    assert SOME_DAY_IN_2024_MS < SystemClock().now_ms() < SOME_DAY_IN_2100_MS


def test_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic_ms() for _ in range(1000)]
    assert all(earlier <= later for earlier, later in pairwise(readings))


def test_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(now_ms=500, monotonic_ms=7)
    assert (clock.now_ms(), clock.monotonic_ms()) == (500, 7)
    assert (clock.now_ms(), clock.monotonic_ms()) == (500, 7)


def test_advancing_moves_both_times() -> None:
    clock = ManualClock(now_ms=500, monotonic_ms=7)
    clock.advance(100)
    assert (clock.now_ms(), clock.monotonic_ms()) == (600, 107)


def test_setting_corrects_wall_time_alone_and_may_go_back() -> None:
    clock = ManualClock(now_ms=500, monotonic_ms=7)
    clock.set(100)
    assert (clock.now_ms(), clock.monotonic_ms()) == (100, 7)


def test_time_does_not_pass_backwards() -> None:
    with pytest.raises(AssertionError):
        ManualClock().advance(-1)


def test_both_are_clocks() -> None:
    clocks: list[Clock] = [SystemClock(), ManualClock()]
    assert all(isinstance(clock.now_ms(), int) for clock in clocks)
