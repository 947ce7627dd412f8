"""The small types of all fields: one spelling of a decimal, whole patterns, absent defaults."""

from decimal import Decimal as Exact
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import values
from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.limits import (
    DECIMAL_EXPONENT_MAX,
    DECIMAL_EXPONENT_MIN,
    INTEGER_MAX,
    LANGUAGES_MAX,
    NAME_BYTES_MAX,
)
from protocol.values import Decimal, Fields
from tests.protocol.coops import code_of


class Inner(Fields, frozen=True, kw_only=True):
    amount: Decimal = Decimal(1, 0)
    unit: values.UnitCode = "C62"


class Sample(Fields, frozen=True, kw_only=True):
    """One field of each sort that has a default, and one that has none."""

    country: values.Country
    flag: bool = False
    inner: Inner = Inner()
    items: tuple[values.Code, ...] = ()
    text: values.Text = msgspec.field(default_factory=dict)
    unit: values.UnitCode = "C62"


SAMPLE: msgspec.msgpack.Decoder[Sample] = msgspec.msgpack.Decoder(Sample)


@given(
    number=st.integers(-INTEGER_MAX, INTEGER_MAX),
    exponent=st.integers(DECIMAL_EXPONENT_MIN, DECIMAL_EXPONENT_MAX),
)
def test_a_decimal_has_one_spelling_and_keeps_its_value(number: int, exponent: int) -> None:
    try:
        decimal = Decimal.of(number, exponent)
    except Refusal:
        zeros = len(str(number)) - len(str(number).rstrip("0"))
        assert exponent + zeros > DECIMAL_EXPONENT_MAX
        return
    exact = Exact(number).scaleb(exponent)
    assert Exact(decimal.number).scaleb(decimal.exponent) == exact
    assert decimal.number % 10 or decimal == Decimal(0, 0)
    assert Exact(str(decimal)) == exact
    assert Decimal.parse(str(decimal)) == decimal


@pytest.mark.parametrize(
    ("number", "exponent", "expected"),
    [
        (1200, 0, (12, 2)),
        (-1200, -1, (-12, 1)),
        (0, 0, (0, 0)),
        (0, 7, (0, 0)),
        (0, -99, (0, 0)),
        (5, 0, (5, 0)),
        (10**9, 0, (1, 9)),
        (INTEGER_MAX, 0, (INTEGER_MAX, 0)),
        (10 * INTEGER_MAX, -1, (INTEGER_MAX, 0)),
        (1, DECIMAL_EXPONENT_MAX, (1, DECIMAL_EXPONENT_MAX)),
        (1, DECIMAL_EXPONENT_MIN, (1, DECIMAL_EXPONENT_MIN)),
        (10, DECIMAL_EXPONENT_MIN - 1, (1, DECIMAL_EXPONENT_MIN)),
    ],
)
def test_a_decimal_is_made_shorter(number: int, exponent: int, expected: tuple[int, int]) -> None:
    assert Decimal.of(number, exponent) == Decimal(*expected)


@pytest.mark.parametrize(
    ("number", "exponent"),
    [
        (INTEGER_MAX + 2, 0),
        (1, DECIMAL_EXPONENT_MAX + 1),
        (10**10, 0),
        (1, DECIMAL_EXPONENT_MIN - 1),
        (1, 10**18),
        (-1, -(10**18)),
    ],
)
def test_a_decimal_with_too_many_digits_is_refused(number: int, exponent: int) -> None:
    assert code_of(lambda: Decimal.of(number, exponent)) == "bad-field"


@pytest.mark.parametrize(
    ("text", "number", "exponent"),
    [
        ("12.50", 125, -1),
        (" 3 ", 3, 0),
        ("-0.5", -5, -1),
        (".5", 5, -1),
        ("-.5", -5, -1),
        ("1200", 12, 2),
        ("0.000", 0, 0),
        ("-0", 0, 0),
        ("007", 7, 0),
    ],
)
def test_plain_notation_is_read(text: str, number: int, exponent: int) -> None:
    assert Decimal.parse(text) == Decimal(number, exponent)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1.", "1,5", "1e5", "+1", "--1", "1.-5", "1.2.3", "0x10", "1_000", "nan",
     "\u0661\u0662", "\u00b2", "9" * 25, "1 2", "12\n3"],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    assert code_of(lambda: Decimal.parse(text)) == "bad-field"


