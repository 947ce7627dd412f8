"""Hashes, signatures and sealing: published verdicts, and nothing that passes for another."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from nacl import bindings

from protocol import keys
from protocol.keys import Network
from protocol.limits import HASH_BYTES
from tests.protocol.coops import NETWORK, code_of, word

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "wycheproof-ed25519.json"
SEED = bytes(range(32))
PUBLIC, SECRET = keys.signing_pair(SEED)

# Points whose order divides eight.
SMALL_ORDER_ED25519 = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
SMALL_ORDER_X25519 = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def wycheproof() -> list[Any]:
    groups = json.loads(VECTORS.read_text())["testGroups"]
    return [
        pytest.param(group["publicKey"]["pk"], test, id=f"{test['tcId']} {test['comment']}")
        for group in groups
        for test in group["tests"]
    ]


def test_all_published_verdicts_are_here() -> None:
    assert len(wycheproof()) == 151


@pytest.mark.parametrize(("public", "test"), wycheproof())
def test_published_verdict(public: str, test: dict[str, str]) -> None:
    message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
    code = code_of(lambda: keys.verify(bytes.fromhex(public), message, signature))
    assert code == {"valid": None, "invalid": "bad-signature"}[test["result"]]


def test_a_signature_fits_its_key_and_message_alone() -> None:
    signature = keys.sign(SECRET, b"message")
    keys.verify(PUBLIC, b"message", signature)
    other, _ = keys.signing_pair(bytes(32))
    for public, message, given in [
        (other, b"message", signature),
        (PUBLIC, b"massage", signature),
        (PUBLIC, b"message", signature[:-1]),
        (PUBLIC, b"message", signature + b"\0"),
        (PUBLIC[:-1], b"message", signature),
        (PUBLIC, b"message", b""),
    ]:
        args = public, message, given
        assert code_of(keys.verify, *args) == "bad-signature"


@pytest.mark.parametrize("public", SMALL_ORDER_ED25519)
def test_a_signing_key_of_small_order_verifies_nothing(public: str) -> None:
    key = bytes.fromhex(public)
    # R = the neutral point and S = 0 satisfy the equation for the neutral key and any message.
    forged = bytes.fromhex(SMALL_ORDER_ED25519[0]) + bytes(32)
    assert code_of(lambda: keys.verify(key, b"anything", forged)) == "bad-signature"


@pytest.mark.parametrize("public", SMALL_ORDER_X25519)
def test_an_agreement_key_of_small_order_is_weak(public: str) -> None:
    assert code_of(lambda: keys.agree(SEED, bytes.fromhex(public))) == "weak-key"


def test_two_sides_agree() -> None:
    one, other = word("one"), word("other")
    shared = keys.agree(one, keys.agreement_public(other))
    assert shared == keys.agree(other, keys.agreement_public(one))
    assert shared == bindings.crypto_scalarmult(one, keys.agreement_public(other))


def test_a_hash_is_blake2b_with_domain_and_network() -> None:
    salt = blake2b(b"test", digest_size=32).digest()[:16]
    expected = blake2b(b"data", digest_size=32, person=b"domain", salt=salt).digest()
    assert NETWORK.hash(b"domain", b"data") == expected
    assert NETWORK.hash_value(b"domain", 1, b"x") == NETWORK.hash(b"domain", b"\x92\x01\xc4\x01x")


def test_no_value_of_one_network_or_purpose_passes_for_another() -> None:
    hashes = {
        NETWORK.hash(b"domain", b"data"),
        NETWORK.hash(b"other", b"data"),
        NETWORK.hash(b"domain", b"other"),
        Network("coop").hash(b"domain", b"data"),
        Network("").hash(b"domain", b"data"),
    }
    assert len(hashes) == 5
    assert {len(one) for one in hashes} == {HASH_BYTES}


def test_each_epoch_and_purpose_has_its_own_key() -> None:
    recovery = word("words")
    derived = [
        keys.controller_seed(NETWORK, recovery, 0),
        keys.controller_seed(NETWORK, recovery, 1),
        keys.sealing_private(NETWORK, recovery, 0),
        keys.sealing_private(NETWORK, recovery, 1),
        keys.board_seed(NETWORK, recovery),
        keys.controller_seed(NETWORK, word("other words"), 0),
    ]
    assert len(set(derived)) == len(derived)


def test_sealed_bytes_open_with_the_same_key_nonce_and_surroundings_alone() -> None:
    key, nonce = word("key"), word("nonce")[:24]
    sealed = keys.encrypt(key, nonce, b"plain", b"around")
    assert len(sealed) == len(b"plain") + 16
    assert keys.decrypt(key, nonce, sealed, b"around") == b"plain"
    for args in [
        (word("other"), nonce, sealed, b"around"),
        (key, nonce[::-1], sealed, b"around"),
        (key, nonce, sealed, b"elsewhere"),
        (key, nonce, sealed[:-1], b"around"),
        (key, nonce, b"", b"around"),
    ]:
        assert code_of(keys.decrypt, *args) == "sealed-to-others"


def test_text_forms_name_what_they_are() -> None:
    text = keys.to_text(keys.CIRCLE, word("circle"))
    assert text.startswith("circle1")
    assert keys.from_text(text) == ("circle", word("circle"))
    assert code_of(lambda: keys.from_text(text[:-1])) == "bad-id"
