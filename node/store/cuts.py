"""Cuts in the store: how far each log counts and is carried, by its circle and its key log.

It turns the verdicts of `protocol.circle` and `protocol.cuts` into ends of branches, leaves of the
trie, and the tables of what lies beyond a key log's cut. It never judges a circle record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from node.store import keylogs, logs, records, tries
from node.store.database import Database
from node.store.logs import Branch, LogRow
from protocol import cuts as rules
from protocol.circle import AFFIRM, FOUND, Circle, Remove
from protocol.errors import Refusal
from protocol.keyevents import LogCut
from protocol.limits import SIGNATURE_BYTES
from protocol.log import verify_head


class Ends(NamedTuple):
    """Last seqs of a branch: what counts, what is carried, what lies within each kind of cut."""

    counted: int
    carried: int
    in_circle: int
    in_keys: int


def recount(database: Database, judge: Circle, coop: bytes, log: LogRow) -> bool:
    """Set how far a log counts and is carried; True when an already stored record changed sides."""
    branches = logs.branches_of(database, log.n)
    ends = ends_of(database, judge, coop, log, branches)
    changed = _set_disputed(database, judge, coop, log, branches, ends)
    moved: list[Branch] = []
    for one in branches:
        counted, carried, _, _ = ends[one.n]
        changed |= _was_folded(database, one, counted)
        moved.append(one._replace(counted_seq=counted, carried_seq=carried))
        logs.set_branch(database, one.n, one.tip_seq, counted, carried)
    tries.set_log_leaf(database, log.circle, log.leaf, logs.tips_of(database, moved))
    return changed


def ends_of(
    database: Database, judge: Circle, coop: bytes, log: LogRow, branches: list[Branch]
) -> dict[int, Ends]:
    """The ends of each branch, out of the cuts and the standing circle records.

    Carried is what counts, what a standing circle record or an affirmed one stands on, and what any
    cut lists: who lacks one head could not tell what lies within two cuts.
    """
    by_number = {one.n: one for one in branches}
    in_circle = {one.n: one.tip_seq for one in branches}
    in_keys = dict(in_circle)
    heads = {
        one.id for one in judge.entries.values() if one.log == log.id and judge.is_standing(one.id)
    }
    for ground in {one.ground for one in branches}:
        cuts = judge.log_cuts(coop, log.id, ground)
        reaches = [_reach(database, by_number, cut.heads) for cut in cuts or ()]
        heads.update(head for cut in cuts or () for head in cut.heads)
        for one in branches:
            if one.ground == ground and cuts is None:
                in_circle[one.n] = one.first_seq - 1
            elif one.ground == ground:
                in_circle[one.n] = min([one.tip_seq, *(reached[one.n] for reached in reaches)])
    for cut in key_cuts(database, coop, log):
        reached = _reach(database, by_number, cut.heads)
        in_keys = {n: min(seq, reached[n]) for n, seq in in_keys.items()}
        heads.update(cut.heads)
        heads |= rules.affirmed(judge, coop, judge.disputed)
    counted = {n: min(seq, in_keys[n]) for n, seq in in_circle.items()}
    carried = counted
    if any(counted[one.n] < one.tip_seq for one in branches):
        carried = _reach(database, by_number, heads)
    return {
        n: Ends(seq, max(seq, carried[n]), in_circle[n], in_keys[n]) for n, seq in counted.items()
    }


def key_cuts(database: Database, coop: bytes, log: LogRow) -> tuple[LogCut, ...]:
    """How far the key log of its co-op lets a log count; () wholly."""
    key_log = keylogs.key_log(database, coop)
    assert key_log is not None
    return rules.cuts_of(key_log, log.device, log.id)


def disputed_of(database: Database, judge: Circle, circle: int, coop: bytes) -> frozenset[bytes]:
    """The circle records of a co-op that lie beyond its key log's cuts and were not affirmed."""
    known = (*judge.plain.entries.values(), *judge.plain.waiting.values())
    own = [one for one in known if one.coop == coop and one.kind != FOUND]
    beyond: dict[bytes, str] = {}
    for log in logs.logs_of(database, circle, database.coop_number(coop)):
        branches = {one.n: one for one in logs.branches_of(database, log.n)}
        for cut in key_cuts(database, coop, log):
            reached = _reach(database, branches, cut.heads)
            for entry in own:
                spot = logs.spot_of(database, entry.id) if entry.log == log.id else None
                if spot is not None and spot.seq > reached[spot.branch]:
                    beyond[entry.id] = entry.kind
    affirmed = rules.affirmed(judge, coop, beyond)
    return frozenset(one for one, kind in beyond.items() if one not in affirmed or kind == AFFIRM)


