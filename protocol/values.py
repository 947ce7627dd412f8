"""Values: the small types that the fields of every kind are made of.

Text for people, codes, decimals, quantities and money, with the one spelling each has on the wire.
Code lists are checked by their form alone: a list that grows must not split replicas. SPEC
section "Values".
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from protocol.errors import Refusal
from protocol.limits import (
    ADDRESS_BYTES_MAX,
    BLOB_BYTES_MAX,
    CODE_BYTES_MAX,
    DECIMAL_EXPONENT_MAX,
    DECIMAL_EXPONENT_MIN,
    HASH_BYTES,
    INTEGER_MAX,
    LANGUAGES_MAX,
    NAME_BYTES_MAX,
    TEXT_BYTES_MAX,
    TITLE_BYTES_MAX,
)

URL_CHARS_MAX: Final = 2000


def whole(pattern: str) -> str:
    """A pattern that has to match a whole text; `$` alone would let a line feed stand behind it."""
    return f"^(?:{pattern})$(?!\\n)"


Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
Language = Annotated[str, Meta(pattern=whole("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"))]
Text = Annotated[
    dict[Language, Annotated[str, Meta(min_length=1, max_length=TEXT_BYTES_MAX)]],
    Meta(max_length=LANGUAGES_MAX),
]
"""Language -> text. Texts are for people; their lengths count code points."""
Title = Annotated[
    dict[Language, Annotated[str, Meta(min_length=1, max_length=TITLE_BYTES_MAX)]],
    Meta(min_length=1, max_length=LANGUAGES_MAX),
]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_BYTES_MAX)]
Code = Annotated[str, Meta(min_length=1, max_length=CODE_BYTES_MAX)]
Country = Annotated[str, Meta(pattern=whole("[A-Z]{2}"))]
Currency = Annotated[str, Meta(pattern=whole("[A-Z]{3}"))]
UnitCode = Annotated[str, Meta(pattern=whole("[A-Z0-9]{1,3}"))]
"""UN/ECE Recommendation 20 (with 21)."""
Incoterm = Annotated[str, Meta(pattern=whole("[A-Z]{3}"))]
_URL: Final = whole('https?://[^\\x00-\\x20\\x7f<>"]+')
Url = Annotated[str, Meta(pattern=_URL, max_length=URL_CHARS_MAX)]
"""An address elsewhere, shown and never fetched."""
Address = Annotated[str, Meta(pattern=_URL, max_length=ADDRESS_BYTES_MAX)]
"""Where a node answers, with its base path."""
HsCode = Annotated[str, Meta(pattern=whole("[0-9]{2}|[0-9]{4}|[0-9]{6}"))]
Gtin = Annotated[str, Meta(pattern=whole("[0-9]{8}|[0-9]{12}|[0-9]{13}|[0-9]{14}"))]
TimeMs = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Minor = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Exponent = Annotated[int, Meta(ge=0, le=4)]


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The manner of all fields: frozen, no unknown name, a default is left out on the wire."""

    def __post_init__(self) -> None:
        """Make what equals a default the default itself: the encoder leaves out only that one."""
        for name, default in _defaults(type(self)):
            value = getattr(self, name)
            if value is not default and value == default:
                msgspec.structs.force_setattr(self, name, default)


class Decimal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`number` x 10 ** `exponent`, exact. No trailing zero in the number; zero is [0, 0].

    >>> Decimal.of(1200, 0)
    Decimal(number=12, exponent=2)
    """

    number: Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
    exponent: Annotated[int, Meta(ge=DECIMAL_EXPONENT_MIN, le=DECIMAL_EXPONENT_MAX)]

    def __post_init__(self) -> None:
        """Refuse a second spelling."""
        if self.number % 10 == 0 and (self.number or self.exponent):
            raise ValueError("a decimal has no trailing zeros; zero is [0, 0]")

    @classmethod
    def of(cls, number: int, exponent: int) -> Decimal:
        """The one spelling of number x 10 ** exponent; refuses `bad-field` beyond the limits."""
        if number == 0:
            return cls(0, 0)
        while number % 10 == 0:
            number, exponent = number // 10, exponent + 1
        # Beyond the largest exponent only a second spelling, with trailing zeros, would fit.
        fits = DECIMAL_EXPONENT_MIN <= exponent <= DECIMAL_EXPONENT_MAX
        if not fits or abs(number) > INTEGER_MAX:
            raise Refusal("bad-field", "a number with too many digits")
        return cls(number, exponent)

    @classmethod
    def parse(cls, text: str) -> Decimal:
        """Read plain decimal notation with a point, as CSV files have it; refuses `bad-field`."""
        whole, point, fraction = text.strip().partition(".")
        digits = whole.removeprefix("-") + fraction
        if not digits.isascii() or not digits.isdigit() or (point and not fraction):
            raise Refusal("bad-field", f"not a number: {text[:CODE_BYTES_MAX]!r}")
        if len(digits) > _DIGITS_MAX:
            raise Refusal("bad-field", "a number with too many digits")
        number = int(digits)
        return cls.of(-number if whole.startswith("-") else number, -len(fraction))

    def __str__(self) -> str:
        """Plain decimal notation with a point."""
        if self.exponent >= 0:
            return str(self.number * 10**self.exponent)
        digits = str(abs(self.number)).rjust(1 - self.exponent, "0")
        sign = "-" if self.number < 0 else ""
        return f"{sign}{digits[: self.exponent]}.{digits[self.exponent :]}"


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exact amount of a unit."""

    amount: Decimal
    unit: UnitCode


class Blob(Fields, frozen=True, kw_only=True):
    """A picture or document by the root of its hash tree; its bytes travel apart, on demand."""

    alt: Text = msgspec.field(default_factory=dict)
    bytes: Annotated[int, Meta(ge=1, le=BLOB_BYTES_MAX)]
    hash: Hash
    type: Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]


@cache
def _defaults(fields: type[Fields]) -> tuple[tuple[str, Any], ...]:
    """(name, default) of the fields whose defaults the encoder tells apart by identity alone."""
    return tuple(
        (field.name, field.default)
        for field in msgspec.structs.fields(fields)
        if isinstance(field.default, str | msgspec.Struct)
    )


_DIGITS_MAX: Final = 24
