"""Messages of a session and greetings: SPEC.md, section Session, as checks of their fields."""

from typing import Final

from tests.interop.reader_codec import Value, decode_loose, refuse
from tests.interop.reader_values import (
    HASH,
    TIME,
    Check,
    any_octets,
    array,
    boolean,
    integer,
    items_of,
    itself,
    maybe,
    octets,
    pattern,
    text,
)

FRAME_PLAIN_MAX: Final = 65519


def row(*checks: Check) -> Check:
    """A struct array of exactly these items."""

    def check(value: Value) -> None:
        if type(value) is not list or len(value) != len(checks):
            refuse("bad-field", f"not an array of {len(checks)}")
        for one, item in zip(checks, value, strict=True):
            one(item)

    return check


def piece(value: Value) -> None:
    any_octets(value)
    if len(itself(value)) > 60000:
        refuse("bad-field", "a piece too large")


BLIND: Final = octets(16)
SHORT: Final = octets(8)
REQUEST: Final = integer(1, 2**31)
SIGNED: Final = row(any_octets, array(row(HASH, octets(64)), 1, 2**31))
RECEIPT: Final = row(HASH, HASH, HASH, HASH, octets(64))
ROOTS: Final = array(row(BLIND, HASH), 0, 64)
PREFIX: Final = pattern("[0-9a-f]*", 64)
LEAF: Final = row(HASH, SHORT, boolean)


def child(value: Value) -> None:
    if type(value) is list:
        LEAF(value)
    else:
        maybe(SHORT)(value)


def children(value: Value) -> None:
    array(child, 0, 16)(value)
    if len(items_of(value)) not in {0, 1, 16}:
        refuse("bad-field", "neither 0, 1 nor 16 children")


# number: the checks of what stands behind it
MESSAGES: Final[dict[int, tuple[Check, ...]]] = {
    0: (integer(), TIME, ROOTS),
    1: (text(0, 48), text(0, 400)),
    2: (),
    3: (array(SIGNED, 0, 64), boolean),
    4: (ROOTS, boolean),
    5: (BLIND, array(PREFIX, 1, 64)),
    6: (BLIND, array(row(PREFIX, children), 0, 64)),
    7: (BLIND, array(HASH, 1, 64)),
    8: (BLIND, array(SIGNED, 0, 64), array(RECEIPT, 0, 64), boolean),
    9: (REQUEST, BLIND, array(row(HASH, array(HASH, 0, 32)), 1, 256), integer(1, 2**31)),
    10: (REQUEST, boolean, piece),
    11: (REQUEST, integer(1, 2**31)),
    12: (REQUEST,),
    13: (BLIND, boolean, piece),
    14: (BLIND, array(HASH, 1, 64)),
    15: (BLIND, HASH, piece),
    16: (BLIND, HASH, integer(0, 2**16), integer(1, 16)),
    17: (HASH, integer(0, 2**31), array(HASH, 0, 256)),
    18: (HASH, integer(0, 2**16), boolean, piece),
    19: (HASH,),
    20: (HASH, boolean),
}
GREETING: Final = row(HASH, HASH, maybe(HASH), maybe(HASH))


def message_of(data: bytes) -> list[Value]:
    """The number and the fields of a message."""
    if len(data) > FRAME_PLAIN_MAX:
        refuse("too-large", "a frame")
    value = decode_loose(data)
    if type(value) is not list or not value or type(value[0]) is not int:
        refuse("bad-field", "no numbered message")
    if value[0] not in MESSAGES:
        refuse("bad-field", "a message of an unknown number")
    row(integer(), *MESSAGES[value[0]])(value)
    return value


def greeting_of(data: bytes) -> list[Value]:
    value = decode_loose(data)
    GREETING(value)
    return items_of(value)
