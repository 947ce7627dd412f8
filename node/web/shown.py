"""Shown: amounts, times and texts as a page writes them, in one person's language.

What came from another co-op is made harmless here: characters that turn text around or hide it are
left out, and everything is escaped by the templates. Never decides what is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal as Exact
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from node.text import (
    currency_exponent,
    date,
    date_time,
    locale_of,
    money,
    number,
    quantity,
    translator,
)
from node.text import mark as _
from protocol.trade import Price
from protocol.values import Decimal

TEMPLATES: Final = Path(__file__).parent / "templates"


def page(name: str, language: str, base: str, values: Mapping[str, Any]) -> str:
    """A template filled in; `base` is the path that all its links begin with."""
    shown = Shown(language)
    told = {
        "_": translator(language),
        "base": base,
        "direction": locale_of(language).text_direction,
        "language": language,
        "shown": shown,
    }
    return _environment().get_template(name).render(**told, **values)


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
SHORT_CHARS: Final = 10
# zero-width joiners, without which Hindi and Arabic cannot be written
JOINERS: Final = "\u200c\u200d"
