"""The handshake against published vectors, a second implementation, and a hostile wire."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noise.connection import Keypair, NoiseConnection  # type: ignore[import-untyped]

from protocol.noise import (
    KEY_BYTES,
    MESSAGE_BYTES_MAX,
    NONCES_MAX,
    PATTERNS,
    PLAINTEXT_BYTES_MAX,
    SUITE,
    TAG_BYTES,
    Cipher,
    Handshake,
    HandshakeFailed,
    static_public,
)

INITIATOR = bytes(range(1, 33))
RESPONDER = bytes(range(33, 65))
EPHEMERAL_OF_INITIATOR = bytes(range(65, 97))
EPHEMERAL_OF_RESPONDER = bytes(range(97, 129))
PROLOGUE = b"coop 1 test network"
PAYLOADS = (b"first", b"second", b"third")
EVERY_MESSAGE = [("XX", 0), ("XX", 1), ("XX", 2), ("IK", 0), ("IK", 1)]


def test_published_vectors_hold_every_pattern_that_is_spoken_here() -> None:
    assert {vector["protocol_name"].split("_")[1] for vector in _vectors()} == set(PATTERNS)


@pytest.mark.parametrize("pattern", ["XX", "IK"])
def test_published_vector_is_written_and_read_byte_for_byte(pattern: str) -> None:
    (vector,) = [one for one in _vectors() if one["protocol_name"] == f"Noise_{pattern}_{SUITE}"]
    sides = [_side_of_vector(pattern, vector, role) for role in ("init", "resp")]
    messages = [
        (number % 2, bytes.fromhex(message["payload"]), bytes.fromhex(message["ciphertext"]))
        for number, message in enumerate(vector["messages"])
    ]
    handshake_length = len(PATTERNS[pattern].messages)
    for writer, payload, ciphertext in messages[:handshake_length]:
        assert sides[writer].write(payload) == ciphertext
        assert sides[1 - writer].read(ciphertext) == payload
    assert {side.handshake_hash.hex() for side in sides} == {vector["handshake_hash"]}
    ciphers = [side.split() for side in sides]
    assert len(messages) > handshake_length
    for writer, payload, ciphertext in messages[handshake_length:]:
        assert ciphers[writer][0].encrypt(payload) == ciphertext
        assert ciphers[1 - writer][1].decrypt(ciphertext) == payload


def test_static_public_is_that_of_rfc_7748() -> None:
    private = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
    public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert static_public(bytes.fromhex(private)).hex() == public


@pytest.mark.parametrize("pattern", ["XX", "IK"])
@pytest.mark.parametrize("ours_calls", [True, False], ids=["we-call", "they-call"])
@settings(max_examples=20, deadline=None)
@given(
    prologue=st.binary(max_size=80),
    payloads=st.lists(st.binary(max_size=300), min_size=3, max_size=3),
    transport=st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=6),
)
def test_second_implementation_agrees(
    pattern: str,
    ours_calls: bool,
    prologue: bytes,
    payloads: list[bytes],
    transport: list[tuple[bool, bytes]],
) -> None:
    ours = _side(pattern, initiator=ours_calls, prologue=prologue)
    theirs = _their_side(pattern, initiator=not ours_calls, prologue=prologue)
    for number, payload in enumerate(payloads[: len(PATTERNS[pattern].messages)]):
        if ours_calls == (number % 2 == 0):
            assert bytes(theirs.read_message(ours.write(payload))) == payload
        else:
            assert ours.read(bytes(theirs.write_message(payload))) == payload
    assert theirs.handshake_finished
    assert ours.finished
    assert ours.handshake_hash == theirs.get_handshake_hash()
    assert ours.remote_static == static_public(RESPONDER if ours_calls else INITIATOR)
    send, receive = ours.split()
    for from_us, text in transport:
        if from_us:
            assert theirs.decrypt(send.encrypt(text)) == text
        else:
            assert receive.decrypt(theirs.encrypt(text)) == text


def test_second_implementation_agrees_on_associated_data_at_the_last_nonce() -> None:
    ours, theirs = _side("IK", initiator=True), _their_side("IK", initiator=False)
    theirs.read_message(ours.write(b""))
    ours.read(bytes(theirs.write_message(b"")))
    state = theirs.noise_protocol.cipher_state_encrypt
    state.set_nonce(NONCES_MAX - 1)
    receive = Cipher(state.k, nonce=NONCES_MAX - 1)
    assert receive.decrypt(state.encrypt_with_ad(b"lane", b"text"), b"lane") == b"text"


def test_xx_shows_a_static_key_only_after_the_message_that_proves_it() -> None:
    known = [
        (caller.remote_static, called.remote_static)
        for caller, called in (_at_message("XX", number) for number in range(4))
    ]
    caller_key, called_key = static_public(INITIATOR), static_public(RESPONDER)
    assert known == [(None, None), (None, None), (called_key, None), (called_key, caller_key)]


@pytest.mark.parametrize("pattern", ["XX", "IK"])
def test_handshake_hash_is_equal_between_messages_and_new_after_each(pattern: str) -> None:
    sides = _pair(pattern)
    seen = {sides[0].handshake_hash}
    for number in range(len(PATTERNS[pattern].messages)):
        assert sides[0].handshake_hash == sides[1].handshake_hash
        sides[1 - number % 2].read(sides[number % 2].write(b"same"))
        seen.add(sides[0].handshake_hash)
    assert sides[0].handshake_hash == sides[1].handshake_hash
    assert len(seen) == len(PATTERNS[pattern].messages) + 1


def test_two_directions_have_two_keys() -> None:
    (send, receive), (send_back, receive_back) = _ciphers()
    assert send.encrypt(b"text") != send_back.encrypt(b"text")
    _refused("does not decrypt", receive.decrypt, _ciphers()[0][0].encrypt(b"text"))
    assert receive_back.decrypt(_ciphers()[0][0].encrypt(b"text")) == b"text"


@pytest.mark.parametrize(("pattern", "number"), EVERY_MESSAGE)
def test_every_flipped_bit_of_every_message_is_refused(pattern: str, number: int) -> None:
    message = _message(pattern, number)
    for index in range(len(message)):
        for bit in range(8):
            flipped = bytearray(message)
            flipped[index] ^= 1 << bit
            assert _refused_at(pattern, number, bytes(flipped)) == _noticed_at(pattern, number)


@pytest.mark.parametrize(("pattern", "number"), EVERY_MESSAGE)
def test_every_message_of_another_length_is_refused(pattern: str, number: int) -> None:
    message = _message(pattern, number)
    for length in range(len(message)):
        noticed = number if length < KEY_BYTES else _noticed_at(pattern, number)
        assert _refused_at(pattern, number, message[:length]) == noticed
    assert _refused_at(pattern, number, message + b"\0") == _noticed_at(pattern, number)
    oversized = message.ljust(MESSAGE_BYTES_MAX + 1, b"\0")
    assert _refused_at(pattern, number, oversized) == number


@pytest.mark.parametrize("pattern", ["XX", "IK"])
def test_messages_of_another_handshake_are_refused(pattern: str) -> None:
    last = len(PATTERNS[pattern].messages) - 1
    other = _message(pattern, last, prologue=b"another")
    assert _refused_at(pattern, last, other) == last


@pytest.mark.parametrize("pattern", ["XX", "IK"])
def test_failure_is_final_and_forgets_the_unproven_key(pattern: str) -> None:
    caller, called = _pair(pattern)
    called.read(caller.write(b""))
    genuine = called.write(b"hello")
    _refused("does not decrypt", caller.read, genuine[:-1] + bytes([genuine[-1] ^ 1]))
    assert caller.remote_static is None
    assert not caller.finished
    _refused("failed, start a new one", caller.read, genuine)
    _refused("failed, start a new one", caller.write, b"")
    _refused("not finished", caller.split)


def test_sides_that_disagree_beforehand_are_refused() -> None:
    for pattern, refused_at in (("XX", 1), ("IK", 0)):
        caller = _side(pattern, initiator=True, prologue=b"another network")
        assert _run_until_refused(caller, _side(pattern, initiator=False)) == refused_at
    other_pattern = _side("IK", initiator=True), _side("XX", initiator=False)
    assert _run_until_refused(*other_pattern) == 1
    caller = _side("IK", initiator=True, remote_static=static_public(bytes(range(90, 122))))
    assert _run_until_refused(caller, _side("IK", initiator=False)) == 0


def test_every_key_of_small_order_is_refused() -> None:
    for point in _small_order_points():
        called = _side("XX", initiator=False)
        called.read(point)
        _refused("small order", called.write, b"")
        caller = _side("XX", initiator=True)
        caller.write(b"")
        _refused("small order", caller.read, point + bytes(100))
        _refused("small order", _side("IK", initiator=False).read, point + bytes(100))
        _refused("small order", _side("IK", initiator=True, remote_static=point).write, b"")


def test_calls_out_of_turn_are_refused_and_change_nothing() -> None:
    caller, called = _pair("XX")
    turns = [(caller, called), (called, caller), (caller, called)]
    for number, (writer, reader) in enumerate(turns):
        _refused("not the turn to write", reader.write, b"")
        _refused("not the turn to read", writer.read, bytes(200))
        _refused("not finished", writer.split)
        message = writer.write(b"%d" % number)
        if not writer.finished:
            _refused("not the turn to write", writer.write, b"")
        assert reader.read(message) == b"%d" % number
    assert [side.finished for side in (caller, called)] == [True, True]


def test_finished_handshake_refuses_messages_and_a_second_split() -> None:
    for side in _finished("XX") + _finished("IK"):
        _refused("is finished", side.write, b"")
        _refused("is finished", side.read, bytes(200))
        side.split()
        _refused("already split", side.split)


def test_wrong_arguments_are_refused() -> None:
    ephemeral, remote = EPHEMERAL_OF_INITIATOR, static_public(RESPONDER)
    _refused("no handshake pattern", Handshake, "NN", True, b"", INITIATOR, ephemeral)
    _refused("static key is missing", Handshake, "IK", True, b"", INITIATOR, ephemeral)
    _refused("static key is given", Handshake, "IK", False, b"", INITIATOR, ephemeral, remote)
    _refused("static key is given", Handshake, "XX", True, b"", INITIATOR, ephemeral, remote)
    for wrong in (b"", INITIATOR[:-1], INITIATOR + b"\0"):
        _refused("a key has 32", Handshake, "XX", True, b"", wrong, ephemeral)
        _refused("a key has 32", Handshake, "XX", True, b"", INITIATOR, wrong)
        _refused("a key has 32", Handshake, "IK", True, b"", INITIATOR, ephemeral, wrong)
        _refused("a key has 32", static_public, wrong)
        _refused("a key has 32", Cipher, wrong)


@pytest.mark.parametrize(("pattern", "number"), EVERY_MESSAGE)
def test_handshake_message_limit(pattern: str, number: int) -> None:
    room = MESSAGE_BYTES_MAX - len(_message(pattern, number)) + len(PAYLOADS[number])
    sides = _at_message(pattern, number)
    message = sides[number % 2].write(bytes(room))
    assert len(message) == MESSAGE_BYTES_MAX
    assert sides[1 - number % 2].read(message) == bytes(room)
    sides = _at_message(pattern, number)
    _refused("above 65535|longer than 65519", sides[number % 2].write, bytes(room + 1))


def test_transport_message_limit() -> None:
    (send, _), (_, receive) = _ciphers()
    ciphertext = send.encrypt(bytes(PLAINTEXT_BYTES_MAX))
    assert len(ciphertext) == MESSAGE_BYTES_MAX
    assert receive.decrypt(ciphertext) == bytes(PLAINTEXT_BYTES_MAX)
    _refused("longer than 65519 bytes", send.encrypt, bytes(PLAINTEXT_BYTES_MAX + 1))
    _refused("not 65536", receive.decrypt, bytes(MESSAGE_BYTES_MAX + 1))
    assert receive.decrypt(send.encrypt(b"the refusals used up no nonce")).startswith(b"the")


def test_nonces_run_out_one_before_two_to_the_64() -> None:
    assert NONCES_MAX == 2**64 - 1
    key = bytes(range(KEY_BYTES))
    send, receive = Cipher(key, nonce=NONCES_MAX - 1), Cipher(key, nonce=NONCES_MAX - 1)
    last = send.encrypt(b"the last one")
    assert receive.decrypt(last) == b"the last one"
    _refused("used up", send.encrypt, b"one too many")
    _refused("used up", receive.decrypt, last)


def test_transport_takes_messages_once_and_in_order() -> None:
    (send, _), (_, receive) = _ciphers()
    first, second, third = (send.encrypt(text) for text in (b"1", b"", b"3"))
    assert receive.decrypt(first) == b"1"
    for wrong in (first, third):
        _refused("does not decrypt", receive.decrypt, wrong)
    assert len(second) == TAG_BYTES
    assert receive.decrypt(second) == b""
    assert receive.decrypt(third) == b"3"


def test_transport_refuses_every_flipped_and_missing_byte() -> None:
    (send, _), (_, receive) = _ciphers()
    ciphertext = send.encrypt(b"forty crates of tomatoes", b"lane")
    for index in range(len(ciphertext)):
        flipped = ciphertext[:index] + bytes([ciphertext[index] ^ 1]) + ciphertext[index + 1 :]
        for wrong in (flipped, ciphertext[:index]):
            _refused("does not decrypt|16 to 65535 bytes", receive.decrypt, wrong, b"lane")
    for ad in (b"", b"other", b"lane "):
        _refused("does not decrypt", receive.decrypt, ciphertext, ad)
    assert receive.decrypt(ciphertext, b"lane") == b"forty crates of tomatoes"


def _vectors() -> list[dict[str, Any]]:
    path = Path(__file__).parents[1] / "vectors" / "noise.json"
    vectors: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["vectors"]
    spoken = {f"Noise_{pattern}_{SUITE}" for pattern in PATTERNS}
    return [vector for vector in vectors if vector["protocol_name"] in spoken]


def _side_of_vector(pattern: str, vector: dict[str, Any], role: str) -> Handshake:
    remote = vector.get(f"{role}_remote_static")
    return Handshake(
        pattern,
        role == "init",
        bytes.fromhex(vector[f"{role}_prologue"]),
        bytes.fromhex(vector[f"{role}_static"]),
        bytes.fromhex(vector[f"{role}_ephemeral"]),
        None if remote is None else bytes.fromhex(remote),
    )


def _side(
    pattern: str, *, initiator: bool, prologue: bytes = PROLOGUE, remote_static: bytes | None = None
) -> Handshake:
    if not initiator:
        return Handshake(pattern, False, prologue, RESPONDER, EPHEMERAL_OF_RESPONDER)
    if pattern == "IK" and remote_static is None:
        remote_static = static_public(RESPONDER)
    return Handshake(pattern, True, prologue, INITIATOR, EPHEMERAL_OF_INITIATOR, remote_static)


def _pair(pattern: str, prologue: bytes = PROLOGUE) -> tuple[Handshake, Handshake]:
    caller = _side(pattern, initiator=True, prologue=prologue)
    return caller, _side(pattern, initiator=False, prologue=prologue)


def _their_side(pattern: str, *, initiator: bool, prologue: bytes = PROLOGUE) -> NoiseConnection:
    """Return the same side in the second implementation, with an ephemeral key of its own."""
    theirs = NoiseConnection.from_name(f"Noise_{pattern}_{SUITE}".encode())
    static = INITIATOR if initiator else RESPONDER
    theirs.set_keypair_from_private_bytes(Keypair.STATIC, static)
    if initiator:
        theirs.set_as_initiator()
        if pattern == "IK":
            remote = static_public(RESPONDER)
            theirs.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, remote)
    else:
        theirs.set_as_responder()
    theirs.set_prologue(prologue)
    theirs.start_handshake()
    return theirs


def _at_message(
    pattern: str, number: int, prologue: bytes = PROLOGUE
) -> tuple[Handshake, Handshake]:
    """Return both sides after `number` messages, with message `number` next."""
    sides = _pair(pattern, prologue)
    for done in range(number):
        sides[1 - done % 2].read(sides[done % 2].write(PAYLOADS[done]))
    return sides


def _message(pattern: str, number: int, prologue: bytes = PROLOGUE) -> bytes:
    return _at_message(pattern, number, prologue)[number % 2].write(PAYLOADS[number])


def _refused(reason: str, call: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(HandshakeFailed, match=reason):
        call(*arguments)


def _refused_at(pattern: str, number: int, forged: bytes) -> int | None:
    """Put `forged` in the place of message `number`; return which message was refused."""
    sides = _at_message(pattern, number)
    sides[number % 2].write(PAYLOADS[number])
    try:
        sides[1 - number % 2].read(forged)
    except HandshakeFailed:
        return number
    return _run_until_refused(*sides, start=number + 1)


def _noticed_at(pattern: str, number: int) -> int:
    """Return where a change of message `number` must be refused."""
    # The first message of XX is under no key yet; its hash is in the tag of the second.
    return 1 if (pattern, number) == ("XX", 0) else number


def _run_until_refused(caller: Handshake, called: Handshake, start: int = 0) -> int | None:
    sides = (caller, called)
    for number in range(start, 3):
        if sides[number % 2].finished:
            return None
        message = sides[number % 2].write(PAYLOADS[number])
        try:
            sides[1 - number % 2].read(message)
        except HandshakeFailed:
            return number
    return None


def _finished(pattern: str) -> tuple[Handshake, Handshake]:
    caller, called = _at_message(pattern, len(PATTERNS[pattern].messages))
    assert [side.finished for side in (caller, called)] == [True, True]
    return caller, called


def _ciphers() -> tuple[tuple[Cipher, Cipher], tuple[Cipher, Cipher]]:
    """Return (send, receive) of the caller and (send, receive) of the called, from fixed keys."""
    caller, called = _finished("XX")
    return caller.split(), called.split()


def _small_order_points() -> list[bytes]:
    """Return every spelling of the u-coordinates of order 1 to 8, on the curve and its twist."""
    prime = 2**255 - 19
    order_8 = (
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    )
    points = [0, 1, prime - 1, prime, prime + 1]
    points += [int.from_bytes(bytes.fromhex(point), "little") for point in order_8]
    # The highest bit is ignored by X25519, so each has a second spelling.
    points += [point | 2**255 for point in points]
    return [point.to_bytes(KEY_BYTES, "little") for point in points]
