"""Form fields: what people typed into the fields of a form, as exact values of the protocol.

A `Reader` takes fields by name and notes beside each what is wrong with it, as a sentence. What
was typed is never changed and never thrown away; a reader only ever says what it means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from node.catalogue import cells
from node.catalogue.cells import BadCell
from node.text import Message
from node.text import mark as _
from node.views.ids import whole as whole_id
from node.web.amounts import plain_number
from protocol.errors import Refusal
from protocol.limits import CODE_BYTES_MAX, DAY_MS
from protocol.values import Decimal


class Reader:
    """Reads the fields of one form; `problems` has a sentence for each that cannot stay so."""

    def __init__(self, values: Mapping[str, str], language: str) -> None:
        self.values = values
        self.language = language
        """In which numbers are written."""
        self.problems: dict[str, Message] = {}

    def wrong(self, name: str, text: str, **values: str | int | Message) -> None:
        """Note what is wrong with a field; the first sentence stays."""
        self.problems.setdefault(name, Message(text, "", values))

    def typed(self, name: str) -> str:
        """What stands in a field, without the spaces around it."""
        return self.values.get(name, "").strip()

    def is_on(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.typed(name))

    def rows(self, prefix: str) -> list[int]:
        """The numbers of the rows of a list that the form has, filled in or not."""
        return rows_of(self.values, prefix)

    def is_blank(self, prefix: str, *, beside: Collection[str] = ()) -> bool:
        """Whether nothing stands in a row but in the fields that always say something."""
        return not any(
            text.strip()
            for name, text in self.values.items()
            if name.startswith(f"{prefix}.") and name.removeprefix(f"{prefix}.") not in beside
        )

    def line(self, name: str, chars_max: int) -> str | None:
        """One line of text; None when there is none."""
        return self._text(name, self.typed(name), chars_max, is_line=True)

    def texts(self, prefix: str, chars_max: int, *, is_line: bool = False) -> dict[str, str]:
        """The same in several languages, by their tags."""
        found = {}
        for tag in tags_of(self.values, prefix):
            name = f"{prefix}.{tag}"
            text = self._text(name, self.typed(name), chars_max, is_line=is_line)
            if text is not None:
                found[tag] = text
        return found

    def words(self, name: str, many_max: int) -> tuple[str, ...]:
        """Several codes or words apart by commas, each once."""
        parts = COMMAS.split(self.typed(name))
        found = dict.fromkeys(part.strip() for part in parts if part.strip())
        if len(found) > many_max:
            self.wrong(name, TOO_MANY, many=len(found), most=many_max)
        return tuple(
            word
            for one in found
            if (word := self._text(name, one, CODE_BYTES_MAX, is_line=True)) is not None
        )

    def amount(self, name: str) -> Decimal | None:
        """An exact amount that is not below zero."""
        value = self.number(name)
        if value is not None and value.number < 0:
            self.wrong(name, _("an amount cannot be below zero"))
            return None
        return value

    def number(self, name: str) -> Decimal | None:
        """An exact number, written as the language does."""
        typed = self.typed(name)
        if not typed:
            return None
        plain = plain_number(typed, self.language)
        if plain is None:
            self.wrong(name, _("this is not a number; write it in digits, with no unit behind it"))
            return None
        try:
            return Decimal.parse(plain)
        except Refusal:
            self.wrong(name, _("this number has too many digits"))
            return None

    def money(self, name: str, currency: str) -> int | None:
        """An amount of a currency, in its minor units."""
        value = self.amount(name)
        if value is None:
            return None
        try:
            return cells.minor(value, currency)
        except BadCell as bad:
            self.problems.setdefault(name, Message(bad.message.text, "", bad.message.values))
            return None

    def count(self, name: str) -> int | None:
        """A whole number that is not below zero."""
        value = self.amount(name)
        if value is None:
            return None
        if value.exponent < 0:
            self.wrong(name, _("this has to be a whole number"))
            return None
        whole: int = value.number * 10**value.exponent
        return whole

    def since(self, name: str) -> int | None:
        """The first millisecond of a day, in UTC."""
        return self._moment(name, 0)

    def until(self, name: str) -> int | None:
        """The last millisecond of a day, in UTC."""
        return self._moment(name, DAY_MS - 1)

    def choice(self, name: str, known: Collection[str], default: str = "") -> str:
        """One of a closed list."""
        typed = self.typed(name) or default
        if typed and typed not in known:
            self.wrong(name, _("choose one of the list"))
            return default
        return typed

    def code(self, name: str, pattern: str, text: str) -> str | None:
        """A code in capital letters and digits; `text` says what is wrong with another one."""
        typed = "".join(self.typed(name).split()).upper()
        if typed and not re.fullmatch(pattern, typed):
            self.wrong(name, text)
            return None
        return typed or None

    def ids(self, name: str, prefix: str, many_max: int) -> tuple[bytes, ...]:
        """Whole ids, ticked or typed apart by spaces or commas, in their order and each once."""
        found: dict[bytes, None] = {}
        typed = re.split(r"[\s,;]+", self.typed(name))
        for written in (*self.ticked(name), *(one for one in typed if one)):
            try:
                found[whole_id(prefix, written)] = None
            except Refusal:
                self.wrong(name, _("copy the whole id; it starts with {start}"), start=f"{prefix}1")
        if len(found) > many_max:
            self.wrong(name, TOO_MANY, many=len(found), most=many_max)
        return tuple(found)

    def ticked(self, prefix: str) -> list[str]:
        """The codes of the boxes that are ticked."""
        start = f"{prefix}.box."
        return [
            name.removeprefix(start)
            for name, value in self.values.items()
            if name.startswith(start) and value.strip()
        ]

    def one_id(self, name: str, prefix: str) -> bytes | None:
        """A single whole id."""
        found = self.ids(name, prefix, 1)
        return found[0] if found else None

    def _moment(self, name: str, on_the_day_ms: int) -> int | None:
        """A day of the calendar, or the very time that stood there before when its day stays."""
        typed, exact = self.typed(name), self.typed(f"{name}.exact")
        if not typed:
            return None
        if exact.isdigit() and len(exact) <= cells.WHOLE_DIGITS_MAX and day_of(int(exact)) == typed:
            return int(exact)
        try:
            return cells.since(typed) if on_the_day_ms == 0 else cells.until(typed)
        except BadCell:
            self.wrong(name, _("this is no day of the calendar; write it like 2026-12-31"))
            return None

    def _text(self, name: str, typed: str, chars_max: int, *, is_line: bool) -> str | None:
        text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
        text = "".join(one for one in text if one not in HARMLESS).strip()
        hidden = next((one for one in text if _is_hidden(one, is_line=is_line)), None)
        if hidden is not None:
            told = _(
                "there is a character in it that nobody can see ({code}); "
                "delete it, or type the words anew"
            )
            self.wrong(name, told, code=f"U+{ord(hidden):04X}")
            return None
        if len(text) > chars_max:
            told = _("this has {many} characters; {most} are the most")
            self.wrong(name, told, many=len(text), most=chars_max)
            return None
        return text or None


def rows_of(values: Mapping[str, str], prefix: str) -> list[int]:
    """The numbers of the rows of a list, ascending."""
    start = len(prefix) + 1
    numbers = {name[start:].partition(".")[0] for name in values if name.startswith(f"{prefix}.")}
    return sorted(int(one) for one in numbers if one.isdecimal() and len(one) <= ROW_DIGITS_MAX)


def tags_of(values: Mapping[str, str], prefix: str) -> Iterator[str]:
    """The languages in which a text stands in the form."""
    for name in values:
        tag = name.removeprefix(f"{prefix}.")
        if tag != name and LANGUAGE.fullmatch(tag):
            yield tag


def day_of(time_ms: int) -> str:
    """The day of a time as a date field has it, in UTC; empty beyond the calendar."""
    return cells.since_cell(time_ms - time_ms % DAY_MS)


def _is_hidden(character: str, *, is_line: bool) -> bool:
    """Controls, and what turns the direction of a text around or hides."""
    if character in JOINERS or (not is_line and character in "\n\t"):
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
COMMAS: Final = re.compile(r"[,;\u060c\u3001\n]")
TOO_MANY: Final = _("these are {many}; {most} are the most")
ROW_DIGITS_MAX: Final = 3
# Without them Hindi and Arabic cannot be written.
JOINERS: Final = "\u200c\u200d"
# What other programs leave in a copied text, and what the browser itself adds: it means nothing.
HARMLESS: Final = "\ufeff\u00ad\u200b\u200e\u200f\u061c"
