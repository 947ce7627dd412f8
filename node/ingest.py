"""Ingest: the one door. A local keystroke and a frame from a peer meet here; nothing else writes.

Parse, place, put, commit; then the caller tells. All or nothing for each path: what a peer may not
say at all raises a Refusal and leaves no trace, what may only wait is named in the outcome.
Synchronous, for the writer thread and the simulator alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from node.store import bodies, circles, fold, keylogs, logs
from node.store.database import Database
from node.store.logs import Branch, LogRow
from protocol import chunk
from protocol.chunk import Parent, Path
from protocol.circle import FIELDS as CIRCLE_KINDS
from protocol.errors import REFUSALS, Peer, Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.limits import SKEW_MS_MAX, TIPS_MAX
from protocol.log import read_open, verify_head
from protocol.record import Record, open_body


class Outcome(msgspec.Struct):
    """What came of a chunk."""

    circle: bytes
    new_records: int = 0
    gap: bool = False
    """A path starts behind a record that is not here: ask for what lies between."""
    refused: list[tuple[bytes, Refusal]] = msgspec.field(default_factory=list)
    """Paths that have to wait, by log, and why."""
    members_changed: bool = False


def ingest(database: Database, circle: bytes, data: bytes, now_ms: int, *, live: bool) -> Outcome:
    """Take a chunk in. Live ones are folded in the same transaction, bulk ones by `fold` later."""
    return ingest_paths(database, circle, chunk.unpack(data), now_ms, live=live)


def ingest_paths(
    database: Database, circle: bytes, paths: Sequence[Path], now_ms: int, *, live: bool
) -> Outcome:
    """The same for paths at hand: one transaction, committed when this returns."""
    outcome = Outcome(circle)
    with database.transaction():
        rebuild = False
        for path in paths:
            try:
                rebuild |= _take(database, circle, path, now_ms, outcome)
            except Refusal as refusal:
                if REFUSALS[refusal.code].peer is Peer.CLOSE:
                    raise
                outcome.gap |= refusal.code == "gap"
                outcome.refused.append((path.log, refusal))
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
        for coop in grown:
            circles.put_key_leaves(database, coop)
    return grown


def ingest_body(database: Database, circle: bytes, record: bytes, body: bytes) -> Outcome:
    """Take a forgettable body that was absent; one that nobody wants is left alone."""
    outcome = Outcome(circle)
    with database.transaction():
        if bodies.fill(database, record, body):
            fold.fold_record(database, record)
            outcome.new_records = 1
    return outcome


def _take(database: Database, circle: bytes, path: Path, now_ms: int, outcome: Outcome) -> bool:
    """One path under a savepoint; True when the circle's rows have to be rebuilt."""
    database.connection.execute("SAVEPOINT path")
    try:
        records, log, parent, device = _check(database, circle, path, now_ms)
        new = _unknown(database, records, parent)
        rebuild = bool(new) and _put(database, circle, path, log, device, records, new, outcome)
        database.connection.execute("RELEASE path")
    except Refusal:
        database.connection.execute("ROLLBACK TO path")
        database.connection.execute("RELEASE path")
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
    records = chunk.walk(database.network, path, parent)
    if log is None:
        opened = read_open(database.network, records[0].header, records[0].body or b"")
        if opened.circle != circle:
            raise Refusal("malformed", "a log of another circle")
        device = opened.device
    else:
        device = log.device
        if log.coop != database.coop_number(path.coop):
            raise Refusal("bad-chain", "a log of another co-op")
    for reference in path.events:
        if not key_log.may_sign(reference, device):
            raise Refusal("not-its-device")
    last = records[-1]
    verify_head(database.network, device, last.header, last.id, path.signature)
    if last.header.time_ms > now_ms + SKEW_MS_MAX:
        raise Refusal("from-the-future")
    return records, log, spot, device


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
    circle: bytes,
    path: Path,
    log: LogRow | None,
    device: bytes,
    records: list[Record],
    new: list[Record],
    outcome: Outcome,
) -> bool:
    """Place and put the new records; refuse them again when the circle does not count them."""
    if log is None:
        log = _open_log(database, circle, path, records[0])
    assert log.device == device
    target = _branch_for(database, log, new[0])
    logs.put_records(database, target.n, new)
    tip_seq = new[-1].header.seq
    keep = new[-1].header.kind in CIRCLE_KINDS
    logs.put_signature(database, target, tip_seq, chunk.bytes_of(new), path.signature, keep=keep)
    logs.set_branch(database, target.n, tip_seq, target.counted_seq, target.carried_seq)
    entries = circles.entries_in(database, circle, path.coop, new)
    rebuild = bool(entries) and circles.take_entries(database, circle, entries)
    outcome.members_changed |= bool(entries)
    judge = circles.load(database, circle)
    rebuild |= circles.recount(database, judge, path.coop, log)
    if logs.branch(database, target.n).carried_seq < tip_seq:
        cuts = judge.log_cuts(path.coop, log.id, log.ground)
        if cuts is None:
            raise Refusal("not-a-member")
        # A log that is longer than a path comes to its cut's head only in the end.
        if not circles.may_lead_to_cuts(database, log, target.n, cuts):
            raise Refusal("beyond-cut")
    return rebuild


def _open_log(database: Database, circle: bytes, path: Path, first: Record) -> LogRow:
    body = open_body(first.body or b"")
    if len(body.refs) > 1:
        raise Refusal("malformed", "log.open refers to one admit")
    opened = read_open(database.network, first.header, first.body or b"")
    ground = body.refs[0] if body.refs else None
    number = circles.make_circle(database, circle)
    return logs.make_log(database, path.coop, path.log, number, opened, ground)


def _branch_for(database: Database, log: LogRow, first: Record) -> Branch:
    """The branch that a record extends, or a new one behind a record that has a child: a fork."""
    branches = logs.branches_of(database, log.n)
    prev = first.header.prev
    if prev is None:
        if branches and len(branches) >= TIPS_MAX:
            raise Refusal("overgrown")
        return logs.make_branch(database, log.n, None, 1)
    spot = logs.spot_of(database, prev)
    assert spot is not None
    parent = logs.branch(database, spot.branch)
    if parent.tip_seq == spot.seq:
        return parent
    if len(branches) >= TIPS_MAX:
        raise Refusal("overgrown")
    return logs.make_branch(database, log.n, spot.n, spot.seq + 1)
