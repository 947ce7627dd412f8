"""Types of values and structs: SPEC.md, section Values, as checks that refuse."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from tests.interop.reader_codec import INTEGER_MAX, Value, refuse

Check = Callable[[Value], None]


def integer(low: int = 0, high: int = INTEGER_MAX) -> Check:
    def check(value: Value) -> None:
        if type(value) is not int or not low <= value <= high:
            refuse("bad-field", f"not an integer from {low} to {high}")

    return check


def boolean(value: Value) -> None:
    if type(value) is not bool:
        refuse("bad-field", "neither true nor false")


def octets(size: int) -> Check:
    def check(value: Value) -> None:
        if type(value) is not bytes or len(value) != size:
            refuse("bad-field", f"not {size} bytes")

    return check


def any_octets(value: Value) -> None:
    if type(value) is not bytes:
        refuse("bad-field", "not bytes")


def text(low: int, high: int) -> Check:
    """Text of so many code points."""

    def check(value: Value) -> None:
        if type(value) is not str or not low <= len(value) <= high:
            refuse("bad-field", f"not a text of {low} to {high} code points")

    return check


def text_of_bytes(low: int, high: int) -> Check:
    def check(value: Value) -> None:
        if type(value) is not str or not low <= len(value.encode()) <= high:
            refuse("bad-field", f"not a text of {low} to {high} UTF-8 bytes")

    return check


def pattern(form: str, high: int | None = None) -> Check:
    compiled = re.compile(form, re.ASCII)

    def check(value: Value) -> None:
        if type(value) is not str or not compiled.fullmatch(value):
            refuse("bad-field", f"not of the form {form}")
        if high is not None and len(value) > high:
            refuse("bad-field", f"longer than {high} code points")

    return check


def one_of(*names: str) -> Check:
    def check(value: Value) -> None:
        if type(value) is not str or value not in names:
            refuse("bad-field", f"none of {', '.join(names)}")

    return check


def maybe(inner: Check) -> Check:
    def check(value: Value) -> None:
        if value is not None:
            inner(value)

    return check


def array(inner: Check, low: int, high: int, key: Callable[[Value], bytes] | None = None) -> Check:
    """A list of so many items; with key they are unique and ascend by it."""

    def check(value: Value) -> None:
        if type(value) is not list or not low <= len(value) <= high:
            refuse("bad-field", f"not a list of {low} to {high} items")
        for item in value:
            inner(item)
        if key is not None:
            keys = [key(item) for item in value]
            if any(one >= two for one, two in pairwise(keys)):
                refuse("bad-field", "items not ascending, or one twice")

    return check


def itself(item: Value) -> bytes:
    assert isinstance(item, bytes)
    return item


def member(name: str) -> Callable[[Value], bytes]:
    def key(item: Value) -> bytes:
        assert isinstance(item, dict)
        return itself(item[name])

    return key


def mapping(key: Check, inner: Check, low: int, high: int) -> Check:
    def check(value: Value) -> None:
        if type(value) is not dict or not low <= len(value) <= high:
            refuse("bad-field", f"not a map of {low} to {high} entries")
        for name, item in value.items():
            key(name)
            inner(item)

    return check


class Struct:
    """A struct map: fields without default, and fields with (check, default)."""

    def __init__(
        self, required: dict[str, Check], optional: dict[str, tuple[Check, Value]] | None = None
    ) -> None:
        self.required = required
        self.optional = optional or {}

    def __call__(self, value: Value) -> None:
        if type(value) is not dict:
            refuse("bad-field", "not a map of fields")
        for name in value:
            if name not in self.required and name not in self.optional:
                refuse("bad-field", f"no field {name}")
        for name, check in self.required.items():
            if name not in value:
                refuse("bad-field", f"{name} is missing")
            check(value[name])
        for name, (check, default) in self.optional.items():
            if name not in value:
                continue
            if default is None and value[name] is None:
                refuse("not-canonical", f"the default of {name} is spelt out")
            check(value[name])
            if value[name] == default and type(value[name]) is type(default):
                refuse("not-canonical", f"the default of {name} is spelt out")


def decimal(low: int | None = None) -> Check:
    """[number, exponent] in its one spelling; low bounds the number."""

    def check(value: Value) -> None:
        if type(value) is not list or len(value) != 2:
            refuse("bad-field", "not a decimal")
        number, exponent = value
        integer(-INTEGER_MAX)(number)
        integer(-9, 9)(exponent)
        assert isinstance(number, int)
        if number % 10 == 0 and value != [0, 0]:
            refuse("bad-field", "a decimal is spelt otherwise")
        if low is not None and number < low:
            refuse("bad-field", "a decimal is too small")

    return check


HASH: Final = octets(32)
NAME: Final = text(1, 200)
CODE: Final = text(1, 64)
TIME: Final = integer()
COUNT: Final = integer()
MINOR: Final = integer()
UNIT: Final = pattern("[A-Z0-9]{1,3}")
CURRENCY: Final = pattern("[A-Z]{3}")
COUNTRY: Final = pattern("[A-Z]{2}")
LANGUAGE: Final = pattern("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
TEXT: Final = mapping(LANGUAGE, text(1, 10000), 0, 24)
TITLE: Final = mapping(LANGUAGE, text(1, 300), 1, 24)
URL: Final = pattern('https?://[^\x00-\x20\x7f<>"]+', 2000)
ADDRESS: Final = pattern('https?://[^\x00-\x20\x7f<>"]+', 255)
QUANTITY: Final = Struct({"amount": decimal(), "unit": UNIT})
BLOB: Final = Struct(
    {
        "bytes": integer(1, 16777216),
        "hash": HASH,
        "type": one_of("image/jpeg", "image/png", "image/webp", "application/pdf"),
    },
    {"alt": (TEXT, {})},
)
LOG_CUT: Final = Struct(
    {"heads": array(HASH, 0, 16, itself), "log": HASH, "signatures": array(octets(64), 0, 16)}
)


def log_cut(value: Value) -> None:
    LOG_CUT(value)
    assert isinstance(value, dict)
    heads, signatures = value["heads"], value["signatures"]
    assert isinstance(heads, list)
    assert isinstance(signatures, list)
    if len(heads) != len(signatures):
        refuse("bad-field", "a cut has not one signature for each head")


CUTS: Final = array(log_cut, 0, 256, member("log"))


def items_of(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def map_of(value: Value) -> dict[str, Value]:
    assert isinstance(value, dict)
    return value


def hashes_of(value: Value) -> list[bytes]:
    return [itself(item) for item in items_of(value)]


def number_of(value: Value) -> int:
    assert isinstance(value, int)
    return value


def text_in(value: Value) -> str:
    assert isinstance(value, str)
    return value


def cuts_of(value: Value) -> dict[bytes, list[bytes]]:
    """Log -> heads of checked LogCuts."""
    cuts = [map_of(item) for item in items_of(value)]
    return {itself(cut["log"]): hashes_of(cut["heads"]) for cut in cuts}
