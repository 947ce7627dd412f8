"""Ingest: the one door. A local keystroke and a frame from a peer meet here; nothing else writes.

Parse, place, put, commit; then the caller tells. All or nothing for each path: what a peer may not
say at all raises a Refusal and leaves no trace, what may only wait is named in the outcome.
Synchronous, for the writer thread and the simulator alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from node.store import bodies, circles, cuts, fold, keylogs, logs, strangers
from node.store.database import Database
from node.store.logs import Branch, LogRow
from protocol import chunk
from protocol.chunk import Parent, Path
from protocol.circle import FIELDS as CIRCLE_KINDS
from protocol.circle import FOUND
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.limits import CHUNK_BYTES_MAX, SKEW_MS_MAX, TIPS_MAX
from protocol.log import read_open, verify_head
from protocol.record import Record, open_body


class Outcome(msgspec.Struct):
    """What came of a chunk."""

    circle: bytes
    new_records: int = 0
    gap: bool = False
    """A path has to wait for what is not here (records, key logs, an admit): compare the roots."""
    refused: list[tuple[bytes, Refusal]] = msgspec.field(default_factory=list)
    """Paths that have to wait, by log, and why."""
    members_changed: bool = False


def ingest(database: Database, circle: bytes, data: bytes, now_ms: int, *, live: bool) -> Outcome:
    """Take a chunk in. Live ones are folded in the same transaction, bulk ones by `fold` later."""
    try:
        paths = chunk.unpack(data)
    except Refusal as refusal:
        _raise_if_final(refusal)
        return Outcome(circle, refused=[(b"", refusal)])
    return ingest_paths(database, circle, paths, now_ms, live=live)


def ingest_many(
    database: Database, circle: bytes, chunks: Sequence[bytes], now_ms: int
) -> list[Outcome]:
    """Take bulk chunks in under one commit: what a disk's sync costs is paid once for all."""
    with database.transaction():
        return [ingest(database, circle, data, now_ms, live=False) for data in chunks]


def ingest_paths(
    database: Database, circle: bytes, paths: Sequence[Path], now_ms: int, *, live: bool
) -> Outcome:
    """The same for paths at hand: one transaction, committed when this returns."""
    outcome = Outcome(circle)
    with database.transaction():
        rebuild = False
        waiting = list(paths)
        lacking: list[tuple[bytes, Refusal]] = []
        for _ in range(TRIES_MAX):
            todo, waiting, before = waiting, [], outcome.new_records
            lacking.clear()
            for path in todo:
                try:
                    rebuild |= _take(database, circle, path, now_ms, outcome, live=live)
                except Refusal as refusal:
                    _raise_if_final(refusal)
                    if refusal.code in LACKING:
                        waiting.append(path)
                        lacking.append((path.log, refusal))
                    else:
                        outcome.refused.append((path.log, refusal))
            if not waiting or outcome.new_records == before:
                break
        outcome.gap = bool(lacking)
        outcome.refused += lacking
        if rebuild:
            fold.rebuild_circle(database, circle)
        if live:
            fold.fold(database, fold.BATCH_RECORDS)
    return outcome


def ingest_keys(
    database: Database, events: Sequence[Signed], receipts: Sequence[Receipt] = ()
) -> set[bytes]:
    """Take key events in; the co-ops whose key log grew."""
    with database.transaction():
        grown = keylogs.put_key_logs(database, events, receipts)
        changed = fold.waits_for_keys(database) if grown else set()
        for coop in grown:
            changed |= circles.take_keys(database, coop)
        for circle in sorted(changed):
            fold.rebuild_circle(database, circle)
    return grown


