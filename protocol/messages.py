"""Messages: what two sessions say to each other, one array each, its number first.

A `blind` names a circle by H("blind", circle, handshake hash): who does not know the circle learns
nothing. Limits stand with the fields, so an oversized message never becomes a value.
SPEC section "Session".
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocol.codec import decode_loose
from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.limits import (
    ASKED_BODIES_MAX,
    ASKED_KEY_LOGS_MAX,
    ASKED_LOGS_MAX,
    CIRCLES_SHARED_MAX,
    FRAME_PLAIN_BYTES_MAX,
    HAVE_IDS_MAX,
    PIECE_BYTES_MAX,
    TRIE_DEPTH_MAX,
    TRIE_FANOUT,
    TRIE_PREFIXES_MAX,
)
from protocol.values import Hash, TimeMs, whole

Blind = Annotated[bytes, Meta(min_length=16, max_length=16)]
Short = Annotated[bytes, Meta(min_length=8, max_length=8)]
"""The first 8 bytes of a hash: enough to walk by; the whole root decides in the end."""
Prefix = Annotated[str, Meta(pattern=whole("[0-9a-f]*"), max_length=TRIE_DEPTH_MAX)]
Request = Annotated[int, Meta(ge=1, le=2**31)]
Piece = Annotated[bytes, Meta(max_length=PIECE_BYTES_MAX)]
CircleRoots = Annotated[tuple[tuple[Blind, Hash], ...], Meta(max_length=CIRCLES_SHARED_MAX)]
Sentence = Annotated[str, Meta(max_length=400)]


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Any message."""


class Hello(Message, frozen=True, tag=0):
    """The first of each side once the other is authenticated: version, clock, shared circles."""

    version: int
    time_ms: TimeMs
    circles: CircleRoots


class Close(Message, frozen=True, tag=1):
    """The last message: a code of the refusal table and what exactly was wrong."""

    code: Annotated[str, Meta(max_length=48)]
    detail: Sentence


class AskIntroduction(Message, frozen=True, tag=2):
    """Your key log is not known here, or does not list your device: send it."""


class Introduction(Message, frozen=True, tag=3):
    """The sender's own key log, or a part of it."""

    events: Annotated[tuple[Signed, ...], Meta(max_length=ASKED_KEY_LOGS_MAX)]
    last: bool


class Roots(Message, frozen=True, tag=4):
    """The roots of the circles named; `answer` asks for the other's in return."""

    circles: CircleRoots
    answer: bool


class AskTrie(Message, frozen=True, tag=5):
    """Ask for nodes of a circle's trie."""

    blind: Blind
    prefixes: Annotated[tuple[Prefix, ...], Meta(min_length=1, max_length=TRIE_PREFIXES_MAX)]


class Leaf(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A leaf: its key, its value shortened, and whether it is a key log."""

    key: Hash
    value: Short
    is_keys: bool


class TrieNode(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What lies at a prefix: sixteen children, or the only leaf below, or nothing (both empty)."""

    prefix: Prefix
    children: Annotated[tuple[Leaf | Short | None, ...], Meta(max_length=TRIE_FANOUT)]


class Trie(Message, frozen=True, tag=6):
    """The answer to `AskTrie`, in its order. One child: the only leaf below."""

    blind: Blind
    nodes: Annotated[tuple[TrieNode, ...], Meta(max_length=TRIE_PREFIXES_MAX)]


class AskKeys(Message, frozen=True, tag=7):
    """Ask for the key logs behind leaves."""

    blind: Blind
    leaves: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=ASKED_KEY_LOGS_MAX)]


class Keys(Message, frozen=True, tag=8):
    """Key events and receipts; those of one co-op stand together, the inception first."""

    blind: Blind
    events: Annotated[tuple[Signed, ...], Meta(max_length=ASKED_KEY_LOGS_MAX)]
    receipts: Annotated[tuple[Receipt, ...], Meta(max_length=ASKED_KEY_LOGS_MAX)]
    last: bool


