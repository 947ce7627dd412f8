"""Canonical bytes: one spelling of each value, whatever bytes come in."""

from typing import Annotated

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol.errors import Refusal
from protocol.limits import BODY_BYTES_MAX, DEPTH_MAX, INTEGER_MAX
from tests.protocol.coops import code_of

INTEGERS = st.one_of(
    st.integers(-INTEGER_MAX, INTEGER_MAX),
    st.sampled_from(
        [
            sign * (2**power + step)
            for power in (0, 5, 7, 8, 15, 16, 31, 32, 53)
            for step in (-1, 0, 1)
            for sign in (-1, 1)
            if 2**power + step <= INTEGER_MAX
        ]
    ),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), INTEGERS, st.text(max_size=40), st.binary(max_size=40)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=30,
).filter(lambda value: depth_of(value) <= DEPTH_MAX)


@given(value=VALUES)
def test_a_value_comes_back_out_of_its_one_spelling(value: codec.Value) -> None:
    data = codec.encode(value)
    assert codec.decode(data) == value
    assert data == msgpack.packb(ascending(value), use_bin_type=True)


@pytest.mark.parametrize(
    "length", [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 65535, 65536, 65537]
)
def test_both_encoders_agree_on_long_things(length: int) -> None:
    for value in (
        "x" * length,
        b"x" * length,
        list(range(length)),
        {f"{key:06}": None for key in reversed(range(length))},
    ):
        data = codec.encode(value)
        assert data == msgpack.packb(ascending(value), use_bin_type=True)
        assert codec.decode(data) == value


def test_keys_ascend_by_their_bytes_also_beyond_the_basic_plane() -> None:
    keys = ["", "a", "aa", "b", "\u00e4", "\uffff", "\U0001f69c"]
    assert sorted(keys, key=str.encode) == keys
    data = codec.encode(dict.fromkeys(reversed(keys), 1))
    assert list(codec.decode(data)) == keys  # type: ignore[arg-type]


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = codec.decode(data)
    except Refusal:
        return
    assert codec.encode(value) == data


@given(value=VALUES, data=st.data())
def test_changed_bytes_are_another_value_or_refused(
    value: codec.Value, data: st.DataObject
) -> None:
    whole = codec.encode(value)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        other = codec.decode(bytes(changed))
    except Refusal:
        return
    assert codec.encode(other) == bytes(changed)


NOT_CANONICAL = [
    ("cc7f", "127 in two bytes"),
    ("cc00", "zero in two bytes"),
    ("cd00ff", "255 in three bytes"),
    ("ce0000ffff", "65535 in five bytes"),
    ("cf00000000ffffffff", "2**32 - 1 in nine bytes"),
    ("d001", "a positive number with a sign"),
    ("d07f", "127 with a sign"),
    ("d100ff", "255 with a sign"),
    ("d0e0", "-32 in two bytes"),
    ("d1ff80", "-128 in three bytes"),
    ("d2ffff8000", "-32768 in five bytes"),
    ("d3ffffffff80000000", "-2**31 in nine bytes"),
    ("cf0020000000000000", "2**53"),
    ("d3ffe0000000000000", "-2**53"),
    ("cfffffffffffffffff", "2**64 - 1"),
    ("d90161", "a short text in two bytes of head"),
    ("da000161", "in three"),
    ("db0000000161", "in five"),
    ("c5000161", "a short byte string in three bytes of head"),
    ("c60000000161", "in five"),
    ("dc0001c0", "a short list in three bytes of head"),
    ("dd00000001c0", "in five"),
    ("de0001a161c0", "a short map in three bytes of head"),
    ("df00000001a161c0", "in five"),
    ("82a162c0a161c0", "keys that descend"),
    ("82a161c0a161c0", "a key twice"),
    ("82a161c0a0c0", "a shorter key behind a longer one"),
    ("8101c0", "a number as a key"),
    ("81c0c0", "nil as a key"),
    ("81c40161c0", "a byte string as a key"),
    ("8190c0", "a list as a key"),
    ("ca3fc00000", "a small float"),
    ("cb3ff8000000000000", "a float"),
    ("cb0000000000000000", "a float that is a whole number"),
    ("cb7ff8000000000000", "no number"),
    ("91cb7ff0000000000000", "infinity in a list"),
    ("d40100", "an extension"),
    ("d5010000", "an extension of two bytes"),
    ("c7030100aabb", "an extension of three bytes"),
    ("d6ff00000000", "a time stamp"),
    ("d7ff0000000000000000", "a longer time stamp"),
    ("c70cff000000000000000000000000", "the longest time stamp"),
    ("91d6ff00000000", "a time stamp in a list"),
    ("81a161d40100", "an extension in a map"),
    ("91" * (DEPTH_MAX + 1) + "c0", "lists that lie too deep"),
    ("81a161" * (DEPTH_MAX + 1) + "c0", "maps that lie too deep"),
]
MALFORMED = [
    ("", "nothing"),
    ("c1", "a byte that means nothing"),
    ("91c1", "the same in a list"),
    ("c0c0", "a value behind the value"),
    ("80ff", "a number behind a map"),
    ("91", "a list cut short"),
    ("81a161", "a map cut short"),
    ("a261", "a text cut short"),
    ("c40261", "a byte string cut short"),
    ("cd01", "a number cut short"),
    ("a1ff", "text that is not UTF-8"),
    ("a2c080", "an overlong zero"),
    ("a3eda080", "half of a surrogate pair"),
    ("a4f4908080", "beyond Unicode"),
    ("81a1ffc0", "a key that is not UTF-8"),
    ("ddffffffff", "four thousand million items that are not there"),
    ("dfffffffffa161", "as many keys"),
    ("dbffffffff61", "a text of four gibibytes"),
    ("c6ffffffff61", "a byte string of four gibibytes"),
    ("c9ffffffff01", "an extension of four gibibytes"),
]


