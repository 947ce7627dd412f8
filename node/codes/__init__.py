"""codes: the published code lists (units, HS, Incoterms, currencies, countries), read from files.

The protocol checks the form of a code only; this is the local door's check against the lists, so
that a list that grows never splits replicas. Never fetches anything; never changes an offer.
"""

import csv
import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

import iso4217
import msgspec
from babel import Locale

from node.text import Message, Translate
from node.text import currency_exponent as _exponent_by_iso
from node.text import mark as _
from protocol.trade import Item, Offer

# what is kept of guesses for misspelt codes: a catalogue repeats the same one in every row
GUESSES_MAX = 1024
# longer texts are no misspelt code; comparing them with each name of a list would take long
GUESSED_CHARS_MAX = 40
SHOWN_CHARS_MAX = 64


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with one field: its path in the offer or its column, and the sentence."""

    field: str
    message: Message

    @property
    def code(self) -> str:
        """A key of `protocol.errors.REFUSALS`."""
        return self.message.code

    def say(self, translate: Translate = _) -> str:
        """`field: what happened, what to do next [code]`."""
        sentence = self.message.say(translate)
        return f"{self.field}: {sentence}" if self.field else sentence


def check_offer(offer: Offer, now_ms: int | None = None) -> list[Problem]:
    """All that the lists say against an offer or want; with `now_ms` also what is over by then."""
    problems = [
        problem
        for field, kind, code in _codes_of(offer)
        if code is not None and (problem := check_code(field, kind, code))
    ]
    for position, price in enumerate(offer.prices):
        decimals = currency_exponent(price.currency)
        if decimals is not None and decimals != price.exponent:
            text = _("{currency} has {decimals} decimals, not {given}")
            place = f"prices[{position}].exponent"
            problems.append(
                bad_field(
                    place, text, currency=price.currency, decimals=decimals, given=price.exponent
                )
            )
    if now_ms is not None:
        problems += _over(offer, now_ms)
    return problems


def check_code(field: str, kind: str, code: str) -> Problem | None:
    """What is wrong with a code of a list (a key of `LISTS`), with the nearest right one."""
    if LISTS[kind].knows(code):
        return None
    shown = code if len(code) <= SHOWN_CHARS_MAX else code[:SHOWN_CHARS_MAX] + "..."
    return Problem(
        field,
        Message(LISTS[kind].refusal, "bad-code", {"code": shown, "guess": _guess(kind, code)}),
    )


def bad_field(field: str, text: str, **values: str | int | Message) -> Problem:
    """A problem with the code `bad-field`."""
    return Problem(field, Message(text, "bad-field", values))


def unit_name(code: str) -> str | None:
    """English name of a unit of UN/ECE Recommendation 20 (with 21); None when there is none."""
    return _units().get(code)


def hs_name(code: str) -> str | None:
    """English name of a chapter, heading or subheading of the Harmonized System 2022."""
    return _hs().get(code)


def incoterm_name(code: str) -> str | None:
    """Name of one of the eleven Incoterms of 2020."""
    return _incoterms().get(code)


@lru_cache(maxsize=256)
def currency_exponent(code: str) -> int | None:
    """Decimals of a currency by ISO 4217; None when it is unknown or has no minor unit."""
    return _exponent_by_iso(code)


def is_country(code: str) -> bool:
    """Whether this is a country's code in ISO 3166-1 (249 of them), or XK, as Kosovo has none."""
    return code in _countries()


def is_gtin(code: str) -> bool:
    """Whether this is a GTIN of 8, 12, 13 or 14 digits with the right check digit (GS1)."""
    if len(code) not in GTIN_DIGITS or not (code.isascii() and code.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(code)]
    return (sum(digits) + 2 * sum(digits[1::2])) % 10 == 0


