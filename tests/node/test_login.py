import threading

import pytest

from node.login import (
    ADDRESS_TRIES_FREE,
    COUNTERS_MAX,
    FORGET_MS,
    KNOWN_MAX,
    NAME_TRIES_FREE,
    WAIT_FIRST_MS,
    WAIT_MS_MAX,
    Login,
    Throttle,
    check_login,
)
from node.passwords import hash_password
from protocol.errors import Refusal

PASSWORD = "ten sardines"
OFFICE = "198.51.100.7"
ELSEWHERE = "203.0.113.9"
START_MS = 1_000


@pytest.fixture(scope="module")
def kept() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def throttle() -> Throttle:
    return Throttle()


def a_try(name: str = "asha", address: str = OFFICE, password: str = "wrong") -> Login:
    return Login(name, address, password)


def addresses(count: int) -> list[str]:
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(count)]


def admit_all(throttle: Throttle, login: Login, count: int, now_ms: int = START_MS) -> None:
    for _ in range(count):
        throttle.admit(login, now_ms)


def code_of_check(throttle: Throttle, login: Login, kept: str | None, now_ms: int) -> str:
    with pytest.raises(Refusal) as refused:
        check_login(throttle, login, kept, now_ms)
    return refused.value.code


def test_the_right_password_logs_in(throttle: Throttle, kept: str) -> None:
    check_login(throttle, a_try(password=PASSWORD), kept, START_MS)
    assert throttle.wait_ms(a_try(), START_MS) == 0


def test_wrong_password_and_unknown_name_are_refused_alike(throttle: Throttle, kept: str) -> None:
    with pytest.raises(Refusal) as wrong:
        check_login(throttle, a_try("asha"), kept, START_MS)
    with pytest.raises(Refusal) as unknown:
        check_login(throttle, a_try("nobody", password=PASSWORD), None, START_MS)
    assert str(wrong.value) == str(unknown.value)
    assert wrong.value.code == "bad-password"


def test_after_the_free_tries_even_the_right_password_waits(throttle: Throttle, kept: str) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE - 1)
    assert throttle.wait_ms(a_try(), START_MS) == 0
    assert code_of_check(throttle, a_try(), kept, START_MS) == "bad-password"
    right = a_try(password=PASSWORD)
    assert code_of_check(throttle, right, kept, START_MS) == "too-many-tries"
    assert code_of_check(throttle, right, kept, START_MS + WAIT_FIRST_MS - 1) == "too-many-tries"
    check_login(throttle, right, kept, START_MS + WAIT_FIRST_MS)


def test_the_refusal_says_how_long(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    with pytest.raises(Refusal, match="try again in 5 seconds"):
        throttle.admit(a_try(), START_MS)
    with pytest.raises(Refusal, match="try again in 1 seconds"):
        throttle.admit(a_try(), START_MS + WAIT_FIRST_MS - 1)


def test_an_unknown_name_waits_like_a_known_one(throttle: Throttle) -> None:
    admit_all(throttle, a_try("nobody"), NAME_TRIES_FREE)
    assert code_of_check(throttle, a_try("nobody"), None, START_MS) == "too-many-tries"


def test_waits_double_up_to_a_quarter_of_an_hour(throttle: Throttle) -> None:
    now_ms, waits_ms = START_MS, []
    for _ in range(NAME_TRIES_FREE + 40):
        throttle.admit(a_try(), now_ms)
        waits_ms.append(throttle.wait_ms(a_try(), now_ms))
        now_ms += waits_ms[-1]
    assert waits_ms[: NAME_TRIES_FREE + 2] == [0, 0, 0, 0, 5_000, 10_000, 20_000]
    assert set(waits_ms[NAME_TRIES_FREE + 8 :]) == {WAIT_MS_MAX}
    assert waits_ms == sorted(waits_ms)


def test_a_refused_try_does_not_lengthen_the_wait(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    for _ in range(10):
        with pytest.raises(Refusal):
            throttle.admit(a_try(), START_MS)
    assert throttle.wait_ms(a_try(), START_MS) == WAIT_FIRST_MS


def test_one_name_is_counted_from_everywhere(throttle: Throttle) -> None:
    for address in addresses(NAME_TRIES_FREE):
        throttle.admit(a_try(address=address), START_MS)
    assert throttle.wait_ms(a_try(address=ELSEWHERE), START_MS) == WAIT_FIRST_MS
    assert throttle.wait_ms(a_try("juma", ELSEWHERE), START_MS) == 0


def test_one_address_is_counted_over_all_names(throttle: Throttle) -> None:
    for number in range(ADDRESS_TRIES_FREE):
        assert throttle.wait_ms(a_try("another"), START_MS) == 0
        throttle.admit(a_try(f"name {number}"), START_MS)
    assert throttle.wait_ms(a_try("another"), START_MS) == WAIT_FIRST_MS
    assert throttle.wait_ms(a_try("another", ELSEWHERE), START_MS) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
        ("socket", "socket", True),
        ("socket", "another", False),
    ],
)
def test_who_counts_as_one_caller(throttle: Throttle, one: str, other: str, *, same: bool) -> None:
    for number in range(ADDRESS_TRIES_FREE):
        throttle.admit(a_try(f"name {number}", one), START_MS)
    assert (throttle.wait_ms(a_try("another", other), START_MS) > 0) is same


