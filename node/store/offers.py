"""Offers in the store: listing, searching, counting and finding them, and what stands behind one.

Reads only. What is withdrawn, erased or over is not listed; an offer that names its recipients is
listed to them and to its own co-op alone. It never shapes what a person sees.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from typing import Any, Final, NamedTuple

from node.store.reading import Connection
from protocol.codec import decode
from protocol.record import day_of


class Wanted(NamedTuple):
    """What is asked for: words as `match_of` made them, and filters; None asks for all."""

    match: str | None = None
    country: str | None = None
    is_want: bool | None = None
    mine: bool = False
    circle: bytes | None = None


class Asker(NamedTuple):
    """For whom and when."""

    coop: bytes
    now_ms: int


class Place(NamedTuple):
    """Where a page ended."""

    published_ms: int
    root: int


class Listed(NamedTuple):
    """An offer in a list; `body` is its newest version's."""

    root: int
    id: bytes
    coop: bytes
    circle: bytes
    is_want: int
    published_ms: int
    body: bytes


class Found(NamedTuple):
    """An offer by itself; `version` is the number of its newest version, `body` None when gone."""

    root: int
    id: bytes
    coop: bytes
    circle: bytes
    is_want: int
    published_ms: int
    hidden: int
    expires_day: int | None
    version: int | None
    withdrawn: int | None
    erased: frozenset[bytes]
    body: bytes | None


class Signed(NamedTuple):
    """Where a record lies, and the first signed head at or behind it (None when on none here)."""

    id: bytes
    time_ms: int
    log: bytes
    seq: int
    device: bytes
    key_event: bytes
    head: bytes | None
    head_seq: int | None
    signature: bytes | None


def match_of(text: str) -> str | None:
    """The full-text query for what a person typed: all words, the last one as a beginning.

    Nothing in it is syntax. None when there is no word in it.
    """
    words: list[str] = []
    word: list[str] = []
    for character in text[:SEARCH_CHARS_MAX] + " ":
        if _is_in_word(character):
            word.append(character)
        elif word:
            words.append("".join(word))
            word = []
    words = words[:SEARCH_WORDS_MAX]
    if not words:
        return None
    # The index keeps no places (detail = none), so each word is a query of its own.
    return " ".join(f'"{one}"' for one in words) + "*"


def count(connection: Connection, wanted: Wanted, asker: Asker) -> int:
    """How many there are, counted no further than COUNT_MAX + 1."""
    conditions, values = _conditions(wanted, asker)
    source = _FROM_OFFERS if wanted.match is None else _FROM_TEXT
    rows = _rows(
        connection,
        f"SELECT count(*) FROM (SELECT 1 {source} WHERE {conditions} LIMIT :most)",
        {**values, "most": COUNT_MAX + 1},
    )
    return int(rows[0][0]) if rows else 0


def page(
    connection: Connection,
    wanted: Wanted,
    asker: Asker,
    counted: int,
    after: Place | None,
    limit: int,
) -> list[Listed]:
    """The newest ones behind a place. `counted` is what `count` said: it chooses the way.

    Many are found by going down the newest and asking the index of words for each, few by sorting
    what that index says.
    """
    conditions, values = _conditions(wanted, asker)
    source = _FROM_OFFERS
    if wanted.match is not None and counted > COUNT_MAX:
        source = _FROM_NEWEST
        conditions = conditions.replace(_MATCHES, _IN_TEXT)
    elif wanted.match is not None:
        source = _FROM_TEXT
    if after is not None:
        conditions += " AND (offer.published_ms, offer.root) < (:published_ms, :root)"
        values.update(after._asdict())
    rows = _rows(
        connection,
        f"SELECT offer.root, first.id, coop.id, circle.id, offer.is_want, offer.published_ms, "
        f"version.body {source} JOIN record AS first ON first.n = offer.root "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        f"WHERE {conditions} ORDER BY offer.published_ms DESC, offer.root DESC LIMIT :limit",
        {**values, "limit": limit},
    )
    return [Listed(*row) for row in rows]


def ids_between(connection: Connection, low: bytes, high: bytes) -> list[bytes]:
    """Ids of offers within a range, at most two: enough to know whether one is meant."""
    rows = connection.execute(
        "SELECT record.id FROM record JOIN offer ON offer.root = record.n "
        "WHERE record.id BETWEEN ? AND ? ORDER BY record.id LIMIT 2",
        (low, high),
    )
    return [row[0] for row in rows]


def find(connection: Connection, identifier: bytes) -> Found | None:
    """An offer by its id, hidden or not."""
    row = connection.execute(
        "SELECT offer.root, first.id, coop.id, circle.id, offer.is_want, offer.published_ms, "
        "offer.hidden, offer.expires_day, offer.version, offer.withdrawn, offer.erased, "
        "version.body FROM record AS first JOIN offer ON offer.root = first.n "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        "LEFT JOIN record AS version ON version.n = offer.version WHERE first.id = ?",
        (identifier,),
    ).fetchone()
    if row is None:
        return None
    *plain, erased, body = row
    ids = frozenset(decode(erased)) if erased is not None else frozenset()  # type: ignore[arg-type]
    return Found._make((*plain, ids, body))


