"""text: every sentence, amount and date as a person reads it, in that person's language.

English is the source language and what is shown when a catalogue is missing. Catalogues are the
`.po` files themselves (`locales/<language>/LC_MESSAGES/messages.po`), compiled in memory on first
use, so no compiled copy can fall out of step. Modules mark their sentences with `mark` (imported
as `_`), and whoever shows one translates it then. Never decides anything; never raises over a
language or a currency it does not know.
"""

import io
import re
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, localcontext
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

import iso4217
import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, get_territory_currencies
from babel.support import Translations
from babel.units import format_unit

LOCALES_FOLDER = Path(__file__).parent / "locales"
SOURCE_LANGUAGE = "en"

# languages kept in memory: more than are ever shipped; a visitor's made-up tag is never kept
CATALOGUES_MAX = 32

# CLDR's rule that the formatting library leaves out: `KES 5.40`, while `€5.40` needs no space
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
LETTER_AND_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# digits of one number on a page: two 64-bit values side by side; longer ones would be rounded
NUMBER_DIGITS_MAX = 80

# the 2nd of January of the year 1 and the 30th of December 9999, noon: a day from what Python's
# calendar holds, so that every time zone fits; in seconds since 1970
CALENDAR_FIRST_S = -62_135_467_200
CALENDAR_LAST_S = 253_402_171_200

Translate = Callable[[str], str]


def translator(language: str, folder: Path = LOCALES_FOLDER) -> Translate:
    """The gettext function of a language tag such as `pt-BR`; English when there is none."""
    gettext = catalogue(language, folder).gettext

    def translate(text: str) -> str:
        return gettext(text) if text else ""  # gettext answers "" with the catalogue's header

    return translate


def plural_translator(
    language: str, folder: Path = LOCALES_FOLDER
) -> Callable[[str, str, int], str]:
    """The ngettext function: (sentence for one, sentence for many, how many) -> sentence."""
    return catalogue(language, folder).ngettext


def mark(text: str) -> str:
    """Give the text back unchanged: marks it for extraction, to be translated when shown."""
    return text


class Message(msgspec.Struct, frozen=True):
    """A sentence for a person: English source text with {places}, their values, a stable code.

    A value may itself be a message (a part of a sentence, with an empty code).
    """

    text: str
    code: str = ""
    values: Mapping[str, "str | int | Message"] = {}

    def say(self, translate: Translate = mark) -> str:
        """Put the sentence together: `what happened, what to do next [code]`."""
        shown = {
            place: value.say(translate) if isinstance(value, Message) else value
            for place, value in self.values.items()
        }
        sentence = translate(self.text).format(**shown)
        return f"{sentence} [{self.code}]" if self.code else sentence


class ToldError(Exception):
    """An error that carries its sentence for a person; `str` gives it in English."""

    def __init__(self, message: Message) -> None:
        """Keep the message, so that whoever shows it can translate it."""
        super().__init__(message.say())
        self.message = message


def money(minor: int, currency: str, language: str) -> str:
    """An amount in minor units of an ISO 4217 currency, such as `12,50 €`.

    The decimals are those of ISO 4217, not of CLDR: they differ for 13 currencies (a thousandth
    of a dinar is IQD's minor unit, CLDR shows whole dinars). A currency without a known exponent
    is shown as a count of its smallest units, as any decimal point would be a guess.
    """
    exponent = currency_exponent(currency)
    if exponent is None:
        counted = Message(
            mark("{amount} smallest units of {currency}"),
            values={"amount": number(minor, language), "currency": currency},
        )
        return counted.say(translator(language))
    locale = locale_of(language)
    pattern = _with_decimals(locale.currency_formats["standard"], exponent, exponent)
    with localcontext(prec=NUMBER_DIGITS_MAX):
        shown: str = pattern.apply(
            Decimal(minor).scaleb(-exponent),
            locale,
            currency=currency,
            currency_digits=False,
        )
    return LETTER_AND_DIGIT.sub(NO_BREAK_SPACE, shown)


def currency_exponent(currency: str) -> int | None:
    """Decimals of a currency's minor unit by ISO 4217; None when it has none or is unknown."""
    try:
        exponent: int | None = iso4217.Currency(currency).exponent
    except ValueError:
        return None
    return exponent


def country_currency(country: str) -> str:
    """The ISO 4217 code of the money that a country uses now; empty when none is known."""
    tender = get_territory_currencies(country, tender=True) if country else []
    return tender[0] if tender else ""


