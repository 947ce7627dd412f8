"""Amounts: numbers as people write them in their language, read into the one exact spelling.

`1.234,50` in Spanish, `1,234.50` in English, `١٬٢٣٤٫٥٠` in Arabic. A mark that can only be meant
one way is taken so in every language; of `1.234` the language decides. Never rounds.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from babel.numbers import get_decimal_symbol

from node.text import locale_of


def plain_number(written: str, language: str) -> str | None:
    """Digits with a point, perhaps behind a minus, as `Decimal.parse` reads; None for no number."""
    text = "".join(_plain(character) for character in written.strip())
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-").removeprefix("+")
    if not text or not ALLOWED.fullmatch(text):
        return None
    point = _point_of(text, language)
    whole, _, fraction = text.rpartition(point) if point else (text, "", "")
    if point and not fraction.isdigit():
        return None
    first, *groups = SEPARATOR.split(whole)
    if groups and not _is_grouped(first, groups):
        return None
    digits = "".join([first, *groups]) or "0"
    return f"{sign}{digits}.{fraction}" if fraction else f"{sign}{digits}"


def _plain(character: str) -> str:
    """Its ASCII digit or mark; nothing for a space, which only groups."""
    if character in MARKS:
        return MARKS[character]
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _point_of(text: str, language: str) -> str:
    """The mark before the decimals; empty when there are none."""
    if ARABIC_POINT in text:
        return ARABIC_POINT
    found = [character for character in text if character in ".,"]
    if not found or ARABIC_GROUP in text:
        return ""
    if len(set(found)) > 1:
        return found[-1]
    if len(found) > 1:
        return ""
    is_group = LIKE_GROUP.fullmatch(text) and found[0] != get_decimal_symbol(locale_of(language))
    return "" if is_group else found[0]


def _is_grouped(first: str, groups: list[str]) -> bool:
    """By thousands, or as India groups: only the last one must have three digits."""
    sizes = [len(one) for one in groups]
    return 1 <= len(first) <= GROUP_DIGITS and sizes[-1] == GROUP_DIGITS and min(sizes) > 1


GROUP_DIGITS: Final = 3
ARABIC_POINT: Final = "\u066b"
ARABIC_GROUP: Final = "\u066c"
ALLOWED: Final = re.compile(rf"[0-9.,{ARABIC_POINT}{ARABIC_GROUP}]+")
SEPARATOR: Final = re.compile(rf"[.,{ARABIC_GROUP}]")
LIKE_GROUP: Final = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
# The Arabic comma, minus signs, and what stands between groups in French or Swiss numbers.
MARKS: Final = {
    "\u060c": ",",
    "\u2212": "-",
    **dict.fromkeys(" \u00a0\u202f\u2009'\u2019_\u200e\u200f\u061c", ""),
}
