"""Fold: counted records into rows, from a persisted cursor, in the order of arrival.

Order does not matter: what a record says is joined to what stands (`protocol.merge`). Live records
are folded with the chunk that brought them, bulk ones in batches by the same writer. A rebuild
drops the rows and comes to the same ones.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.store import rows
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
    found = database.connection.execute(f"{_RECORDS} WHERE record.id = ?", (record,)).fetchall()
    _fold_all(database, [row for row in found if row[0] <= cursor], {})


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
    rows.drop(database, int(row[0]))
    cursor = int(database.meta("folded") or 0)
    last = 0
    places: dict[int, Place] = {}
    while True:
        found = database.connection.execute(
            f"{_RECORDS} JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
            "WHERE record.n > ? AND record.n <= ? AND log.circle = ? ORDER BY record.n LIMIT ?",
            (last, cursor, row[0], BATCH_RECORDS),
        ).fetchall()
        if not found:
            return
        _fold_all(database, found, places)
        last = found[-1][0]


def _fold_all(
    database: Database, found: list[tuple[object, ...]], places: dict[int, Place]
) -> None:
    writer = rows.Rows(database)
    done: list[bytes] = []
    for raw in found:
        folding = _read(database, writer, raw, places)
        if folding is not None:
            _apply(writer, folding)
            done.append(folding.id)
    writer.flush()
    _wake(database, writer, done, places)


def _apply(writer: rows.Rows, folding: Folding) -> None:
    """One record into its subject's row; one that refers to what is not here waits."""
    family = merge.KINDS[folding.kind].family
    if family == "offer":
        if folding.body.subject is None:
            writer.new_offer(folding)
        else:
            writer.flush()
            writer.change_offer(folding)
    elif family in rows.SUBJECT_FAMILIES:
        writer.stand(family, folding)


def _read(
    database: Database,
    writer: rows.Rows,
    raw: tuple[object, ...],
    places: dict[int, Place],
) -> Folding | None:
    """Parse a stored record; what is malformed is noted and stays a link of its chain."""
    n, identifier, branch, seq, time_ms, kind, expires_day, data = raw
    known = merge.KINDS.get(str(kind))
    if known is None or known.family in {"", "circle"} or data is None:
        return None
    place = places.get(int(branch))  # type: ignore[call-overload]
    if place is None:
        place = places[int(branch)] = _place(database, int(branch))  # type: ignore[call-overload]
    if int(seq) > place.counted_seq:  # type: ignore[call-overload]
        return None
    try:
        body = open_body(bytes(data))  # type: ignore[call-overload]
        fields = merge.read_fields(str(kind), body)
    except Refusal as refusal:
        writer.malformed(int(n), refusal.code)  # type: ignore[call-overload]
        return None
    order = (int(time_ms), place.log, int(seq), bytes(identifier))  # type: ignore[call-overload]
    return Folding(
        int(n), bytes(identifier), str(kind), order, place.circle, place.coop, place.coop_id,  # type: ignore[call-overload]
        expires_day, body, fields,  # type: ignore[arg-type]
    )  # fmt: skip


def _wake(
    database: Database, writer: rows.Rows, done: list[bytes], places: dict[int, Place]
) -> None:
    """Fold again what waited for records that have come."""
    if database.connection.execute("SELECT 1 FROM waiting LIMIT 1").fetchone() is None:
        return
    for identifier in done:
        waiting = database.connection.execute(
            f"{_RECORDS} JOIN waiting ON waiting.record = record.n WHERE waiting.ref = ?",
            (identifier,),
        ).fetchall()
        if not waiting:
            continue
        database.connection.execute("DELETE FROM waiting WHERE ref = ?", (identifier,))
        for raw in waiting:
            folding = _read(database, writer, raw, places)
            if folding is not None:
                _apply(writer, folding)
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
BATCH_RECORDS: Final = 2000