def take_keys(
    database: Database, events: Sequence[Signed], receipts: Sequence[Receipt] = ()
) -> set[bytes]:
    """The same for what a peer sent: what has to wait is left aside, the rest is taken."""
    events = strangers.within_limit(database, events)
    try:
        return ingest_keys(database, events, receipts)
    except Refusal as refusal:
        _raise_if_final(refusal)
    grown: set[bytes] = set()
    with database.transaction() as connection:
        for some, given in [*(((one,), ()) for one in events), *(((), (one,)) for one in receipts)]:
            connection.execute("SAVEPOINT keys")
            try:
                grown |= ingest_keys(database, some, given)
            except Refusal as refusal:
                _raise_if_final(refusal)
                connection.execute("ROLLBACK TO keys")
                database.forget()
            connection.execute("RELEASE keys")
    return grown


def ingest_body(database: Database, circle: bytes, record: bytes, body: bytes) -> Outcome:
    """Take a forgettable body that was absent; one that nobody wants is left alone."""
    outcome = Outcome(circle)
    with database.transaction():
        if bodies.fill(database, record, body):
            fold.fold_record(database, record)
            outcome.new_records = 1
    return outcome


def _take(
    database: Database, circle: bytes, path: Path, now_ms: int, outcome: Outcome, *, live: bool
) -> bool:
    """One path under a savepoint; True when the circle's rows have to be rebuilt."""
    judge = circles.load(database, circle)
    judged = len(judge.entries), len(judge.waiting)
    database.connection.execute("SAVEPOINT path")
    try:
        records, log, parent, device = _check(database, circle, path, now_ms)
        new = _unknown(database, records, parent)
        rebuild = bool(new) and _put(database, outcome, path, (log, device), new, live=live)
        database.connection.execute("RELEASE path")
    except Refusal:
        database.connection.execute("ROLLBACK TO path")
        database.connection.execute("RELEASE path")
        database.forget_numbers()
        is_other = database.circles.get(circle) is not judge
        if is_other or (len(judge.entries), len(judge.waiting)) != judged:
            database.forget_circle(circle)
        raise
    outcome.new_records += len(new)
    return rebuild


def _check(
    database: Database, circle: bytes, path: Path, now_ms: int
) -> tuple[list[Record], LogRow | None, logs.Spot | None, bytes]:
    """Everything that bytes, keys and clock decide: chain, log, device, signature, skew."""
    key_log = keylogs.key_log(database, path.coop)
    if key_log is None:
        raise Refusal("unknown-coop")
    log = logs.find_log(database, path.log)
    spot = None
    parent = None
    if path.parent is not None:
        spot = logs.spot_of(database, path.parent)
        if spot is None or log is None:
            raise Refusal("gap")
        if spot.log != log.n:
            raise Refusal("bad-chain", "the parent is of another log")
        parent = Parent(path.parent, spot.seq, spot.time_ms)
    if log is not None and log.coop != database.coop_number(path.coop):
        raise Refusal("bad-chain", "a log of another co-op")
    records = chunk.walk(database.network, path, parent)
    _check_shape(records)
    if log is not None and log.circle != circles.circle_number(database, circle):
        raise Refusal("malformed", "a log of another circle")
    if parent is None:
        device = _check_opening(database, circle, records[0])
    else:
        assert log is not None
        device = log.device
    for reference in path.events:
        if not key_log.may_sign(reference, device):
            raise Refusal("not-its-device")
    last = records[-1]
    verify_head(database.network, device, last.header, last.id, path.signature)
    if last.header.time_ms > now_ms + SKEW_MS_MAX:
        raise Refusal("from-the-future")
    return records, log, spot, device


def _check_shape(records: list[Record]) -> None:
    """What lets everyone hand on a path: it fits a chunk, and circle records end it."""
    if sum(one.header.body_len for one in records) > CHUNK_BYTES_MAX:
        raise Refusal("too-large", "bodies of a path")
    if any(one.header.kind in CIRCLE_KINDS for one in records[:-1]):
        raise Refusal("malformed", "a path runs over a circle record")


def _check_opening(database: Database, circle: bytes, first: Record) -> bytes:
    """The device of a log whose first record this is."""
    opened = read_open(database.network, first.header, first.body or b"")
    if opened.circle != circle:
        raise Refusal("malformed", "a log of another circle")
    return opened.device


