"""Canonical bytes: the one spelling of every value, and the only file that knows msgpack.

SPEC section "Encoding": minimal integers, UTF-8 text, byte strings, arrays, maps with text keys,
unique and ascending by their bytes; no float, no extension type; depth and size bounded.
Typed values use msgspec's encoder, which writes the same bytes; a law test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgpack
import msgspec

from protocol.errors import Refusal
from protocol.limits import DEPTH_MAX, INTEGER_MAX

T = TypeVar("T")
Value = None | bool | int | str | bytes | list[Any] | dict[str, Any]


def encode(value: object) -> bytes:
    """Canonical bytes of a plain or typed value. Maps may come in any order; floats may not.

    A struct that leaves out its defaults is written with a map header that is not minimal; so what
    holds a struct goes through once more as plain maps. Lists of parts must hold no struct.
    """
    data = _ENCODER.encode(value)
    return _ENCODER.encode(_PLAIN.decode(data)) if isinstance(value, msgspec.Struct) else data


def decode(data: bytes) -> Value:
    """The value that canonical bytes spell. Refuses everything that `encode` would not write."""
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,  # the hook refuses other keys, with its own code
            ext_hook=_refuse_extension,
            object_pairs_hook=_ascending_map,
        )
    except Refusal:
        raise
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as broken:
        raise Refusal("malformed", "not msgpack") from broken
    _check(value, DEPTH_MAX)
    if msgpack.packb(value, use_bin_type=True) != data:
        raise Refusal("not-canonical")
    return value  # type: ignore[no-any-return]


def decode_as(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    """Decode into the decoder's type; refuse wrong types, unknown fields, other spellings.

    What the type keeps as raw bytes is refused here only when it has no canonical spelling at all;
    its own type, or `decode`, has the last word on it.
    """
    value = decode_loose(decoder, data)
    try:
        again = encode(value)
    except UnicodeDecodeError as broken:
        raise Refusal("malformed", "text that is not UTF-8") from broken
    except (msgspec.DecodeError, TypeError, ValueError, RecursionError) as odd:
        raise Refusal("not-canonical") from odd
    if again != data:
        raise Refusal("not-canonical")
    return value


def decode_loose(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    """Decode into the decoder's type without asking for the canonical spelling.

    Only for what is never hashed: messages of a session and the outside of a chunk.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as wrong:
        raise Refusal("bad-field", str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Refusal("malformed", "not msgpack of the expected shape") from broken


def _check(value: object, depth: int) -> None:
    """Whitelist of types, bounded depth and integers that every reader keeps exactly."""
    if value is None or isinstance(value, str | bytes | bool):
        return
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise Refusal("not-canonical", "integer beyond 2**53 - 1")
        return
    if depth == 0:
        raise Refusal("not-canonical", "nested too deep")
    if isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, dict):
        for item in value.values():
            _check(item, depth - 1)
    else:
        raise Refusal("not-canonical", f"type {type(value).__name__} is not allowed")


def _ascending_map(pairs: list[tuple[object, object]]) -> dict[str, Any]:
    last: str | None = None
    for key, _ in pairs:
        if not isinstance(key, str):
            raise Refusal("not-canonical", "map key that is not text")
        # Code points compare as their UTF-8 bytes do.
        if last is not None and key <= last:
            raise Refusal("not-canonical", "map keys not unique and ascending")
        last = key
    return dict(pairs)  # type: ignore[arg-type]


def _refuse_extension(code: int, data: bytes) -> object:
    del data
    raise Refusal("not-canonical", f"extension type {code}")


_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")
_PLAIN: Final = msgspec.msgpack.Decoder()
