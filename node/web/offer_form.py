"""Offer form: an offer or want as a person typed it, read into `protocol.trade.Offer`.

The fields of the form are named after those of the record, with a point between the parts and the
number of the row in a list: `prices.0.amount`, `title.sw`. Pure: what was typed goes in, the offer
or a sentence for each field that is wrong comes out. Its opposite is `offer_typed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from node import codes
from node.catalogue.row import OFFER_BYTES_MAX
from node.text import Message
from node.text import mark as _
from node.web.form_fields import TOO_MANY, Reader
from node.web.offer_parts import COUNTRY, UNIT, blob_of, fair_of, fees_of, item_of, terms_of
from protocol import trade
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keys import COOP, RECORD
from protocol.limits import (
    CODE_BYTES_MAX,
    IMAGES_MAX,
    LIST_MAX,
    NAME_BYTES_MAX,
    PRICES_MAX,
    TEXT_BYTES_MAX,
    TITLE_BYTES_MAX,
)
from protocol.values import URL_CHARS_MAX, Decimal

Tree = dict[str, Any]


class Read(NamedTuple):
    """The offer, or None and what is wrong: field -> sentence; what is about all stands at ""."""

    offer: trade.Offer | None
    problems: dict[str, Message]


def read_offer(values: Mapping[str, str], language: str, now_ms: int) -> Read:
    """What a form says; numbers are written as in `language`. `now_ms` judges what is over."""
    reader = Reader(values, language)
    tree = _tree(reader)
    _check(reader, tree)
    if reader.problems:
        return Read(None, reader.problems)
    try:
        offer = msgspec.convert(_filled(tree), trade.Offer, builtin_types=(bytes,))
        offer.check()
    except (msgspec.ValidationError, Refusal) as wrong:
        told = wrong.detail if isinstance(wrong, Refusal) else str(wrong)
        reader.wrong("", _("this does not fit: {reason}"), reason=told)
        return Read(None, reader.problems)
    for problem in codes.check_offer(offer, now_ms):
        message = msgspec.structs.replace(problem.message, code="")
        reader.problems.setdefault(field_of(problem.field), message)
    size = len(encode(offer))
    if size > OFFER_BYTES_MAX:
        text = _("an offer of {size} bytes, {most} are the most: shorten its texts")
        reader.wrong("", text, size=size, most=OFFER_BYTES_MAX)
    return Read(None if reader.problems else offer, reader.problems)


def field_of(path: str) -> str:
    """The form's field for a path in the record: `prices[0].currency`, `valid_until_ms`."""
    return POSITION.sub(r".\1", path).removesuffix("_ms")


def _tree(reader: Reader) -> Tree:
    title = reader.texts("title", TITLE_BYTES_MAX, is_line=True)
    if not title and not any(name.startswith("title.") for name in reader.problems):
        first = next((name for name in reader.values if name.startswith("title.")), "title.en")
        reader.wrong(first, _("give it a name, in one language at least"))
    priced = (f"prices.{row}" for row in reader.rows("prices"))
    first = next((row for row in priced if not reader.is_blank(row, beside=("currency",))), "")
    currency = reader.typed(f"{first}.currency")
    return {
        "title": title,
        "text": reader.texts("text", TEXT_BYTES_MAX),
        "mode": reader.choice("mode", MODES, "sell"),
        "condition": reader.choice("condition", CONDITIONS, "new"),
        "item": item_of(reader, "item"),
        "quantity": reader.amount("quantity"),
        "unit": reader.code("unit", UNIT, _("choose a unit")) or "C62",
        "minimum": reader.amount("minimum"),
        "step": reader.amount("step"),
        "pack": _pack(reader),
        "prices": _rows(reader, "prices", PRICES_MAX, _price, beside=("currency",)),
        "barter": _rows(reader, "barter", LIST_MAX, _barter, beside=("quantity.unit",)),
        "tax": _tax(reader),
        "images": _rows(reader, "images", IMAGES_MAX, blob_of),
        "links": _rows(reader, "links", LIST_MAX, _link, beside=("kind",)),
        "lot": _lot(reader),
        "where": _where(reader),
        "terms": terms_of(reader, currency),
        "provenance": _provenance(reader),
        "fair": _rows(reader, "fair", LIST_MAX, fair_of, beside=("scheme",)),
        "fees": _rows(
            reader, "fees", LIST_MAX, lambda r, p: fees_of(r, p, currency), beside=("kind",)
        ),
        "cycle": _cycle(reader),
        "attributes": _attributes(reader),
        "recipients": reader.ids("recipients", COOP, LIST_MAX),
        "valid_from_ms": reader.since("valid_from"),
        "valid_until_ms": reader.until("valid_until"),
    }


