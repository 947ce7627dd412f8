"""Canonical msgpack, hashes and signatures, written from SPEC.md alone (no msgpack library)."""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"

INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 12


class RefusalError(Exception):
    """Something is not what the law of the wire asks for; code is one of its section Refusals."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


def refuse(code: str, why: str) -> NoReturn:
    raise RefusalError(code, why)


# ------------------------------------------------------------------------------------- reading

# first byte: what it begins, bytes of the number behind it, least number that is so canonical
_FORMATS: Final[dict[int, tuple[str, int, int]]] = {
    0xC0: ("nil", 0, 0),
    0xC2: ("false", 0, 0),
    0xC3: ("true", 0, 0),
    0xC4: ("bytes", 1, 0),
    0xC5: ("bytes", 2, 1 << 8),
    0xC6: ("bytes", 4, 1 << 16),
    0xCC: ("unsigned", 1, 1 << 7),
    0xCD: ("unsigned", 2, 1 << 8),
    0xCE: ("unsigned", 4, 1 << 16),
    0xCF: ("unsigned", 8, 1 << 32),
    0xD0: ("signed", 1, (1 << 5) + 1),
    0xD1: ("signed", 2, (1 << 7) + 1),
    0xD2: ("signed", 4, (1 << 15) + 1),
    0xD3: ("signed", 8, (1 << 31) + 1),
    0xD9: ("text", 1, 1 << 5),
    0xDA: ("text", 2, 1 << 8),
    0xDB: ("text", 4, 1 << 16),
    0xDC: ("array", 2, 1 << 4),
    0xDD: ("array", 4, 1 << 16),
    0xDE: ("map", 2, 1 << 4),
    0xDF: ("map", 4, 1 << 16),
}
# first byte of a float or an extension: bytes of its length, bytes behind that without a length
_FOREIGN: Final[dict[int, tuple[int, int]]] = {
    0xC7: (1, 1),
    0xC8: (2, 1),
    0xC9: (4, 1),
    0xCA: (0, 4),
    0xCB: (0, 8),
    0xD4: (0, 2),
    0xD5: (0, 3),
    0xD6: (0, 5),
    0xD7: (0, 9),
    0xD8: (0, 17),
}


@dataclass(frozen=True, slots=True)
class _Head:
    what: str
    number: int  # the integer itself, or how many bytes, items or pairs follow
    end: int
    canonical: bool


def _take(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        refuse("malformed", "the bytes end inside a value")
    return int.from_bytes(data[at : at + size], "big")


def _head(data: bytes, at: int) -> _Head:
    first = _take(data, at, 1)
    at += 1
    if first < 0x80:
        return _Head("unsigned", first, at, canonical=True)
    if first >= 0xE0:
        return _Head("signed", first - 0x100, at, canonical=True)
    if first < 0xC0:
        if first >= 0xA0:
            return _Head("text", first & 31, at, canonical=True)
        return _Head("array" if first >= 0x90 else "map", first & 15, at, canonical=True)
    if first in _FOREIGN:
        size, extra = _FOREIGN[first]
        return _Head("foreign", _take(data, at, size) + extra, at + size, canonical=False)
    if first not in _FORMATS:
        refuse("malformed", "c1 begins no value")
    what, size, least = _FORMATS[first]
    number = _take(data, at, size)
    if what == "signed":
        number = struct.unpack(f">{'bhxixxxq'[size - 1]}", data[at : at + size])[0]
        return _Head(what, number, at + size, canonical=-number >= least)
    return _Head(what, number, at + size, canonical=number >= least)


def _scan(data: bytes) -> None:
    """Refuse what is not exactly one msgpack value, however deep, without building it."""
    at, left = 0, 1
    while left:
        head = _head(data, at)
        at, left = head.end, left - 1
        if head.what in {"text", "bytes", "foreign"}:
            _take(data, at, head.number)
            at += head.number
        elif head.what in {"array", "map"}:
            left += head.number * (2 if head.what == "map" else 1)
    if at != len(data):
        refuse("malformed", "bytes stand behind the value")


class _Reader:
    """Builds the value of scanned bytes; strict asks for the one canonical spelling."""

    def __init__(self, data: bytes, *, strict: bool) -> None:
        self.data = data
        self.at = 0
        self.strict = strict

    def value(self, depth: int) -> Value:
        head = _head(self.data, self.at)
        self.at = head.end
        if head.what == "foreign":
            refuse("not-canonical" if self.strict else "bad-field", "a float or an extension")
        if self.strict and not head.canonical:
            refuse("not-canonical", "a value is not in its shortest form")
        if head.what in {"array", "map"}:
            if depth >= DEPTH_MAX:
                refuse("not-canonical" if self.strict else "bad-field", "nested too deep")
            if head.what == "array":
                return [self.value(depth + 1) for _ in range(head.number)]
            return self.pairs(head.number, depth)
        if head.what in {"text", "bytes"}:
            return self.string(head)
        if head.what in {"signed", "unsigned"}:
            if self.strict and not -INTEGER_MAX <= head.number <= INTEGER_MAX:
                refuse("not-canonical", "an integer beyond the bounds")
            return head.number
        return {"nil": None, "false": False, "true": True}[head.what]

    def string(self, head: _Head) -> str | bytes:
        piece = self.data[self.at : self.at + head.number]
        self.at += head.number
        if head.what == "bytes":
            return piece
        try:
            return piece.decode("utf-8")
        except UnicodeDecodeError:
            refuse("malformed", "text that is not UTF-8")

    def pairs(self, count: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        last: bytes | None = None
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                refuse("not-canonical" if self.strict else "bad-field", "a key that is no text")
            spelt = key.encode()
            if self.strict and last is not None and spelt <= last:
                refuse("not-canonical", "keys not ascending")
            last = spelt
            found[key] = self.value(depth + 1)
        return found


def decode(data: bytes) -> Value:
    """The value of canonical bytes; `malformed` or `not-canonical` otherwise."""
    _scan(data)
    return _Reader(data, strict=True).value(0)


def decode_loose(data: bytes) -> Value:
    """The value of any msgpack bytes, as of a chunk's outside."""
    _scan(data)
    return _Reader(data, strict=False).value(0)


