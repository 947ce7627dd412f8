"""Offer typed: an offer as the fields of its form have it, to be changed or copied.

The opposite of `offer_form`: what this gives, that reads back to the same offer, in any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal as Exact
from typing import Final

from node.catalogue import cells
from node.text import number
from node.views.ids import text
from node.web.form_fields import day_of
from protocol import trade
from protocol.keys import BLOB, COOP, RECORD
from protocol.values import Blob, Decimal, Text

Values = dict[str, str]


def typed(offer: trade.Offer, language: str) -> Values:
    """The fields of the form, numbers written as the language does; empty ones are left out."""
    put = _Putting(language)
    put.texts("title", offer.title)
    put.texts("text", offer.text)
    put("mode", offer.mode)
    put("condition", offer.condition)
    put("unit", offer.unit)
    for name in ("quantity", "minimum", "step"):
        put.amount(name, getattr(offer, name))
    put.item("item", offer.item)
    if offer.pack is not None:
        put.texts("pack.name", offer.pack.name)
        put.amount("pack.holds.amount", offer.pack.holds.amount)
        put("pack.holds.unit", offer.pack.holds.unit)
    _prices(put, offer)
    for row, blob in enumerate(offer.images):
        put.blob(f"images.{row}", blob)
    for row, link in enumerate(offer.links):
        put(f"links.{row}.kind", link.kind)
        put(f"links.{row}.url", link.url)
    if offer.lot is not None:
        put("lot.code", offer.lot.code)
        put.day("lot.expires", offer.lot.expires_ms)
    for row, (name, value) in enumerate(offer.attributes.items()):
        put(f"attributes.{row}.name", name)
        put(f"attributes.{row}.value", value)
    put.ids("recipients", COOP, offer.recipients)
    put.day("valid_from", offer.valid_from_ms)
    put.day("valid_until", offer.valid_until_ms)
    _where(put, offer.where)
    _terms(put, offer)
    _origin(put, offer)
    for row, claim in enumerate(offer.fair):
        _claim(put, f"fair.{row}", claim)
    return put.values


class _Putting:
    """Fields, put one after the other."""

    def __init__(self, language: str) -> None:
        self.values: Values = {}
        self._language = language

    def __call__(self, name: str, value: str | None) -> None:
        if value:
            self.values[name] = value

    def texts(self, prefix: str, texts: Text) -> None:
        for tag, said in texts.items():
            self(f"{prefix}.{tag}", said)

    def amount(self, name: str, value: Decimal | None) -> None:
        if value is not None:
            self(name, number(Exact(str(value)), self._language))

    def count(self, name: str, value: int | None) -> None:
        if value is not None:
            self(name, number(value, self._language))

    def money(self, name: str, minor: int | None, exponent: int) -> None:
        if minor is not None:
            self(name, number(Exact(minor).scaleb(-exponent), self._language))

    def day(self, name: str, time_ms: int | None) -> None:
        """The day for a person; the very time beside it, kept while the day stays."""
        if time_ms is not None and time_ms <= cells.CALENDAR_LAST_MS:
            self(name, day_of(time_ms))
            self(f"{name}.exact", str(time_ms))

    def ticked(self, prefix: str, found: Iterable[str]) -> None:
        for code in found:
            self(f"{prefix}.box.{code}", "on")

    def ids(self, name: str, prefix: str, found: Iterable[bytes]) -> None:
        self.ticked(name, (text(prefix, one) for one in found))

    def one_id(self, name: str, coop: bytes | None) -> None:
        if coop is not None:
            self(name, text(COOP, coop))

    def item(self, prefix: str, item: trade.Item) -> None:
        self(f"{prefix}.category", ", ".join(item.category))
        for name in ("gtin", "hs", "sku"):
            self(f"{prefix}.{name}", getattr(item, name))

    def blob(self, row: str, blob: Blob) -> None:
        self(f"{row}.hash", text(BLOB, blob.hash))
        self(f"{row}.bytes", str(blob.bytes))
        self(f"{row}.type", blob.type)
        self.texts(f"{row}.alt", blob.alt)


def _prices(put: _Putting, offer: trade.Offer) -> None:
    for row, price in enumerate(offer.prices):
        put(f"prices.{row}.currency", price.currency)
        put.money(f"prices.{row}.amount", price.minor, price.exponent)
        put.amount(f"prices.{row}.per", price.per)
        if price.from_quantity.number:
            put.amount(f"prices.{row}.from_quantity", price.from_quantity)
    for row, asked in enumerate(offer.barter):
        put.texts(f"barter.{row}.name", asked.name)
        put.amount(f"barter.{row}.quantity.amount", asked.quantity.amount)
        put(f"barter.{row}.quantity.unit", asked.quantity.unit)
        put.item(f"barter.{row}.item", asked.item)
    if offer.tax is not None:
        put("tax.category", offer.tax.category)
        put.amount("tax.rate", offer.tax.rate)
        put("tax.included", "on" if offer.tax.included else None)
    exponent = _exponent(offer)
    for row, fee in enumerate(offer.fees):
        put(f"fees.{row}.kind", fee.kind)
        put.amount(f"fees.{row}.percent", fee.percent)
        put.money(f"fees.{row}.per_order", fee.per_order_minor, exponent)
        put.money(f"fees.{row}.per_unit", fee.per_unit_minor, exponent)
        put.one_id(f"fees.{row}.payee", fee.payee)
        put(f"fees.{row}.payee_name", fee.payee_name)


def _where(put: _Putting, where: trade.Where | None) -> None:
    if where is None:
        return
    put("where.country", where.country)
    put("where.place", where.place)
    put("where.region", where.region)
    put.money("where.latitude", where.latitude_e6, DEGREE_DECIMALS)
    put.money("where.longitude", where.longitude_e6, DEGREE_DECIMALS)


def _terms(put: _Putting, offer: trade.Offer) -> None:
    terms, exponent = offer.terms, _exponent(offer)
    put("terms.incoterm", terms.incoterm)
    put("terms.place", terms.place)
    put("terms.pickup", "on" if terms.pickup else None)
    for name in ("lead_days_min", "lead_days_max", "due_days"):
        put.count(f"terms.{name}", getattr(terms, name))
    put.texts("terms.delivery_text", terms.delivery_text)
    put.texts("terms.payment_text", terms.payment_text)
    put.money("terms.free_delivery_from", terms.free_delivery_from_minor, exponent)
    put.ticked("terms.payments", terms.payments)
    for row, carrier in enumerate(terms.carriers):
        put(f"terms.carriers.{row}.name", carrier.name)
        put.money(f"terms.carriers.{row}.price", carrier.price_minor, exponent)
        put.count(f"terms.carriers.{row}.units_per_parcel", carrier.units_per_parcel)
    if offer.cycle is not None:
        put.day("cycle.opens", offer.cycle.opens_ms)
        put.day("cycle.closes", offer.cycle.closes_ms)
        put.one_id("cycle.coordinator", offer.cycle.coordinator)


def _origin(put: _Putting, offer: trade.Offer) -> None:
    made = offer.provenance
    put("provenance.origin", made.origin)
    put("provenance.last_processing", made.last_processing)
    put("provenance.producer", made.producer)
    put.one_id("provenance.producer_coop", made.producer_coop)
    put("provenance.chain", " ".join(text(RECORD, one) for one in made.chain))


def _claim(put: _Putting, prefix: str, claim: trade.Fair) -> None:
    put(f"{prefix}.scheme", claim.scheme)
    put(f"{prefix}.seal", claim.seal)
    put.day(f"{prefix}.valid_until", claim.valid_until_ms)
    for row, (code, answer) in enumerate(claim.answers.items()):
        name = f"{prefix}.answers.{row}"
        put(f"{name}.code", code)
        put(f"{name}.yes", "on" if answer.yes else None)
        put.ticked(f"{name}.checked", answer.checked)
        put(f"{name}.other", answer.other)
        put.texts(f"{name}.explanation", answer.explanation)
    for row, blob in enumerate(claim.evidence):
        put.blob(f"{prefix}.evidence.{row}", blob)
    put.ids(f"{prefix}.confirmed_by", COOP, claim.confirmed_by)


def _exponent(offer: trade.Offer) -> int:
    """The decimals of the first price's currency, which other amounts are in."""
    return offer.prices[0].exponent if offer.prices else 0


DEGREE_DECIMALS: Final = 6