def _check(reader: Reader, tree: Tree) -> None:
    """What one field says about another, beside the field that a person would change."""
    if tree["mode"] == "give" and (tree["prices"] or tree["barter"]):
        reader.wrong(
            "mode", _("a gift has no price and asks for nothing; empty the price, or sell")
        )
    until_ms, since_ms = tree["valid_until_ms"], tree["valid_from_ms"]
    if until_ms is not None and since_ms is not None and until_ms < since_ms:
        reader.wrong("valid_until", _("this day lies before the one on which it begins"))
    terms = tree["terms"]
    least, most = terms["lead_days_min"], terms["lead_days_max"]
    if least is not None and most is not None and most < least:
        reader.wrong("terms.lead_days_max", _("this is less than the days that it takes at least"))


def _rows(
    reader: Reader,
    prefix: str,
    many_max: int,
    read: Callable[[Reader, str], Tree],
    *,
    beside: tuple[str, ...] = (),
) -> list[Tree]:
    """The rows of a list that say something; the fields `beside` always do, and say nothing."""
    rows = [f"{prefix}.{row}" for row in reader.rows(prefix)]
    found = [read(reader, one) for one in rows if not reader.is_blank(one, beside=beside)]
    if len(found) > many_max:
        reader.wrong(prefix, TOO_MANY, many=len(found), most=many_max)
    return found


def _price(reader: Reader, row: str) -> Tree:
    currency = reader.typed(f"{row}.currency")
    exponent = codes.currency_exponent(currency)
    if exponent is None:
        reader.wrong(f"{row}.currency", _("choose a currency"))
        return {}
    per = reader.amount(f"{row}.per")
    if per is not None and per.number == 0:
        reader.wrong(f"{row}.per", _("a price is for more than nothing"))
    minor = reader.money(f"{row}.amount", currency)
    if minor is None:
        reader.wrong(f"{row}.amount", _("write the price, or take this row away"))
    return {
        "currency": currency,
        "exponent": exponent,
        "minor": minor,
        "per": per,
        "from_quantity": reader.amount(f"{row}.from_quantity"),
    }


def _pack(reader: Reader) -> Tree | None:
    if reader.is_blank("pack", beside=("holds.unit",)):
        return None
    name = reader.texts("pack.name", TITLE_BYTES_MAX, is_line=True)
    if not name:
        first = next((one for one in reader.values if one.startswith("pack.name.")), "")
        reader.wrong(first, _("what do people call it? A crate, a debe, a saca ..."))
    return {"name": name, "holds": _quantity(reader, "pack.holds")}


def _quantity(reader: Reader, prefix: str) -> Tree:
    amount = reader.amount(f"{prefix}.amount")
    if amount is None:
        reader.wrong(f"{prefix}.amount", _("say how much"))
    unit = reader.code(f"{prefix}.unit", UNIT, _("choose a unit"))
    return {"amount": amount, "unit": unit or "C62"}


def _barter(reader: Reader, row: str) -> Tree:
    name = reader.texts(f"{row}.name", TITLE_BYTES_MAX, is_line=True)
    if not name:
        first = next((one for one in reader.values if one.startswith(f"{row}.name.")), row)
        reader.wrong(first, _("say what you would like in return"))
    item = item_of(reader, f"{row}.item")
    return {"name": name, "item": item, "quantity": _quantity(reader, f"{row}.quantity")}


def _tax(reader: Reader) -> Tree | None:
    category = reader.choice("tax.category", codes.TAX_CATEGORIES)
    rate = reader.amount("tax.rate")
    if not category:
        if rate is not None:
            reader.wrong("tax.category", _("choose which kind of tax this is"))
        return None
    return {
        "category": category,
        "included": reader.is_on("tax.included"),
        "rate": Decimal(0, 0) if rate is None else rate,
    }


def _link(reader: Reader, row: str) -> Tree:
    url = reader.line(f"{row}.url", URL_CHARS_MAX)
    if url is None or not re.fullmatch('https?://[^\\x00-\\x20\\x7f<>"]+', url):
        reader.wrong(f"{row}.url", _("a whole address is needed, such as https://example.org/page"))
    return {"kind": reader.choice(f"{row}.kind", LINK_KINDS, "page"), "url": url}


