"""Circles in the store: their records judged, their members, and how far each log counts.

The judgement is `protocol.circle`'s; here it is loaded, kept current, and turned into the counted
and carried ends of branches, trie leaves and the table of members.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from node.store import keylogs, logs, records, tries
from node.store.database import Database
from node.store.logs import Branch, LogRow
from protocol import circle as rules
from protocol.circle import Admit, Circle, Entry, Remove, Rules, State
from protocol.codec import decode_as
from protocol.errors import Refusal
from protocol.keyevents import LogCut
from protocol.log import verify_head
from protocol.record import Record, open_body, order_key
from protocol.trie import EMPTY


def circle_number(database: Database, circle: bytes) -> int | None:
    """The number of a circle that is here."""
    row = database.connection.execute("SELECT n FROM circle WHERE id = ?", (circle,)).fetchone()
    return None if row is None else row[0]


def make_circle(database: Database, circle: bytes) -> int:
    """The number of a circle, made when it is new."""
    number = circle_number(database, circle)
    if number is None:
        row = database.connection.execute(
            "INSERT INTO circle (id, name, read, root) VALUES (?, '', 'members', ?) RETURNING n",
            (circle, EMPTY),
        ).fetchone()
        number = int(row[0])
    return number


def load(database: Database, circle: bytes) -> Circle:
    """The judge of a circle, with all its stored records."""
    known = database.circles.get(circle)
    if known is None:
        known = Circle(database.network, circle, partial(logs.at_or_below, database))
        for entry in _stored_entries(database, circle):
            known.add(entry)
        database.circles[circle] = known
    return known


def entries_in(
    database: Database, circle: bytes, coop: bytes, records: Iterable[Record]
) -> list[Entry]:
    """The well-formed circle records among some; a malformed one stays a link of its chain."""
    found: list[Entry] = []
    for record in records:
        decoder = rules.FIELDS.get(record.header.kind)
        if decoder is None or record.body is None:
            continue
        try:
            body = open_body(record.body)
            fields = decode_as(decoder, bytes(body.fields))
            fields.check()
        except Refusal:
            continue
        if record.header.kind == rules.FOUND and circle != record.header.body_hash:
            continue
        found.append(
            rules.entry_of(
                database.network,
                circle,
                order_key(record.header, record.id),
                coop,
                record.header.kind,
                body.refs,
                bytes(body.fields),
                fields,
            )
        )
    return found


def take_entries(database: Database, circle: bytes, entries: list[Entry]) -> bool:
    """Judge new circle records and recount the logs that they touch.

    True when records that were folded before count no more, or the other way round: the circle's
    rows have to be rebuilt.
    """
    judge = load(database, circle)
    number = make_circle(database, circle)
    before = judge.state
    judged: list[Entry] = []
    for entry in entries:
        judged += judge.add(entry)
        database.connection.execute(
            "INSERT OR IGNORE INTO circle_record (circle, record) "
            "SELECT ?, n FROM record WHERE id = ?",
            (number, entry.id),
        )
    after = judge.state
    if after is None or not judged:
        return False
    if before is None or before.rules != after.rules:
        database.connection.execute(
            "UPDATE circle SET name = ?, read = ? WHERE n = ?",
            (after.rules.name, after.rules.read, number),
        )
    touched = _touched(before, after) | {entry.coop for entry in judged}
    for entry in judged:
        if isinstance(entry.fields, Admit) and judge.is_valid(entry.id):
            touched.add(entry.fields.coop)
        if isinstance(entry.fields, Remove) and judge.is_valid(entry.id):
            for cut in entry.fields.cut:
                _put_cut_signatures(database, cut)
    rebuild = False
    for coop in sorted(touched):
        _set_member(database, number, coop, after)
        for log in logs.logs_of(database, number, database.coop_number(coop)):
            rebuild |= recount(database, judge, coop, log)
    return rebuild


def recount(database: Database, judge: Circle, coop: bytes, log: LogRow) -> bool:
    """Set how far a log counts and is carried; True when an already stored record changed sides."""
    branches = logs.branches_of(database, log.n)
    ends = ends_of(database, judge, coop, log, branches)
    changed = False
    moved: list[Branch] = []
    for one in branches:
        counted, carried = ends[one.n]
        changed |= _was_folded(database, one, counted)
        moved.append(one._replace(counted_seq=counted, carried_seq=carried))
        logs.set_branch(database, one.n, one.tip_seq, counted, carried)
    tries.set_log_leaf(database, log.circle, log.leaf, logs.tips_of(database, moved))
    return changed


def ends_of(
    database: Database, judge: Circle, coop: bytes, log: LogRow, branches: list[Branch]
) -> dict[int, tuple[int, int]]:
    """Branch -> (counted seq, carried seq), out of the cuts and the valid circle records.

    Carried is what counts, what a valid circle record stands on, and what any cut lists: who lacks
    one head could not tell what lies within two cuts.
    """
    by_number = {one.n: one for one in branches}
    counted = {one.n: one.tip_seq for one in branches}
    heads = {
        one.id for one in judge.entries.values() if one.log == log.id and judge.is_valid(one.id)
    }
    for ground in {one.ground for one in branches}:
        cuts = judge.log_cuts(coop, log.id, ground)
        reaches = [_reach(database, by_number, cut.heads) for cut in cuts or ()]
        heads.update(head for cut in cuts or () for head in cut.heads)
        for one in branches:
            if one.ground == ground and cuts is None:
                counted[one.n] = one.first_seq - 1
            elif one.ground == ground:
                counted[one.n] = min([one.tip_seq, *(reached[one.n] for reached in reaches)])
    if all(counted[one.n] == one.tip_seq for one in branches):
        return {n: (seq, seq) for n, seq in counted.items()}
    carried = _reach(database, by_number, heads)
    return {n: (seq, max(seq, carried[n])) for n, seq in counted.items()}


def is_ground(judge: Circle, coop: bytes, log: bytes, ground: bytes | None) -> bool:
    """Whether a log stands on a valid admit or founding of its co-op, ended or disabled or not."""
    if ground is None:
        return judge.log_cuts(coop, log, None) is not None
    entry = judge.entries.get(ground)
    if entry is None or not judge.is_valid(ground):
        return False
    if isinstance(entry.fields, Admit):
        return entry.fields.coop == coop
    return isinstance(entry.fields, Rules) and coop in entry.fields.stewards


def put_cut_signatures(database: Database, judge: Circle, log: bytes) -> None:
    """Keep the author's own signatures at the heads of cuts, so that a log is served so far."""
    for entry in judge.entries.values():
        if isinstance(entry.fields, Remove) and judge.is_valid(entry.id):
            for cut in entry.fields.cut:
                if cut.log == log:
                    _put_cut_signatures(database, cut)


