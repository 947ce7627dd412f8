"""Text forms of ids: the vectors of BIP-350 as far as they fit, and every flipped character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import bech32
from protocol.errors import Refusal
from tests.protocol.coops import code_of

ID = bytes(range(32))
TEXT = "coop1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0s0dzhqd"
LONG_PREFIX = "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber1"
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@pytest.mark.parametrize(
    ("text", "prefix", "data_hex"),
    [
        ("A1LQFN3A", "a", ""),
        ("a1lqfn3a", "a", ""),
        (LONG_PREFIX + "1sg7hg6", LONG_PREFIX, ""),
        (
            "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
            "abcdef",
            "ffbbcdeb38bdab49ca307b9ac5a928398a418820",
        ),
        (
            "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
            "split",
            "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d",
        ),
        ("?1v759aa", "?", ""),
    ],
)
def test_valid_vectors_of_bip_350(text: str, prefix: str, data_hex: str) -> None:
    assert bech32.decode(text) == (prefix, bytes.fromhex(data_hex))
    assert bech32.encode(prefix, bytes.fromhex(data_hex)) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x201xj0phk", id="a prefix beyond the visible characters"),
        pytest.param("\x7f1g6xzxy", id="likewise"),
        pytest.param("\x801vctc34", id="beyond ASCII"),
        pytest.param("qyrz8wqd2c9m", id="no separator"),
        pytest.param("1qyrz8wqd2c9m", id="no prefix"),
        pytest.param("y1b0jsk6g", id="a character of no value"),
        pytest.param("lt1igcx5c0", id="another"),
        pytest.param("in1muywd", id="a check sum that is too short"),
        pytest.param("mm1crxm3i", id="a wrong character in the check sum"),
        pytest.param("au1s5cgom", id="another one"),
        pytest.param("M1VUXWEZ", id="a check sum over the prefix in upper case"),
        pytest.param("16plkw9", id="an empty prefix"),
        pytest.param("1p2gdwpf", id="an empty prefix again"),
    ],
)
def test_invalid_vectors_of_bip_350(text: str) -> None:
    assert refusal(text) == "bad-id"


def test_a_valid_check_sum_over_spare_bits_that_are_not_zero_is_no_id() -> None:
    assert refusal("11" + "l" * 82 + "ludsr8") == "bad-id"


def test_an_id_has_one_text() -> None:
    assert bech32.encode("coop", ID) == TEXT
    assert bech32.decode(TEXT) == bech32.decode(TEXT.upper()) == ("coop", ID)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace("coop", "Coop"), id="mixed case"),
        pytest.param(TEXT[:-1], id="cut short"),
        pytest.param(TEXT + "q", id="too long"),
        pytest.param("", id="nothing"),
        pytest.param(TEXT.replace("c", "\u0441"), id="letters that only look alike"),
        # The Kelvin sign has the Latin k as its lower case and is its own upper case.
        pytest.param(bech32.encode("k", ID).upper().replace("K", "\u212a"), id="a Kelvin sign"),
    ],
)
def test_another_spelling_is_refused(text: str) -> None:
    assert refusal(text) == "bad-id"


def test_every_changed_character_is_noticed() -> None:
    for place, character in enumerate(TEXT):
        for other in ALPHABET:
            if other != character:
                assert refusal(TEXT[:place] + other + TEXT[place + 1 :]) == "bad-id"


@given(prefix=st.from_regex(r"[a-z]{1,12}", fullmatch=True), data=st.binary(max_size=80))
def test_any_bytes_come_back(prefix: str, data: bytes) -> None:
    assert bech32.decode(bech32.encode(prefix, data)) == (prefix, data)


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        prefix, data = bech32.decode(text)
    except Refusal:
        return
    assert bech32.encode(prefix, data) == text.lower()


@given(data=st.binary(min_size=32, max_size=32), chars=st.integers(0, 51))
def test_the_beginning_of_a_text_is_the_beginning_of_the_id(data: bytes, chars: int) -> None:
    text = bech32.encode("rec", data)[: len("rec1") + chars]
    prefix, bits, count = bech32.decode_prefix(text)
    assert (prefix, count) == ("rec", 5 * chars)
    assert bits == int.from_bytes(data, "big") >> (256 - count)


def test_a_beginning_with_a_character_of_no_value_is_refused() -> None:
    with pytest.raises(Refusal, match="bad-id"):
        bech32.decode_prefix("coop1qqb")


def refusal(text: str) -> str | None:
    return code_of(lambda: bech32.decode(text))
