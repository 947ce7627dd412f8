"""Show: what a person sees of an answer: sentences, tables, short ids, a QR code.

Whatever came from another co-op is made harmless before it reaches the terminal. Shortened ids are
long enough to be typed back. Never asks the node anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from unicodedata import category

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from node.cli.words import mark as _
from node.text import Message, date_time, translator

# characters of an id after its prefix: one in 2**50 for another one that begins so
SHORT_ID_CHARACTERS: Final = 10

# where no terminal says how wide it is: a table that is read by a program, or a log
PIPE_COLUMNS: Final = 200

# depth of fields inside fields: more is in no record
FIELD_DEPTH_MAX: Final = 8


class Screen:
    """The terminal, or what stands in for it, in one language."""

    def __init__(self, language: str, *, is_error: bool = False) -> None:
        """Standard output; standard error for what is no answer."""
        stream = sys.stderr if is_error else sys.stdout
        self.language = language
        self.is_terminal = stream.isatty()
        self._translate = translator(language)
        self.console = Console(
            file=stream,
            highlight=False,
            markup=False,
            emoji=False,
            width=None if self.is_terminal else PIPE_COLUMNS,
        )

    def say(self, text: str, **values: object) -> str:
        """A marked sentence in the person's language."""
        shown = {name: str(value) for name, value in values.items()}
        return Message(text, values=shown).say(self._translate)

    def told(self, message: Message) -> str:
        """A message in the person's language."""
        return message.say(self._translate)

    def line(self, text: str, **values: object) -> None:
        """Print a marked sentence; never broken, so that ids and links can be copied."""
        self.text(self.say(text, **values))

    def text(self, text: object) -> None:
        """Print what is no sentence."""
        self.console.print(Text(plain(str(text))), soft_wrap=True)

    def blank(self) -> None:
        """An empty line."""
        self.console.print()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under marked headings; a number stands at the right."""
        kept = [list(row) for row in rows]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for place, column in enumerate(columns):
            numbers = bool(kept) and all(isinstance(row[place], int) for row in kept)
            heading = self._translate(column) if column else ""
            table.add_column(Text(heading), justify="right" if numbers else "left")
        for row in kept:
            table.add_row(*(Text(self._cell(value)) for value in row))
        self.console.print(table)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print names and values, one a line; empty values are left out."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            if value not in (None, "", [], {}):
                table.add_row(Text(self._translate(name)), Text(self._cell(value)))
        self.console.print(table)

    def moment(self, time_ms: object) -> str:
        """A time of the API in the machine's own time zone; nothing for none."""
        if not isinstance(time_ms, int):
            return ""
        seconds = min(max(time_ms // 1000, 0), MOMENT_S_MAX)
        zone = datetime.fromtimestamp(seconds, tz=UTC).astimezone().tzinfo
        return date_time(time_ms, self.language, zone or UTC)

    def qr(self, text: str) -> None:
        """Print a QR code; only where someone could point a telephone at it."""
        if self.is_terminal:
            import segno

            segno.make(text, micro=False).terminal(sys.stdout, compact=True)

    def _cell(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return self._translate(_("yes") if value else _("no"))
        return plain(str(value))


def short(identifier: object) -> str:
    """An id as far as it takes to tell it apart; the node accepts it back."""
    text = str(identifier or "")
    prefix, separator, rest = text.partition("1")
    if not separator:
        return text[: SHORT_ID_CHARACTERS + len("circle1")]
    return f"{prefix}1{rest[:SHORT_ID_CHARACTERS]}"


def plain(text: str) -> str:
    """A text without what moves the cursor, hides or turns around other text."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in JOINERS or category(character) == SPACE
        else character.encode("unicode_escape").decode()
        for character in text
    )


def flat(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """The fields of a JSON value as names with points and plain values: `where.country`."""
    inner: Iterable[tuple[Any, object]]
    if isinstance(value, dict) and depth < FIELD_DEPTH_MAX:
        inner = value.items()
    elif isinstance(value, list) and depth < FIELD_DEPTH_MAX:
        inner = enumerate(value, start=1)
    else:
        yield name, value
        return
    for key, one in inner:
        yield from flat(one, f"{name}.{key}" if name else str(key), depth + 1)


# other widths of space, which stand between the digits of many languages
SPACE: Final = "Zs"

# zero-width joiners, without which Hindi and Arabic cannot be written
JOINERS: Final = "\u200c\u200d"

# the last second of the year 9999 less a day for every time zone
MOMENT_S_MAX: Final = 253_402_171_200
