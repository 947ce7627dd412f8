"""Amounts and texts as a page writes them."""

import pytest

from node.web.shown import Shown, page, plain, short
from protocol.trade import Price
from protocol.values import Decimal

EN, DE = Shown("en"), Shown("de")


@pytest.mark.parametrize(
    ("price", "unit", "english", "german"),
    [
        (Price(currency="EUR", exponent=2, minor=1250), "C62", "€12.50", "12,50€"),
        (Price(currency="KES", exponent=2, minor=540, per=Decimal(6, 1)), "KGM",
         "KES5.40/60kg", "5,40KES/60kg"),
        (Price(currency="EUR", exponent=4, minor=12_345), "C62", "1.2345EUR", "1,2345EUR"),
        (Price(currency="ZZZ", exponent=0, minor=7), "C62", "7ZZZ", "7ZZZ"),
        (Price(currency="EUR", exponent=2, minor=1), "XBX", "€0.01/1XBX", "0,01€/1XBX"),
    ],
)  # fmt: skip
def test_prices(price: Price, unit: str, english: str, german: str) -> None:
    assert "".join(EN.price(price, unit).split()) == english
    assert "".join(DE.price(price, unit).split()) == german


def test_quantities() -> None:
    assert EN.quantity(Decimal(125, -1), "KGM") == "12.5 kg"
    assert DE.quantity(Decimal(125, -1), "KGM").replace("\xa0", " ") == "12,5 kg"
    assert EN.quantity(Decimal(12, 3), "C62") == "12,000"


@pytest.mark.parametrize("time_ms", [0, 1_800_000_000_000, 2**53 - 1])
def test_any_time_can_be_shown(time_ms: int) -> None:
    assert EN.day(time_ms)
    assert EN.moment(time_ms).endswith(" UTC")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kahawa", "Kahawa"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\u2066b\u2069c\u200fd", "abcd"),
        ("tab\tline\nbell\x07", "tablinebell"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
    ],
)
def test_what_turns_a_text_around_is_left_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_ids_are_shortened() -> None:
    assert short("circle1" + "q" * 50) == "circle1qqqqqqqqqq"
    assert short("x" * 50) == "x" * 10


def test_a_template_escapes_what_it_is_given() -> None:
    problem = {"title": "<script>", "detail": "a & b", "code": "x"}
    html = page("problem.html", "en", "/node", {"problem": problem}, "problem")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html


def test_a_value_that_is_missing_is_our_fault() -> None:
    with pytest.raises(Exception, match="problem"):
        page("problem.html", "en", "", {}, "problem")
