"""Trade: offers and wants, their withdrawal, their erasure and their stock.

The typed fields, in the ascending order that the wire has. State is never stored: `merge` folds it.
Names map to Valueflows 1.0.0, schema.org and UBL 2.1 as the table in SPEC "Trade" says.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, field

from protocol.errors import Refusal
from protocol.limits import IMAGES_MAX, LIST_MAX, PRICES_MAX
from protocol.values import (
    Blob,
    Code,
    Count,
    Country,
    Currency,
    Decimal,
    Exponent,
    Fields,
    Gtin,
    Hash,
    HsCode,
    Incoterm,
    Minor,
    Name,
    Quantity,
    Text,
    TimeMs,
    Title,
    UnitCode,
    Url,
)


class Item(Fields, frozen=True, kw_only=True):
    """What it is: plain categories, GTIN, Harmonized System code, the seller's own number."""

    category: Annotated[tuple[Code, ...], Meta(max_length=LIST_MAX)] = ()
    gtin: Gtin | None = None
    hs: HsCode | None = None
    sku: Code | None = None


class Lot(Fields, frozen=True, kw_only=True):
    """The batch it comes from, and when that batch expires."""

    code: Code
    expires_ms: TimeMs | None = None


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A local measure: a crate, a debe, a saca."""

    holds: Quantity
    name: Title


class Price(Fields, frozen=True, kw_only=True):
    """A price tier: `minor` units of `currency` (10 ** -`exponent`) for `per` units."""

    currency: Currency
    exponent: Exponent
    from_quantity: Decimal = Decimal(0, 0)
    minor: Minor
    per: Decimal = Decimal(1, 0)


class Barter(Fields, frozen=True, kw_only=True):
    """Something asked for in return; several are all asked for."""

    item: Item
    name: Title
    quantity: Quantity


class Tax(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """UNCL 5305 category, rate in percent, and whether the prices include it."""

    category: Code
    included: bool
    rate: Decimal


class Where(Fields, frozen=True, kw_only=True):
    """Where the goods are; coordinates in millionths of a degree."""

    country: Country
    latitude_e6: Annotated[int, Meta(ge=-90_000_000, le=90_000_000)] | None = None
    longitude_e6: Annotated[int, Meta(ge=-180_000_000, le=180_000_000)] | None = None
    place: Name | None = None
    region: Code | None = None


class Carrier(Fields, frozen=True, kw_only=True):
    """A way of sending: its price in the first price's currency, and how many fit one parcel."""

    name: Name
    price_minor: Minor | None = None
    units_per_parcel: Count | None = None


class Terms(Fields, frozen=True, kw_only=True):
    """Delivery and payment: Incoterm 2020 with its place, carriers, days, ways to pay."""

    carriers: Annotated[tuple[Carrier, ...], Meta(max_length=LIST_MAX)] = ()
    delivery_text: Text = field(default_factory=dict)
    due_days: Count | None = None
    free_delivery_from_minor: Minor | None = None
    incoterm: Incoterm | None = None
    lead_days_max: Count | None = None
    lead_days_min: Count | None = None
    payment_text: Text = field(default_factory=dict)
    payments: Annotated[tuple[Code, ...], Meta(max_length=LIST_MAX)] = ()
    pickup: bool = False
    place: Name | None = None


class Provenance(Fields, frozen=True, kw_only=True):
    """Where it comes from: countries of origin and last processing, the chain behind it."""

    chain: Annotated[tuple[Hash, ...], Meta(max_length=LIST_MAX)] = ()
    last_processing: Country | None = None
    origin: Country | None = None
    producer: Name | None = None
    producer_coop: Hash | None = None


class Answer(Fields, frozen=True, kw_only=True):
    """One answer of a fair-terms questionnaire."""

    checked: Annotated[tuple[Code, ...], Meta(max_length=LIST_MAX)] = ()
    explanation: Text = field(default_factory=dict)
    other: Annotated[str, Meta(max_length=2500)] = ""
    yes: bool = False


class Fair(Fields, frozen=True, kw_only=True):
    """A fair, social or ecological claim with its answers and what bears it out."""

    answers: Annotated[dict[Code, Answer], Meta(max_length=LIST_MAX)] = field(default_factory=dict)
    confirmed_by: Annotated[tuple[Hash, ...], Meta(max_length=LIST_MAX)] = ()
    evidence: Annotated[tuple[Blob, ...], Meta(max_length=LIST_MAX)] = ()
    scheme: Code
    seal: Code | None = None
    valid_until_ms: TimeMs | None = None


