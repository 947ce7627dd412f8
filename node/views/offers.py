"""Offers: what co-ops offer and want, as a list, by itself with its signature, and one's own.

Shown as it was signed: prices, quantities and texts are those of the record. Open and over are
judged by the time that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from node.store import offers as rows
from node.store.offers import Asker, Found, Listed, Place, Wanted, match_of
from node.store.reading import Connection
from node.views.ids import text
from node.views.names import names_of, pick
from protocol import trade
from protocol.errors import Refusal
from protocol.keys import BLOB, CIRCLE, COOP, LOG, RECORD
from protocol.record import Body, day_of
from protocol.values import Decimal

__all__ = ["Asker", "Wanted", "all_fields", "detail", "match_of", "own_after", "page"]


class OfferLine(msgspec.Struct, frozen=True):
    """An offer in a list; `title` is the one of `titles` in the language that was asked for."""

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


class OfferPage(msgspec.Struct, frozen=True):
    """A page of a list: `total` is exact up to 1,000, beyond it `more` is true.

    `next` is where the following page begins, None at the end.
    """

    total: int
    more: bool
    next: str | None
    offers: tuple[OfferLine, ...]


class SignedView(msgspec.Struct, frozen=True):
    """How the newest version is signed: by which device of whom, in which log, under which head.

    Keys, hashes and the signature are hexadecimal. The chain leads from the record, by the `prev`
    of each header, to the head; without a head its signature is not here yet.
    """

    coop: str
    device: str
    key_event: str
    log: str
    seq: int
    record: str
    time_ms: int
    head: str | None
    head_seq: int | None
    signature: str | None


class VersionView(msgspec.Struct, frozen=True):
    """A version of an offer that is here."""

    record: str
    time_ms: int
    erased: bool


class OfferDetail(msgspec.Struct, frozen=True):
    """All of one offer; `offer` is None when its content was erased or forgotten."""

    id: str
    coop: str
    coop_name: str
    circle: str
    kind: str
    title: str
    offer: trade.Offer | None
    published_ms: int
    changed_ms: int | None
    expired: bool
    withdrawn: bool
    erased: bool
    mine: bool
    signed: SignedView | None
    versions: tuple[VersionView, ...]


class OwnOffer(NamedTuple):
    """One of this co-op's own offers, as an import compares it with a file."""

    id: bytes
    kind: str
    hidden: bool
    fields: trade.Offer
    raw: bytes
    """The fields in their canonical bytes, as they were signed."""


def page(
    connection: Connection,
    wanted: Wanted,
    asker: Asker,
    languages: Sequence[str],
    after: str | None,
    limit: int,
) -> OfferPage:
    """The newest offers behind a place; refuses `bad-field` for a place that is none."""
    place = None if after is None else _place(after)
    counted = rows.count(connection, wanted, asker)
    found = rows.page(connection, wanted, asker, counted, place, limit + 1)
    end = found[limit - 1] if len(found) > limit else None
    names = names_of(connection, {one.coop for one in found}, asker.coop)
    lines = (_line(one, asker.coop, names, languages) for one in found[:limit])
    return OfferPage(
        total=min(counted, rows.COUNT_MAX),
        more=counted > rows.COUNT_MAX,
        next=None if end is None else f"{end.published_ms}-{end.root}",
        offers=tuple(line for line in lines if line is not None),
    )


def detail(
    connection: Connection, offer: bytes, asker: Asker, languages: Sequence[str]
) -> OfferDetail:
    """One offer, hidden or not; refuses `not-found`."""
    found = rows.find(connection, offer)
    if found is None:
        raise Refusal("not-found")
    signed = None if found.version is None else rows.signed(connection, found.version)
    is_erased = signed is not None and signed.id in found.erased
    fields = None if found.body is None or is_erased else _fields(found.body)
    return OfferDetail(
        id=text(RECORD, found.id),
        coop=text(COOP, found.coop),
        coop_name=names_of(connection, [found.coop], asker.coop)[found.coop],
        circle=text(CIRCLE, found.circle),
        kind=_KINDS[found.is_want],
        title="" if fields is None else pick(fields.title, languages),
        offer=fields,
        published_ms=found.published_ms,
        changed_ms=None if signed is None else signed.time_ms,
        expired=_is_over(found, fields, asker.now_ms),
        withdrawn=bool(found.hidden) and not is_erased,
        erased=is_erased,
        mine=found.coop == asker.coop,
        signed=None if signed is None else _signature(found.coop, signed),
        versions=tuple(
            VersionView(text(RECORD, record), time_ms, record in found.erased)
            for record, time_ms in rows.versions(connection, found)
        ),
    )