def _unknown(database: Database, records: list[Record], parent: logs.Spot | None) -> list[Record]:
    """The records that are not here: behind the first unknown one all are unknown."""
    if parent is not None and logs.branch(database, parent.branch).tip_seq == parent.seq:
        return records
    for index, record in enumerate(records):
        if logs.spot_of(database, record.id) is None:
            return records[index:]
    return []


def _put(
    database: Database,
    outcome: Outcome,
    path: Path,
    writer: tuple[LogRow | None, bytes],
    new: list[Record],
    *,
    live: bool,
) -> bool:
    """Place and put the new records of a path; refuse them again when they may not be kept."""
    circle = outcome.circle
    judge = circles.load(database, circle)
    ground = _ground_of(database, new[0])
    entries = circles.entries_in(database, circle, path.coop, new)
    is_grounded = circles.is_ground(judge, path.coop, path.log, ground)
    if not is_grounded and not any(one.kind == FOUND for one in entries):
        raise Refusal("not-a-member")
    log, device = writer
    if log is None:
        log = _open_log(database, circle, path, new[0])
    assert log.device == device
    target = _branch_for(database, log, ground, new[0])
    logs.put_records(database, target.n, new)
    tip_seq = new[-1].header.seq
    keep = new[-1].header.kind in CIRCLE_KINDS
    size = sum(one.header.body_len for one in new)
    logs.put_signature(database, target, tip_seq, size, path.signature, keep=keep)
    logs.set_branch(database, target.n, tip_seq, target.counted_seq, target.carried_seq)
    rebuild = circles.take(database, circle, path.coop, log, entries)
    judge = circles.load(database, circle)
    outcome.members_changed |= bool(entries)
    rebuild |= bool(entries) and circle in fold.waits_for_keys(database)
    if not is_grounded and not circles.is_ground(judge, path.coop, path.log, ground):
        raise Refusal("not-a-member")
    ended = judge.log_cuts(path.coop, log.id, ground)
    if ended or cuts.key_cuts(database, path.coop, log):
        cuts.put_signatures(database, judge, path.coop, log)
    if live and logs.branch(database, target.n).carried_seq < new[0].header.seq:
        # A cut's head, or a circle record that carries all before it, may lie behind: what was
        # asked for is held. What is pushed is not, or a removed co-op could go on for ever.
        raise Refusal("not-a-member" if ended is None else "beyond-cut")
    return rebuild


def _ground_of(database: Database, first: Record) -> bytes | None:
    """The admit on which a record's branch stands."""
    if first.header.prev is not None:
        spot = logs.spot_of(database, first.header.prev)
        assert spot is not None
        return logs.branch(database, spot.branch).ground
    refs = open_body(first.body or b"").refs
    return refs[0] if refs else None


def _open_log(database: Database, circle: bytes, path: Path, first: Record) -> LogRow:
    opened = read_open(database.network, first.header, first.body or b"")
    number = circles.make_circle(database, circle)
    return logs.make_log(database, path.coop, path.log, number, opened)


def _branch_for(database: Database, log: LogRow, ground: bytes | None, first: Record) -> Branch:
    """The branch that a record extends, or a new one behind a record that has a child: a fork."""
    spot = None if first.header.prev is None else logs.spot_of(database, first.header.prev)
    if spot is not None:
        parent = logs.branch(database, spot.branch)
        if parent.tip_seq == spot.seq:
            return parent
    if len(logs.tips_of(database, logs.branches_of(database, log.n))) >= TIPS_MAX:
        raise Refusal("overgrown")
    before, seq = (None, 0) if spot is None else (spot.n, spot.seq)
    return logs.make_branch(database, log.n, before, ground, seq + 1)


def _raise_if_final(refusal: Refusal) -> None:
    """Raise again what a peer may not say at all."""
    if REFUSALS[refusal.code].peer is Peer.CLOSE:
        raise refusal


# What was refused for want of something is tried again behind the other paths of its chunk.
TRIES_MAX: Final = 4
LACKING: Final = frozenset({"gap", "not-a-member", "not-its-device", "unknown-coop", "unknown-key"})