class Fee(Fields, frozen=True, kw_only=True):
    """A surcharge and who gets it: a percentage, an amount an order, or an amount a unit."""

    kind: Literal["packing", "transport", "administration", "sales", "fundraising", "solidarity"]
    payee: Hash | None = None
    payee_name: Name | None = None
    per_order_minor: Minor | None = None
    per_unit_minor: Minor | None = None
    percent: Decimal | None = None


class Cycle(Fields, frozen=True, kw_only=True):
    """The order cycle that it is sold in."""

    closes_ms: TimeMs
    coordinator: Hash
    opens_ms: TimeMs


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address elsewhere, shown and never fetched by a node."""

    kind: Literal["image", "page", "document"]
    url: Url


class Offer(Fields, frozen=True, kw_only=True):
    """Fields of `offer/1` and of `want/1`. A record with a subject replaces that one, wholly."""

    attributes: Annotated[
        dict[Code, Annotated[str, Meta(min_length=1, max_length=1000)]], Meta(max_length=LIST_MAX)
    ] = field(default_factory=dict)
    barter: Annotated[tuple[Barter, ...], Meta(max_length=LIST_MAX)] = ()
    condition: Literal["new", "as-new", "very-good", "good", "fair", "broken"] = "new"
    cycle: Cycle | None = None
    fair: Annotated[tuple[Fair, ...], Meta(max_length=LIST_MAX)] = ()
    fees: Annotated[tuple[Fee, ...], Meta(max_length=LIST_MAX)] = ()
    images: Annotated[tuple[Blob, ...], Meta(max_length=IMAGES_MAX)] = ()
    item: Item = Item()
    links: Annotated[tuple[Link, ...], Meta(max_length=LIST_MAX)] = ()
    lot: Lot | None = None
    minimum: Decimal | None = None
    mode: Literal["sell", "give", "lend", "rent", "service", "work", "copy"] = "sell"
    pack: Pack | None = None
    prices: Annotated[tuple[Price, ...], Meta(max_length=PRICES_MAX)] = ()
    provenance: Provenance = Provenance()
    quantity: Decimal | None = None
    recipients: Annotated[tuple[Hash, ...], Meta(max_length=LIST_MAX)] = ()
    step: Decimal | None = None
    tax: Tax | None = None
    terms: Terms = Terms()
    text: Text = field(default_factory=dict)
    title: Title
    unit: UnitCode = "C62"
    valid_from_ms: TimeMs | None = None
    valid_until_ms: TimeMs | None = None
    where: Where | None = None

    def check(self) -> None:
        """What one field says about another; raises `bad-field`."""
        negative = [self.quantity, self.minimum, self.step, *(p.per for p in self.prices)]
        if any(one is not None and one.number < 0 for one in negative):
            raise Refusal("bad-field", "an amount below zero")
        if any(price.per.number == 0 for price in self.prices):
            raise Refusal("bad-field", "a price for nothing")
        if self.mode == "give" and (self.prices or self.barter):
            raise Refusal("bad-field", "a gift has no price")
        until, since = self.valid_until_ms, self.valid_from_ms
        if until is not None and since is not None and until < since:
            raise Refusal("bad-field", "valid_until_ms before valid_from_ms")


class Withdraw(Fields, frozen=True, kw_only=True):
    """Fields of `withdraw/1`: the subject is not offered any more until a later edit."""

    reason: Text = field(default_factory=dict)


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `erase/1`: drops the bodies of these versions of the subject, everywhere."""

    records: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=LIST_MAX)]

    def check(self) -> None:
        """Ids ascending."""
        if list(self.records) != sorted(set(self.records)):
            raise Refusal("bad-field", "records not unique and ascending")


class Stock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `stock/1`: how much of the subject (an offer) there is, and its book."""

    book: Hash
    epoch: Count
    quantity: Quantity


class StockAllot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `stock.allot/1`: what another log may sell of the subject (a stock)."""

    amount: Decimal
    epoch: Count
    log: Hash


OFFER: Final = "offer/1"
WANT: Final = "want/1"
WITHDRAW: Final = "withdraw/1"
ERASE: Final = "erase/1"
STOCK: Final = "stock/1"
STOCK_ALLOT: Final = "stock.allot/1"