def number(value: int | Decimal, language: str) -> str:
    """A number with all its decimals, grouped and pointed as the language does."""
    locale = locale_of(language)
    with localcontext(prec=NUMBER_DIGITS_MAX):
        shown: str = _exact_pattern(value, locale).apply(Decimal(value), locale)
    return shown


def quantity(value: int | Decimal, unit: str, language: str) -> str:
    """A quantity with its UN/ECE Rec 20 unit code, such as `2.5 kg`; an unknown code as it is."""
    known = UNITS.get(unit)
    if known is None:
        return f"{number(value, language)} {unit}"
    locale = locale_of(language)
    with localcontext(prec=NUMBER_DIGITS_MAX):
        return format_unit(
            Decimal(value),
            known,
            length="short",
            format=_exact_pattern(value, locale),  # type: ignore[arg-type]  # it takes both
            locale=locale,
        )


def date(time_ms: int, language: str, zone: tzinfo = UTC) -> str:
    """The day of a time in milliseconds since 1970."""
    return format_date(_moment(time_ms, zone).date(), locale=locale_of(language))


def date_time(time_ms: int, language: str, zone: tzinfo = UTC) -> str:
    """Day and time of day of a time in milliseconds since 1970, in the given zone."""
    return format_datetime(_moment(time_ms, zone), tzinfo=zone, locale=locale_of(language))


def iso_time(time_ms: int) -> str:
    """A time as machines read it, such as `2026-11-24T16:30:00Z`; to the second."""
    return _moment(time_ms, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def catalogue(language: str, folder: Path = LOCALES_FOLDER) -> NullTranslations:
    """The translations of a language tag, `pt` standing in for `pt-BR`; else plain English."""
    for name in _names_of(language):
        if (folder / name / "LC_MESSAGES" / "messages.po").is_file():
            return _catalogue_in(folder, name)
    return NullTranslations()


def locale_of(language: str) -> Locale:
    """How a language writes numbers and dates; English when it is unknown."""
    for name in _names_of(language):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(SOURCE_LANGUAGE)


def is_language_tag(language: str) -> bool:
    """Whether this looks like a language tag: `pt`, `pt-BR`, `zh_Hans_CN`."""
    return LANGUAGE_TAG.fullmatch(language) is not None


def _names_of(language: str) -> list[str]:
    """`pt-BR` -> `pt_BR`, `pt`. Tags come from browsers and end up in a path: strictly checked."""
    if not is_language_tag(language):
        return []
    parts = language.replace("-", "_").split("_")
    return ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]


@lru_cache(maxsize=CATALOGUES_MAX)
def _catalogue_in(folder: Path, name: str) -> Translations:
    with (folder / name / "LC_MESSAGES" / "messages.po").open("rb") as source:
        messages = read_po(source, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


def _exact_pattern(value: int | Decimal, locale: Locale) -> NumberPattern:
    exponent = Decimal(value).as_tuple().exponent
    assert isinstance(exponent, int), "a quantity is a finite number"
    return _with_decimals(locale.decimal_formats[None], 0, max(0, -exponent))


def _with_decimals(pattern: NumberPattern, least: int, most: int) -> NumberPattern:
    changed = copy(pattern)
    changed.frac_prec = (least, most)
    return changed


def _moment(time_ms: int, zone: tzinfo) -> datetime:
    # a peer may write any number: what is outside the calendar is shown as its first or last day
    time_s = min(max(time_ms // 1000, CALENDAR_FIRST_S), CALENDAR_LAST_S)
    return datetime.fromtimestamp(time_s, tz=zone)


LANGUAGE_TAG = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8}){0,2}")

# UN/ECE Recommendation 20 code -> CLDR unit, for the units that CLDR can write in every language
UNITS = {
    "ACR": "area-acre",
    "ANN": "duration-year",
    "CMT": "length-centimeter",
    "DAY": "duration-day",
    "GLL": "volume-gallon",
    "GRM": "mass-gram",
    "HAR": "area-hectare",
    "HLT": "volume-hectoliter",
    "HUR": "duration-hour",
    "KGM": "mass-kilogram",
    "KMT": "length-kilometer",
    "KWH": "energy-kilowatt-hour",
    "LBR": "mass-pound",
    "LTR": "volume-liter",
    "MGM": "mass-milligram",
    "MIN": "duration-minute",
    "MLT": "volume-milliliter",
    "MMT": "length-millimeter",
    "MON": "duration-month",
    "MTK": "area-square-meter",
    "MTQ": "volume-cubic-meter",
    "MTR": "length-meter",
    "ONZ": "mass-ounce",
    "SEC": "duration-second",
    "TNE": "mass-tonne",
    "WEE": "duration-week",
}
