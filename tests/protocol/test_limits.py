"""The numbers of the wire: whole, and as they were promised."""

import pytest

from protocol import limits

NUMBERS = {name: value for name, value in vars(limits).items() if name.isupper()}


@pytest.mark.parametrize("name", NUMBERS)
def test_each_is_a_whole_number_that_every_reader_keeps(name: str) -> None:
    assert isinstance(NUMBERS[name], int)
    assert abs(NUMBERS[name]) <= limits.INTEGER_MAX


def test_a_day_and_a_skew_are_what_they_say() -> None:
    assert limits.DAY_MS == 24 * 3600 * 1000
    assert limits.SKEW_MS_MAX == 10 * 60 * 1000


def test_a_frame_is_one_noise_message() -> None:
    assert limits.FRAME_BYTES_MAX == 2**16 - 1
    assert limits.FRAME_PLAIN_BYTES_MAX == limits.FRAME_BYTES_MAX - 16


def test_a_trie_key_is_as_deep_as_it_has_digits() -> None:
    assert limits.TRIE_FANOUT**limits.TRIE_DEPTH_MAX == 2 ** (8 * limits.HASH_BYTES)


def test_a_record_fits_what_carries_it() -> None:
    assert limits.BODY_BYTES_MAX <= limits.PIECE_BYTES_MAX
    assert limits.BODY_BYTES_MAX <= limits.CHUNK_BYTES_MAX
    assert limits.SIGNATURE_GAP_BYTES_MAX + limits.BODY_BYTES_MAX <= limits.CHUNK_BYTES_MAX


def test_references_to_all_tips_and_heads_fit_their_lists() -> None:
    assert limits.TIPS_MAX <= limits.CUT_HEADS_MAX
    assert limits.TIPS_MAX <= limits.HAVE_IDS_MAX
