"""Writes key logs, records and export files from SPEC.md alone: material to try readers on."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import zstandard
from nacl.bindings import crypto_scalarmult_base, crypto_sign, crypto_sign_seed_keypair

from tests.interop.reader_codec import Network, Value, encode
from tests.interop.reader_values import items_of

NETWORK: Final = Network("coop")
START_MS: Final = 1_790_000_000_000
LIST: TypeAlias = list[Value]


@dataclass(frozen=True, slots=True)
class Key:
    public: bytes
    secret: bytes

    def sign(self, message: bytes) -> bytes:
        return crypto_sign(message, self.secret)[:64]


def key_of(rng: random.Random) -> Key:
    public, secret = crypto_sign_seed_keypair(rng.randbytes(32))
    return Key(public, secret)


def signed(event: LIST, *keys: Key) -> tuple[bytes, Value]:
    """The hash of a key event, and its Signed form."""
    data = encode(event)
    named = NETWORK.hash("key", data)
    pairs: LIST = [
        [key.public, key.sign(named)] for key in sorted(keys, key=lambda one: one.public)
    ]
    return named, [data, pairs]


def log_cut(log: bytes, heads: dict[bytes, bytes]) -> Value:
    return {
        "heads": [*sorted(heads)],
        "log": log,
        "signatures": [heads[one] for one in sorted(heads)],
    }


class Coop:
    """A co-op that signs with keys drawn from a seed."""

    def __init__(
        self, rng: random.Random, *, witnesses: tuple[bytes, ...] = (), board: int = 0
    ) -> None:
        self.rng = rng
        self.controllers = [key_of(rng), key_of(rng)]
        self.device = key_of(rng)
        self.board = [key_of(rng) for _ in range(board)]
        self.witnesses: LIST = [*sorted(witnesses)]
        fields = self._epoch([self.device], self.controllers[1])
        fields["recovery"] = self.recovery()
        self.events: LIST = []
        self.placed: list[bytes] = []
        self.receipts: LIST = []
        self.add_event("key.inception/1", fields, self.controllers[0])
        self.id = self.placed[0]

    def noise(self) -> bytes:
        return crypto_scalarmult_base(self.rng.randbytes(32))

    def recovery(self) -> Value:
        keys: LIST = [*sorted(key.public for key in self.board)]
        return {"keys": keys, "threshold": (len(keys) + 1) // 2}

    def _epoch(self, devices: list[Key], following: Key) -> dict[str, Value]:
        listed: LIST = [
            {"noise": self.noise(), "sign": device.public}
            for device in sorted(devices, key=lambda one: one.public)
        ]
        return {
            "controller": self.controllers[-2].public,
            "devices": listed,
            "next_controller": NETWORK.hash("next", following.public),
            "sealing": self.noise(),
            "witnesses": self.witnesses,
        }

    def add_event(self, kind: str, fields: dict[str, Value], *keys: Key) -> bytes:
        """Sign an event that follows the newest placed one; device events leave it the newest."""
        first = kind == "key.inception/1"
        device = kind.startswith("device.")
        place = len(self.placed) - device
        before: LIST = [None, None] if first else [self.placed[0], self.placed[-1]]
        event: LIST = [kind, before[0], place, before[1], self.rng.randbytes(16), fields]
        named, wire = signed(event, *keys)
        self.events.append(wire)
        if not device:
            self.placed.append(named)
        return named

    def rotate(
        self,
        devices: list[Key],
        cuts: LIST,
        *,
        kind: str = "key.rotate/1",
        by: list[Key] | None = None,
    ) -> bytes:
        self.controllers.append(key_of(self.rng))
        fields = self._epoch(devices, self.controllers[-1])
        fields["cuts"] = cuts
        return self.add_event(kind, fields, *(by or [self.controllers[-2]]))

    def witness(self, coop: bytes, event: bytes) -> Value:
        message = NETWORK.of("receipt", self.id, coop, event)
        return [self.id, coop, event, self.device.public, self.device.sign(message)]


@dataclass(slots=True)
class Made:
    """A record as a writer knows it."""

    id: bytes
    log: bytes
    coop: bytes
    seq: int
    time_ms: int
    kind: str
    prev: "Made | None"
    refs: list[bytes]
    path: LIST
    signature: bytes


def body_of(
    salt: bytes,
    subject: bytes | None,
    refs: list[bytes],
    fields: Value,
    sealed: bytes | None = None,
) -> bytes:
    return encode([salt, subject, "", None, [*sorted(refs)], fields, sealed])


@dataclass(slots=True)
class Log:
    """A log of one co-op in one circle; each record is a path of its own."""

    coop: Coop
    circle: bytes
    device: Key
    instance: int = 0
    made: list[Made] = field(default_factory=list)

    @property
    def id(self) -> bytes:
        return NETWORK.of("log", self.coop.id, self.device.public, self.circle, self.instance)

    def open(self, time_ms: int, ground: bytes | None) -> Made:
        fields: Value = {
            "circle": self.circle,
            "device": self.device.public,
            "instance": self.instance,
        }
        return self.add("log.open/1", fields, time_ms, refs=[ground] if ground else [])

    def add(
        self,
        kind: str,
        fields: Value,
        time_ms: int,
        *,
        refs: list[bytes] | None = None,
        subject: bytes | None = None,
        expires_day: int | None = None,
        after: Made | None = None,
        body: bytes | None = None,
    ) -> Made:
        parent = after or (self.made[-1] if self.made else None)
        if kind == "log.open/1":
            parent = None
        if body is None:
            body = body_of(self.coop.rng.randbytes(16), subject, refs or [], fields)
        event = self.coop.placed[-1][:16]
        seq = 1 if parent is None else parent.seq + 1
        prev = None if parent is None else parent.id
        header: LIST = [1, self.coop.id, self.id, seq, prev, event, time_ms, kind]
        hashed = NETWORK.hash("body", body)
        record = NETWORK.of("header", *header, hashed, len(body), expires_day)
        head = NETWORK.of("head", self.coop.id, self.id, seq, record, event)
        signature = self.device.sign(head)
        path: LIST = [self.coop.id, self.id, prev, [kind], [event], [time_ms], [0], [0]]
        path += [[expires_day], [body], signature]
        made = Made(
            record,
            self.id,
            self.coop.id,
            seq,
            time_ms,
            kind,
            parent,
            sorted(refs or []),
            path,
            signature,
        )
        self.made.append(made)
        return made


def path_of(*run: Made) -> LIST:
    """One path of records that follow each other in their log."""
    first, last = run[0].path, run[-1].path
    since = [made.time_ms - before.time_ms for before, made in pairwise(run)]
    columns: list[LIST] = [[], [], [run[0].time_ms, *since], [*range(len(run))], [*range(len(run))]]
    columns += [[], []]
    for made in run:
        for place, column in ((3, 0), (4, 1), (8, 5), (9, 6)):
            columns[column] += items_of(made.path[place])
    return [*first[:3], *columns, last[10]]


def chunk_of(paths: LIST) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_content_size=True).compress(encode(paths))


def export(
    header: Value,
    blocks: LIST,
    records: Value,
    network: Network = NETWORK,
) -> bytes:
    """The bytes of an export file of these blocks; one that is bytes stands for itself."""
    check, out = bytes(32), [b"coop-node export 1\n"]
    for value in [header, *blocks]:
        block = value if isinstance(value, bytes) else encode(value)
        check = network.hash("file", check + block)
        out += [len(block).to_bytes(4, "big"), block]
    end = encode(["end", records, check])
    return b"".join([*out, len(end).to_bytes(4, "big"), end])


def rules(stewards: list[bytes], **changed: Value) -> dict[str, Value]:
    everyone: Value = {"by": "members", "count": 1}
    found: dict[str, Value] = {
        "admit": everyone,
        "name": "Circle",
        "nonce": bytes(16),
        "read": "members",
        "remove": everyone,
        "rule": everyone,
        "stewards": [*sorted(stewards)],
        "version": 1,
    }
    found.update(changed)
    return found


def found_circle(coop: Coop, fields: dict[str, Value], time_ms: int) -> tuple[Log, Made, Made]:
    """The log of a founder, its opening and the founding record."""
    body = body_of(coop.rng.randbytes(16), None, [], fields)
    log = Log(coop, NETWORK.hash("body", body), coop.device)
    opening = log.open(time_ms, None)
    return log, opening, log.add("circle.found/1", fields, time_ms, body=body)
