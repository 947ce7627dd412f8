"""Market: what co-ops offer and want, as a list: what may be asked for, and what is found.

The API, the page and the command line ask by the same `Filters`. Open and over are judged by the
time that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from node.store import facets, market
from node.store.market import Asker, Choices, Listed, Place, Sort, Wanted, match_of
from node.store.reading import Connection
from node.views import ids
from node.views.ids import text
from node.views.names import names_of, pick
from protocol import trade
from protocol.errors import Refusal
from protocol.keys import BLOB, CIRCLE, COOP, RECORD
from protocol.record import Body
from protocol.values import Code, Country, Currency, Decimal, HsCode

__all__ = ["Asker", "Choices", "Wanted", "all_fields", "choices", "match_of", "page", "wanted_of"]

Fairness = Literal["", "claimed", "evidence", "confirmed"]
DAY_MS: Final = 24 * 3_600_000
# What ends within two weeks is marked: long enough to agree and to send.
ENDS_SOON_DAYS: Final = 14
ENDS_WITHIN_DAYS_MAX: Final = 3_660
PRICE_CHARS_MAX: Final = 24
PriceText = Annotated[str, Meta(min_length=1, max_length=PRICE_CHARS_MAX)]


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may be asked of the list, each left out asks for all.

    `hs` takes the beginning of a code. Prices are for one unit, in `currency`, with a point;
    `fair` is the least that has to stand behind a claim.
    """

    search: str | None = None
    kind: Literal["offer", "want"] | None = None
    mode: Literal["sell", "give", "lend", "rent", "service", "work", "copy"] | None = None
    category: Code | None = None
    hs: HsCode | None = None
    country: Country | None = None
    currency: Currency | None = None
    price_min: PriceText | None = None
    price_max: PriceText | None = None
    condition: Literal["new", "as-new", "very-good", "good", "fair", "broken"] | None = None
    fair: Literal["claimed", "evidence", "confirmed"] | None = None
    ends_within_days: Annotated[int, Meta(ge=1, le=ENDS_WITHIN_DAYS_MAX)] | None = None
    circle: str | None = None
    coop: str | None = None
    mine: bool = False
    sort: Sort = "newest"


class OfferLine(msgspec.Struct, frozen=True):
    """An offer in a list; `title` is the one of `titles` in the language that was asked for.

    `fair` is the best that stands behind its claims: nothing, claimed, evidence or confirmed.
    """

    id: str
    coop: str
    coop_name: str
    circle: str
    kind: str
    mode: str
    title: str
    titles: dict[str, str]
    country: str | None
    prices: tuple[trade.Price, ...]
    quantity: Decimal | None
    unit: str
    published_ms: int
    valid_until_ms: int | None
    mine: bool
    hs: str | None
    condition: str
    picture: str | None
    """The blob of its first picture, and what that shows."""
    picture_alt: str
    fair: Fairness
    ends_soon: bool


class OfferPage(msgspec.Struct, frozen=True):
    """A page of a list: `total` is exact up to 1,000, beyond it `more` is true.

    `next` is where the following page begins, None at the end.
    """

    total: int
    more: bool
    next: str | None
    offers: tuple[OfferLine, ...]


def wanted_of(connection: Connection, asked: Filters, now_ms: int) -> Wanted:
    """What the store is asked; refuses a circle or co-op that is not known, and bare prices."""
    low, high = (_e4(one) for one in (asked.price_min, asked.price_max))
    if asked.currency is None and (low, high) != (None, None):
        raise Refusal("bad-field", "a price is of a currency: choose one")
    days = asked.ends_within_days
    return Wanted(
        match=None if asked.search is None else match_of(asked.search),
        country=asked.country,
        is_want=None if asked.kind is None else asked.kind == "want",
        mine=asked.mine,
        circle=None if asked.circle is None else ids.circle_id(connection, asked.circle),
        coop=None if asked.coop is None else ids.coop_id(connection, asked.coop),
        mode=asked.mode,
        category=None if asked.category is None else facets.spelt(asked.category),
        hs=asked.hs,
        condition=asked.condition,
        fair=facets.FAIRNESS.index(asked.fair or ""),
        currency=asked.currency,
        price_min_e4=low,
        price_max_e4=high,
        ends_by_ms=None if days is None else now_ms + days * DAY_MS,
        sort=asked.sort,
    )


