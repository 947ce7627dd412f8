"""cells: what people write into one cell of a table, as exact values. Never a float.

Each reader takes the text of a cell that is not empty and gives its value, or raises `BadCell`
with the sentence that the person gets to read beside the row.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from node.codes import GUESSED_CHARS_MAX, currency_exponent
from node.text import Message, ToldError
from node.text import mark as _
from protocol.errors import Refusal
from protocol.limits import DAY_MS, INTEGER_MAX
from protocol.values import Decimal

# amounts that a catalogue repeats are read once
DECIMALS_KEPT_MAX = 4096


class BadCell(ToldError):  # noqa: N818 - the row's word; it is caught for each cell
    """This cell cannot be read; the message says why."""


def bad(text: str, **values: str | int | Message) -> BadCell:
    """A cell that is not what its column takes."""
    return BadCell(Message(text, "bad-field", values))


def shown(cell: str) -> str:
    """A cell as a sentence quotes it: short, on one line."""
    short = cell if len(cell) <= GUESSED_CHARS_MAX else cell[:GUESSED_CHARS_MAX] + "..."
    return repr(short)


@lru_cache(maxsize=DECIMALS_KEPT_MAX)
def decimal(cell: str) -> Decimal:
    """`12.50`: digits and a point, no other separators."""
    try:
        return Decimal.parse(cell)
    except Refusal as refused:
        if "digits" in refused.detail:
            raise bad(_("{cell} has too many digits"), cell=shown(cell)) from None
        if "," in cell:
            text = _("{cell} is not a number here: write 1234.50, with a point and no comma")
            raise bad(text, cell=shown(cell)) from None
        raise bad(_("{cell} is not a number such as 12.50"), cell=shown(cell)) from None


def amount(cell: str) -> Decimal:
    """A decimal that is not below zero."""
    value = decimal(cell)
    if value.number < 0:
        raise bad(_("{cell} is below zero"), cell=shown(cell))
    return value


def whole(cell: str) -> int:
    """`12`: a whole number that is not below zero."""
    written = cell.strip()
    if not (written.isascii() and written.isdigit()):
        raise bad(_("{cell} is not a whole number such as 12"), cell=shown(cell))
    if len(written) > WHOLE_DIGITS_MAX or int(written) > INTEGER_MAX:
        raise bad(_("{cell} is too large a number"), cell=shown(cell))
    return int(written)


def yes(cell: str) -> bool:
    """`yes` or `no`, as several programs and languages write it."""
    value = YES_OR_NO.get(cell.strip().casefold())
    if value is None:
        raise bad(_("{cell} is neither yes nor no"), cell=shown(cell))
    return value


def minor(value: Decimal, currency: str) -> int:
    """An amount in the minor units of a currency of ISO 4217, exactly or not at all."""
    decimals = decimals_of(currency)
    shift = value.exponent + decimals
    if shift < 0:
        text = _("{amount} is finer than the {decimals} decimals of {currency}")
        raise bad(text, amount=str(value), decimals=decimals, currency=currency)
    if value.number < 0:
        raise bad(_("{cell} is below zero"), cell=str(value))
    result: int = value.number * 10**shift
    if result > INTEGER_MAX:
        raise bad(_("{cell} is too large a number"), cell=str(value))
    return result


def minor_cell(value: int, decimals: int) -> str:
    """Minor units as a cell has them: 350 of two decimals is `3.50`."""
    if decimals == 0:
        return str(value)
    return f"{value // 10**decimals}.{value % 10**decimals:0{decimals}d}"


def decimals_of(currency: str) -> int:
    """Decimals of a currency; a bad cell when it has none or is unknown."""
    decimals = currency_exponent(currency)
    if decimals is None:
        text = _("{cell} is no currency of ISO 4217 with a minor unit; write it like EUR")
        raise BadCell(Message(text, "bad-code", {"cell": shown(currency)}))
    return decimals


def names(cell: str) -> list[str]:
    """`a; b`: several, apart by semicolons."""
    return [name for part in cell.split(";") if (name := part.strip())]


def names_cell(values: Iterable[str]) -> str:
    """Several as one cell."""
    return ";".join(values)


def pairs(cell: str) -> list[tuple[str, Decimal | None]]:
    """`DHL=4.90; bike`: several names, each with an amount or with none."""
    found: list[tuple[str, Decimal | None]] = []
    for part in names(cell):
        name, equals, number = part.rpartition("=")
        if not equals:
            found.append((part, None))
        else:
            found.append((name.strip(), amount(number)))
    return found


def since(cell: str) -> int:
    """A day (its first millisecond in UTC) or a time of ISO 8601, in milliseconds since 1970."""
    return _moment(cell, 0)


def until(cell: str) -> int:
    """A day (its last millisecond in UTC) or a time of ISO 8601, in milliseconds since 1970."""
    return _moment(cell, DAY_MS - 1)


def since_cell(value: int) -> str:
    """A time as a cell has it, only the day where that says it all."""
    return _moment_cell(value, 0)


def until_cell(value: int) -> str:
    """A time as a cell has it, only the day where its last millisecond is meant."""
    return _moment_cell(value, DAY_MS - 1)


def _moment(cell: str, on_the_day_ms: int) -> int:
    written = cell.strip()
    try:
        if len(written) == len("2026-12-31"):
            day = date.fromisoformat(written)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            at, on_the_day_ms = datetime.fromisoformat(written), 0
    except ValueError:
        text = _("{cell} is no day such as 2026-12-31 and no time such as 2026-12-31T18:00:00Z")
        raise bad(text, cell=shown(cell)) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    time_ms = (at - EPOCH) // timedelta(milliseconds=1) + on_the_day_ms
    if time_ms < 0:
        raise bad(_("{cell} lies before 1970"), cell=shown(cell))
    return time_ms


def _moment_cell(value: int, on_the_day_ms: int) -> str:
    if value > CALENDAR_LAST_MS:
        return ""
    at = EPOCH + timedelta(milliseconds=value)
    if value % DAY_MS == on_the_day_ms:
        return at.date().isoformat()
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# the last millisecond of the year 9999: beyond it Python's calendar ends
CALENDAR_LAST_MS = 253_402_300_799_999
# digits of protocol.limits.INTEGER_MAX
WHOLE_DIGITS_MAX = 16

YES_OR_NO = {
    "0": False,
    "1": True,
    "f": False,
    "false": False,
    "falsch": False,
    "ja": True,
    "n": False,
    "nein": False,
    "no": False,
    "não": False,
    "oui": True,
    "si": True,
    "sim": True,
    "sí": True,
    "t": True,
    "true": True,
    "wahr": True,
    "y": True,
    "yes": True,
}