def _codes_of(offer: Offer) -> Iterator[tuple[str, str, str | None]]:
    yield "unit", "unit", offer.unit
    yield from _codes_of_item("item", offer.item)
    for position, price in enumerate(offer.prices):
        yield f"prices[{position}].currency", "currency", price.currency
    if offer.pack:
        yield "pack.holds.unit", "unit", offer.pack.holds.unit
    for position, barter in enumerate(offer.barter):
        yield f"barter[{position}].quantity.unit", "unit", barter.quantity.unit
        yield from _codes_of_item(f"barter[{position}].item", barter.item)
    if offer.tax:
        yield "tax.category", "tax", offer.tax.category
    if offer.where:
        yield "where.country", "country", offer.where.country
    yield "terms.incoterm", "incoterm", offer.terms.incoterm
    yield "provenance.origin", "country", offer.provenance.origin
    yield "provenance.last_processing", "country", offer.provenance.last_processing


def _codes_of_item(field: str, item: Item) -> Iterator[tuple[str, str, str | None]]:
    yield f"{field}.hs", "hs", item.hs
    yield f"{field}.gtin", "gtin", item.gtin


def _over(offer: Offer, now_ms: int) -> Iterator[Problem]:
    if offer.valid_until_ms is not None and offer.valid_until_ms < now_ms:
        yield bad_field("valid_until_ms", _("this day is over; choose a later one"))
    if offer.cycle and offer.cycle.closes_ms < now_ms:
        yield bad_field("cycle.closes_ms", _("this order cycle is over; choose a later one"))


@lru_cache(maxsize=GUESSES_MAX)
def _guess(kind: str, code: str) -> Message:
    near = _nearest(kind, code) if len(code) <= GUESSED_CHARS_MAX else None
    if near is None:
        return Message("")
    name = LISTS[kind].names().get(near, "")
    if not name:
        return Message(_(", did you mean {near}?"), values={"near": near})
    return Message(_(", did you mean {near} ({name})?"), values={"near": near, "name": name})


def _nearest(kind: str, code: str) -> str | None:
    names, written = LISTS[kind].names(), code.strip().casefold()
    if not written:
        return None
    if near := ALIASES.get(kind, {}).get(written):
        return near
    if written.upper() in names:
        return written.upper()
    by_name: dict[str, str] = {}
    for code_of, name in names.items():  # of two units of one name the first is no package
        by_name.setdefault(name.casefold(), code_of)
    if written in by_name:
        return by_name[written]
    if kind == "hs":  # the heading or chapter above it
        return next((code[:length] for length in (4, 2) if code[:length] in names), None)
    alike = [name for name in by_name if name[:1] == written[:1]]
    if kind != "unit":  # thousands of codes of three letters: each is like many others
        alike += [near.casefold() for near in names]
    found = difflib.get_close_matches(written, alike, n=1, cutoff=0.65)
    return by_name.get(found[0], found[0].upper()) if found else None


@cache
def _units() -> Mapping[str, str]:
    return dict(_rows("rec20-units.csv"))


@cache
def _hs() -> Mapping[str, str]:
    return {code: name for code, name in _rows("hs2022.csv") if code.isdigit()}


@cache
def _incoterms() -> Mapping[str, str]:
    return dict(_rows("incoterms2020.csv"))


@cache
def _currencies() -> Mapping[str, str]:
    return {
        currency.code: currency.currency_name
        for currency in iso4217.Currency
        if currency.exponent is not None
    }


@cache
def _countries() -> Mapping[str, str]:
    names = Locale("en").territories
    return {
        code: name
        for code, name in names.items()
        if len(code) == COUNTRY_CHARS and code.isalpha() and code not in NO_COUNTRIES
    }


