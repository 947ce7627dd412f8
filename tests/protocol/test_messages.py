"""Messages: each comes back, fits a frame at its largest, and has the limits of its fields."""

from typing import get_args

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import messages as m
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.limits import (
    ASKED_BODIES_MAX,
    ASKED_KEY_LOGS_MAX,
    CIRCLES_SHARED_MAX,
    FRAME_PLAIN_BYTES_MAX,
    PIECE_BYTES_MAX,
    TRIE_DEPTH_MAX,
    TRIE_FANOUT,
    TRIE_PREFIXES_MAX,
)
from tests.protocol.coops import code_of, word

BLIND = word("blind")[:16]
SHORT = word("short")[:8]
HASH = word("hash")
LEAF = m.Leaf(HASH, SHORT, is_keys=True)
SIGNED = Signed(b"event", ((HASH, bytes(64)),))
RECEIPT = Receipt(HASH, HASH, HASH, HASH, bytes(64))
PIECE = bytes(PIECE_BYTES_MAX)
BIG = 2**31

# One of each, as large as its limits let it be where a session sends it in one piece.
LARGEST: list[m.Message] = [
    m.Hello(1, 2**53 - 1, ((BLIND, HASH),) * CIRCLES_SHARED_MAX),
    m.Close("x" * 48, "\U0001f41f" * 400),
    m.AskIntroduction(),
    m.Introduction((SIGNED,) * ASKED_KEY_LOGS_MAX, last=True),
    m.Roots(((BLIND, HASH),) * CIRCLES_SHARED_MAX, answer=True),
    m.AskTrie(BLIND, ("f" * TRIE_DEPTH_MAX,) * TRIE_PREFIXES_MAX),
    m.Trie(BLIND, (m.TrieNode("f" * TRIE_DEPTH_MAX, (LEAF,) * TRIE_FANOUT),) * TRIE_PREFIXES_MAX),
    m.AskKeys(BLIND, (HASH,) * ASKED_KEY_LOGS_MAX),
    m.Keys(BLIND, (SIGNED,) * 8, (RECEIPT,) * ASKED_KEY_LOGS_MAX, last=False),
    m.AskLogs(BIG, BLIND, (m.LogAsk(HASH, (HASH,) * 32),) * 48, BIG),
    m.Data(BIG, last=True, piece=PIECE),
    m.Credit(BIG, BIG),
    m.Done(BIG),
    m.Push(BLIND, last=False, piece=PIECE),
    m.AskBodies(BLIND, (HASH,) * ASKED_BODIES_MAX),
    m.BodyOf(BLIND, HASH, PIECE),
    m.AskBlob(BLIND, HASH, 2**16, 16),
    m.BlobList(HASH, BIG, (HASH,) * 256),
    m.BlobPart(HASH, 2**16, last=True, part=PIECE),
    m.Join(HASH),
    m.Joined(HASH, pending=True),
]


def test_there_is_one_of_each_and_each_has_its_number() -> None:
    assert [type(one) for one in LARGEST] == list(get_args(m.AnyMessage))
    assert [m.write(one)[1] for one in LARGEST] == list(range(len(LARGEST)))


@pytest.mark.parametrize("message", LARGEST, ids=lambda one: type(one).__name__)
def test_each_comes_back_out_of_one_frame(message: m.Message) -> None:
    frame = m.write(message)
    assert len(frame) <= FRAME_PLAIN_BYTES_MAX
    assert m.read(frame) == message


@pytest.mark.parametrize("message", LARGEST, ids=lambda one: type(one).__name__)
def test_each_field_has_its_type(message: m.Message) -> None:
    """A field of another type, one too few and one too many are refused."""
    parts = msgpack.unpackb(m.write(message))
    for place in range(1, len(parts)):
        odds: list[object] = [None, -1, "odd", {}, [None], 1.5]
        for odd in odds:
            changed = [*parts[:place], odd, *parts[place + 1 :]]
            assert code(changed) == "bad-field" or m.read(msgpack.packb(changed)) is not None
    assert code([*parts, None]) == "bad-field"
    assert code(parts[:-1]) == "bad-field"


def code(parts: object) -> str | None:
    return code_of(lambda: m.read(msgpack.packb(parts)))