# ------------------------------------------------------------------------------------- writing


def _lead(what: str, number: int) -> bytes:
    small = {"text": (0xA0, 32), "array": (0x90, 16), "map": (0x80, 16), "unsigned": (0, 128)}
    base, below = small.get(what, (0, 0))
    if number < below:
        return bytes([base | number])
    for first, (name, size, least) in reversed(_FORMATS.items()):
        if name == what and size and number >= least and number < 1 << 8 * size:
            return bytes([first]) + number.to_bytes(size, "big")
    refuse("too-large", "no msgpack format holds this")


def _negative(number: int) -> bytes:
    if number >= -32:
        return bytes([number + 0x100])
    for first, size in ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
        if number >= -(1 << 8 * size - 1):
            return bytes([first]) + number.to_bytes(size, "big", signed=True)
    refuse("too-large", "no msgpack format holds this")


def encode(value: Value) -> bytes:
    """The canonical bytes of a value."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return _negative(value) if value < 0 else _lead("unsigned", value)
    if isinstance(value, bytes):
        return _lead("bytes", len(value)) + value
    if isinstance(value, str):
        spelt = value.encode()
        return _lead("text", len(spelt)) + spelt
    if isinstance(value, list):
        return _lead("array", len(value)) + b"".join(encode(item) for item in value)
    pairs = sorted((key.encode(), item) for key, item in value.items())
    return _lead("map", len(pairs)) + b"".join(
        _lead("text", len(key)) + key + encode(item) for key, item in pairs
    )


# -------------------------------------------------------------------------- hashes, signatures


class Network:
    """The hash function of the network of this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.salt = hashlib.blake2b(name.encode(), digest_size=32).digest()[:16]

    def hash(self, domain: str, data: bytes) -> bytes:
        return hashlib.blake2b(
            data, digest_size=32, person=domain.encode().ljust(16, b"\0"), salt=self.salt
        ).digest()

    def of(self, domain: str, *parts: Value) -> bytes:
        """The hash of the canonical array of the parts."""
        return self.hash(domain, encode(list(parts)))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether libsodium's verification equation holds."""
    try:
        crypto_sign_open(signature + message, key)
    except (CryptoError, ValueError):
        return False
    return True
