"""Sealed parts: opened by each recipient and nobody else, and by nobody once changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import sealed
from protocol.codec import decode, encode
from protocol.keys import agreement_public, sealing_private
from protocol.limits import RECIPIENTS_MAX, SEALED_PAD_BYTES
from protocol.sealed import Secrets
from tests.protocol.coops import NETWORK, code_of, salt, word

PRIVATE = [word(f"recipient {number}") for number in range(RECIPIENTS_MAX + 1)]
PUBLIC = [agreement_public(one) for one in PRIVATE]
SECRETS = Secrets(word("content"), word("one-time"), word("nonce")[:24])
IDENTITY = sealed.identity_of(NETWORK, word("coop"), word("log"), "deal/1", salt("body"))
PLAIN = encode({"price_minor": 1250})


def seal(plain: bytes = PLAIN, recipients: int = 3) -> bytes:
    return sealed.seal(NETWORK, plain, PUBLIC[:recipients], IDENTITY, SECRETS)


def unseal(data: bytes, number: int = 0, identity: bytes = IDENTITY) -> bytes:
    return sealed.unseal(NETWORK, data, PRIVATE[number], identity)


def items_of(data: bytes) -> list[Any]:
    items = decode(data)
    assert isinstance(items, list)
    return items


def test_each_recipient_opens_it() -> None:
    data = seal()
    assert [unseal(data, number) for number in range(3)] == [PLAIN] * 3


def test_nobody_else_opens_it() -> None:
    data = seal()
    assert code_of(lambda: unseal(data, 3)) == "sealed-to-others"


def test_words_open_what_was_sealed_to_their_epoch_alone() -> None:
    recovery = word("words")
    keys = [sealing_private(NETWORK, recovery, epoch) for epoch in (0, 1)]
    data = sealed.seal(NETWORK, PLAIN, [agreement_public(keys[0])], IDENTITY, SECRETS)
    assert sealed.unseal(NETWORK, data, keys[0], IDENTITY) == PLAIN
    assert code_of(lambda: sealed.unseal(NETWORK, data, keys[1], IDENTITY)) == "sealed-to-others"


@pytest.mark.parametrize(
    ("coop", "log", "kind", "body"),
    [
        ("other", "log", "deal/1", "body"),
        ("coop", "other", "deal/1", "body"),
        ("coop", "log", "deal/2", "body"),
        ("coop", "log", "deal/1", "other"),
    ],
)
def test_it_opens_only_in_the_record_it_was_made_for(
    coop: str, log: str, kind: str, body: str
) -> None:
    elsewhere = sealed.identity_of(NETWORK, word(coop), word(log), kind, salt(body))
    assert code_of(lambda: unseal(seal(), identity=elsewhere)) == "sealed-to-others"


def test_every_flipped_byte_is_refused() -> None:
    data = seal(recipients=1)
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1
        assert code_of(unseal, bytes(damaged)) is not None


def test_the_largest_number_of_recipients_and_one_past_it() -> None:
    data = seal(recipients=RECIPIENTS_MAX)
    assert unseal(data, RECIPIENTS_MAX - 1) == PLAIN
    assert code_of(lambda: seal(recipients=RECIPIENTS_MAX + 1)) == "too-large"
    assert code_of(lambda: seal(recipients=0)) == "too-large"


def test_a_tag_that_another_recipient_shares_is_no_obstacle() -> None:
    suite, one_time, wrapped, nonce, content = items_of(seal(recipients=2))
    wrapped[0][0] = wrapped[1][0]
    data = encode([suite, one_time, wrapped, nonce, content])
    assert unseal(data, 1) == PLAIN


@pytest.mark.parametrize("place", range(5))
def test_parts_of_another_form_are_refused(place: int) -> None:
    odds: list[object] = [None, 2, b"x", "x", []]
    for odd in odds:
        whole = items_of(seal())
        whole[place] = odd
        code = code_of(unseal, encode(whole))
        assert code in {"bad-field", "sealed-to-others"}


def test_a_one_time_key_of_small_order_is_refused() -> None:
    whole = items_of(seal())
    whole[1] = bytes(32)
    assert code_of(lambda: unseal(encode(whole))) == "weak-key"


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 1), (SEALED_PAD_BYTES - 4, 1), (SEALED_PAD_BYTES - 3, 2), (2 * SEALED_PAD_BYTES - 4, 2)],
)
def test_lengths_are_padded(length: int, padded: int) -> None:
    data = seal(bytes(length), recipients=1)
    assert len(items_of(data)[4]) == padded * SEALED_PAD_BYTES + 16
    assert unseal(data) == bytes(length)


@given(plain=st.binary(max_size=600))
def test_any_content_comes_back(plain: bytes) -> None:
    assert unseal(seal(plain, recipients=1)) == plain


@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert code_of(lambda: unseal(data)) is not None