@pytest.mark.parametrize(
    "parts",
    [
        [0, 1, -1, []],
        [0, 1, 2**53, []],
        [0, 1, 0, [[BLIND, HASH]] * (CIRCLES_SHARED_MAX + 1)],
        [0, 1, 0, [[BLIND[:15], HASH]]],
        [0, 1, 0, [[BLIND, HASH, HASH]]],
        [1, "x" * 49, ""],
        [1, "x", "y" * 401],
        [3, [[b"event", [[HASH, bytes(64)]]]] * (ASKED_KEY_LOGS_MAX + 1), True],
        [5, BLIND, []],
        [5, BLIND, [""] * (TRIE_PREFIXES_MAX + 1)],
        [5, BLIND, ["f" * (TRIE_DEPTH_MAX + 1)]],
        [5, BLIND, ["F"]],
        [5, BLIND, ["g"]],
        [5, BLIND, ["a\n"]],
        [6, BLIND, [["", [None] * (TRIE_FANOUT + 1)]]],
        [6, BLIND, [["", [SHORT[:7]]]]],
        [6, BLIND, [["", [[HASH, HASH, True]]]]],
        [7, BLIND, []],
        [7, BLIND, [HASH] * (ASKED_KEY_LOGS_MAX + 1)],
        [9, 0, BLIND, [[HASH, []]], 1],
        [9, BIG + 1, BLIND, [[HASH, []]], 1],
        [9, 1, BLIND, [[HASH, []]], 0],
        [9, 1, BLIND, [], 1],
        [9, 1, BLIND, [[HASH, [HASH] * 33]], 1],
        [9, 1, BLIND, [[HASH, []]] * 257, 1],
        [10, 1, True, bytes(PIECE_BYTES_MAX + 1)],
        [11, 1, 0],
        [14, BLIND, []],
        [14, BLIND, [HASH] * (ASKED_BODIES_MAX + 1)],
        [16, BLIND, HASH, 0, 17],
        [16, BLIND, HASH, 0, 0],
        [16, BLIND, HASH, 2**16 + 1, 1],
        [17, HASH, 0, [HASH] * 257],
        [19, HASH[:31]],
        [21],
        [-1],
        ["hello"],
        [],
        {},
        None,
        7,
    ],
)
def test_one_past_a_limit_is_refused(parts: object) -> None:
    assert code(parts) == "bad-field"


@pytest.mark.parametrize(
    "frame", [b"", b"\xc1", b"\x92\x0c", b"\x92\x0c\x01\x00", b"\xdd\xff\xff\xff\xff"]
)
def test_bytes_that_are_no_message_are_refused(frame: bytes) -> None:
    assert code_of(lambda: m.read(frame)) == "malformed"


def test_a_frame_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert code_of(lambda: m.read(bytes(FRAME_PLAIN_BYTES_MAX + 1))) == "too-large"
    assert code_of(lambda: m.read(bytes(FRAME_PLAIN_BYTES_MAX))) == "bad-field"


def test_what_we_would_never_send_is_our_own_fault() -> None:
    with pytest.raises(AssertionError):
        m.write(m.Keys(BLIND, (Signed(bytes(16_000), ()),) * 8, (), last=True))


def test_another_spelling_of_a_message_is_read_too() -> None:
    assert m.read(bytes.fromhex("dc00020ccd0007")) == m.Done(7)


@given(frame=st.binary(max_size=120))
def test_any_bytes_are_a_message_or_refused(frame: bytes) -> None:
    code_of(lambda: m.read(frame))
    code_of(lambda: m.read_greeting(frame))
    m.is_introduction(frame)


@pytest.mark.parametrize("message", LARGEST, ids=lambda one: type(one).__name__)
def test_introductions_are_told_by_their_first_bytes(message: m.Message) -> None:
    introduces = isinstance(message, m.Introduction | m.AskIntroduction)
    assert m.is_introduction(m.write(message)) is introduces


@pytest.mark.parametrize(
    ("greeting", "fits"),
    [
        (m.Greeting(HASH, HASH, None, None), True),
        (m.Greeting(HASH, HASH, HASH, HASH), True),
        (m.Greeting(HASH[:31], HASH, None, None), False),
        (m.Greeting(HASH, HASH, HASH[:31], HASH), False),
        (m.Greeting(HASH, HASH, HASH, b""), False),
    ],
)
def test_a_greeting_says_who_speaks(greeting: m.Greeting, fits: bool) -> None:
    payload = msgspec.msgpack.encode(greeting)
    assert (code_of(lambda: m.read_greeting(payload)) is None) == fits
    if fits:
        assert m.read_greeting(payload) == greeting
        assert len(payload) <= 150
