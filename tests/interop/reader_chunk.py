"""Chunks: SPEC.md, section Chunk, steps 1 to 5. A zstd frame of paths, as loose as on a link."""

from dataclasses import dataclass
from typing import Final

import zstandard

from tests.interop.reader_codec import Value, decode_loose, refuse
from tests.interop.reader_values import number_of

CHUNK_BYTES_MAX: Final = 1048576 + 262144
RECORDS_MAX: Final = 1024
WINDOW_MAX: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Path:
    coop: bytes
    log: bytes
    parent: bytes | None
    kinds: list[Value]
    events: list[bytes]
    times: list[Value]
    kind_of: list[Value]
    event_of: list[Value]
    expires_days: list[Value]
    bodies: list[Value]
    signature: bytes


def decompress(data: bytes) -> bytes:
    if len(data) > CHUNK_BYTES_MAX:
        refuse("too-large", "a chunk")
    try:
        frame = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as error:
        refuse("malformed", f"no zstd frame: {error}")
    if frame.content_size in {zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR}:
        refuse("too-large", "a chunk that does not say its size")
    if frame.content_size > CHUNK_BYTES_MAX:
        refuse("too-large", "a chunk's content")
    if frame.window_size > WINDOW_MAX or frame.dict_id:
        refuse("malformed", "a window or dictionary that is not allowed")
    machine = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX).decompressobj()
    try:
        content = machine.decompress(data)
    except zstandard.ZstdError as error:
        refuse("malformed", f"a broken zstd frame: {error}")
    if not machine.eof or machine.unused_data or len(content) != frame.content_size:
        refuse("malformed", "not exactly one whole zstd frame")
    return content


def _list(value: Value) -> list[Value]:
    if type(value) is not list:
        refuse("bad-field", "not an array")
    return value


def _integers(value: Value) -> list[Value]:
    if any(type(item) is not int for item in _list(value)):
        refuse("bad-field", "not an array of integers")
    return _list(value)


def fixed(value: Value, size: int) -> bytes:
    if type(value) is not bytes:
        refuse("bad-field", "not bytes")
    if len(value) != size:
        refuse("malformed", f"not {size} bytes")
    return value


def parse_path(value: Value) -> Path:
    parts = _list(value)
    if len(parts) != 11:
        refuse("bad-field", "a path has eleven parts")
    kinds = _list(parts[3])
    if any(type(kind) is not str for kind in kinds):
        refuse("bad-field", "a kind is text")
    days = _list(parts[8])
    if any(day is not None and type(day) is not int for day in days):
        refuse("bad-field", "a day is an integer or nil")
    bodies = _list(parts[9])
    for body in bodies:
        absent = type(body) is list and [type(part) for part in body] == [bytes, int]
        if type(body) is not bytes and not absent:
            refuse("bad-field", "a body is bytes, or its hash and length")
    path = Path(
        fixed(parts[0], 32),
        fixed(parts[1], 32),
        None if parts[2] is None else fixed(parts[2], 32),
        kinds,
        [fixed(event, 16) for event in _list(parts[4])],
        _integers(parts[5]),
        _integers(parts[6]),
        _integers(parts[7]),
        days,
        bodies,
        fixed(parts[10], 64),
    )
    lengths = {
        len(column)
        for column in (path.times, path.kind_of, path.event_of, path.expires_days, path.bodies)
    }
    if len(lengths) != 1 or not path.times:
        refuse("malformed", "columns of different lengths, or of none")
    for indexes, size in ((path.kind_of, len(kinds)), (path.event_of, len(path.events))):
        if any(not 0 <= number_of(index) < size for index in indexes):
            refuse("malformed", "an index out of range")
    return path


def parse_chunk(data: bytes) -> list[Path]:
    """Steps 1 to 5 of section Chunk."""
    paths = _list(decode_loose(decompress(data)))
    read = [parse_path(path) for path in paths]
    if not paths or sum(len(path.times) for path in read) > RECORDS_MAX:
        refuse("too-large", "no path, or too many records")
    return read