@pytest.mark.parametrize("spelling", [pytest.param(*one[:1], id=one[1]) for one in NOT_CANONICAL])
def test_each_second_spelling_is_refused(spelling: str) -> None:
    assert code_of(lambda: codec.decode(bytes.fromhex(spelling))) == "not-canonical"


@pytest.mark.parametrize("data", [pytest.param(*one[:1], id=one[1]) for one in MALFORMED])
def test_what_is_no_value_is_refused(data: str) -> None:
    assert code_of(lambda: codec.decode(bytes.fromhex(data))) == "malformed"


@pytest.mark.parametrize("opening", ["91", "81a161", "dd00000001", "ddffffffff", "dfffffffff"])
def test_the_deepest_nest_of_a_body_ends_in_a_refusal(opening: str) -> None:
    once = bytes.fromhex(opening)
    data = once * (BODY_BYTES_MAX // len(once))
    assert code_of(lambda: codec.decode(data)) in {"malformed", "not-canonical"}


@pytest.mark.parametrize("opening", ["91", "81a161"])
def test_the_edge_of_depth(opening: str) -> None:
    data = bytes.fromhex(opening * DEPTH_MAX + "c0")
    assert codec.encode(codec.decode(data)) == data


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A typed value like those of the kinds."""

    name: str
    note: str | None = None
    number: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0


class Holder(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    raw: msgspec.Raw
    items: tuple[Item, ...] = ()


ITEM: msgspec.msgpack.Decoder[Item] = msgspec.msgpack.Decoder(Item)
HOLDER: msgspec.msgpack.Decoder[Holder] = msgspec.msgpack.Decoder(Holder)


def test_a_typed_value_is_written_as_the_plain_one() -> None:
    plain = {"name": "x", "number": 3}
    assert codec.encode(Item("x", number=3)) == codec.encode(plain)
    nested = Holder(msgspec.Raw(codec.encode(1)), (Item("x"), Item("y", "z")))
    assert codec.encode(nested) == codec.encode([1, [{"name": "x"}, {"name": "y", "note": "z"}]])


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        pytest.param({"name": "x"}, None, id="what its type asks for"),
        pytest.param({"name": "x", "number": 10}, "bad-field", id="beyond a bound"),
        pytest.param({"name": 1}, "bad-field", id="of another type"),
        pytest.param({}, "bad-field", id="without what has no default"),
        pytest.param({"name": "x", "other": 1}, "bad-field", id="with an unknown field"),
        pytest.param([], "bad-field", id="a list"),
        pytest.param({"name": "x", "note": None}, "not-canonical", id="a default spelt out"),
        pytest.param({"name": "x", "number": 0}, "not-canonical", id="another one"),
        pytest.param({"name": "x", "number": 1.0}, "bad-field", id="a float for a number"),
        pytest.param({"name": b"x"}, "bad-field", id="bytes for text"),
    ],
)
def test_typed_fields_are_checked(plain: object, code: str | None) -> None:
    assert code_of(lambda: codec.decode_as(ITEM, msgpack.packb(plain))) == code


@pytest.mark.parametrize("data", [pytest.param(*one[:1], id=one[1]) for one in MALFORMED])
def test_what_is_no_value_is_refused_as_a_typed_one(data: str) -> None:
    typed = code_of(lambda: codec.decode_as(ITEM, bytes.fromhex(data)))
    assert typed in {"malformed", "bad-field"}


@pytest.mark.parametrize(
    "raw", [pytest.param(*one[:1], id=one[1]) for one in [*NOT_CANONICAL, *MALFORMED] if one[0]]
)
def test_nothing_but_a_refusal_comes_out_of_odd_raw_parts(raw: str) -> None:
    """What the type leaves raw is refused here or by `decode`, and never with another fault."""
    data = b"\x92" + bytes.fromhex(raw) + b"\x90"
    try:
        holder = codec.decode_as(HOLDER, data)
    except Refusal:
        return
    assert code_of(lambda: codec.decode(bytes(holder.raw))) == "not-canonical"


@given(data=st.binary(max_size=80))
def test_any_bytes_are_a_typed_value_or_refused(data: bytes) -> None:
    for decoder in (ITEM, HOLDER):
        for candidate in (data, b"\x92" + data + b"\x90"):
            code_of(codec.decode_as, decoder, candidate)
            code_of(codec.decode_loose, decoder, candidate)


def test_loose_bytes_may_be_spelt_otherwise() -> None:
    assert codec.decode_loose(ITEM, bytes.fromhex("de0001d9046e616d65a178")) == Item("x")
    assert code_of(lambda: codec.decode_loose(ITEM, b"\xc1")) == "malformed"


def ascending(value: object) -> object:
    """The same with the keys of all maps in ascending order of their bytes."""
    if isinstance(value, list):
        return [ascending(item) for item in value]
    if isinstance(value, dict):
        return {key: ascending(value[key]) for key in sorted(value, key=str.encode)}
    return value


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0
