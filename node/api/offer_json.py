"""Offer JSON: the fields of a record as people and programs write them in JSON, and back.

Decimals are strings ("12.5"), ids their text forms (whole; hexadecimal is read too), everything
else as `protocol.trade` has it. What does not fit is refused with the path of the field, an unknown
name with the nearest one that there is. It never decides what an offer may say.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from protocol.errors import Refusal
from protocol.keys import BLOB, COOP, RECORD, from_text, to_text
from protocol.limits import HASH_BYTES
from protocol.values import Decimal, Fields

S = TypeVar("S", bound=msgspec.Struct)


def read(fields: object, kind: type[S]) -> S:
    """The typed fields in a JSON value; refuses `bad-field`. The kind's own `check` is not done."""
    value = _inward(fields, _info(kind), "", "")
    try:
        return msgspec.convert(value, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as wrong:
        raise bad_field(str(wrong)) from None


def write(value: Any) -> Any:  # noqa: ANN401 - any view
    """A view or fields as JSON values. Of a record's fields what is empty is left out."""
    return _outward(value, "")


def unknown_field(name: str, path: str, known: Iterable[str]) -> Refusal:
    """The refusal of a name that there is not."""
    near = difflib.get_close_matches(name, list(known), n=1)
    guess = f", did you mean {near[0]}?" if near else ""
    place = f" in {path}" if path else ""
    return Refusal("bad-field", f"there is no field {name[:SHOWN_CHARS]!r}{place}{guess}")


def bad_field(told: str) -> Refusal:
    """The refusal in what msgspec says: `reason - at $.path`."""
    reason, _, place = told.partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    return Refusal("bad-field", f"{path}: {reason}" if path else reason)


def _inward(value: Any, info: inspect.Type, path: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """The value with decimals and ids as `msgspec.convert` takes them; what it judges is left."""
    if isinstance(info, inspect.UnionType):
        if value is None:
            return None
        info = next(one for one in info.types if not isinstance(one, inspect.NoneType))
    if isinstance(info, inspect.StructType):
        return _struct(value, info, path)
    if isinstance(info, inspect.BytesType):
        return _bytes(value, path, name)
    if isinstance(info, inspect.VarTupleType) and isinstance(value, list):
        return [
            _inward(one, info.item_type, f"{path}[{place}]", name)
            for place, one in enumerate(value)
        ]
    if isinstance(info, inspect.DictType) and isinstance(value, dict):
        return {
            key: _inward(one, info.value_type, f"{path}.{key}", key) for key, one in value.items()
        }
    return value


def _struct(value: Any, info: inspect.StructType, path: str) -> Any:  # noqa: ANN401 - JSON
    if info.cls is Decimal:
        return _decimal(value, path)
    if not isinstance(value, dict):
        return value
    known = {field.encode_name: field.type for field in info.fields}
    for name in value:
        if name not in known:
            raise unknown_field(name, path, known)
    return {
        name: _inward(one, known[name], f"{path}.{name}".lstrip("."), name)
        for name, one in value.items()
        if one is not None
    }


def _decimal(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refusal("bad-field", f'{path}: a number as text is needed, such as "12.5"')
    try:
        parsed = Decimal.parse(value)
    except Refusal as refusal:
        raise Refusal("bad-field", f"{path}: {refusal.detail}") from None
    return [parsed.number, parsed.exponent]


def _bytes(value: Any, path: str, name: str) -> bytes:  # noqa: ANN401 - JSON
    prefix = PREFIX_OF.get(name, COOP)
    if isinstance(value, str):
        if HEX.fullmatch(value):
            return bytes.fromhex(value)
        try:
            found, data = from_text(value.strip())
        except Refusal:
            found, data = "", b""
        if found == prefix and len(data) == HASH_BYTES:
            return data
    raise Refusal("bad-id", f"{path}: a whole id that starts with {prefix}1 is needed")


def _outward(value: Any, name: str) -> Any:  # noqa: ANN401 - any view
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, msgspec.Struct):
        fields = {one: _outward(getattr(value, one), one) for one in value.__struct_fields__}
        if isinstance(value, Fields):
            return {one: shown for one, shown in fields.items() if not _is_empty(shown)}
        return fields
    if isinstance(value, bytes):
        return to_text(PREFIX_OF.get(name, COOP), value)
    if isinstance(value, tuple | list):
        return [_outward(one, name) for one in value]
    if isinstance(value, Mapping):
        return {key: _outward(one, key) for key, one in value.items()}
    return value


def _is_empty(value: object) -> bool:
    """None, an empty text, list or map; a zero and a no say something."""
    return value is None or value in ("", [], {})


@cache
def _info(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


# What an id in a field is the id of; of a co-op where nothing else is said.
PREFIX_OF: Final = {"hash": BLOB, "chain": RECORD}
HEX: Final = re.compile(rf"[0-9a-fA-F]{{{2 * HASH_BYTES}}}")
SHOWN_CHARS: Final = 64
