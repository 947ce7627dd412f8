"""Log: one append-only hash chain of one device in one circle; a tree that is almost always a line.

`place` says where a record goes. Two records with one parent are a fork: both branches are kept
and shown, and nothing is voided for it. It never checks signatures; `chunk` does. SPEC "Log".
"""

from __future__ import annotations

from collections.abc import Collection, Container
from enum import Enum
from typing import Final

import msgspec

from protocol.codec import decode_as
from protocol.errors import Refusal
from protocol.keys import Network, sign, verify
from protocol.limits import (
    HASH_BYTES,
    KEY_BYTES,
    LOG_INSTANCE_MAX,
    SIGNATURE_GAP_BYTES_MAX,
    SIGNATURE_GAP_RECORDS_MAX,
)
from protocol.record import Header, open_body


class Place(Enum):
    """Where a record stands in its log."""

    NEXT = "extends a tip"
    KNOWN = "is here already"
    GAP = "its parent is not here"
    BRANCH = "its parent has another child, or the log another opening: a fork"


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `log.open/1`: what the id of a log is made of, beside its co-op."""

    circle: bytes
    device: bytes
    instance: int


def place(
    identifier: bytes, prev: bytes | None, known: Container[bytes], tips: Collection[bytes]
) -> Place:
    """Where the record goes in a log that holds the `known` ids and ends at `tips`.

    >>> place(b"b", b"a", {b"a"}, {b"a"})
    <Place.NEXT: 'extends a tip'>
    """
    if identifier in known:
        return Place.KNOWN
    if prev is None:
        return Place.BRANCH if tips else Place.NEXT
    if prev not in known:
        return Place.GAP
    return Place.NEXT if prev in tips else Place.BRANCH


def log_id(network: Network, coop: bytes, opened: Open) -> bytes:
    """H("log", co-op, device, circle, instance)."""
    return network.hash_value(b"log", coop, opened.device, opened.circle, opened.instance)


def read_open(network: Network, header: Header, body: bytes) -> Open:
    """Check that the first record of a log makes the id that its header claims.

    Any other body is `malformed`, whatever is wrong in it: no log can begin so.
    """
    try:
        parts = open_body(body)
        opened = decode_as(_OPEN, bytes(parts.fields))
    except Refusal as refusal:
        raise Refusal("malformed", str(refusal)) from refusal
    if parts.subject is not None or len(parts.refs) > 1:
        raise Refusal("malformed", "log.open has no subject and refers to one admit")
    if len(opened.circle) != HASH_BYTES or len(opened.device) != KEY_BYTES:
        raise Refusal("malformed", "log.open")
    if not 0 <= opened.instance <= LOG_INSTANCE_MAX:
        raise Refusal("malformed", "log instance")
    if log_id(network, header.coop, opened) != header.log:
        raise Refusal("malformed", "the log's id does not come from its opening")
    return opened


def sign_head(network: Network, secret: bytes, header: Header, identifier: bytes) -> bytes:
    """The author's signature of a head."""
    return sign(secret, _head(network, header, identifier))


def verify_head(
    network: Network, device: bytes, header: Header, identifier: bytes, signature: bytes
) -> None:
    """Refuse `bad-signature` unless the device signed this head."""
    verify(device, _head(network, header, identifier), signature)


def keep_signature(seq: int, gap_records: int, gap_bytes: int) -> bool:
    """Whether a signature that is no longer the newest must be kept.

    `gap_records` and `gap_bytes` lie between the kept signature before it and the one after it.
    """
    return (
        seq % SIGNATURE_GAP_RECORDS_MAX == 0
        or gap_records > SIGNATURE_GAP_RECORDS_MAX
        or gap_bytes > SIGNATURE_GAP_BYTES_MAX
    )


def _head(network: Network, header: Header, identifier: bytes) -> bytes:
    return network.hash_value(
        b"head", header.coop, header.log, header.seq, identifier, header.key_event
    )


_OPEN: Final = msgspec.msgpack.Decoder(Open)
