"""Market in the store: listing, searching, filtering and counting offers, and what to filter by.

Reads only. What is withdrawn, erased or over is not listed; an offer that names its recipients is
listed to them and to its own co-op alone. It never shapes what a person sees.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from typing import Any, Final, Literal, NamedTuple

from node.store.facets import PRICE_MAX
from node.store.reading import Connection
from protocol.record import day_of

Sort = Literal["newest", "ending"]


class Wanted(NamedTuple):
    """What is asked for: words as `match_of` made them, and filters; None asks for all.

    `hs` is a beginning of a code; prices are for one unit, in ten thousandths of `currency`; `fair`
    is the least place in `facets.FAIRNESS`.
    """

    match: str | None = None
    country: str | None = None
    is_want: bool | None = None
    mine: bool = False
    circle: bytes | None = None
    coop: bytes | None = None
    mode: str | None = None
    category: str | None = None
    hs: str | None = None
    condition: str | None = None
    fair: int = 0
    currency: str | None = None
    price_min_e4: int | None = None
    price_max_e4: int | None = None
    ends_by_ms: int | None = None
    sort: Sort = "newest"


class Asker(NamedTuple):
    """For whom and when."""

    coop: bytes
    now_ms: int


class Place(NamedTuple):
    """Where a page ended: when the last one was published, or ends, as the order is."""

    time_ms: int
    root: int


class Listed(NamedTuple):
    """An offer in a list; `body` is its newest version's."""

    root: int
    id: bytes
    coop: bytes
    circle: bytes
    is_want: int
    published_ms: int
    ends_ms: int
    fair: int
    body: bytes


class Choices(NamedTuple):
    """What occurs among the offers that stand, each ascending; `chapters` of the HS."""

    countries: list[str]
    currencies: list[str]
    chapters: list[str]
    categories: list[str]


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
    """The first ones behind a place, in the order that is wanted.

    `counted` is what `count` said: it chooses the way. Many are found by going along the order and
    asking the filters and the index of words for each, few by sorting what those say.
    """
    if not counted:
        return []
    conditions, values = _conditions(wanted, asker)
    order = _ORDERS[wanted.sort]
    is_many = counted > COUNT_MAX
    source = order.source if is_many else _FROM_OFFERS
    if wanted.match is not None and is_many:
        conditions = conditions.replace(_MATCHES, _IN_TEXT)
    elif wanted.match is not None:
        source = _FROM_TEXT
    if after is not None:
        conditions += f" AND ({order.column}, offer.root) {order.behind} (:time_ms, :root)"
        values.update(after._asdict())
    rows = _rows(
        connection,
        "SELECT offer.root, first.id, coop.id, circle.id, offer.is_want, offer.published_ms, "
        f"offer.ends_ms, offer.fair, version.body {source} "
        "JOIN record AS first ON first.n = offer.root "
        "JOIN coop ON coop.n = offer.coop JOIN circle ON circle.n = offer.circle "
        f"WHERE {conditions} "
        f"ORDER BY {order.column} {order.direction}, offer.root {order.direction} LIMIT :limit",
        {**values, "limit": limit},
    )
    return [Listed(*row) for row in rows]


def place_of(listed: Listed, sort: Sort) -> Place:
    """Where a page ends with this one."""
    return Place(listed.published_ms if sort == "newest" else listed.ends_ms, listed.root)


def choices(connection: Connection) -> Choices:
    """What the filters can offer, at most CHOICES_MAX of each."""
    found = [[row[0] for row in connection.execute(one)] for one in _CHOICES]
    more = connection.execute("SELECT DISTINCT currency FROM offer_price LIMIT ?", (CHOICES_MAX,))
    countries, currencies, chapters, categories = found
    currencies = sorted({*currencies, *(row[0] for row in more)})
    return Choices(countries, currencies, chapters, categories)