def _lot(reader: Reader) -> Tree | None:
    code = reader.line("lot.code", CODE_BYTES_MAX)
    expires_ms = reader.until("lot.expires")
    if code is None:
        if expires_ms is not None:
            reader.wrong("lot.code", _("say which lot this day is about"))
        return None
    return {"code": code, "expires_ms": expires_ms}


def _where(reader: Reader) -> Tree | None:
    if reader.is_blank("where"):
        return None
    country = reader.code("where.country", COUNTRY, _("choose a country"))
    if country is None:
        reader.wrong("where.country", _("choose a country"))
    return {
        "country": country,
        "place": reader.line("where.place", NAME_BYTES_MAX),
        "region": reader.line("where.region", CODE_BYTES_MAX),
        "latitude_e6": _degrees(reader, "where.latitude", 90),
        "longitude_e6": _degrees(reader, "where.longitude", 180),
    }


def _degrees(reader: Reader, name: str, most: int) -> int | None:
    """Degrees with decimals, in millionths."""
    value = reader.number(name)
    if value is None:
        return None
    shift = value.exponent + MILLIONTHS
    millionths = value.number * 10**shift if shift >= 0 else None
    if millionths is None or abs(millionths) > most * 10**MILLIONTHS:
        told = _("degrees lie between -{most} and {most}, with at most six decimals")
        reader.wrong(name, told, most=most)
        return None
    return int(millionths)


def _provenance(reader: Reader) -> Tree:
    return {
        "origin": reader.code("provenance.origin", COUNTRY, _("choose a country")),
        "last_processing": reader.code(
            "provenance.last_processing", COUNTRY, _("choose a country")
        ),
        "producer": reader.line("provenance.producer", NAME_BYTES_MAX),
        "producer_coop": reader.one_id("provenance.producer_coop", COOP),
        "chain": reader.ids("provenance.chain", RECORD, LIST_MAX),
    }


def _cycle(reader: Reader) -> Tree | None:
    opens_ms, closes_ms = reader.since("cycle.opens"), reader.until("cycle.closes")
    if not reader.typed("cycle.opens") and not reader.typed("cycle.closes"):
        return None
    coordinator = reader.one_id("cycle.coordinator", COOP)
    if coordinator is None:
        reader.wrong("cycle.coordinator", _("choose who collects the orders"))
    for name, value in (("cycle.opens", opens_ms), ("cycle.closes", closes_ms)):
        if value is None:
            reader.wrong(name, _("an order cycle has a first and a last day"))
    if opens_ms is not None and closes_ms is not None and closes_ms < opens_ms:
        reader.wrong("cycle.closes", _("this day lies before the one on which it begins"))
    return {"opens_ms": opens_ms, "closes_ms": closes_ms, "coordinator": coordinator}


def _attributes(reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in (f"attributes.{one}" for one in reader.rows("attributes")):
        if reader.is_blank(row):
            continue
        name = reader.line(f"{row}.name", CODE_BYTES_MAX)
        value = reader.line(f"{row}.value", ATTRIBUTE_CHARS_MAX)
        if name is None or value is None:
            reader.wrong(f"{row}.name", _("a detail has a name and what it is"))
            continue
        if name in found:
            reader.wrong(f"{row}.name", _("this name stands there twice"))
        found[name] = value
    if len(found) > LIST_MAX:
        reader.wrong("attributes", TOO_MANY, many=len(found), most=LIST_MAX)
    return found


def _filled(tree: Tree) -> Tree:
    """Without what was left empty."""
    filled: Tree = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            filled[name] = _filled(value)
        elif isinstance(value, list):
            filled[name] = [_filled(one) for one in value]
        elif value is not None:
            filled[name] = value
    return filled


POSITION: Final = re.compile(r"\[([0-9]+)\]")
MODES: Final = ("sell", "give", "lend", "rent", "service", "work", "copy")
CONDITIONS: Final = ("new", "as-new", "very-good", "good", "fair", "broken")
LINK_KINDS: Final = ("page", "image", "document")
# As `protocol.trade.Offer` has it.
ATTRIBUTE_CHARS_MAX: Final = 1_000
MILLIONTHS: Final = 6