class LogAsk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A log by its leaf, and own ids of it: tips, then steps back that double."""

    leaf: Hash
    have: Annotated[tuple[Hash, ...], Meta(max_length=HAVE_IDS_MAX)]


class AskLogs(Message, frozen=True, tag=9):
    """Ask for what the logs hold beyond what the asker has; `credit` bytes may be sent at once."""

    request: Request
    blind: Blind
    logs: Annotated[tuple[LogAsk, ...], Meta(min_length=1, max_length=ASKED_LOGS_MAX)]
    credit: Annotated[int, Meta(ge=1, le=2**31)]


class Data(Message, frozen=True, tag=10):
    """A piece of a chunk for a request; `last` ends the chunk."""

    request: Request
    last: bool
    piece: Piece


class Credit(Message, frozen=True, tag=11):
    """So many bytes more may be sent for the request."""

    request: Request
    size: Annotated[int, Meta(ge=1, le=2**31)]


class Done(Message, frozen=True, tag=12):
    """Everything asked for was sent."""

    request: Request


class Push(Message, frozen=True, tag=13):
    """A piece of a chunk that the receiver did not ask for: a live change."""

    blind: Blind
    last: bool
    piece: Piece


class AskBodies(Message, frozen=True, tag=14):
    """Ask for forgettable bodies that came absent."""

    blind: Blind
    ids: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=ASKED_BODIES_MAX)]


class BodyOf(Message, frozen=True, tag=15):
    """One such body."""

    blind: Blind
    id: Hash
    body: Piece


class AskBlob(Message, frozen=True, tag=16):
    """Ask for a blob's list of pieces (`first` 0 gives it too) and pieces from `first` on."""

    blind: Blind
    hash: Hash
    first: Annotated[int, Meta(ge=0, le=2**16)]
    count: Annotated[int, Meta(ge=1, le=16)]


class BlobList(Message, frozen=True, tag=17):
    """Size and piece hashes of a blob; size 0: it is not here."""

    hash: Hash
    size: Annotated[int, Meta(ge=0, le=2**31)]
    pieces: Annotated[tuple[Hash, ...], Meta(max_length=256)]


class BlobPart(Message, frozen=True, tag=18):
    """A slice of a piece: pieces are a little larger than a frame."""

    hash: Hash
    index: Annotated[int, Meta(ge=0, le=2**16)]
    last: bool
    part: Piece


class Join(Message, frozen=True, tag=19):
    """Ask to be admitted to the circle of the invite that the handshake proved."""

    circle: Hash


class Joined(Message, frozen=True, tag=20):
    """The answer: `pending` while others have to endorse it first."""

    circle: Hash
    pending: bool


AnyMessage = (
    Hello
    | Close
    | AskIntroduction
    | Introduction
    | Roots
    | AskTrie
    | Trie
    | AskKeys
    | Keys
    | AskLogs
    | Data
    | Credit
    | Done
    | Push
    | AskBodies
    | BodyOf
    | AskBlob
    | BlobList
    | BlobPart
    | Join
    | Joined
)


class Greeting(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Payload of handshake messages 2 and 3: who speaks, and in 3 the proof of an invite."""

    coop: Hash
    device: Hash
    invite: Hash | None
    proof: Hash | None


def read(frame: bytes) -> AnyMessage:
    """One message out of a decrypted frame; refuses `malformed`, `bad-field`, `too-large`."""
    if len(frame) > FRAME_PLAIN_BYTES_MAX:
        raise Refusal("too-large", "frame")
    message: AnyMessage = decode_loose(_MESSAGE, frame)
    return message


def is_introduction(frame: bytes) -> bool:
    """Whether a frame holds `AskIntroduction` or `Introduction`, by its first two bytes."""
    return len(frame) > 1 and frame[0] & 0xF0 == 0x90 and frame[1] in {2, 3}  # noqa: PLR2004


def write(message: Message) -> bytes:
    """The bytes of a message; never over the frame limit."""
    data: bytes = _ENCODER.encode(message)
    assert len(data) <= FRAME_PLAIN_BYTES_MAX
    return data


def read_greeting(payload: bytes) -> Greeting:
    """Who speaks, out of a handshake payload."""
    return decode_loose(_GREETING, payload)


_MESSAGE: Final = msgspec.msgpack.Decoder(AnyMessage)
_GREETING: Final = msgspec.msgpack.Decoder(Greeting)
_ENCODER: Final = msgspec.msgpack.Encoder()
