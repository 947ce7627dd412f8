"""Ids: what a person wrote of one, as the id that is meant.

Any beginning of a text form that fits one id alone will do; a whole one is checked by its check
sum. It never decides whether what is meant may be touched.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from node.store import disputes, notes, offers, overview
from node.store.reading import Connection
from protocol import bech32
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP, RECORD, from_text, to_text
from protocol.limits import HASH_BYTES

# Co-ops, circles and the records of some pages: 150 bytes each.
TEXTS_KEPT: Final = 4096


def coop_id(connection: Connection, written: str) -> bytes:
    """A co-op's id, known here or whole; refuses `bad-id`, `ambiguous-id`, `not-found`."""
    return _meant(
        COOP, written, lambda low, high: overview.ids_between(connection, "coop", low, high)
    )


def circle_id(connection: Connection, written: str) -> bytes:
    """A circle's id, likewise."""
    found = _meant(
        CIRCLE, written, lambda low, high: overview.ids_between(connection, "circle", low, high)
    )
    if not overview.ids_between(connection, "circle", found, found):
        raise Refusal("unknown-circle")
    return found


def offer_id(connection: Connection, written: str) -> bytes:
    """The id of an offer or want that is here, hidden or not."""
    found = _meant(RECORD, written, lambda low, high: offers.ids_between(connection, low, high))
    if not offers.ids_between(connection, found, found):
        raise Refusal("not-found")
    return found


def note_id(connection: Connection, written: str) -> bytes:
    """The id of a note of or for this co-op."""
    found = _meant(RECORD, written, lambda low, high: notes.ids_between(connection, low, high))
    if not notes.ids_between(connection, found, found):
        raise Refusal("not-found")
    return found


def dispute_id(connection: Connection, written: str) -> bytes:
    """The id of a disputed record that is here."""
    return _meant(RECORD, written, lambda low, high: disputes.ids_between(connection, low, high))


def invite_id(connection: Connection, written: str) -> bytes:
    """The id of an invite that this node gave out, in hexadecimal digits."""
    digits = written.strip().lower()
    if not SHORTEST_CHARS <= len(digits) <= 2 * HASH_BYTES or set(digits) - HEX_DIGITS:
        raise Refusal("bad-id", f"{SHORTEST_CHARS} or more hexadecimal digits")
    low = bytes.fromhex(digits.ljust(2 * HASH_BYTES, "0"))
    high = bytes.fromhex(digits.ljust(2 * HASH_BYTES, "f"))
    return _one(overview.ids_between(connection, "invite", low, high))


def whole(prefix: str, written: str) -> bytes:
    """The id in a whole text form of this prefix; refuses `bad-id`."""
    found, data = from_text(written.strip())
    if found != prefix or len(data) != HASH_BYTES:
        raise Refusal("bad-id", f"one that starts with {prefix}1 is needed")
    return data


@lru_cache(maxsize=TEXTS_KEPT)
def text(prefix: str, identifier: bytes) -> str:
    """The text form of an id; kept, as a list shows the same co-ops over and over."""
    return to_text(prefix, identifier)


def short(prefix: str, identifier: bytes) -> str:
    """The beginning of a text form, long enough to be told apart and written back."""
    return text(prefix, identifier)[: len(prefix) + 1 + SHORT_CHARS]


def _meant(prefix: str, written: str, ids_between: Callable[[bytes, bytes], list[bytes]]) -> bytes:
    written = written.strip()
    start = prefix + "1"
    is_ours = written.isascii() and written.lower().startswith(start)
    if not is_ours or len(written) < SHORTEST_CHARS:
        raise Refusal("bad-id", f"{SHORTEST_CHARS} or more characters, from {start} on")
    if len(written) - len(start) >= TEXT_CHARS:
        return whole(prefix, written)
    _, bits, count = bech32.decode_prefix(written)
    if count > ID_BITS:  # it reaches into the check sum
        bits, count = bits >> (count - ID_BITS), ID_BITS
    rest = ID_BITS - count
    low = bits << rest
    high = low | ((1 << rest) - 1)
    return _one(ids_between(low.to_bytes(HASH_BYTES, "big"), high.to_bytes(HASH_BYTES, "big")))


def _one(found: list[bytes]) -> bytes:
    if not found:
        raise Refusal("not-found")
    if len(found) > 1:
        raise Refusal("ambiguous-id")
    return found[0]


# Written back from a screen or a telephone: any fewer is likely to mean several.
SHORTEST_CHARS: Final = 8
# One in 2 ** 50 for another one that begins so.
SHORT_CHARS: Final = 10
ID_BITS: Final = 8 * HASH_BYTES
# What stands behind the separator: 52 characters of five bits each, and six of check sum.
TEXT_CHARS: Final = -(-ID_BITS // 5) + 6
HEX_DIGITS: Final = frozenset("0123456789abcdef")
