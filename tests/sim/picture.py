"""What a replica shows of a circle, told by ids alone: two pictures of one set must be equal."""

import sqlite3
from collections import Counter
from typing import Any, NamedTuple

from node.store import bodies, digests, facets, fold, rows
from node.store.database import Database
from protocol.codec import decode
from protocol.limits import SKEW_MS_MAX
from protocol.record import day_of
from protocol.trie import root_of


class Picture(NamedTuple):
    """Rows of days that are over are left out: each side forgets them in its own time."""

    root: str
    digest: str
    carried: frozenset[str]
    counted: frozenset[str]
    members: dict[str, tuple[bool, bool]]
    offers: dict[str, tuple[Any, ...]]
    standing: dict[tuple[str, str], tuple[str, str]]
    words: dict[str, int]
    absent: frozenset[str]
    """Counted records without their bodies."""


def picture(database: Database, circle: bytes, now_ms: int) -> Picture:
    """All of it; also checks what must hold of any replica at any time."""
    connection = database.connection
    number, root = _all(connection, "SELECT n, root FROM circle WHERE id = ?", circle)[0]
    day = day_of(now_ms - SKEW_MS_MAX)
    leaves = dict(_all(connection, "SELECT key, value FROM trie_leaf WHERE circle = ?", number))
    assert root_of(database.network, leaves) == root
    return Picture(
        root.hex(),
        digests.of_circle(connection, number, now_ms).hex(),
        _ids(connection, number, "carried_seq"),
        _ids(connection, number, "counted_seq"),
        _members(connection, number),
        _offers(connection, number, day),
        _standing(connection, number, day),
        _words(connection, number, day),
        _ids(connection, number, "counted_seq", f"AND body IS NULL AND expires_day >= {day}"),
    )


def differences(one: Picture, other: Picture) -> list[str]:
    """The parts in which two pictures differ, for people to read."""
    found: list[str] = []
    for name in Picture._fields:
        left, right = getattr(one, name), getattr(other, name)
        if left == right:
            continue
        if isinstance(left, frozenset):
            only = f"only left {_short(left - right)}, only right {_short(right - left)}"
            found.append(f"{name}: {only}")
        elif isinstance(left, dict):
            keys = [key for key in {**left, **right} if left.get(key) != right.get(key)]
            found += [f"{name} {key}: {left.get(key)} / {right.get(key)}" for key in keys[:5]]
        else:
            found.append(f"{name}: {left[:12]} / {right[:12]}")
    return found


def wanted(database: Database, circle: bytes) -> list[bytes]:
    """Bodies that are still missing."""
    return list(bodies.wanted(database, circle))


def settle(database: Database) -> None:
    """Fold all that bulk arrivals left behind."""
    while fold.lag(database):
        with database.transaction():
            fold.fold(database, fold.BATCH_RECORDS)


def _ids(connection: sqlite3.Connection, circle: int, end: str, more: str = "") -> frozenset[str]:
    found = _all(
        connection,
        "SELECT record.id FROM record JOIN branch ON branch.n = record.branch JOIN log "
        f"ON log.n = branch.log WHERE log.circle = ? AND record.seq <= branch.{end} {more}",
        circle,
    )
    return frozenset(row[0].hex() for row in found)


def _members(connection: sqlite3.Connection, circle: int) -> dict[str, tuple[bool, bool]]:
    found = _all(
        connection,
        "SELECT coop.id, live, accepted FROM circle_member JOIN coop ON coop.n = coop "
        "WHERE circle = ?",
        circle,
    )
    return {row[0].hex(): (bool(row[1]), bool(row[2])) for row in found}


def _offers(connection: sqlite3.Connection, circle: int, day: int) -> dict[str, tuple[Any, ...]]:
    """Rows that have a version; of others only what was withdrawn or erased matters, later."""
    found = _all(
        connection,
        "SELECT root.id, coop.id, is_want, version.id, withdrawn.id, erased, hidden, published_ms, "
        "offer.expires_day, country, ends_ms FROM offer JOIN record AS root "
        "ON root.n = offer.root JOIN coop ON coop.n = offer.coop "
        "JOIN record AS version ON version.n = offer.version "
        "LEFT JOIN record AS withdrawn ON withdrawn.n = offer.withdrawn "
        "WHERE offer.circle = ? AND coalesce(offer.expires_day, ?) >= ?",
        circle,
        day,
        day,
    )
    return {row[0].hex(): tuple(_text(one) for one in row[1:]) for row in found}


def _standing(
    connection: sqlite3.Connection, circle: int, day: int
) -> dict[tuple[str, str], tuple[str, str]]:
    found = _all(
        connection,
        "SELECT family, subject, coop.id, record.id FROM standing "
        "JOIN record ON record.n = version JOIN coop ON coop.n = coop "
        "WHERE circle = ? AND coalesce(record.expires_day, ?) >= ?",
        circle,
        day,
        day,
    )
    return {(row[0], row[1].hex()): (row[2].hex(), row[3].hex()) for row in found}


def _words(connection: sqlite3.Connection, circle: int, day: int) -> dict[str, int]:
    """How many rows show a word; the index must say the same of all rows here."""
    indexed, shown = Counter[str](), Counter[str]()
    found = _all(
        connection,
        "SELECT version, record.id, erased, circle, offer.expires_day FROM offer "
        "JOIN record ON record.n = version",
    )
    for version, identifier, erased, where, until in found:
        fields = None
        if erased is None or identifier not in set(decode(erased)):  # type: ignore[arg-type]
            fields = rows.read_offer(connection, version)
        if fields is not None:
            some = set(" ".join(facets.words(fields)).lower().split())
            indexed.update(some)
            if where == circle and (until is None or until >= day):
                shown.update(some)
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, offer_text, row)"
    )
    assert dict(_all(connection, "SELECT term, doc FROM temp.words")) == dict(indexed)
    return dict(shown)


def _all(connection: sqlite3.Connection, statement: str, *values: object) -> list[Any]:
    return connection.execute(statement, values).fetchall()


def _text(value: object) -> object:
    return value.hex()[:16] if isinstance(value, bytes) else value


def _short(ids: frozenset[str]) -> list[str]:
    return sorted(one[:8] for one in ids)[:8]
