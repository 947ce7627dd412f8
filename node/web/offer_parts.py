"""Offer parts: the larger parts of an offer's form: the item, the terms, fair answers, fees.

Each reads its fields below a prefix and notes what is wrong beside them. It never reads the form
as a whole; `offer_form` does.
"""

from __future__ import annotations

from typing import Any, Final

from node import codes
from node.text import mark as _
from node.web.form_fields import TOO_MANY, Reader
from protocol.keys import BLOB, COOP
from protocol.limits import CODE_BYTES_MAX, LIST_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX

Tree = dict[str, Any]


def item_of(reader: Reader, prefix: str) -> Tree:
    """What it is, in words and codes."""
    return {
        "category": reader.words(f"{prefix}.category", LIST_MAX),
        "gtin": reader.code(f"{prefix}.gtin", "[0-9]{8}|[0-9]{12,14}", GTIN_TOLD),
        "hs": reader.code(f"{prefix}.hs", "[0-9]{2}|[0-9]{4}|[0-9]{6}", HS_TOLD),
        "sku": reader.line(f"{prefix}.sku", CODE_BYTES_MAX),
    }


def terms_of(reader: Reader, currency: str) -> Tree:
    """Delivery and payment; amounts are in the currency of the first price."""
    carriers = []
    for row in (f"terms.carriers.{one}" for one in reader.rows("terms.carriers")):
        if reader.is_blank(row):
            continue
        name = reader.line(f"{row}.name", NAME_BYTES_MAX)
        if name is None:
            reader.wrong(f"{row}.name", _("say who or what brings it"))
        carriers.append(
            {
                "name": name,
                "price_minor": _money(reader, f"{row}.price", currency),
                "units_per_parcel": reader.count(f"{row}.units_per_parcel"),
            }
        )
    if len(carriers) > LIST_MAX:
        reader.wrong("terms.carriers", TOO_MANY, many=len(carriers), most=LIST_MAX)
    return {
        "incoterm": reader.code("terms.incoterm", "[A-Z]{3}", _("choose one of the list")),
        "place": reader.line("terms.place", NAME_BYTES_MAX),
        "pickup": reader.is_on("terms.pickup"),
        "lead_days_min": reader.count("terms.lead_days_min"),
        "lead_days_max": reader.count("terms.lead_days_max"),
        "delivery_text": reader.texts("terms.delivery_text", TEXT_BYTES_MAX),
        "free_delivery_from_minor": _money(reader, "terms.free_delivery_from", currency),
        "carriers": carriers,
        "payments": ticked(reader, "terms.payments"),
        "payment_text": reader.texts("terms.payment_text", TEXT_BYTES_MAX),
        "due_days": reader.count("terms.due_days"),
    }


def fees_of(reader: Reader, row: str, currency: str) -> Tree:
    """A surcharge, and who gets it."""
    amounts = {
        "percent": reader.amount(f"{row}.percent"),
        "per_order_minor": _money(reader, f"{row}.per_order", currency),
        "per_unit_minor": _money(reader, f"{row}.per_unit", currency),
    }
    if all(value is None for value in amounts.values()):
        reader.wrong(f"{row}.percent", _("say how much, in one of these three ways"))
    return {
        "kind": reader.choice(f"{row}.kind", FEE_KINDS, FEE_KINDS[0]),
        "payee_name": reader.line(f"{row}.payee_name", NAME_BYTES_MAX),
        "payee": reader.one_id(f"{row}.payee", COOP),
        **amounts,
    }


def fair_of(reader: Reader, row: str) -> Tree:
    """A claim with its answers and what bears it out."""
    scheme = reader.line(f"{row}.scheme", CODE_BYTES_MAX)
    if scheme is None:
        reader.wrong(f"{row}.scheme", _("say which claim this is"))
    answers = {}
    for place in reader.rows(f"{row}.answers"):
        name = f"{row}.answers.{place}"
        code = reader.line(f"{name}.code", CODE_BYTES_MAX)
        if code is not None and not reader.is_blank(name, beside=("code",)):
            answers[code] = _answer(reader, name)
    evidence = [f"{row}.evidence.{one}" for one in reader.rows(f"{row}.evidence")]
    for name, found in ((f"{row}.answers", answers), (f"{row}.evidence", evidence)):
        if len(found) > LIST_MAX:
            reader.wrong(name, TOO_MANY, many=len(found), most=LIST_MAX)
    return {
        "scheme": scheme,
        "seal": reader.line(f"{row}.seal", CODE_BYTES_MAX),
        "valid_until_ms": reader.until(f"{row}.valid_until"),
        "answers": answers,
        "evidence": [blob_of(reader, one) for one in evidence],
        "confirmed_by": reader.ids(f"{row}.confirmed_by", COOP, LIST_MAX),
    }


def blob_of(reader: Reader, row: str) -> Tree:
    """A picture or document, as the form carries it on."""
    ids = reader.ids(f"{row}.hash", BLOB, 1)
    size = reader.typed(f"{row}.bytes")
    return {
        "hash": ids[0] if ids else b"",
        "bytes": int(size) if size.isdecimal() and len(size) <= SIZE_DIGITS_MAX else 0,
        "type": reader.typed(f"{row}.type"),
        "alt": reader.texts(f"{row}.alt", TEXT_BYTES_MAX),
    }


def ticked(reader: Reader, prefix: str) -> tuple[str, ...]:
    """The codes of the boxes that are ticked, and those that were typed beside them."""
    typed = reader.words(f"{prefix}.more", LIST_MAX)
    found = tuple(dict.fromkeys([*reader.ticked(prefix), *typed]))
    if len(found) > LIST_MAX:
        reader.wrong(f"{prefix}.more", TOO_MANY, many=len(found), most=LIST_MAX)
    return found


def _answer(reader: Reader, name: str) -> Tree:
    return {
        "yes": reader.is_on(f"{name}.yes"),
        "checked": ticked(reader, f"{name}.checked"),
        "other": reader.line(f"{name}.other", OTHER_CHARS_MAX),
        "explanation": reader.texts(f"{name}.explanation", TEXT_BYTES_MAX),
    }


def _money(reader: Reader, name: str, currency: str) -> int | None:
    """An amount in the currency of the first price, which then has to have one."""
    if not reader.typed(name):
        return None
    if codes.currency_exponent(currency) is None:
        reader.wrong(name, _("write a price first: this is in its currency"))
        return None
    return reader.money(name, currency)


UNIT: Final = "[A-Z0-9]{1,3}"
COUNTRY: Final = "[A-Z]{2}"
FEE_KINDS: Final = (
    "packing", "transport", "administration", "sales", "fundraising", "solidarity",
)  # fmt: skip
# As `protocol.trade.Answer` has it.
OTHER_CHARS_MAX: Final = 2_500
SIZE_DIGITS_MAX: Final = 9
GTIN_TOLD: Final = _("a number of 8, 12, 13 or 14 digits is needed, as under a bar code")
HS_TOLD: Final = _("a number of 2, 4 or 6 digits is needed; search for it by words")
