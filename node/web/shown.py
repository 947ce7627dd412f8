"""Shown: amounts, times and texts as a page writes them, in one person's language.

What came from another co-op is made harmless here: characters that turn text around or hide it are
left out, and everything is escaped by the templates. Never decides what is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal as Exact
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import jinja2

from node.gate.languages import LANGUAGES
from node.text import (
    currency_exponent,
    date,
    date_time,
    iso_time,
    locale_of,
    money,
    number,
    plural_translator,
    quantity,
    translator,
)
from node.text import mark as _
from node.views.names import pick
from node.web.assets import path_of
from node.web.role_words import role_name
from node.web.signs import sign_of
from node.web.terms import CONDITIONS
from protocol.trade import Offer, Price
from protocol.values import Decimal

TEMPLATES: Final = Path(__file__).parent / "templates"


def page(
    name: str, language: str, base: str, values: Mapping[str, Any], block: str | None = None
) -> str:
    """A template filled in, or one block of it; `base` is what all its links begin with."""
    told = {
        "_": translator(language),
        "ngettext": plural_translator(language),
        "asset": lambda name: base + path_of(name),
        "base": base,
        "direction": locale_of(language).text_direction,
        "language": language,
        "languages": LANGUAGES,
        "shown": Shown(language),
        **values,
    }
    template = _environment().get_template(name)
    if block is None:
        return template.render(told)
    context = template.new_context(told)
    return "".join(template.blocks[block](context))


class Drawn(Protocol):
    """What a drawing is chosen by."""

    @property
    def mode(self) -> str: ...
    @property
    def hs(self) -> str | None: ...


class Shown:
    """How values look in a language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def price(self, price: Price, unit: str) -> str:
        """`12,50 € / 60 kg`; what is for one piece stands alone."""
        if currency_exponent(price.currency) == price.exponent:
            amount = money(price.minor, price.currency, self._language)
        else:  # a peer may write any exponent: show what it wrote, and no more
            exact = Exact(price.minor).scaleb(-price.exponent)
            amount = f"{number(exact, self._language)} {price.currency}"
        if price.per == ONE and unit == PIECE:
            return amount
        return f"{amount} / {self.quantity(price.per, unit)}"

    def quantity(self, amount: Decimal, unit: str) -> str:
        """An amount of a unit; pieces are a bare number."""
        exact = Exact(str(amount))
        if unit == PIECE:
            return number(exact, self._language)
        return quantity(exact, unit, self._language)

    def day(self, time_ms: int) -> str:
        """A day."""
        return date(time_ms, self._language)

    def moment(self, time_ms: int) -> str:
        """A day and its time, in UTC."""
        return f"{date_time(time_ms, self._language)} UTC"

    def iso(self, time_ms: int) -> str:
        """A time as HTML and calendars write it, in UTC."""
        return iso_time(time_ms)

    def country(self, code: str) -> str:
        """A country's name; a code that is none stays as it is."""
        name: str = locale_of(self._language).territories.get(code, code)
        return name

    def size(self, amount_bytes: int) -> str:
        """A size on the disk, in whole or tenths of megabytes or gigabytes."""
        unit, bytes_each = next(one for one in SIZES if amount_bytes >= one[1] or one is SIZES[-1])
        tenths = amount_bytes * 10 // bytes_each
        shown = Exact(tenths).scaleb(-1) if tenths < SMALL_TENTHS else Exact(tenths // 10)
        return f"{number(shown, self._language)} {unit}"

    def pick(self, texts: Mapping[str, str]) -> str:
        """A text in the page's language, or in one there is."""
        return pick(texts, (self._language,))

    def sign_of(self, fields: Offer) -> str:
        """Which drawing stands for what is offered."""
        return sign_of(fields.mode, fields.item.hs)

    def countries(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """(code, name) of countries, by name."""
        return sorted(((code, self.country(code)) for code in codes), key=lambda one: one[1])

    def tongue(self, tag: str) -> str:
        """A language's name by its tag; a tag that is none stays as it is."""
        names = locale_of(self._language).languages
        found: str = names.get(tag.replace("-", "_")) or names.get(tag.partition("-")[0], tag)
        return found

    def sign(self, offer: Drawn) -> str:
        """Which drawing stands for an offer without a picture."""
        return sign_of(offer.mode, offer.hs)

    def condition(self, code: str) -> str:
        """A condition in words, to be translated."""
        return CONDITIONS.get(code, code)

    def role(self, code: str) -> str:
        """A role in words, to be translated; one of another version as it was written."""
        return role_name(code)

    def count(self, value: int) -> str:
        """A whole number."""
        return number(value, self._language)


def plain(text: str) -> str:
    """A text without controls and without what turns its direction around."""
    return "".join(
        character
        for character in text
        if character in JOINERS or unicodedata.category(character) not in {"Cc", "Cf"}
    )


def plain_lines(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(plain(line) for line in text.splitlines())


def short(identifier: str) -> str:
    """The beginning of an id, long enough to tell it apart."""
    prefix, separator, rest = identifier.partition("1")
    return f"{prefix}{separator}{rest[:SHORT_CHARS]}" if separator else identifier[:SHORT_CHARS]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.filters["plain_lines"] = plain_lines
    environment.filters["short"] = short
    return environment


# How a peer's link can stand: the templates translate it where they show it.
PEER_STATES: Final = (
    _("connected"),
    _("connecting"),
    _("waiting"),
    _("unknown"),
    _("blocked"),
)
ONE: Final = Decimal(1, 0)
PIECE: Final = "C62"
SIZES: Final = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
SMALL_TENTHS: Final = 100
SHORT_CHARS: Final = 10
# zero-width joiners, without which Hindi and Arabic cannot be written
JOINERS: Final = "\u200c\u200d"