def heads_of_device(
    database: Database, coop: bytes, device: bytes, until_ms: int | None, heads_max: int
) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """(log, head -> its signature, zeros where that is not here) of each log of a device.

    The heads are the newest record of each branch that is dated until a time.
    """
    connection = database.connection
    found: list[tuple[bytes, dict[bytes, bytes]]] = []
    for number, log in connection.execute(
        "SELECT log.n, log.id FROM log JOIN coop ON coop.n = log.coop "
        "WHERE coop.id = ? AND log.device = ? ORDER BY log.id",
        (coop, device),
    ).fetchall():
        heads: dict[bytes, bytes] = {}
        for branch in logs.branches_of(database, number):
            row = connection.execute(
                "SELECT record.id, signature.signature FROM record LEFT JOIN signature "
                "ON signature.branch = record.branch AND signature.seq = record.seq "
                "WHERE record.branch = ? AND (? IS NULL OR time_ms <= ?) "
                "ORDER BY record.seq DESC LIMIT 1",
                (branch.n, until_ms, until_ms),
            ).fetchone()
            if row is not None and len(heads) < heads_max:
                heads[row[0]] = row[1] or bytes(SIGNATURE_BYTES)
        found.append((log, dict(sorted(heads.items()))))
    return found


def is_affirmed(database: Database, record: int) -> bool:
    """Whether a record counts though it lies beyond its key log's cut."""
    row = database.connection.execute("SELECT 1 FROM affirmed WHERE record = ?", (record,))
    return row.fetchone() is not None


def put_signatures(database: Database, judge: Circle, coop: bytes, log: LogRow) -> None:
    """Keep the author's own signatures at the heads of cuts, so that a log is served so far."""
    for cut in key_cuts(database, coop, log):
        put_signatures_of(database, cut)
    for entry in judge.entries.values():
        if isinstance(entry.fields, Remove) and judge.is_valid(entry.id):
            for cut in entry.fields.cut:
                if cut.log == log.id:
                    put_signatures_of(database, cut)


def put_signatures_of(database: Database, cut: LogCut) -> None:
    """Those of one cut whose heads are here and that fit."""
    log = logs.find_log(database, cut.log)
    for head, signature in zip(cut.heads, cut.signatures, strict=True):
        spot = logs.spot_of(database, head)
        if log is None or spot is None or spot.log != log.n:
            continue
        record = records.read(database.connection, spot.branch, spot.seq, spot.seq)[0]
        try:
            verify_head(database.network, log.device, record.header, head, signature)
        except Refusal:
            continue
        logs.keep_signature_at(database, spot, signature)


def _set_disputed(
    database: Database,
    judge: Circle,
    coop: bytes,
    log: LogRow,
    branches: list[Branch],
    ends: dict[int, Ends],
) -> bool:
    """Note what lies beyond the key log's cut, and what of it counts; whether a row is touched."""
    connection = database.connection
    beyond = {one.n: ends[one.n].in_keys for one in branches if ends[one.n].in_keys < one.tip_seq}
    if not beyond and connection.execute("SELECT 1 FROM key_cut LIMIT 1").fetchone() is None:
        return False
    of_log = "(SELECT n FROM branch WHERE log = ?)"
    connection.execute(f"DELETE FROM key_cut WHERE branch IN {of_log}", (log.n,))
    connection.executemany("INSERT INTO key_cut (branch, seq) VALUES (?, ?)", beyond.items())
    named = rules.affirmed(judge, coop, judge.disputed) if beyond else ()
    spots = [logs.spot_of(database, one) for one in named]
    after = {
        one.n
        for one in spots
        if one is not None
        and one.branch in beyond
        and beyond[one.branch] < one.seq <= ends[one.branch].in_circle
    }
    mine = f"record IN (SELECT n FROM record WHERE branch IN {of_log})"
    found = connection.execute(f"SELECT record FROM affirmed WHERE {mine}", (log.n,)).fetchall()
    before = {row[0] for row in found}
    connection.executemany("DELETE FROM affirmed WHERE record = ?", [(n,) for n in before - after])
    connection.executemany(
        "INSERT INTO affirmed (record) VALUES (?)", [(n,) for n in after - before]
    )
    folded = int(database.meta("folded") or 0)
    return any(n <= folded for n in before ^ after)


def _was_folded(database: Database, one: Branch, counted: int) -> bool:
    """Whether records between the old and the new counted end have gone through the fold."""
    if counted == one.counted_seq:
        return False
    row = database.connection.execute(
        "SELECT n FROM record WHERE branch = ? AND seq = ?",
        (one.n, min(counted, one.counted_seq) + 1),
    ).fetchone()
    return row is not None and row[0] <= int(database.meta("folded") or 0)


def _reach(
    database: Database, branches: dict[int, Branch], heads: Iterable[bytes]
) -> dict[int, int]:
    """Branch -> the highest seq at or below one of the heads."""
    reached = {one.n: one.first_seq - 1 for one in branches.values()}
    for head in heads:
        spot = logs.spot_of(database, head)
        while spot is not None and spot.branch in reached:
            reached[spot.branch] = max(reached[spot.branch], spot.seq)
            parent = branches[spot.branch].parent
            spot = None if parent is None else logs.spot_of_number(database, parent)
    return reached
