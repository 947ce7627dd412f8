"""Circles in the store: their records judged, and their members.

The judgement is `protocol.circle`'s; here it is loaded, kept current as records and key events
come, and turned into the table of members and the leaves of key logs. `cuts` counts the logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from node.store import cuts, keylogs, logs, tries
from node.store.database import Database
from node.store.logs import LogRow
from protocol import circle as rules
from protocol import merge
from protocol.circle import Admit, Affirm, Circle, Entry, Remove, State
from protocol.codec import decode_as
from protocol.errors import Refusal
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
        number, disputed = circle_number(database, circle), frozenset[bytes]()
        for coop in _with_key_events(database, number):
            disputed |= cuts.disputed_of(database, known, number or 0, coop)
        known = database.circles[circle] = known.without(disputed)
    return known


def entries_in(
    database: Database, circle: bytes, coop: bytes, records: Iterable[Record]
) -> list[Entry]:
    """The well-formed circle records among some; a malformed one stays a link of its chain."""
    found: list[Entry] = []
    for record in records:
        if record.header.kind not in rules.FIELDS or record.body is None:
            continue
        try:
            body = open_body(record.body)
            fields = merge.read_fields(record.header.kind, body)
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


def take(database: Database, circle: bytes, coop: bytes, log: LogRow, entries: list[Entry]) -> bool:
    """Judge the circle records among new ones of a log, and recount all logs that they touch.

    True when records that were folded before count no more, or the other way round: the circle's
    rows have to be rebuilt.
    """
    rebuild, spoke = _take_entries(database, circle, entries) if entries else (False, set())
    if cuts.key_cuts(database, coop, log):
        spoke.add(coop)
    for one in sorted(spoke):
        rebuild |= rejudge(database, circle, one)
    return cuts.recount(database, load(database, circle), coop, log) or rebuild


def take_keys(database: Database, coop: bytes) -> set[bytes]:
    """Let a key log that grew take effect; the circles whose rows have to be rebuilt."""
    put_key_leaves(database, coop)
    number = database.coop_number(coop)
    changed: set[bytes] = set()
    for circle_n, circle in database.connection.execute(
        "SELECT DISTINCT circle.n, circle.id FROM log JOIN circle ON circle.n = log.circle "
        "WHERE log.coop = ?",
        (number,),
    ).fetchall():
        rebuild = rejudge(database, circle, coop)
        for log in logs.logs_of(database, circle_n, number):
            judge = load(database, circle)
            rebuild |= cuts.recount(database, judge, coop, log)
            cuts.put_signatures(database, judge, coop, log)
        if rebuild:
            changed.add(circle)
    return changed


def rejudge(database: Database, circle: bytes, coop: bytes) -> bool:
    """Ask anew which circle records of a co-op are disputed; True when rows have to be rebuilt.

    If others are than before, the whole circle is judged again: it happens when keys were stolen.
    """
    judge, number = load(database, circle), make_circle(database, circle)
    known = (*judge.plain.entries.values(), *judge.plain.waiting.values())
    others = judge.disputed.difference(one.id for one in known if one.coop == coop)
    disputed = others | cuts.disputed_of(database, judge, number, coop)
    if disputed == judge.disputed:
        return False
    judge = database.circles[circle] = judge.plain.without(disputed)
    state = judge.state
    if state is None:
        return False
    _set_rules(database, number, state)
    _drop_unnamed(database, number, judge)
    rebuild = False
    for one in sorted(judge.named()):
        _set_member(database, number, one, state)
        for log in logs.logs_of(database, number, database.coop_number(one)):
            rebuild |= cuts.recount(database, judge, one, log)
    return rebuild


def _take_entries(
    database: Database, circle: bytes, entries: list[Entry]
) -> tuple[bool, set[bytes]]:
    """The same for circle records: (whether to rebuild, who affirmed something by them)."""
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
        return False, set()
    if before is None or before.rules != after.rules:
        _set_rules(database, number, after)
    touched = _touched(before, after) | {entry.coop for entry in judged}
    for entry in judge.newly_standing():
        touched |= entry.names()
        if isinstance(entry.fields, Remove):
            for cut in entry.fields.cut:
                cuts.put_signatures_of(database, cut)
    rebuild = False
    for coop in sorted(touched & judge.named()):
        _set_member(database, number, coop, after)
        for log in logs.logs_of(database, number, database.coop_number(coop)):
            rebuild |= cuts.recount(database, judge, coop, log)
    return rebuild, {entry.coop for entry in judged if isinstance(entry.fields, Affirm)}


def is_ground(judge: Circle, coop: bytes, log: bytes, ground: bytes | None) -> bool:
    """Whether a log stands on an admit or founding of its co-op that is here, valid or not.

    One that is not valid now may have been so before a cut, and others have built on it.
    """
    if ground is None:
        return judge.log_cuts(coop, log, None) is not None
    entry = judge.entries.get(ground)
    if entry is None:
        return False
    if isinstance(entry.fields, Admit):
        return entry.fields.coop == coop
    return entry.kind == rules.FOUND and judge.is_valid(ground) and coop in entry.names()


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


def _with_key_events(database: Database, circle: int | None) -> list[bytes]:
    """Co-ops with logs in a circle whose key log says more than their inception."""
    found = database.connection.execute(
        "SELECT coop.id FROM coop WHERE n IN (SELECT coop FROM log WHERE circle = ?) "
        "AND (SELECT count(*) FROM key_event WHERE key_event.coop = coop.n) > 1",
        (circle,),
    )
    return [row[0] for row in found.fetchall()]


def _set_rules(database: Database, number: int, state: State) -> None:
    database.connection.execute(
        "UPDATE circle SET name = ?, read = ? WHERE n = ?",
        (state.rules.name, state.rules.read, number),
    )


def _drop_unnamed(database: Database, number: int, judge: Circle) -> None:
    """Forget the members whom no standing record names any more."""
    found = database.connection.execute(
        "SELECT coop.id FROM circle_member JOIN coop ON coop.n = coop WHERE circle = ?", (number,)
    ).fetchall()
    for (coop,) in found:
        if coop not in judge.named():
            database.connection.execute(
                "DELETE FROM circle_member WHERE circle = ? AND coop = ?",
                (number, database.coop_number(coop)),
            )
            tries.set_key_leaf(database, number, coop, None)


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
