"""Offer words: what units, currencies and taxes are called, the usual ones first.

Codes are what records carry; names are those of the reader's language where it has one. Never
checks a code. What deals, conditions and delivery clauses are called stands in `terms`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_name
from babel.units import get_unit_name

from node import codes
from node.codes import unit_name
from node.text import UNITS, country_currency, locale_of, translator
from node.text import mark as _
from node.web.choices import Choice


def unit_word(code: str, language: str) -> str:
    """What a unit is called in a language; English where the language has no word here."""
    if code in OWN_UNITS:
        return translator(language)(OWN_UNITS[code])
    if code in UNITS:
        locale = locale_of(language)
        name = get_unit_name(UNITS[code], length="long", locale=locale)
        if name:
            return name
    return unit_name(code) or code


@lru_cache(maxsize=32)
def usual_units(language: str) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """(what is measured, to be translated; its units by name), the most used first."""
    return tuple(
        (group, tuple(Choice(code, unit_word(code, language)) for code in listed.split()))
        for group, listed in UNIT_GROUPS
    )


@lru_cache(maxsize=32)
def currencies(language: str) -> tuple[Choice, ...]:
    """All currencies with a minor unit, by code, with their names in this language."""
    locale = locale_of(language)
    known = codes.LISTS["currency"].names()
    return tuple(
        Choice(code, get_currency_name(code, locale=locale) or known[code])
        for code in sorted(known)
    )


@lru_cache(maxsize=256)
def usual_currencies(country: str, language: str) -> tuple[Choice, ...]:
    """The money of a country, then those that many trade in."""
    wanted = dict.fromkeys([country_currency(country), *USUAL_CURRENCIES])
    return tuple(one for code in wanted for one in currencies(language) if one.code == code)


# UNCL 5305; the names of the rare ones stand in `node.codes`.
TAXES: Final = (
    Choice("S", _("standard rate")),
    Choice("AA", _("lower rate")),
    Choice("H", _("higher rate")),
    Choice("Z", _("zero rate")),
    Choice("E", _("exempt")),
    Choice("O", _("outside the scope of tax")),
    Choice("AE", _("the buyer pays the tax (reverse charge)")),
    Choice("K", _("delivery within the European Union")),
    Choice("G", _("export")),
)
OWN_UNITS: Final = {
    "C62": _("piece"),
    "DZN": _("dozen"),
    "PR": _("pair"),
    "SET": _("set"),
    "XBX": _("box"),
    "XCR": _("crate"),
    "XBG": _("bag"),
    "XSA": _("sack"),
    "XBO": _("bottle"),
    "XJR": _("jar"),
    "XCT": _("carton"),
    "XBH": _("bunch"),
    "XBK": _("basket"),
    "XPX": _("pallet"),
    "XBA": _("barrel"),
}
UNIT_GROUPS: Final = (
    (_("By number"), "C62 DZN PR SET"),
    (_("By weight"), "KGM GRM TNE LBR ONZ"),
    (_("By volume"), "LTR MLT HLT MTQ GLL"),
    (_("By time"), "HUR DAY WEE MON ANN"),
    (_("By length or area"), "MTR KMT MTK ACR"),
    (_("By the package"), "XBX XCR XBG XSA XBO XJR XCT XBH XBK XPX XBA"),
    (_("Energy"), "KWH"),
)
USUAL_CURRENCIES: Final = ("EUR", "USD", "GBP", "BRL", "KES", "INR", "XOF")
PAYMENTS: Final = (
    "bank_transfer", "cash", "cash_on_delivery", "mobile-money", "invoice", "card", "cheque",
    "voucher", "barter",
)  # fmt: skip
