"""Records and logs: SPEC.md, sections Record and Log, and steps 6 to 13 of section Chunk."""

import re
from dataclasses import dataclass, field
from typing import Final

from tests.interop.reader_chunk import Path, fixed
from tests.interop.reader_codec import (
    INTEGER_MAX,
    Network,
    RefusalError,
    Value,
    is_signed,
    refuse,
)
from tests.interop.reader_keys import KeyLogs
from tests.interop.reader_kinds import (
    BODY_BYTES_MAX,
    CIRCLE_KINDS,
    FIELDS,
    FORGETTABLE,
    Body,
    parse_body,
    try_body,
)
from tests.interop.reader_values import items_of, itself, map_of, number_of

DAY_MS: Final = 86400000
EXPIRES_DAYS_MAX: Final = 731
BODIES_BYTES_MAX: Final = 1048576

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
    has_body: bool = True

    @property
    def order(self) -> tuple[int, bytes, int, bytes]:
        return self.time_ms, self.log, self.seq, self.id


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
    tips: dict[bytes, set[bytes]] = field(default_factory=dict)  # log: records without a child

    def put(self, taken: Taken) -> None:
        for record in taken.records:
            self.records[record.id] = record
            before = record.prev
            self.opening_of[record.id] = record.id if before is None else self.opening_of[before]
        first = taken.records[0]
        tips = self.tips.setdefault(first.log, set())
        tips.discard(first.prev or b"")
        tips.add(taken.records[-1].id)
        if taken.opening is not None:
            self.openings[first.id] = taken.opening
            self.owners[first.log] = (first.coop, taken.opening.device)

    def drop(self, taken: Taken) -> None:
        """Take back the newest put."""
        first = taken.records[0]
        for record in taken.records:
            del self.records[record.id]
            del self.opening_of[record.id]
        self.tips[first.log].discard(taken.records[-1].id)
        others = (record.prev for record in self.records.values())
        if first.prev is not None and first.prev not in others:
            self.tips[first.log].add(first.prev)
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


# ------------------------------------------------------------------------------------ headers


def is_kind(kind: str) -> bool:
    return _KIND.fullmatch(kind) is not None and len(kind) <= 48


def _number(value: Value, low: int, high: int, code: str = "malformed") -> int:
    if type(value) is not int or not low <= value <= high:
        refuse(code, f"not a number from {low} to {high}")
    return value


def check_header(header: list[Value]) -> None:
    """What a header says by itself: the table of section Record."""
    version, coop, log, seq, prev, event, time_ms, kind, body_hash, size, day = header
    if version != 1:
        refuse("unknown-version", f"a header of version {version!r}")
    for name in (coop, log, body_hash):
        fixed(name, 32)
    fixed(event, 16)
    if prev is not None:
        fixed(prev, 32)
    _number(seq, 1, INTEGER_MAX)
    _number(time_ms, 0, INTEGER_MAX)
    if type(kind) is not str or not is_kind(kind):
        refuse("malformed", "a kind is spelt otherwise")
    if (prev is None) is not (seq == 1) or (kind == "log.open/1") is not (seq == 1):
        refuse("malformed", "log.open/1 without parent stands exactly at the beginning")
    _number(size, 1, BODY_BYTES_MAX, "too-large")
    if day is None:
        return
    name = kind.split("/", maxsplit=1)[0]
    if name not in FORGETTABLE and not name.startswith(("note.", "post.")):
        refuse("malformed", f"{kind} is never forgotten")
    first = number_of(time_ms) // DAY_MS
    _number(day, first, first + EXPIRES_DAYS_MAX)


def _record(network: Network, path: Path, index: int, parent: Record | None) -> Record:
    kind = path.kinds[number_of(path.kind_of[index])]
    event = path.events[number_of(path.event_of[index])]
    time_ms = number_of(path.times[index])
    if index and parent is not None:
        time_ms += parent.time_ms
    if parent is not None and time_ms < parent.time_ms:
        refuse("time-backwards", "a record before its parent")
    day = path.expires_days[index]
    given = path.bodies[index]
    if isinstance(given, bytes):
        body_hash, size = network.hash("body", given), len(given)
    else:
        assert isinstance(given, list)
        body_hash, size = itself(given[0]), number_of(given[1])
    seq, prev = (1, None) if parent is None else (parent.seq + 1, parent.id)
    header: list[Value] = [1, path.coop, path.log, seq, prev, event, time_ms, kind]
    header += [body_hash, size, day]
    check_header(header)
    if not isinstance(given, bytes) and day is None:
        refuse("absent-body", "a lasting record without its body")
    assert isinstance(kind, str)
    return Record(
        network.of("header", *header),
        path.coop,
        path.log,
        seq,
        prev,
        event,
        time_ms,
        kind,
        body_hash,
        None if day is None else number_of(day),
        try_body(kind, given) if isinstance(given, bytes) else None,
        isinstance(given, bytes),
    )


def rebuild(network: Network, path: Path, parent: Record | None) -> list[Record]:
    made: list[Record] = []
    for index in range(len(path.times)):
        made.append(_record(network, path, index, made[-1] if made else parent))
    if any(record.kind in CIRCLE_KINDS for record in made[:-1]):
        refuse("malformed", "a path that runs over a circle record")
    sizes = [len(body) if isinstance(body, bytes) else absent_length(body) for body in path.bodies]
    if sum(sizes) > BODIES_BYTES_MAX:
        refuse("too-large", "the bodies of a path")
    return made


def absent_length(body: Value) -> int:
    return number_of(items_of(body)[1])


def check_head(network: Network, record: Record, device: bytes, signature: bytes) -> None:
    head = network.of("head", record.coop, record.log, record.seq, record.id, record.key_event)
    if not is_signed(device, head, signature):
        refuse("bad-signature", "the head of a path")


def check_opening(network: Network, coop: bytes, log: bytes, fields: Value) -> tuple[bytes, bytes]:
    """The circle and the device of an opening that makes the log's id."""
    try:
        FIELDS["log.open/1"](fields)
    except RefusalError as refusal:
        refuse("malformed", f"an opening: {refusal}")
    opened = map_of(fields)
    circle, device = itself(opened["circle"]), itself(opened["device"])
    if network.of("log", coop, device, circle, opened["instance"]) != log:
        refuse("malformed", "an opening that does not make the log's id")
    return circle, device


def _opening(store: Store, path: Path) -> Opening:
    try:
        body = parse_body("log.open/1", itself(path.bodies[0]))
    except RefusalError as refusal:
        refuse("malformed", f"an opening: {refusal}")
    circle, device = check_opening(store.network, path.coop, path.log, body.fields)
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
    made = rebuild(store.network, path, parent)
    opening = _opening(store, path) if parent is None else None
    device = opening.device if opening is not None else store.owners[path.log][1]
    for event in path.events:
        if device not in store.keys.signers(path.coop, event):
            refuse("not-its-device", "a device that its key event does not list")
    check_head(store.network, made[-1], device, path.signature)
    return Taken(made, opening)
