"""Logs in the store: logs, their branches, records and signatures.

It puts what the door has checked and finds it again. It never asks what a record means.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from node.store.database import Database
from protocol import trie
from protocol.log import Open, keep_signature
from protocol.record import Record


class LogRow(NamedTuple):
    """A log."""

    n: int
    id: bytes
    coop: int
    circle: int
    device: bytes
    instance: int
    leaf: bytes


class Branch(NamedTuple):
    """A stretch of a log without a fork.

    `parent` is the record number that it starts behind, `ground` the admit that its opening refers
    to: a log that was opened twice is a fork from the start and may stand on two.
    """

    n: int
    log: int
    parent: int | None
    ground: bytes | None
    first_seq: int
    tip_seq: int
    counted_seq: int
    carried_seq: int


class Spot(NamedTuple):
    """Where a record lies."""

    n: int
    branch: int
    seq: int
    time_ms: int
    log: int


def find_log(database: Database, log: bytes) -> LogRow | None:
    """The log of an id."""
    row = database.connection.execute(f"{_LOGS} WHERE id = ?", (log,)).fetchone()
    return None if row is None else LogRow(*row)


def log_by_leaf(database: Database, circle: int, leaf: bytes) -> LogRow | None:
    """The log behind a trie leaf."""
    row = database.connection.execute(
        f"{_LOGS} WHERE leaf = ? AND circle = ?", (leaf, circle)
    ).fetchone()
    return None if row is None else LogRow(*row)


def logs_of(database: Database, circle: int, coop: int) -> list[LogRow]:
    """The logs of a co-op in a circle."""
    rows = database.connection.execute(
        f"{_LOGS} WHERE circle = ? AND coop = ? ORDER BY n", (circle, coop)
    )
    return [LogRow(*row) for row in rows]


def make_log(database: Database, coop: bytes, log: bytes, circle: int, opened: Open) -> LogRow:
    """Put a new log."""
    leaf = trie.log_leaf(database.network, coop, log)
    number = database.coop_number(coop)
    row = database.connection.execute(
        "INSERT INTO log (id, coop, circle, device, instance, leaf) "
        "VALUES (?, ?, ?, ?, ?, ?) RETURNING n",
        (log, number, circle, opened.device, opened.instance, leaf),
    ).fetchone()
    return LogRow(row[0], log, number, circle, opened.device, opened.instance, leaf)


def branches_of(database: Database, log: int) -> list[Branch]:
    """The branches of a log, parents before children."""
    rows = database.connection.execute(f"{_BRANCHES} WHERE log = ? ORDER BY n", (log,))
    return [Branch(*row) for row in rows]


def branch(database: Database, number: int) -> Branch:
    """One branch."""
    return Branch(*database.connection.execute(f"{_BRANCHES} WHERE n = ?", (number,)).fetchone())


def make_branch(
    database: Database, log: int, parent: int | None, ground: bytes | None, first_seq: int
) -> Branch:
    """Put a new branch behind a record; nothing is on it yet."""
    before = first_seq - 1
    row = database.connection.execute(
        "INSERT INTO branch (log, parent, ground, first_seq, tip_seq, counted_seq, carried_seq) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING n",
        (log, parent, ground, first_seq, before, before, before),
    ).fetchone()
    return Branch(row[0], log, parent, ground, first_seq, before, before, before)


def set_branch(
    database: Database, number: int, tip_seq: int, counted_seq: int, carried_seq: int
) -> None:
    """Move the ends of a branch."""
    database.connection.execute(
        "UPDATE branch SET tip_seq = ?, counted_seq = ?, carried_seq = ? WHERE n = ?",
        (tip_seq, counted_seq, carried_seq, number),
    )


def spot_of(database: Database, record: bytes) -> Spot | None:
    """Where a record lies."""
    row = database.connection.execute(f"{_SPOTS} WHERE record.id = ?", (record,)).fetchone()
    return None if row is None else Spot(*row)


def spot_of_number(database: Database, number: int) -> Spot:
    """Where the record of a number lies."""
    return Spot(*database.connection.execute(f"{_SPOTS} WHERE record.n = ?", (number,)).fetchone())


def put_records(database: Database, branch_number: int, records: Sequence[Record]) -> None:
    """Append records to a branch, bodies verbatim; absent ones are noted as wanted."""
    kind_number, key_ref_number = database.kind_number, database.key_ref_number
    database.connection.executemany(
        "INSERT INTO record (id, branch, seq, time_ms, kind, key_ref, expires_day, body, "
        "absent_hash, absent_len) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                identifier,
                branch_number,
                header.seq,
                header.time_ms,
                kind_number(header.kind),
                key_ref_number(header.key_event),
                header.expires_day,
                body,
                None if body is not None else header.body_hash,
                None if body is not None else header.body_len,
            )
            for identifier, header, body in records
        ],
    )
    if any(record.body is None for record in records):
        database.connection.execute(
            "INSERT OR IGNORE INTO local_wanted_body (record) "
            "SELECT n FROM record WHERE branch = ? AND seq BETWEEN ? AND ? AND body IS NULL",
            (branch_number, records[0].header.seq, records[-1].header.seq),
        )


def put_signature(
    database: Database,
    where: Branch,
    seq: int,
    body_bytes: int,
    signature: bytes,
    *,
    keep: bool,
) -> None:
    """Put the newest signature of a branch and drop the one before it when nobody needs it.

    `body_bytes` lie between the signature before and this one, absent ones counted too; `keep`
    holds this one for ever, and every path that is read out of the branch ends there.
    """
    connection = database.connection
    last = connection.execute(
        "SELECT seq, body_bytes, kept FROM signature WHERE branch = ? AND seq < ? "
        "ORDER BY seq DESC LIMIT 2",
        (where.n, seq),
    ).fetchall()
    if last and not last[0][2]:
        before = last[1][0] if len(last) > 1 else where.first_seq - 1
        gap_bytes = body_bytes + last[0][1]
        if _ends_key_event(connection, where.n, last[0][0]):
            connection.execute(
                "UPDATE signature SET kept = 1 WHERE branch = ? AND seq = ?", (where.n, last[0][0])
            )
        elif not keep_signature(last[0][0], seq - before, gap_bytes):
            connection.execute(
                "DELETE FROM signature WHERE branch = ? AND seq = ?", (where.n, last[0][0])
            )
            body_bytes = gap_bytes
    connection.execute(
        "INSERT INTO signature (branch, seq, body_bytes, kept, signature) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (branch, seq) DO UPDATE SET kept = max(kept, excluded.kept)",
        (where.n, seq, body_bytes, keep, signature),
    )


def keep_signature_at(database: Database, spot: Spot, signature: bytes) -> None:
    """Put a signature that is kept for ever, wherever it lies in its branch."""
    database.connection.execute(
        "INSERT INTO signature (branch, seq, body_bytes, kept, signature) "
        "VALUES (?, ?, 0, 1, ?) ON CONFLICT (branch, seq) DO UPDATE SET kept = 1",
        (spot.branch, spot.seq, signature),
    )


def tips_of(database: Database, branches: Iterable[Branch]) -> list[bytes]:
    """The ids of the carried tips: ends of branches behind which nothing carried goes on."""
    some = [one for one in branches if one.carried_seq >= one.first_seq]
    parents = {one.parent for one in some}
    tips: list[bytes] = []
    for one in some:
        row = database.connection.execute(
            "SELECT n, id FROM record WHERE branch = ? AND seq = ?", (one.n, one.carried_seq)
        ).fetchone()
        if row[0] not in parents:
            tips.append(row[1])
    return tips


def at_or_below(database: Database, record: bytes, head: bytes) -> bool:
    """Whether a record is the head or an ancestor of it by prev."""
    low, high = spot_of(database, record), spot_of(database, head)
    if low is None or high is None or low.log != high.log:
        return False
    while high.branch != low.branch:
        parent = branch(database, high.branch).parent
        if parent is None:
            return False
        high = spot_of_number(database, parent)
    return low.seq <= high.seq


def _ends_key_event(connection: sqlite3.Connection, branch: int, seq: int) -> bool:
    """Whether the record is the last one under its key event."""
    row = connection.execute(
        "SELECT count(DISTINCT key_ref) FROM record WHERE branch = ? AND seq IN (?, ?)",
        (branch, seq, seq + 1),
    ).fetchone()
    return int(row[0]) > 1


_LOGS = "SELECT n, id, coop, circle, device, instance, leaf FROM log"
_BRANCHES = (
    "SELECT n, log, parent, ground, first_seq, tip_seq, counted_seq, carried_seq FROM branch"
)
_SPOTS = (
    "SELECT record.n, record.branch, record.seq, record.time_ms, branch.log "
    "FROM record JOIN branch ON branch.n = record.branch"
)
