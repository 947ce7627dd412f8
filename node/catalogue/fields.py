"""fields: one row of another program's file by the names of its columns, with what is wrong in it.

Never decides what a column means: the formats do.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from node.catalogue import cells
from node.catalogue.cells import BadCell
from node.codes import Problem, bad_field
from node.text import Message
from node.text import mark as _
from protocol.values import Decimal

# what an attribute of an offer holds (see protocol.trade.Offer)
ATTRIBUTE_CHARS_MAX = 1000

Value = TypeVar("Value")


class Fields:
    """The cells of one row by column; a column that the file has not is empty."""

    def __init__(self, index: Mapping[str, int], row: list[str]) -> None:
        self.problems: list[Problem] = []
        self._index = index
        self._row = row

    def has(self, name: str) -> bool:
        """Whether the file has this column at all."""
        return name in self._index

    def text(self, name: str) -> str:
        """What the cell says, without blanks around it; empty when there is nothing."""
        position = self._index.get(name)
        return self._row[position].strip() if position is not None else ""

    def wrong(self, name: str, text: str, **values: str | int | Message) -> None:
        """Note a problem of a column."""
        self.problems.append(bad_field(name, text, **values))

    def read(self, name: str, reader: Callable[[str], Value]) -> Value | None:
        """The cell by a reader of `cells`; None when empty or, with a problem noted, unreadable."""
        cell = self.text(name)
        if not cell:
            return None
        try:
            return reader(cell)
        except BadCell as found:
            self.problems.append(Problem(name, found.message))
            return None

    def needed(self, name: str) -> str:
        """The cell's text; a problem when there is none."""
        cell = self.text(name)
        if not cell:
            self.wrong(name, _("this is missing"))
        return cell

    def between(self, name: str, low: int, high: int) -> int | None:
        """A whole number in a range, given in the file's own unit."""
        value = self.read(name, cells.whole)
        if value is not None and not low <= value <= high:
            self.wrong(
                name, _("{value} is not between {low} and {high}"), value=value, low=low, high=high
            )
            return None
        return value

    def yes(self, name: str) -> bool:
        """Whether the cell says yes."""
        return self.read(name, cells.yes) or False

    def choice(self, name: str, choices: Iterable[str]) -> str | None:
        """One of several words."""
        word = self.text(name)
        if not word or word in choices:
            return word or None
        values = {"cell": cells.shown(word), "known": ", ".join(choices)}
        self.wrong(name, _("{cell} is none of {known}"), **values)
        return None

    def attributes(self, prefix: str, names: Iterable[str]) -> dict[str, str]:
        """What has no field in an offer, as its attributes: column `x` becomes `prefix:x`."""
        found = {}
        for name in names:
            if not (cell := self.text(name)):
                continue
            if len(cell) > ATTRIBUTE_CHARS_MAX:
                text = _("longer than {most} characters; shorten it")
                self.wrong(name, text, most=ATTRIBUTE_CHARS_MAX)
            found[f"{prefix}:{name}"] = cell
        return found


def indexed(header: tuple[str, ...]) -> dict[str, int]:
    """Column name in small letters -> position; without the nameless ones and `error`."""
    plain = [name.casefold() for name in header]
    return {name: at for at, name in enumerate(plain) if name and name != "error"}


def times(one: Decimal, other: Decimal) -> Decimal:
    """The exact product."""
    return Decimal.of(one.number * other.number, one.exponent + other.exponent)