def own_after(
    connection: Connection, circle: bytes, coop: bytes, root: int
) -> tuple[list[OwnOffer], int | None]:
    """A co-op's next offers in a circle behind a row number, and where to go on; None at the end.

    In the order in which they came here; withdrawn ones are among them.
    """
    found = rows.own(connection, circle, coop, root, OWN_AT_ONCE)
    offers = [
        OwnOffer(offer, _KINDS[is_want], bool(hidden), fields, bytes(_BODY.decode(body).fields))
        for _, offer, is_want, hidden, body in found
        if (fields := _fields(body)) is not None
    ]
    return offers, found[-1][0] if len(found) == OWN_AT_ONCE else None


def all_fields(
    connection: Connection, wanted: Wanted, asker: Asker
) -> Iterator[tuple[Literal["offer", "want"], trade.Offer]]:
    """Kind and fields of every listed offer, the newest first, a page in memory at a time."""
    place = None
    while True:
        found = rows.page(connection, wanted, asker, 0, place, ALL_AT_ONCE)
        for one in found:
            fields = _shown(one, asker.coop)
            if fields is not None:
                yield "want" if one.is_want else "offer", fields
        if len(found) < ALL_AT_ONCE:
            return
        place = Place(found[-1].published_ms, found[-1].root)


def _line(
    row: Listed, own: bytes, names: dict[bytes, str], languages: Sequence[str]
) -> OfferLine | None:
    fields = _shown(row, own)
    if fields is None:
        return None
    return OfferLine(
        id=text(RECORD, row.id),
        coop=text(COOP, row.coop),
        coop_name=names[row.coop],
        circle=text(CIRCLE, row.circle),
        kind=_KINDS[row.is_want],
        mode=fields.mode,
        title=pick(fields.title, languages),
        titles=fields.title,
        country=fields.where.country if fields.where else None,
        prices=fields.prices,
        quantity=fields.quantity,
        unit=fields.unit,
        published_ms=row.published_ms,
        valid_until_ms=fields.valid_until_ms,
        mine=row.coop == own,
        hs=fields.item.hs,
        condition=fields.condition,
        picture=text(BLOB, fields.images[0].hash) if fields.images else None,
        picture_alt=pick(fields.images[0].alt, languages) if fields.images else "",
    )


def _shown(row: Listed, own: bytes) -> trade.Offer | None:
    """The fields, unless the offer is for others: their ids may stand elsewhere in a body."""
    fields = _fields(row.body)
    if fields is None or (fields.recipients and own not in (row.coop, *fields.recipients)):
        return None
    return fields


def _fields(body: bytes) -> trade.Offer | None:
    """What the fold found well-formed needs no second look; it would take most of a page's time."""
    try:
        return _OFFER.decode(_BODY.decode(body).fields)
    except msgspec.DecodeError:
        return None


def _is_over(found: Found, fields: trade.Offer | None, now_ms: int) -> bool:
    until_ms = None if fields is None else fields.valid_until_ms
    day = found.expires_day
    return (until_ms is not None and until_ms < now_ms) or (
        day is not None and day < day_of(now_ms)
    )


def _signature(coop: bytes, signed: rows.Signed) -> SignedView:
    return SignedView(
        coop=text(COOP, coop),
        device=signed.device.hex(),
        key_event=signed.key_event.hex(),
        log=text(LOG, signed.log),
        seq=signed.seq,
        record=text(RECORD, signed.id),
        time_ms=signed.time_ms,
        head=None if signed.head is None else text(RECORD, signed.head),
        head_seq=signed.head_seq,
        signature=None if signed.signature is None else signed.signature.hex(),
    )


def _place(written: str) -> Place:
    told = PLACE.fullmatch(written)
    if told is None:
        raise Refusal("bad-field", "after is the `next` of another page")
    return Place(int(told[1]), int(told[2]))


PLACE: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
OWN_AT_ONCE: Final = 1_000
ALL_AT_ONCE: Final = 1_000
_KINDS: Final = ("offer", "want")
_BODY: Final = msgspec.msgpack.Decoder(Body)
_OFFER: Final = msgspec.msgpack.Decoder(trade.Offer)
