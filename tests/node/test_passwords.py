import threading
from collections.abc import Iterator

import pytest

from node import passwords
from node.keyring import entropy
from node.passwords import (
    HASHES_AT_ONCE_MAX,
    KEPT_BYTES_MAX,
    PASSWORD_BYTES_MAX,
    PASSWORD_CHARACTERS_MIN,
    READABLE_ALPHABET,
    READABLE_DRAW_BYTES,
    hash_password,
    is_password,
    one_time_password,
)
from protocol.errors import Refusal

PASSWORD = "ten sardines"


@pytest.fixture(scope="module")
def kept() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def no_turn_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "TURN_WAIT_S", 0)
    for _ in range(HASHES_AT_ONCE_MAX):
        assert passwords._TURNS.acquire(blocking=False)
    yield
    for _ in range(HASHES_AT_ONCE_MAX):
        passwords._TURNS.release()


def test_only_the_same_password_fits(kept: str) -> None:
    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + " ", kept)
    assert not is_password(PASSWORD.upper(), kept)
    assert not is_password("", kept)


def test_what_is_kept_is_salted_argon2id_of_64_mib(kept: str) -> None:
    assert kept.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    assert len(kept) <= KEPT_BYTES_MAX
    assert PASSWORD not in kept
    assert hash_password(PASSWORD) != kept


def test_no_password_fits_a_name_that_nobody_has() -> None:
    assert not is_password(PASSWORD, None)
    assert not is_password("", None)


def test_a_damaged_row_lets_nobody_in(kept: str) -> None:
    assert not is_password(PASSWORD, kept[:-1])
    assert not is_password(PASSWORD, "")


def test_an_accent_fits_however_the_keyboard_composes_it() -> None:
    assert is_password("cafe\N{COMBINING ACUTE ACCENT} kenya", hash_password("caf\xe9 kenya"))


def test_half_a_character_is_a_wrong_password_and_no_fault(kept: str) -> None:
    assert not is_password("\ud800", kept)


def test_shortest_password() -> None:
    assert hash_password("x" * PASSWORD_CHARACTERS_MIN)
    with pytest.raises(Refusal, match="at least 10 characters") as refused:
        hash_password("x" * (PASSWORD_CHARACTERS_MIN - 1))
    assert refused.value.code == "bad-field"


def test_longest_password() -> None:
    longest = "x" * PASSWORD_BYTES_MAX
    kept = hash_password(longest)
    assert is_password(longest, kept)
    assert not is_password(longest + "x", kept)
    with pytest.raises(Refusal, match="at most 1024 bytes"):
        hash_password(longest + "x")


@pytest.mark.usefixtures("no_turn_left")
@pytest.mark.parametrize("known", [True, False])
def test_a_crowd_is_told_to_come_back(kept: str, *, known: bool) -> None:
    with pytest.raises(Refusal) as refused:
        is_password(PASSWORD, kept if known else None)
    assert refused.value.code == "too-many-tries"


def test_more_threads_than_turns_are_served_one_after_the_other(kept: str) -> None:
    fits: list[bool] = []
    threads = [
        threading.Thread(target=lambda: fits.append(is_password(PASSWORD, kept)))
        for _ in range(HASHES_AT_ONCE_MAX + 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fits == [True] * (HASHES_AT_ONCE_MAX + 2)


def test_a_one_time_password_is_five_groups_of_four_readable_characters() -> None:
    groups = one_time_password(entropy).split("-")
    assert [len(group) for group in groups] == [4] * 5
    assert set("".join(groups)) <= set(READABLE_ALPHABET)


def test_the_readable_alphabet_has_no_lookalikes() -> None:
    assert len(set(READABLE_ALPHABET)) == len(READABLE_ALPHABET) == 31
    assert not set(READABLE_ALPHABET) & set("iIlLoO01")


def test_a_one_time_password_is_made_of_what_is_drawn() -> None:
    def draw(number: int) -> str:
        return one_time_password(lambda byte_count: number.to_bytes(byte_count, "big"))

    assert draw(0) == "aaaa-aaaa-aaaa-aaaa-aaaa"
    assert draw(1) == "baaa-aaaa-aaaa-aaaa-aaaa"
    assert draw(31**20 - 1) == "9999-9999-9999-9999-9999"
    assert draw(256**READABLE_DRAW_BYTES - 1).count("-") == 4


def test_a_one_time_password_can_be_kept_and_used() -> None:
    password = one_time_password(entropy)
    assert password != one_time_password(entropy)
    assert is_password(password, hash_password(password))
