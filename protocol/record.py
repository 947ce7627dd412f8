"""Record: a header that is chained and signed, and a body that it names by hash.

`seal` makes one, `open_body` checks one. A record never knows whether it counts; `log` places it,
`circle` and `merge` say what it means. SPEC section "Record".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import (
    BODY_BYTES_MAX,
    EXPIRES_DAYS_MAX,
    HASH_BYTES,
    INTEGER_MAX,
    KEY_EVENT_REF_BYTES,
    KIND_BYTES_MAX,
    RECORD_VERSION,
    REFS_MAX,
    ROLE_BYTES_MAX,
    SALT_BYTES,
)


class Header(NamedTuple):
    """The chained part, in wire order. `prev` is None only for seq 1; hashes are 32 bytes."""

    version: int
    coop: bytes
    log: bytes
    seq: int
    prev: bytes | None
    key_event: bytes
    time_ms: int
    kind: str
    body_hash: bytes
    body_len: int
    expires_day: int | None


class Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The named part, in wire order. `fields` is canonical bytes typed by the record's kind."""

    salt: bytes
    subject: bytes | None
    acting_role: str
    authority: bytes | None
    refs: tuple[bytes, ...]
    fields: msgspec.Raw
    sealed: bytes | None


class Record(NamedTuple):
    """A header with its id, and the body's bytes: None when they were erased or have expired."""

    id: bytes
    header: Header
    body: bytes | None


def seal(network: Network, header: Header, body: bytes) -> Record:
    """The record of a header whose body fields are filled from `body` here."""
    whole = header._replace(body_hash=body_hash(network, body), body_len=len(body))
    return Record(header_id(network, whole), whole, body)


def header_id(network: Network, header: Header) -> bytes:
    """The record's id: H("header", canonical header)."""
    return network.hash(b"header", encode(header))


def body_hash(network: Network, body: bytes) -> bytes:
    """What a header says of its body: H("body", body)."""
    return network.hash(b"body", body)


def check_header(header: Header) -> None:
    """The rules that a header's own bytes decide; raises `malformed` or `unknown-version`."""
    if header.version != RECORD_VERSION:
        raise Refusal("unknown-version", f"record version {header.version}")
    first = header.seq == 1
    if first != (header.prev is None) or first != (header.kind == LOG_OPEN):
        raise Refusal("malformed", "a log opens with log.open at seq 1, and only there")
    if not 1 <= header.seq <= INTEGER_MAX or not 0 <= header.time_ms <= INTEGER_MAX:
        raise Refusal("malformed", "seq or time out of range")
    if len(header.key_event) != KEY_EVENT_REF_BYTES or not is_kind(header.kind):
        raise Refusal("malformed", "kind or key event reference")
    if not 0 < header.body_len <= BODY_BYTES_MAX:
        raise Refusal("too-large", f"body of {header.body_len} bytes")
    if header.expires_day is not None:
        check_expiry(header.kind, header.time_ms, header.expires_day)


def check_expiry(kind: str, time_ms: int, expires_day: int) -> None:
    """Only listed kinds may be forgotten, and only within two years; raises `malformed`."""
    today = day_of(time_ms)
    if not today <= expires_day <= today + EXPIRES_DAYS_MAX:
        raise Refusal("malformed", "expires_day before its own day or too far ahead")
    if not is_forgettable(kind):
        raise Refusal("malformed", f"{kind} is lasting and carries no expires_day")


def is_forgettable(kind: str) -> bool:
    """Whether a kind's name says that its bodies may be forgotten; so older nodes know it too."""
    name = kind.partition("/")[0]
    return name in FORGETTABLE or name.partition(".")[0] in FORGETTABLE_FAMILIES


@lru_cache(maxsize=256)
def is_kind(kind: str) -> bool:
    """Whether this is spelt as a kind with its version: dotted lower-case words, slash, number."""
    name, slash, version = kind.partition("/")
    return (
        len(kind) <= KIND_BYTES_MAX
        and bool(slash)
        and kind.isascii()
        and version.isdigit()
        and version[0] != "0"
        and all(word.isalpha() and word.islower() for word in name.split("."))
    )


def open_body(body: bytes) -> Body:
    """The parts of a body; raises `malformed`, `not-canonical` or `bad-field`."""
    if len(body) > BODY_BYTES_MAX:
        raise Refusal("too-large", f"body of {len(body)} bytes")
    parts = decode_as(_BODY, body)
    if (
        len(parts.salt) != SALT_BYTES
        or len(parts.refs) > REFS_MAX
        or len(parts.acting_role.encode()) > ROLE_BYTES_MAX
        or any(len(ref) != HASH_BYTES for ref in parts.refs)
        or list(parts.refs) != sorted(set(parts.refs))
        or any(
            part is not None and len(part) != HASH_BYTES
            for part in (parts.subject, parts.authority)
        )
    ):
        raise Refusal("malformed", "body parts")
    return parts


def write_body(
    salt: bytes,
    fields: object,
    *,
    subject: bytes | None = None,
    acting_role: str = "",
    authority: bytes | None = None,
    refs: tuple[bytes, ...] = (),
    sealed: bytes | None = None,
) -> bytes:
    """Canonical bytes of a body; refs are sorted and unique."""
    assert len(set(refs)) <= REFS_MAX
    assert len(acting_role.encode()) <= ROLE_BYTES_MAX
    raw = msgspec.Raw(encode(fields))
    parts = Body(salt, subject, acting_role, authority, tuple(sorted(set(refs))), raw, sealed)
    body = encode(parts)
    if len(body) > BODY_BYTES_MAX:
        raise Refusal("too-large", f"body of {len(body)} bytes; the limit is {BODY_BYTES_MAX}")
    return body


def day_of(time_ms: int) -> int:
    """The UTC day number of a time in milliseconds since 1970."""
    return time_ms // 86_400_000


def order_key(header: Header, identifier: bytes) -> tuple[int, bytes, int, bytes]:
    """The total order of records: (time_ms, log, seq, id)."""
    return header.time_ms, header.log, header.seq, identifier


LOG_OPEN: Final = "log.open/1"
# Kinds (without their version) whose bodies may be forgotten after a day named in the header.
FORGETTABLE: Final = frozenset({"offer", "want", "note", "post", "profile.contact"})
# Kinds to come whose name is one of these words, or begins with one and a dot, may be forgotten.
FORGETTABLE_FAMILIES: Final = frozenset({"note", "post"})
_BODY: Final = msgspec.msgpack.Decoder(Body)
