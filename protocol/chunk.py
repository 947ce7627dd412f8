"""Chunk: paths of records that each end at a signed head; the one format for link, file and stick.

A path leaves out what its receiver recomputes (version, log, seq, prev, body hash). `unpack` bounds
everything before it allocates, `walk` rebuilds the headers. It never asks whether a co-op is known
or a record counts. SPEC section "Chunk".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
import zstandard

from protocol.codec import decode_loose, encode
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import (
    CHUNK_BYTES_MAX,
    CHUNK_OVERHEAD_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    HASH_BYTES,
    RECORD_VERSION,
    SIGNATURE_BYTES,
)
from protocol.record import Header, Record, check_header


class Path(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Records of one log from behind `parent` (None: from its opening) to a signed head.

    Column i of `times` (milliseconds since the record before; the first since 1970), `kind_of` and
    `event_of` (indexes), `expires_days` and `bodies` is record i. A body is its bytes, or
    [hash, length] of one that is absent.
    """

    coop: bytes
    log: bytes
    parent: bytes | None
    kinds: tuple[str, ...]
    events: tuple[bytes, ...]
    times: tuple[int, ...]
    kind_of: tuple[int, ...]
    event_of: tuple[int, ...]
    expires_days: tuple[int | None, ...]
    bodies: tuple[bytes | tuple[bytes, int], ...]
    signature: bytes


class Parent(NamedTuple):
    """What `walk` has to know of the record behind which a path starts."""

    id: bytes
    seq: int
    time_ms: int


def pack(paths: Sequence[Path], level: int = 1) -> bytes:
    """Compressed bytes of paths that keep the limits."""
    return zstandard.ZstdCompressor(level=level, write_content_size=True).compress(encode(paths))


def unpack(data: bytes) -> tuple[Path, ...]:
    """The paths in a chunk; refuses `too-large` before decompressing, `malformed` after."""
    limit = CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX
    if len(data) > limit:
        raise Refusal("too-large", "chunk")
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= limit:
            raise Refusal("too-large", "chunk without a size, or beyond the limit")
        plain = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX).decompress(
            data, allow_extra_data=False
        )
    except zstandard.ZstdError as broken:
        raise Refusal("malformed", "compressed chunk") from broken
    paths = decode_loose(_PATHS, plain)
    if not paths or sum(len(path.bodies) for path in paths) > CHUNK_RECORDS_MAX:
        raise Refusal("too-large", "records in a chunk")
    for path in paths:
        _check_columns(path)
    return paths


def walk(network: Network, path: Path, parent: Parent | None) -> list[Record]:
    """Rebuild the records of a path behind its parent; refuses what their own bytes decide."""
    assert (parent.id if parent else None) == path.parent
    # Only what follows something can be dated before it; an opening's time has its own range.
    prev, seq, last_ms = parent or (None, 0, path.times[0])
    hash_ = network.hash
    time_ms = 0
    records: list[Record] = []
    for delta, kind, event, expires_day, body in zip(
        path.times, path.kind_of, path.event_of, path.expires_days, path.bodies, strict=True
    ):
        seq += 1
        time_ms += delta
        if time_ms < last_ms:
            raise Refusal("time-backwards", f"seq {seq}")
        last_ms = time_ms
        if isinstance(body, bytes):
            present, digest, length = body, hash_(b"body", body), len(body)
        else:
            present, (digest, length) = None, body
        header = Header(
            RECORD_VERSION, path.coop, path.log, seq, prev, path.events[event], time_ms,
            path.kinds[kind], digest, length, expires_day,
        )  # fmt: skip
        check_header(header)
        if present is None and expires_day is None and header.kind not in ERASABLE:
            raise Refusal("absent-body", f"{header.kind} at seq {seq}")
        prev = hash_(b"header", encode(header))
        records.append(Record(prev, header, present))
    return records


def make_path(records: Sequence[Record], signature: bytes) -> Path:
    """The path of consecutive records that end at the signed head."""
    first = records[0].header
    time_ms = first.time_ms
    kinds: dict[str, int] = {}
    events: dict[bytes, int] = {}
    times: list[int] = []
    for index, (_, header, _) in enumerate(records):
        times.append(header.time_ms - time_ms if index else header.time_ms)
        time_ms = header.time_ms
        kinds.setdefault(header.kind, len(kinds))
        events.setdefault(header.key_event, len(events))
    return Path(
        coop=first.coop,
        log=first.log,
        parent=first.prev,
        kinds=tuple(kinds),
        events=tuple(events),
        times=tuple(times),
        kind_of=tuple(kinds[record.header.kind] for record in records),
        event_of=tuple(events[record.header.key_event] for record in records),
        expires_days=tuple(record.header.expires_day for record in records),
        bodies=tuple(
            (record.header.body_hash, record.header.body_len)
            if record.body is None
            else record.body
            for record in records
        ),
        signature=signature,
    )


def bytes_of(records: Iterable[Record]) -> int:
    """The size of the bodies, as `CHUNK_BYTES_MAX` counts it."""
    return sum(len(record.body) for record in records if record.body is not None)


def _check_columns(path: Path) -> None:
    count = len(path.bodies)
    columns = (path.times, path.kind_of, path.event_of, path.expires_days)
    if not count or any(len(column) != count for column in columns):
        raise Refusal("malformed", "columns of a path differ in length")
    if min(path.kind_of) < 0 or max(path.kind_of) >= len(path.kinds):
        raise Refusal("malformed", "kind index")
    if min(path.event_of) < 0 or max(path.event_of) >= len(path.events):
        raise Refusal("malformed", "key event index")
    hashes = [path.coop, path.log, *([path.parent] if path.parent is not None else [])]
    hashes += [body[0] for body in path.bodies if isinstance(body, tuple)]
    if any(len(value) != HASH_BYTES for value in hashes):
        raise Refusal("malformed", "hash of another length")
    if len(path.signature) != SIGNATURE_BYTES:
        raise Refusal("malformed", "signature of another length")


# Lasting kinds whose body an `erase` may drop: none that a rule of the counted set reads.
ERASABLE: Final[frozenset[str]] = frozenset()
_WINDOW_BYTES_MAX: Final = 8 * 1024 * 1024
_PATHS: Final = msgspec.msgpack.Decoder(tuple[Path, ...])