def _rows(file_name: str) -> Iterator[tuple[str, str]]:
    """The first two columns of a list: code and name."""
    with (Path(__file__).parent / file_name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            yield row[0], row[1]


class CodeList(msgspec.Struct, frozen=True):
    """How a list is asked, its names for guessing, and the sentence when a code is not in it."""

    knows: Callable[[str], bool]
    names: Callable[[], Mapping[str, str]]
    refusal: str


GTIN_DIGITS = (8, 12, 13, 14)
COUNTRY_CHARS = 2

# two letters that babel lists beside the countries: unions, islands with reserved codes, test data
NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)

# UNCL 5305, duty or tax or fee category
TAX_CATEGORIES = {
    "A": "mixed rates",
    "AA": "lower rate",
    "AB": "exempt for resale",
    "AC": "VAT not now due",
    "AD": "VAT due from a previous invoice",
    "AE": "reverse charge",
    "B": "transferred VAT",
    "C": "duty paid by the supplier",
    "D": "margin scheme, travel agents",
    "E": "exempt",
    "F": "margin scheme, second-hand goods",
    "G": "free export item",
    "H": "higher rate",
    "I": "margin scheme, works of art",
    "J": "margin scheme, collector's items",
    "K": "intra-community supply",
    "L": "Canary Islands general indirect tax",
    "M": "tax of Ceuta and Melilla",
    "O": "outside the scope of tax",
    "S": "standard rate",
    "Z": "zero rated",
}

LISTS = {
    "unit": CodeList(
        lambda code: code in _units(),
        _units,
        _("{code} is no unit of UN/ECE Recommendation 20{guess}"),
    ),
    "hs": CodeList(
        lambda code: code in _hs(),
        _hs,
        _("{code} is not in the Harmonized System 2022{guess}"),
    ),
    "incoterm": CodeList(
        lambda code: code in _incoterms(), _incoterms, _("{code} is no Incoterm of 2020{guess}")
    ),
    "currency": CodeList(
        lambda code: currency_exponent(code) is not None,
        _currencies,
        _("{code} is no currency of ISO 4217 with a minor unit{guess}"),
    ),
    "country": CodeList(is_country, _countries, _("{code} is no country of ISO 3166{guess}")),
    "gtin": CodeList(
        is_gtin,
        dict,
        _("{code} is no GTIN: 8, 12, 13 or 14 digits, the last of them the check digit{guess}"),
    ),
    "tax": CodeList(
        lambda code: code in TAX_CATEGORIES,
        lambda: TAX_CATEGORIES,
        _("{code} is no tax category of UNCL 5305{guess}"),
    ),
}

# what people write instead of the code, in small letters
ALIASES = {
    "unit": {
        "bag": "XBG",
        "bottle": "XBO",
        "box": "XBX",
        "bunch": "XBH",
        "bundle": "XBE",
        "cl": "CLT",
        "cm": "CMT",
        "crate": "XCR",
        "day": "DAY",
        "days": "DAY",
        "dl": "DLT",
        "dozen": "DZN",
        "g": "GRM",
        "gal": "GLL",
        "h": "HUR",
        "ha": "HAR",
        "hour": "HUR",
        "hours": "HUR",
        "hr": "HUR",
        "item": "C62",
        "items": "C62",
        "kg": "KGM",
        "km": "KMT",
        "kwh": "KWH",
        "l": "LTR",
        "lb": "LBR",
        "lbs": "LBR",
        "liter": "LTR",
        "litres": "LTR",
        "m": "MTR",
        "m2": "MTK",
        "m3": "MTQ",
        "mg": "MGM",
        "ml": "MLT",
        "oz": "ONZ",
        "pcs": "H87",
        "pc": "H87",
        "pieces": "H87",
        "sack": "XSA",
        "t": "TNE",
        "ton": "TNE",
        "tonne": "TNE",
    },
    "country": {"el": "GR", "eng": "GB", "uk": "GB", "usa": "US"},
    "currency": {"$": "USD", "€": "EUR", "£": "GBP", "ksh": "KES", "r$": "BRL", "rmb": "CNY"},
    "incoterm": {"dat": "DPU"},
}
