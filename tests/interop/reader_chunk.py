"""Chunks, paths and records: SPEC.md, sections Record, Log and Chunk. Rebuilds every header."""

import re
from dataclasses import dataclass, field
from typing import Final

import zstandard

from tests.interop.reader_codec import INTEGER_MAX, Network, Value, decode_loose, is_signed, refuse
from tests.interop.reader_keys import KeyLogs
from tests.interop.reader_kinds import (
    BODY_BYTES_MAX,
    CIRCLE_KINDS,
    FORGETTABLE,
    Body,
    parse_body,
    try_body,
)
from tests.interop.reader_values import itself, number_of

CHUNK_BYTES_MAX: Final = 1048576 + 262144
RECORDS_MAX: Final = 1024
WINDOW_MAX: Final = 8 << 20
DAY_MS: Final = 86400000
EXPIRES_DAYS_MAX: Final = 731

_KIND: Final = re.compile(r"[a-z]+(\.[a-z]+)*/[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    id: bytes
    coop: bytes
    log: bytes
    seq: int
    prev: bytes | None
    key_event: bytes
    time_ms: int
    kind: str
    body_hash: bytes
    expires_day: int | None
    body: Body | None  # None: absent, or malformed for ever
    has_body: bool

    @property
    def order(self) -> tuple[int, bytes, int, bytes]:
        return self.time_ms, self.log, self.seq, self.id


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


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first record of a log says of it."""

    circle: bytes
    device: bytes
    ground: bytes | None


@dataclass(frozen=True, slots=True)
class Taken:
    """The records of a path that passed all checks of its own."""

    records: list[Record]
    opening: Opening | None


@dataclass(slots=True)
class Store:
    """The records that are stored, by id, and the logs that they open."""

    network: Network
    circle: bytes
    keys: KeyLogs
    records: dict[bytes, Record] = field(default_factory=dict)
    openings: dict[bytes, Opening] = field(default_factory=dict)  # by the opening's record id
    owners: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)  # log: co-op, device
    opening_of: dict[bytes, bytes] = field(default_factory=dict)  # record: its opening

    def put(self, taken: Taken) -> None:
        for record in taken.records:
            self.records[record.id] = record
            before = record.prev
            self.opening_of[record.id] = record.id if before is None else self.opening_of[before]
        first = taken.records[0]
        if taken.opening is not None:
            self.openings[first.id] = taken.opening
            self.owners[first.log] = (first.coop, taken.opening.device)

    def drop(self, taken: Taken) -> None:
        """Take back the newest put."""
        first = taken.records[0]
        for record in taken.records:
            del self.records[record.id]
            del self.opening_of[record.id]
        if taken.opening is not None:
            del self.openings[first.id]
            if not any(self.records[one].log == first.log for one in self.openings):
                del self.owners[first.log]

    def below(self, record: bytes) -> list[bytes]:
        """The record and all before it in its log, the newest first."""
        found = []
        at: bytes | None = record
        while at is not None and at in self.records:
            found.append(at)
            at = self.records[at].prev
        return found


# ---------------------------------------------------------------------------------- the frame


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


def _fixed(value: Value, size: int) -> bytes:
    if type(value) is not bytes:
        refuse("bad-field", "not bytes")
    if len(value) != size:
        refuse("malformed", f"not {size} bytes")
    return value


def _path(value: Value) -> Path:
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
        _fixed(parts[0], 32),
        _fixed(parts[1], 32),
        None if parts[2] is None else _fixed(parts[2], 32),
        kinds,
        [_fixed(event, 16) for event in _list(parts[4])],
        _integers(parts[5]),
        _integers(parts[6]),
        _integers(parts[7]),
        days,
        bodies,
        _fixed(parts[10], 64),
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
    read = [_path(path) for path in paths]
    if not paths or sum(len(path.times) for path in read) > RECORDS_MAX:
        refuse("too-large", "no path, or too many records")
    return read


# ------------------------------------------------------------------------------------ headers


def check_kind(kind: str) -> None:
    if not _KIND.fullmatch(kind) or len(kind) > 48:
        refuse("malformed", "a kind is spelt otherwise")


def check_expiry(kind: str, time_ms: int, expires_day: int | None) -> None:
    if expires_day is None:
        return
    day = time_ms // DAY_MS
    if kind.split("/", maxsplit=1)[0] not in FORGETTABLE:
        refuse("malformed", f"{kind} is never forgotten")
    if not day <= expires_day <= day + EXPIRES_DAYS_MAX:
        refuse("malformed", "forgotten too early or too late")


def _record(network: Network, path: Path, index: int, parent: Record | None) -> Record:
    kind = path.kinds[number_of(path.kind_of[index])]
    assert isinstance(kind, str)
    check_kind(kind)
    event = path.events[number_of(path.event_of[index])]
    time_ms = number_of(path.times[index])
    if index and parent is not None:
        time_ms += parent.time_ms
    if not 0 <= time_ms <= INTEGER_MAX:
        refuse("malformed", "a time out of bounds")
    if parent is not None and time_ms < parent.time_ms:
        refuse("time-backwards", "a record before its parent")
    seq = 1 if parent is None else parent.seq + 1
    if seq > INTEGER_MAX or (kind == "log.open/1") is not (seq == 1):
        refuse("malformed", "log.open/1 stands exactly at the beginning")
    day = path.expires_days[index]
    expires_day = None if day is None else number_of(day)
    check_expiry(kind, time_ms, expires_day)
    given = path.bodies[index]
    if isinstance(given, bytes):
        body_hash, size = network.hash("body", given), len(given)
    else:
        assert isinstance(given, list)
        body_hash, size = _fixed(given[0], 32), number_of(given[1])
    if not 1 <= size <= BODY_BYTES_MAX:
        refuse("too-large", "a body of another length")
    if not isinstance(given, bytes) and expires_day is None:
        refuse("absent-body", "a lasting record without its body")
    prev = None if parent is None else parent.id
    header: list[Value] = [1, path.coop, path.log, seq, prev, event, time_ms, kind]
    record_id = network.of("header", *header, body_hash, size, expires_day)
    body = try_body(kind, given) if isinstance(given, bytes) else None
    return Record(
        record_id,
        path.coop,
        path.log,
        seq,
        prev,
        event,
        time_ms,
        kind,
        body_hash,
        expires_day,
        body,
        isinstance(given, bytes),
    )


def _opening(store: Store, path: Path) -> Opening:
    data = path.bodies[0]
    assert isinstance(data, bytes)
    body = parse_body("log.open/1", data)
    circle, device = itself(body.fields["circle"]), itself(body.fields["device"])
    made = store.network.of("log", path.coop, device, circle, body.fields["instance"])
    if made != path.log:
        refuse("malformed", "an opening that does not make the log's id")
    if circle != store.circle:
        refuse("malformed", "a log of another circle")
    return Opening(circle, device, body.refs[0] if body.refs else None)


def _parent(store: Store, path: Path) -> Record | None:
    if path.coop not in store.keys.logs:
        refuse("unknown-coop", "a path's author")
    if path.parent is None:
        if path.log in store.owners and store.owners[path.log][0] != path.coop:
            refuse("bad-chain", "a log of another co-op")
        return None
    parent = store.records.get(path.parent)
    if parent is None:
        refuse("gap", "the record before the path is not here")
    if (parent.coop, parent.log) != (path.coop, path.log):
        refuse("bad-chain", "a path that goes on another log")
    return parent


def check_path(store: Store, path: Path) -> Taken:
    """Steps 6 to 13 of section Chunk."""
    parent = _parent(store, path)
    made: list[Record] = []
    for index in range(len(path.times)):
        made.append(_record(store.network, path, index, made[-1] if made else parent))
    for record in made[:-1]:
        if record.kind in CIRCLE_KINDS:
            refuse("malformed", "a path that runs over a circle record")
    opening = _opening(store, path) if parent is None else None
    device = opening.device if opening is not None else store.owners[path.log][1]
    for event in path.events:
        if device not in store.keys.signers(path.coop, event):
            refuse("not-its-device", "a device that its key event does not list")
    last = made[-1]
    head = store.network.of("head", last.coop, last.log, last.seq, last.id, last.key_event)
    if not is_signed(device, head, path.signature):
        refuse("bad-signature", "the head of a path")
    return Taken(made, opening)
