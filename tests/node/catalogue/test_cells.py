import pytest

from node.catalogue import cells
from node.catalogue.cells import BadCell
from protocol.limits import INTEGER_MAX
from protocol.values import Decimal


def test_a_decimal_is_exact() -> None:
    assert cells.decimal("12.50") == Decimal(125, -1)
    assert cells.decimal(" -0.000000001 ") == Decimal(-1, -9)
    assert cells.decimal("0.10") != cells.decimal("0.1000001")


@pytest.mark.parametrize(
    "cell",
    ["", "abc", "1e3", "1_000", "5.", "+5", "0x1", "NaN", "inf", "٣", "1 000", "--1", "9" * 30],
)
def test_what_is_no_decimal(cell: str) -> None:
    with pytest.raises(BadCell, match="bad-field"):
        cells.decimal(cell)


def test_a_decimal_comma_is_told_apart_from_nonsense() -> None:
    with pytest.raises(BadCell, match="with a point and no comma"):
        cells.decimal("12,50")


def test_an_amount_is_not_below_zero() -> None:
    assert cells.amount("0") == Decimal(0, 0)
    with pytest.raises(BadCell, match="below zero"):
        cells.amount("-1")


def test_a_whole_number_ends_at_the_largest_integer_of_the_wire() -> None:
    assert cells.whole(str(INTEGER_MAX)) == INTEGER_MAX
    for cell in (str(INTEGER_MAX + 1), "9" * 5000, "-1", "1.0", "", "²"):
        with pytest.raises(BadCell):
            cells.whole(cell)


@pytest.mark.parametrize(
    ("cell", "meant"), [("yes", True), ("TRUE", True), (" 1 ", True), ("nein", False), ("0", False)]
)
def test_yes_and_no(cell: str, meant: bool) -> None:
    assert cells.yes(cell) is meant


@pytest.mark.parametrize("cell", ["maybe", "", "2", "-"])
def test_what_is_neither_yes_nor_no(cell: str) -> None:
    with pytest.raises(BadCell, match="neither yes nor no"):
        cells.yes(cell)


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("3.50", "EUR", 350),
        ("3.5", "IQD", 3500),
        ("300", "JPY", 300),
        ("0", "EUR", 0),
        ("100.00", "JPY", 100),
        ("90071992547409.91", "EUR", INTEGER_MAX),
    ],
)
def test_money_is_counted_in_minor_units(cell: str, currency: str, minor: int) -> None:
    assert cells.minor(cells.decimal(cell), currency) == minor
    decimals = cells.decimals_of(currency)
    assert cells.minor(cells.decimal(cells.minor_cell(minor, decimals)), currency) == minor


@pytest.mark.parametrize(
    ("cell", "currency", "told"),
    [
        ("3.505", "EUR", "finer than the 2 decimals"),
        ("0.5", "JPY", "finer than the 0 decimals"),
        ("-1", "EUR", "below zero"),
        ("1", "XAU", "no currency"),
        ("1", "", "no currency"),
        ("90071992547409.92", "EUR", "too many digits"),
        ("99999999999999", "EUR", "too large"),
    ],
)
def test_money_is_never_rounded(cell: str, currency: str, told: str) -> None:
    with pytest.raises(BadCell, match=told):
        cells.minor(cells.decimal(cell), currency)


def test_several_names_in_one_cell() -> None:
    assert cells.names(" a; b ;;c") == ["a", "b", "c"]
    assert cells.names(cells.names_cell(["a", "b"])) == ["a", "b"]


def test_names_with_amounts() -> None:
    assert cells.pairs("DHL=4.90; bicycle;a=b=1") == [
        ("DHL", Decimal(49, -1)),
        ("bicycle", None),
        ("a=b", Decimal(1, 0)),
    ]
    with pytest.raises(BadCell):
        cells.pairs("DHL=cheap")


def test_a_day_is_whole() -> None:
    day_ms = 24 * 60 * 60 * 1000
    assert cells.since("1970-01-02") == day_ms
    assert cells.until("1970-01-02") == 2 * day_ms - 1
    assert cells.since_cell(day_ms) == "1970-01-02"
    assert cells.until_cell(2 * day_ms - 1) == "1970-01-02"


@pytest.mark.parametrize(
    ("cell", "time_ms"),
    [
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.250Z", 250),
        ("1970-01-01 00:01", 60_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_a_time_is_read_to_the_millisecond(cell: str, time_ms: int) -> None:
    assert cells.since(cell) == cells.until(cell) == time_ms
    assert cells.since(cells.since_cell(time_ms)) == time_ms
    assert cells.until(cells.until_cell(time_ms)) == time_ms


@pytest.mark.parametrize(
    "cell", ["31.12.2026", "2026-13-01", "tomorrow", "", "1969-12-31", "0001-01-01"]
)
def test_what_is_no_day(cell: str) -> None:
    with pytest.raises(BadCell):
        cells.until(cell)


def test_a_time_beyond_the_calendar_has_no_cell() -> None:
    assert cells.since_cell(INTEGER_MAX) == ""


def test_a_long_cell_is_quoted_short() -> None:
    with pytest.raises(BadCell) as caught:
        cells.whole("x" * 5000)
    assert len(str(caught.value)) < 150
