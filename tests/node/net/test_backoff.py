import pytest

from node.clock import ManualClock
from node.net.backoff import FORGIVEN_MS, REMEMBERED_MAX, WAIT_MS_MAX, WAIT_MS_MIN, Backoff

COOP, OTHER = b"c" * 32, b"o" * 32


def test_only_who_broke_a_rule_is_left_alone_and_only_for_a_while() -> None:
    clock = ManualClock()
    backoff = Backoff(clock)
    backoff.broke(COOP, "bad-signature")
    assert (backoff.left_ms(COOP), backoff.left_ms(OTHER)) == (WAIT_MS_MIN, 0)
    clock.advance(WAIT_MS_MIN - 1)
    assert backoff.left_ms(COOP) == 1
    clock.advance(1)
    assert backoff.left_ms(COOP) == 0


def test_each_time_it_is_twice_as_long_up_to_the_limit() -> None:
    clock = ManualClock()
    backoff = Backoff(clock)
    waits = []
    for _ in range(12):
        backoff.broke(COOP, "bad-signature")
        waits.append(backoff.left_ms(COOP))
        clock.advance(waits[-1])
    assert waits[:3] == [WAIT_MS_MIN, 2 * WAIT_MS_MIN, 4 * WAIT_MS_MIN]
    assert waits[-1] == WAIT_MS_MAX


def test_an_hour_of_good_behaviour_starts_the_counting_anew() -> None:
    clock = ManualClock()
    backoff = Backoff(clock)
    backoff.broke(COOP, "bad-signature")
    clock.advance(WAIT_MS_MIN + FORGIVEN_MS - 1)
    backoff.broke(COOP, "bad-signature")
    assert backoff.left_ms(COOP) == 2 * WAIT_MS_MIN
    clock.advance(2 * WAIT_MS_MIN + FORGIVEN_MS)
    backoff.broke(COOP, "bad-signature")
    assert backoff.left_ms(COOP) == WAIT_MS_MIN


def test_a_jump_of_wall_time_changes_nothing() -> None:
    clock = ManualClock(now_ms=1_000_000)
    backoff = Backoff(clock)
    backoff.broke(COOP, "bad-signature")
    clock.set(0)
    assert backoff.left_ms(COOP) == WAIT_MS_MIN


def test_beyond_the_limit_the_oldest_is_forgiven() -> None:
    backoff = Backoff(ManualClock())
    coops = [number.to_bytes(32, "big") for number in range(REMEMBERED_MAX + 1)]
    for coop in coops:
        backoff.broke(coop, "malformed")
    assert backoff.left_ms(coops[0]) == 0
    assert all(backoff.left_ms(coop) for coop in coops[1:])


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        ("bad-signature", True),
        ("bad-field", True),
        ("peer-flooding", True),
        ("blob-mismatch", True),
        ("peer-stalled", False),
        ("peer-not-listed", False),
        ("other-network", False),
        ("disk-full", False),
        ("from-the-future", False),
    ],
)
def test_what_may_happen_to_an_honest_node_is_no_offence(code: str, *, waits: bool) -> None:
    backoff = Backoff(ManualClock())
    backoff.broke(COOP, code)
    assert bool(backoff.left_ms(COOP)) is waits