def test_success_clears_the_name_and_is_no_guess_of_the_address(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE - 1)
    throttle.admit(a_try(), START_MS)
    throttle.succeeded(a_try(), START_MS)
    assert throttle.wait_ms(a_try(address=ELSEWHERE), START_MS) == 0
    for number in range(ADDRESS_TRIES_FREE - NAME_TRIES_FREE):
        throttle.admit(a_try(f"name {number}"), START_MS)
    assert throttle.wait_ms(a_try("another"), START_MS) == 0
    throttle.admit(a_try("one more"), START_MS)
    assert throttle.wait_ms(a_try("another"), START_MS) == WAIT_FIRST_MS


def test_guessing_elsewhere_does_not_lock_out_whoever_logged_in_before(throttle: Throttle) -> None:
    throttle.admit(a_try(), START_MS)
    throttle.succeeded(a_try(), START_MS)
    for address in addresses(NAME_TRIES_FREE):
        throttle.admit(a_try(address=address), START_MS)
    assert throttle.wait_ms(a_try(address=ELSEWHERE), START_MS) == WAIT_FIRST_MS
    assert throttle.wait_ms(a_try(address=OFFICE), START_MS) == 0


def test_guessing_from_where_one_logged_in_before_waits_too(throttle: Throttle) -> None:
    throttle.admit(a_try(), START_MS)
    throttle.succeeded(a_try(), START_MS)
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    assert throttle.wait_ms(a_try(), START_MS) == WAIT_FIRST_MS


def test_a_day_without_a_try_is_a_clean_sheet(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    free_ms = START_MS + WAIT_FIRST_MS
    throttle.admit(a_try(), free_ms + FORGET_MS)
    assert throttle.wait_ms(a_try(), free_ms + FORGET_MS) == 0


def test_a_day_less_a_moment_is_not(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    almost_ms = START_MS + WAIT_FIRST_MS + FORGET_MS - 1
    throttle.admit(a_try(), almost_ms)
    assert throttle.wait_ms(a_try(), almost_ms) == 2 * WAIT_FIRST_MS


def test_memory_is_bounded_and_the_longest_waits_stay(throttle: Throttle) -> None:
    admit_all(throttle, a_try(), NAME_TRIES_FREE)
    for number, address in enumerate(addresses(COUNTERS_MAX // 2 + 10)):
        throttle.admit(a_try(f"made up {number}", address), START_MS)
    assert len(throttle._counters) == COUNTERS_MAX
    assert throttle.wait_ms(a_try(), START_MS) == WAIT_FIRST_MS


def test_only_so_many_names_are_known_from_where_they_came(throttle: Throttle) -> None:
    for address in [OFFICE, *addresses(KNOWN_MAX)]:
        throttle.admit(a_try(address=address), START_MS)
        throttle.succeeded(a_try(address=address), START_MS)
    assert len(throttle._known) == KNOWN_MAX
    admit_all(throttle, a_try(address=ELSEWHERE), NAME_TRIES_FREE)
    assert throttle.wait_ms(a_try(address=OFFICE), START_MS) == WAIT_FIRST_MS
    assert throttle.wait_ms(a_try(address=addresses(1)[0]), START_MS) == 0


def test_tries_at_the_same_moment_are_all_counted(throttle: Throttle) -> None:
    admitted: list[int] = []
    gate = threading.Barrier(NAME_TRIES_FREE + 3)

    def attempt() -> None:
        gate.wait()
        try:
            throttle.admit(a_try(), START_MS)
        except Refusal:
            return
        admitted.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(gate.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == NAME_TRIES_FREE


def test_a_login_never_shows_its_password() -> None:
    assert PASSWORD not in repr(a_try(password=PASSWORD))
    assert "asha" in repr(a_try(password=PASSWORD))
