"""Author: seals a member's intents into records of the node's own log.

Synchronous, for the writer thread: it reads the head, dates, chains and signs, and hands the paths
to the one door. It never decides whether an act is wise; `publish` checks that before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from node.ingest import Outcome, ingest_paths
from node.store import circles, keylogs, logs
from node.store.database import Database
from node.store.logs import Branch
from protocol import log as logs_protocol
from protocol.chunk import Path, make_path
from protocol.circle import FIELDS as CIRCLE_KINDS
from protocol.errors import Refusal
from protocol.keys import signing_pair
from protocol.limits import (
    HASH_BYTES,
    LOG_INSTANCE_MAX,
    RECORD_VERSION,
    SIGNATURE_GAP_BYTES_MAX,
    SIGNATURE_GAP_RECORDS_MAX,
    SKEW_MS_MAX,
)
from protocol.log import Open, sign_head
from protocol.record import LOG_OPEN, Header, Record, check_header, seal, write_body


class Draft(NamedTuple):
    """What is to be signed: the kind, the whole body, and the day on which it may be forgotten."""

    kind: str
    body: bytes
    expires_day: int | None = None


class Published(NamedTuple):
    """What was signed and committed: the new ids, the paths to push, what the door said."""

    ids: list[bytes]
    paths: list[Path]
    outcome: Outcome


class Author:
    """One device of a co-op. `instance` tells copies of its folder apart, circle by circle."""

    def __init__(self, coop: bytes, device_seed: bytes) -> None:
        self.coop = coop
        self.device, self._secret = signing_pair(device_seed)

    def publish(
        self,
        database: Database,
        circle: bytes,
        instance: int,
        drafts: Sequence[Draft],
        now_ms: int,
        salt: bytes,
        *,
        live: bool = True,
        after_ms: int = -1,
    ) -> Published:
        """Sign drafts in order and put them through the door, all or none.

        `salt` is for the opening of a new log; `after_ms` is the latest time that they refer to.
        """
        opened, log, (seq, prev, time_ms) = self._log(database, circle, instance)
        todo = list(drafts)
        if prev is None:
            ground = self._ground(database, circle)
            refs = () if ground is None else (ground,)
            todo.insert(0, Draft(LOG_OPEN, write_body(salt, opened, refs=refs)))
        time_ms = max(time_ms, now_ms, after_ms + 1)
        if time_ms > now_ms + SKEW_MS_MAX:
            minutes = (time_ms - now_ms) // 60_000
            raise Refusal("clock-is-off", f"it is {minutes} minutes behind what was signed before")
        key_event = self._key_event(database)
        records: list[Record] = []
        for draft in todo:
            seq += 1
            header = Header(
                RECORD_VERSION, self.coop, log, seq, prev, key_event, time_ms, draft.kind,
                b"", 0, draft.expires_day,
            )  # fmt: skip
            record = seal(database.network, header, draft.body)
            check_header(record.header)
            records.append(record)
            prev = record.id
        paths = self._sign(database, records)
        outcome = ingest_paths(database, circle, paths, now_ms, live=live)
        if outcome.refused:
            raise outcome.refused[0][1]
        return Published([one.id for one in records[-len(drafts) :]], paths, outcome)

    def log_in(self, database: Database, circle: bytes, instance: int) -> bytes:
        """The log in which the next record of this device in a circle will lie."""
        return self._log(database, circle, instance)[1]

    def sign_head_of(self, database: Database, record: Record) -> bytes:
        """The signature of a head, for cuts of the own logs."""
        return sign_head(database.network, self._secret, record.header, record.id)

    def _sign(self, database: Database, records: list[Record]) -> list[Path]:
        """Cut records into paths: none runs on too long without a signature.

        A circle record ends its path, since it may have to be carried when nothing behind it is.
        """
        paths: list[Path] = []
        some: list[Record] = []
        size = 0
        for record in records:
            length = record.header.body_len
            full = record.header.seq % SIGNATURE_GAP_RECORDS_MAX == 1
            full |= bool(some) and some[-1].header.kind in CIRCLE_KINDS
            if some and (full or size + length > SIGNATURE_GAP_BYTES_MAX):
                paths.append(make_path(some, self.sign_head_of(database, some[-1])))
                some, size = [], 0
            some.append(record)
            size += length
        paths.append(make_path(some, self.sign_head_of(database, some[-1])))
        return paths

    def _key_event(self, database: Database) -> bytes:
        """The event in force, under which only a live device writes on."""
        own = keylogs.key_log(database, self.coop)
        assert own is not None
        if not any(one.sign == self.device for one in own.live_devices()):
            raise Refusal("not-its-device", "this machine was taken out of its co-op")
        return own.current.ref

    def _log(
        self, database: Database, circle: bytes, instance: int
    ) -> tuple[Open, bytes, tuple[int, bytes | None, int]]:
        """The log to write on with its head: the instance's, or a later one where that was cut.

        A co-op that was removed and admitted again goes on in new logs.
        """
        judge = circles.load(database, circle)
        for step in range(LOG_INSTANCE_MAX + 1):
            opened = Open(circle, self.device, (instance + step) % (LOG_INSTANCE_MAX + 1))
            log = logs_protocol.log_id(database.network, self.coop, opened)
            row = logs.find_log(database, log)
            if row is None:
                return opened, log, (0, None, 0)
            whole = [
                one
                for one in logs.branches_of(database, row.n)
                if judge.log_cuts(self.coop, log, one.ground) == []
            ]
            if whole:
                return opened, log, _head(database, whole)
        raise Refusal("not-a-member", "every log of this device was cut")

    def _ground(self, database: Database, circle: bytes) -> bytes | None:
        """The admit that a new log refers to; None for the founder's first."""
        judge = circles.load(database, circle)
        if judge.state is None:
            return None
        grounds = sorted(judge.state.live_grounds(self.coop))
        if not grounds:
            raise Refusal("not-a-member")
        return grounds[0]


def _head(database: Database, branches: Sequence[Branch]) -> tuple[int, bytes | None, int]:
    """(seq, id, time) of the newest tip."""
    newest = max(branches, key=lambda one: (one.tip_seq, one.n))
    found = database.connection.execute(
        "SELECT id, time_ms FROM record WHERE branch = ? AND seq = ?", (newest.n, newest.tip_seq)
    ).fetchone()
    return newest.tip_seq, found[0], found[1]


SALT_BYTES: Final = HASH_BYTES // 2