def page(
    connection: Connection,
    wanted: Wanted,
    asker: Asker,
    languages: Sequence[str],
    after: str | None,
    limit: int,
) -> OfferPage:
    """The first offers behind a place; refuses `bad-field` for a place that is none."""
    place = None if after is None else place_in(after)
    counted = market.count(connection, wanted, asker)
    found = market.page(connection, wanted, asker, counted, place, limit + 1)
    end = market.place_of(found[limit - 1], wanted.sort) if len(found) > limit else None
    names = names_of(connection, {one.coop for one in found}, asker.coop)
    lines = (line_of(one, asker, names, languages) for one in found[:limit])
    return OfferPage(
        total=min(counted, market.COUNT_MAX),
        more=counted > market.COUNT_MAX,
        next=None if end is None else f"{end.time_ms}-{end.root}",
        offers=tuple(line for line in lines if line is not None),
    )


def choices(connection: Connection) -> Choices:
    """What occurs, for filters to choose from."""
    return market.choices(connection)


def all_fields(
    connection: Connection, wanted: Wanted, asker: Asker
) -> Iterator[tuple[Literal["offer", "want"], trade.Offer]]:
    """Kind and fields of every listed offer, the newest first, a page in memory at a time."""
    place = None
    while True:
        found = market.page(connection, wanted, asker, market.COUNT_MAX + 1, place, ALL_AT_ONCE)
        for one in found:
            fields = _shown(one, asker.coop)
            if fields is not None:
                yield "want" if one.is_want else "offer", fields
        if len(found) < ALL_AT_ONCE:
            return
        place = market.place_of(found[-1], wanted.sort)


def fields_of(body: bytes) -> trade.Offer | None:
    """What the fold found well-formed needs no second look; it would take most of a page's time."""
    try:
        return _OFFER.decode(_BODY.decode(body).fields)
    except msgspec.DecodeError:
        return None


def ends_soon(ends_ms: int, now_ms: int) -> bool:
    """Whether what ends then is to be marked."""
    return ends_ms <= now_ms + ENDS_SOON_DAYS * DAY_MS


def line_of(
    row: Listed, asker: Asker, names: dict[bytes, str], languages: Sequence[str]
) -> OfferLine | None:
    """An offer in a list; None when it is for others."""
    fields = _shown(row, asker.coop)
    if fields is None:
        return None
    return OfferLine(
        id=text(RECORD, row.id),
        coop=text(COOP, row.coop),
        coop_name=names[row.coop],
        circle=text(CIRCLE, row.circle),
        kind=KINDS[row.is_want],
        mode=fields.mode,
        title=pick(fields.title, languages),
        titles=fields.title,
        country=fields.where.country if fields.where else None,
        prices=fields.prices,
        quantity=fields.quantity,
        unit=fields.unit,
        published_ms=row.published_ms,
        valid_until_ms=fields.valid_until_ms,
        mine=row.coop == asker.coop,
        hs=fields.item.hs,
        condition=fields.condition,
        picture=text(BLOB, fields.images[0].hash) if fields.images else None,
        picture_alt=pick(fields.images[0].alt, languages) if fields.images else "",
        fair=_FAIRNESS[row.fair],
        ends_soon=ends_soon(row.ends_ms, asker.now_ms),
    )


def _shown(row: Listed, own: bytes) -> trade.Offer | None:
    """The fields, unless the offer is for others: their ids may stand elsewhere in a body."""
    fields = fields_of(row.body)
    if fields is None or (fields.recipients and own not in (row.coop, *fields.recipients)):
        return None
    return fields


def _e4(written: str | None) -> int | None:
    if written is None:
        return None
    exact = Decimal.parse(written)
    if exact.number < 0:
        raise Refusal("bad-field", "a price below zero")
    shift = facets.PRICE_DECIMALS + exact.exponent
    amount: int = exact.number * 10 ** max(0, shift) // 10 ** max(0, -shift)
    return min(amount, facets.PRICE_MAX)


def place_in(written: str) -> Place:
    """Where a page ended, out of its `next`; refuses `bad-field`."""
    told = PLACE.fullmatch(written)
    if told is None:
        raise Refusal("bad-field", "after is the `next` of another page")
    return Place(int(told[1]), int(told[2]))


PLACE: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
ALL_AT_ONCE: Final = 1_000
KINDS: Final = ("offer", "want")
_FAIRNESS: Final[tuple[Fairness, ...]] = ("", "claimed", "evidence", "confirmed")
_BODY: Final = msgspec.msgpack.Decoder(Body)
_OFFER: Final = msgspec.msgpack.Decoder(trade.Offer)