@pytest.mark.parametrize(
    "wire", ["920a00", "920001", "920000ff", "9101", "92c40361626300", "93010203"]
)
def test_a_second_spelling_of_a_decimal_is_refused(wire: str) -> None:
    decoder = msgspec.msgpack.Decoder(Decimal)
    assert code_of(lambda: decode_as(decoder, bytes.fromhex(wire))) in {"bad-field", "malformed"}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Country", ["DE", "KE"], ["de", "D", "DEU", "", "D1", "\u0414\u0415"]),
        ("Currency", ["EUR", "KES"], ["eur", "EU", "EURO", "E1R"]),
        ("UnitCode", ["C62", "KGM", "4L", "1"], ["", "ABCD", "kgm", "K M"]),
        ("Incoterm", ["FOB"], ["fob", "FOBS"]),
        ("HsCode", ["09", "0901", "090111"], ["9", "090", "09011", "0901112", "09.01", "0x01"]),
        ("Gtin", ["12345678", "123456789012", "1234567890123", "12345678901234"],
         ["1234567", "123456789", "123456789012345", "1234567a"]),
        ("Language", ["en", "sw", "pt-BR", "zh-Hant-TW"], ["EN", "e", "en_GB", "en-", "en-x"]),
        ("Url", ["https://a.org/x?y=1#z", "http://\u00e4.de"],
         ["ftp://a", "https://", "https://a b", 'https://a"b', "https://a<b", "https://a\x00b",
          "javascript:alert(1)", "HTTPS://a", "https://a\x7f"]),
        ("Address", ["http://10.0.0.1:8000/base"], ["http://" + "a" * 255, "ws://a"]),
        ("Name", ["x", "\u00e9" * NAME_BYTES_MAX], ["", "x" * (NAME_BYTES_MAX + 1)]),
        ("Code", ["x" * 64], ["", "x" * 65]),
    ],
)  # fmt: skip
def test_a_pattern_matches_the_whole_text(name: str, good: list[str], bad: list[str]) -> None:
    kind = getattr(values, name)
    lines = [] if name in {"Name", "Code"} else [f"{one}\n" for one in good]
    for text in good:
        assert msgspec.convert(text, kind) == text
    for text in [*bad, *lines]:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, kind)


def test_texts_have_a_language_and_titles_at_least_one() -> None:
    assert msgspec.convert({"en": "x", "sw": "y"}, values.Text) == {"en": "x", "sw": "y"}
    assert msgspec.convert({}, values.Text) == {}
    many = {f"{a}{b}": "x" for a in "abcde" for b in "abcde"}
    for kind, wrong in [
        (values.Title, {}),
        (values.Text, {"en": ""}),
        (values.Text, {"English": "x"}),
        (values.Text, dict(list(many.items())[: LANGUAGES_MAX + 1])),
    ]:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, kind)


def test_what_equals_a_default_is_left_out_however_it_was_made() -> None:
    bare = encode({"country": "KE"})
    equal = f"C{31 * 2}"  # not the same object
    spelt = Sample(
        country="KE",
        flag=False,
        inner=Inner(amount=Decimal(1, 0), unit=equal),
        items=(),
        text={},
        unit=equal,
    )
    assert encode(spelt) == encode(Sample(country="KE")) == bare
    assert decode_as(SAMPLE, bare) == spelt


@pytest.mark.parametrize(
    "extra",
    [
        {"flag": False},
        {"inner": {}},
        {"inner": {"amount": [1, 0]}},
        {"inner": {"unit": "C62"}},
        {"items": []},
        {"text": {}},
        {"unit": "C62"},
    ],
)
def test_a_default_that_is_spelt_out_is_refused(extra: dict[str, object]) -> None:
    data = encode({"country": "KE", **extra})
    assert code_of(lambda: decode_as(SAMPLE, data)) == "not-canonical"


@pytest.mark.parametrize(
    ("bytes_", "media_type", "fits"),
    [
        (1, "image/png", True),
        (16 * 1024 * 1024, "application/pdf", True),
        (0, "image/png", False),
        (16 * 1024 * 1024 + 1, "image/png", False),
        (1, "image/svg+xml", False),
    ],
)
def test_a_blob_names_its_size_and_a_known_type(bytes_: int, media_type: str, fits: bool) -> None:
    decoder = msgspec.msgpack.Decoder(values.Blob)
    data = encode({"bytes": bytes_, "hash": bytes(32), "type": media_type})
    assert (code_of(lambda: decode_as(decoder, data)) is None) == fits


def test_counts_end_where_every_reader_keeps_them_exactly() -> None:
    kind = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
    assert msgspec.convert(INTEGER_MAX, kind) == msgspec.convert(INTEGER_MAX, values.Count)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(INTEGER_MAX + 1, values.Count)
