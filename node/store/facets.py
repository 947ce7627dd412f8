"""Facets: what of an offer is searched and filtered by, as columns, words and small tables.

Made of its fields alone. It never reads what it wrote: what is taken out again is made anew of the
same body.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final, NamedTuple

from protocol import trade


class Facets(NamedTuple):
    """The columns of an offer's row, in the order of `COLUMNS`."""

    country: str | None = None
    ends_ms: int | None = None
    hs: str | None = None
    mode: str | None = None
    condition: str | None = None
    fair: int = 0
    currency: str | None = None
    price_e4: int | None = None
    addressed: int = 0


def facets_of(fields: trade.Offer | None) -> Facets:
    """The columns for the fields of the newest version; of a body that is gone there are none.

    `ends_ms` is LASTING_MS without an end. `price_e4` is the first price for one unit, in ten
    thousandths of its currency.
    """
    if fields is None:
        return Facets()
    price = fields.prices[0] if fields.prices else None
    return Facets(
        fields.where.country if fields.where is not None else None,
        LASTING_MS if fields.valid_until_ms is None else fields.valid_until_ms,
        fields.item.hs,
        fields.mode,
        fields.condition,
        fairness(fields.fair) if fields.fair else 0,
        None if price is None else price.currency,
        None if price is None else price_e4(price),
        1 if fields.recipients else 0,
    )


def fairness(claims: tuple[trade.Fair, ...]) -> int:
    """A place in FAIRNESS: the best of several claims."""
    if any(claim.confirmed_by for claim in claims):
        return 3
    if any(claim.evidence for claim in claims):
        return 2
    return 1 if claims else 0


def price_e4(price: trade.Price) -> int:
    """What one unit costs, in ten thousandths of the currency, rounded down, at most PRICE_MAX."""
    shift = PRICE_DECIMALS - price.exponent - price.per.exponent
    above = price.minor * 10 ** max(0, shift)
    below = price.per.number * 10 ** max(0, -shift)
    return min(above // below, PRICE_MAX) if below > 0 else PRICE_MAX


def words(fields: trade.Offer) -> tuple[str, str]:
    """What of an offer is searched: all titles; all texts, categories and codes."""
    item = fields.item
    codes = [*item.category, item.sku or "", item.gtin or "", item.hs or ""]
    return " ".join(fields.title.values()), " ".join([*fields.text.values(), *codes])


def categories(fields: trade.Offer) -> tuple[str, ...]:
    """Its plain categories, each once, as they are compared."""
    if not fields.item.category:
        return ()
    return tuple(dict.fromkeys(spelt(one) for one in fields.item.category))


def spelt(category: str) -> str:
    """The one spelling by which categories are compared."""
    return " ".join(category.casefold().split())


def more_prices(fields: trade.Offer) -> list[tuple[str, int]]:
    """(currency, price) of the first price in each further currency."""
    if len(fields.prices) < SEVERAL:
        return []
    found: dict[str, int] = {}
    for price in fields.prices:
        found.setdefault(price.currency, price_e4(price))
    del found[fields.prices[0].currency]
    return list(found.items())


def take_out(connection: sqlite3.Connection, root: int, fields: trade.Offer) -> None:
    """Take out again what was put for the same fields."""
    connection.execute(
        "INSERT INTO offer_text (offer_text, rowid, title, text) VALUES ('delete', ?, ?, ?)",
        (root, *words(fields)),
    )
    connection.executemany(
        "DELETE FROM offer_category WHERE category = ? AND root = ?",
        [(one, root) for one in categories(fields)],
    )
    connection.executemany(
        "DELETE FROM offer_price WHERE currency = ? AND root = ?",
        [(currency, root) for currency, _ in more_prices(fields)],
    )


def placeholders() -> str:
    """One `?` for each column."""
    return ", ".join("?" * len(Facets._fields))


def resets() -> str:
    """Assignments that empty the columns, for an offer whose body is gone."""
    return ", ".join(f"{name} = {_literal(Facets()[at])}" for at, name in enumerate(_NAMES))


def updates() -> str:
    """Assignments of the columns in an upsert."""
    return ", ".join(f"{name} = excluded.{name}" for name in _NAMES)


def _literal(value: Any) -> str:  # noqa: ANN401 - None or a number
    return "NULL" if value is None else str(int(value))


class Entries:
    """What is to be indexed of a batch of offers: bare strings and numbers, the offers can go."""

    def __init__(self) -> None:
        self._words: list[tuple[int, str, str]] = []
        self._categories: list[tuple[str, int]] = []
        self._prices: list[tuple[int, str, int]] = []

    def add(self, root: int, fields: trade.Offer) -> None:
        """Take in the words, categories and further prices of one offer."""
        self._words.append((root, *words(fields)))
        if fields.item.category:
            self._categories += [(one, root) for one in categories(fields)]
        if len(fields.prices) >= SEVERAL:
            self._prices += [(root, *one) for one in more_prices(fields)]

    def put(self, connection: sqlite3.Connection) -> None:
        """Write them, and be empty again."""
        for statement, values in (
            (_PUT_WORDS, self._words),
            (_PUT_CATEGORY, self._categories),
            (_PUT_PRICE, self._prices),
        ):
            if values:
                connection.executemany(statement, values)
                values.clear()


# What an offer says of its fairness: nothing, claimed, with evidence, confirmed by other co-ops.
FAIRNESS: Final = ("", "claimed", "evidence", "confirmed")
PRICE_DECIMALS: Final = 4
# What SQLite keeps exactly; nobody asks for more.
PRICE_MAX: Final = 2**62
# Behind every end that an offer can have.
LASTING_MS: Final = 2**53
SEVERAL: Final = 2
_NAMES: Final = Facets._fields
COLUMNS: Final = ", ".join(_NAMES)
_PUT_WORDS: Final = "INSERT INTO offer_text (rowid, title, text) VALUES (?, ?, ?)"
_PUT_CATEGORY: Final = "INSERT INTO offer_category (category, root) VALUES (?, ?)"
_PUT_PRICE: Final = "INSERT INTO offer_price (root, currency, price_e4) VALUES (?, ?, ?)"
