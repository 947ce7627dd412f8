"""Fold: counted records into rows, from a persisted cursor, in the order of arrival.

Order does not matter: what a record says is joined to what stands (`protocol.merge`). Live records
are folded with the chunk that brought them, bulk ones in batches by the same writer. A rebuild
drops the rows and comes to the same ones.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.store import bodies, cuts, rows
from node.store.database import Database
from protocol import merge
from protocol.errors import Refusal
from protocol.record import Body, open_body


class Folding(NamedTuple):
    """A counted record on its way into the rows."""

    n: int
    id: bytes
    kind: str
    order: merge.Order
    circle: int
    coop: int
    coop_id: bytes
    expires_day: int | None
    body: Body
    fields: object


Raw = tuple[int, bytes, int, int, int, str, int | None, bytes | None]
"""(n, id, branch, seq, time_ms, kind, expires_day, body)."""


class Place(NamedTuple):
    """What the fold needs of a branch."""

    log: bytes
    circle: int
    coop: int
    coop_id: bytes
    counted_seq: int


def fold(database: Database, records_max: int) -> int:
    """Fold the next records behind the cursor, within the caller's transaction; how many."""
    cursor = int(database.meta("folded") or 0)
    found = database.connection.execute(
        f"{_RECORDS} WHERE record.n > ? ORDER BY record.n LIMIT ?", (cursor, records_max)
    ).fetchall()
    if not found:
        return 0
    _fold_all(database, found, {})
    database.set_meta("folded", found[-1][0])
    return len(found)


def fold_record(database: Database, record: bytes) -> None:
    """Fold one record whose body has come late."""
    cursor = int(database.meta("folded") or 0)
    raw = database.connection.execute(f"{_RECORDS} WHERE record.id = ?", (record,)).fetchone()
    if raw is None or raw[0] > cursor:
        return
    writer = rows.Rows(database)
    writer.passed = cursor
    folding = _read(database, writer, raw, {})
    if folding is not None:
        _apply(writer, folding, is_late=True)
    writer.flush()
    # An erasure that names it can tell now whether it is meant.
    _wake(database, writer, raw[0], raw[0], {})


def waits_for_keys(database: Database) -> set[bytes]:
    """Circles in which a record waits for a key event that is here: their rows are to be rebuilt.

    No kind refers to key events so far, so it hardly ever happens.
    """
    found = database.connection.execute(
        "SELECT DISTINCT circle.id FROM waiting JOIN key_event ON key_event.hash = waiting.ref "
        "JOIN record ON record.n = waiting.record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log JOIN circle ON circle.n = log.circle "
        "JOIN circle_member ON circle_member.circle = circle.n "
        "AND circle_member.coop = key_event.coop"
    )
    return {row[0] for row in found}


def lag(database: Database) -> int:
    """How many records are stored and not yet folded."""
    cursor = int(database.meta("folded") or 0)
    row = database.connection.execute("SELECT max(n) FROM record").fetchone()
    return max(0, int(row[0] or 0) - cursor)


def rebuild_circle(database: Database, circle: bytes) -> None:
    """Drop a circle's rows and fold its records again, as far as the cursor stands."""
    row = database.connection.execute("SELECT n FROM circle WHERE id = ?", (circle,)).fetchone()
    if row is None:
        return
    circle_number = int(row[0])
    erased = rows.erased_in(database, circle_number)
    rows.drop(database, circle_number)
    cursor = int(database.meta("folded") or 0)
    last = 0
    places: dict[int, Place] = {}
    while True:
        found = database.connection.execute(
            f"{_RECORDS} JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
            "WHERE record.n > ? AND record.n <= ? AND log.circle = ? ORDER BY record.n LIMIT ?",
            (last, cursor, circle_number, BATCH_RECORDS),
        ).fetchall()
        if not found:
            break
        _fold_all(database, found, places)
        last = found[-1][0]
    bodies.want_again(database, erased - rows.erased_in(database, circle_number))


def _fold_all(database: Database, found: list[Raw], places: dict[int, Place]) -> None:
    writer = rows.Rows(database)
    for raw in found:
        writer.passed = raw[0]
        folding = _read(database, writer, raw, places)
        if folding is not None:
            _apply(writer, folding)
    writer.flush()
    _wake(database, writer, found[0][0], writer.passed, places)


def _apply(writer: rows.Rows, folding: Folding, *, is_late: bool = False) -> None:
    """One record into its subject's row; one that refers to what is not here waits."""
    if folding.body.refs and not writer.may_speak(folding):
        return
    family = merge.KINDS[folding.kind].family
    if family == "offer":
        if folding.body.subject is None and not is_late:
            writer.new_offer(folding)
        else:
            writer.flush()
            writer.change_offer(folding)
    elif family in rows.SUBJECT_FAMILIES:
        writer.stand(family, folding)


def _read(
    database: Database, writer: rows.Rows, raw: Raw, places: dict[int, Place]
) -> Folding | None:
    """Parse a stored record; what is malformed is noted and stays a link of its chain."""
    n, identifier, branch, seq, time_ms, kind, expires_day, data = raw
    known = merge.KINDS.get(kind)
    if known is None or known.family in {"", "circle"} or data is None:
        return None
    place = places.get(branch)
    if place is None:
        place = places[branch] = _place(database, branch)
    if seq > place.counted_seq and not cuts.is_affirmed(database, n):
        return None
    try:
        body = open_body(data)
        fields = merge.read_fields(kind, body)
    except Refusal as refusal:
        writer.malformed(n, refusal.code)
        return None
    order = (time_ms, place.log, seq, identifier)
    return Folding(
        n, identifier, kind, order, place.circle, place.coop, place.coop_id, expires_day, body,
        fields,
    )  # fmt: skip


def _wake(
    database: Database, writer: rows.Rows, first: int, last: int, places: dict[int, Place]
) -> None:
    """Fold again what waited for one of the records of a stretch that have just passed.

    A header is enough for that: it may lack its body, or be malformed.
    """
    connection = database.connection
    if connection.execute("SELECT 1 FROM waiting LIMIT 1").fetchone() is None:
        return
    waiting = connection.execute(
        f"{_RECORDS} WHERE record.n IN (SELECT waiting.record FROM waiting "
        "JOIN record AS named ON named.id = waiting.ref WHERE named.n BETWEEN ? AND ?)",
        (first, last),
    ).fetchall()
    connection.execute(
        "DELETE FROM waiting WHERE ref IN (SELECT id FROM record WHERE n BETWEEN ? AND ?)",
        (first, last),
    )
    for raw in waiting:
        folding = _read(database, writer, raw, places)
        if folding is not None:
            _apply(writer, folding, is_late=True)
    writer.flush()


def _place(database: Database, branch: int) -> Place:
    row = database.connection.execute(
        "SELECT log.id, log.circle, log.coop, coop.id, branch.counted_seq FROM branch "
        "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE branch.n = ?",
        (branch,),
    ).fetchone()
    return Place(*row)


_RECORDS: Final = (
    "SELECT record.n, record.id, record.branch, record.seq, record.time_ms, kind.name, "
    "record.expires_day, record.body FROM record JOIN kind ON kind.n = record.kind"
)
# One transaction of folding: long enough to be cheap, short enough to let a live change in.
BATCH_RECORDS: Final = 5000