def _conditions(wanted: Wanted, asker: Asker) -> tuple[str, dict[str, object]]:
    conditions = [_LIVE, _FOR_US]
    values: dict[str, object] = {
        "now_ms": asker.now_ms,
        "today": day_of(asker.now_ms),
        "own": asker.coop,
    }
    asked = wanted._asdict() | {"mine": wanted.mine or None, "fair": wanted.fair or None}
    for name, condition in _FILTERS.items():
        if asked[name] is not None:
            conditions.append(condition)
            values[name] = asked[name]
    if wanted.hs is not None:
        values["hs_end"] = wanted.hs + "~"  # behind every digit
    if wanted.currency is not None:
        values["low"] = wanted.price_min_e4 or 0
        values["high"] = PRICE_MAX if wanted.price_max_e4 is None else wanted.price_max_e4
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


class _Order(NamedTuple):
    """How a list is sorted, and the way along that order."""

    column: str
    direction: str
    behind: str
    source: str


# Counting more makes a page slow and tells nobody anything.
COUNT_MAX: Final = 1_000
# A line that somebody typed; more words than these make a list shorter for no reason.
SEARCH_CHARS_MAX: Final = 200
SEARCH_WORDS_MAX: Final = 16
# Longer lists of choices nobody reads; there are 249 countries.
CHOICES_MAX: Final = 300

_LIVE: Final = (
    "offer.hidden = 0 AND (offer.expires_day IS NULL OR offer.expires_day >= :today) "
    "AND offer.ends_ms >= :now_ms AND version.body NOT NULL"
)
_FOR_US: Final = (
    "(offer.addressed = 0 OR offer.coop = (SELECT n FROM coop WHERE id = :own) "
    "OR instr(version.body, :own) > 0)"
)
_MATCHES: Final = "offer_text MATCH :match"
_IN_TEXT: Final = "+offer.root IN (SELECT rowid FROM offer_text WHERE offer_text MATCH :match)"
_PRICED: Final = (
    "((offer.currency = :currency AND offer.price_e4 BETWEEN :low AND :high) OR offer.root IN "
    "(SELECT root FROM offer_price WHERE currency = :currency AND price_e4 BETWEEN :low AND :high))"
)
_FILTERS: Final = {
    "match": _MATCHES,
    "country": "offer.country = :country",
    "is_want": "offer.is_want = :is_want",
    "mine": "offer.coop = (SELECT n FROM coop WHERE id = :own)",
    "circle": "offer.circle = (SELECT n FROM circle WHERE id = :circle)",
    "coop": "offer.coop = (SELECT n FROM coop WHERE id = :coop)",
    "mode": "offer.mode = :mode",
    "category": "offer.root IN (SELECT root FROM offer_category WHERE category = :category)",
    "hs": "offer.hs >= :hs AND offer.hs < :hs_end",
    "condition": "offer.condition = :condition",
    "fair": "offer.fair >= :fair",
    "ends_by_ms": "offer.ends_ms <= :ends_by_ms",
    "currency": _PRICED,
}
_VERSION: Final = "JOIN record AS version ON version.n = offer.version"
_FROM_OFFERS: Final = f"FROM offer NOT INDEXED {_VERSION}"
_FROM_TEXT: Final = f"FROM offer_text CROSS JOIN offer ON offer.root = offer_text.rowid {_VERSION}"
_ORDERS: Final[dict[Sort, _Order]] = {
    "newest": _Order(
        "offer.published_ms", "DESC", "<", f"FROM offer INDEXED BY offer_newest {_VERSION}"
    ),
    "ending": _Order("offer.ends_ms", "ASC", ">", f"FROM offer INDEXED BY offer_ending {_VERSION}"),
}
_STANDING: Final = "(SELECT country, currency, hs FROM offer WHERE hidden = 0)"
_CHOICES: Final = tuple(
    f"SELECT DISTINCT {what} AS one FROM {table} WHERE one NOT NULL ORDER BY 1 LIMIT {CHOICES_MAX}"
    for what, table in (
        ("country", _STANDING),
        ("currency", _STANDING),
        ("substr(hs, 1, 2)", _STANDING),
        ("category", "offer_category"),
    )
)