def put_key_leaves(database: Database, coop: bytes) -> None:
    """Set the key log's leaf in every circle that ever admitted the co-op."""
    key_log = keylogs.key_log(database, coop)
    if key_log is None:
        return
    rows = database.connection.execute(
        "SELECT circle FROM circle_member JOIN coop ON coop.n = circle_member.coop "
        "WHERE coop.id = ?",
        (coop,),
    ).fetchall()
    for (number,) in rows:
        tries.set_key_leaf(database, number, coop, key_log.leaf())


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


def _touched(before: State | None, after: State) -> set[bytes]:
    """Co-ops whose grounds, acceptance or removals differ."""
    if before is None:
        return set(after.grounds)
    coops = {
        coop
        for coop in before.grounds.keys() | after.grounds.keys()
        if before.grounds.get(coop) != after.grounds.get(coop)
    }
    coops |= {coop for _, coop in before.accepted ^ after.accepted}
    ended = before.ended.keys() | after.ended.keys()
    return coops | {key[1] for key in ended if before.ended.get(key) != after.ended.get(key)}


def _set_member(database: Database, number: int, coop: bytes, state: State) -> None:
    """Note a co-op that a valid admit names, effective or not; its key log becomes a leaf."""
    database.connection.execute(
        "INSERT INTO circle_member (circle, coop, live, accepted) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (circle, coop) DO UPDATE SET live = excluded.live, "
        "accepted = excluded.accepted",
        (
            number,
            database.coop_number(coop),
            bool(state.live_grounds(coop)),
            state.is_member(coop),
        ),
    )
    key_log = keylogs.key_log(database, coop)
    if key_log is not None:
        tries.set_key_leaf(database, number, coop, key_log.leaf())


def _put_cut_signatures(database: Database, cut: LogCut) -> None:
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


def _stored_entries(database: Database, circle: bytes) -> list[Entry]:
    rows = database.connection.execute(
        "SELECT record.id, record.time_ms, record.seq, kind.name, record.body, log.id, coop.id "
        "FROM circle_record JOIN circle ON circle.n = circle_record.circle "
        "JOIN record ON record.n = circle_record.record JOIN kind ON kind.n = record.kind "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN coop ON coop.n = log.coop WHERE circle.id = ? ORDER BY record.n",
        (circle,),
    ).fetchall()
    found: list[Entry] = []
    for identifier, time_ms, seq, kind, data, log, coop in rows:
        body = open_body(data)
        fields = decode_as(rules.FIELDS[kind], bytes(body.fields))
        order = (time_ms, log, seq, identifier)
        found.append(
            rules.entry_of(
                database.network, circle, order, coop, kind, body.refs, bytes(body.fields), fields
            )
        )
    return found