def signed(connection: Connection, record: int) -> Signed:
    """Where a record lies and by which head it is signed."""
    row = connection.execute(
        "SELECT record.id, record.time_ms, log.id, record.seq, log.device, key_ref.ref, "
        "head.id, head.seq, signature.signature FROM record "
        "JOIN branch ON branch.n = record.branch JOIN log ON log.n = branch.log "
        "JOIN key_ref ON key_ref.n = record.key_ref "
        "LEFT JOIN signature ON signature.branch = record.branch AND signature.seq = "
        "(SELECT min(seq) FROM signature WHERE branch = record.branch AND seq >= record.seq) "
        "LEFT JOIN record AS head ON head.branch = record.branch AND head.seq = signature.seq "
        "WHERE record.n = ?",
        (record,),
    ).fetchone()
    return Signed(*row)


def versions(connection: Connection, offer: Found) -> list[tuple[bytes, int]]:
    """(id, time) of the bodies that are here of an offer, oldest first, at most VERSIONS_MAX."""
    rows = connection.execute(
        "SELECT record.id, record.time_ms FROM offer JOIN log ON log.coop = offer.coop "
        "AND log.circle = offer.circle JOIN branch ON branch.log = log.n "
        "JOIN record ON record.branch = branch.n JOIN kind ON kind.n = record.kind "
        "WHERE offer.root = ?1 AND kind.name IN ('offer/1', 'want/1') "
        "AND (record.n = ?1 OR substr(record.body, 20, 34) = ?2) "
        "ORDER BY record.time_ms, record.seq LIMIT ?3",
        # a body is an array of seven: 16 bytes of salt, then the subject
        (offer.root, b"\xc4\x20" + offer.id, VERSIONS_MAX),
    )
    return rows.fetchall()


def own(
    connection: Connection, circle: bytes, coop: bytes, after_root: int, limit: int
) -> list[tuple[int, bytes, int, int, bytes]]:
    """(root, id, is_want, hidden, body) of a co-op's offers in a circle, in the order they came."""
    rows = connection.execute(
        "SELECT offer.root, first.id, offer.is_want, offer.hidden, version.body FROM offer "
        "JOIN record AS first ON first.n = offer.root "
        "JOIN record AS version ON version.n = offer.version "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        "WHERE circle.id = ? AND coop.id = ? AND offer.root > ? AND version.body NOT NULL "
        "ORDER BY offer.root LIMIT ?",
        (circle, coop, after_root, limit),
    )
    return rows.fetchall()


def _conditions(wanted: Wanted, asker: Asker) -> tuple[str, dict[str, object]]:
    conditions = [_LIVE, _FOR_US]
    values: dict[str, object] = {
        "now_ms": asker.now_ms,
        "today": day_of(asker.now_ms),
        "own": asker.coop,
        "recipients": _RECIPIENTS_KEY,
        **{f"recipients_{header:x}": _RECIPIENTS_KEY + bytes([header]) for header in _LIST_HEADERS},
    }
    if wanted.match is not None:
        conditions.append(_MATCHES)
        values["match"] = wanted.match
    if wanted.country is not None:
        conditions.append("offer.country = :country")
        values["country"] = wanted.country
    if wanted.is_want is not None:
        conditions.append("offer.is_want = :is_want")
        values["is_want"] = wanted.is_want
    if wanted.mine:
        conditions.append("offer.coop = (SELECT n FROM coop WHERE id = :own)")
    if wanted.circle is not None:
        conditions.append("offer.circle = (SELECT n FROM circle WHERE id = :circle)")
        values["circle"] = wanted.circle
    return " AND ".join(conditions), values


def _rows(connection: Connection, statement: str, values: dict[str, object]) -> list[Any]:
    """Rows; none for a word that SQLite, with its older list of letters, cuts in two."""
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.OperationalError as fault:
        if "phrase queries are not supported" in str(fault):
            return []
        raise


def _is_in_word(character: str) -> bool:
    """Letters, digits and accents: what `unicode61` takes for a part of a word."""
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "Co" or "\u0300" <= character <= "\u0331"


# Counting more makes a page slow and tells nobody anything.
COUNT_MAX: Final = 1_000
# A line that somebody typed; more words than these make a list shorter for no reason.
SEARCH_CHARS_MAX: Final = 200
SEARCH_WORDS_MAX: Final = 16
VERSIONS_MAX: Final = 100

# The key of the field in canonical bytes; without recipients it is not there. A text may have these
# bytes too, but never with the header of a list behind them: that is no UTF-8.
_RECIPIENTS_KEY: Final = b"\xaarecipients"
_LIST_HEADERS: Final = (*range(0x91, 0xA0), 0xDC)

_LIVE: Final = (
    "offer.hidden = 0 AND (offer.expires_day IS NULL OR offer.expires_day >= :today) "
    "AND (offer.valid_until_ms IS NULL OR offer.valid_until_ms >= :now_ms) "
    "AND version.body NOT NULL"
)
_FOR_US: Final = (
    "(instr(version.body, :recipients) = 0 OR instr(version.body, :own) > 0 "
    "OR offer.coop = (SELECT n FROM coop WHERE id = :own) OR ("
    + " AND ".join(f"instr(version.body, :recipients_{one:x}) = 0" for one in _LIST_HEADERS)
    + "))"
)
_MATCHES: Final = "offer_text MATCH :match"
_IN_TEXT: Final = "+offer.root IN (SELECT rowid FROM offer_text WHERE offer_text MATCH :match)"
_FROM_OFFERS: Final = "FROM offer JOIN record AS version ON version.n = offer.version"
_FROM_NEWEST: Final = (
    "FROM offer INDEXED BY offer_newest JOIN record AS version ON version.n = offer.version"
)
_FROM_TEXT: Final = (
    "FROM offer_text CROSS JOIN offer ON offer.root = offer_text.rowid "
    "JOIN record AS version ON version.n = offer.version"
)
