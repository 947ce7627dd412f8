import pytest

from node.codes import (
    Problem,
    check_code,
    check_offer,
    currency_exponent,
    hs_name,
    incoterm_name,
    is_country,
    is_gtin,
    unit_name,
)
from protocol.errors import REFUSALS
from protocol.trade import Barter, Cycle, Item, Offer, Pack, Price, Provenance, Tax, Terms, Where
from protocol.values import Decimal, Quantity

NOW_MS = 1_790_000_000_000


def test_units_have_names() -> None:
    assert unit_name("KGM") == "kilogram"
    assert unit_name("XBG") == "Bag"
    assert unit_name("KG") is None


def test_hs_codes_have_names_and_the_total_is_none() -> None:
    assert hs_name("0901") == (
        "Coffee, whether or not roasted or decaffeinated; husks and skins; "
        "coffee substitutes containing coffee in any proportion"
    )
    assert hs_name("01") == "Animals; live"
    assert hs_name("TOTAL") is None
    assert hs_name("09011") is None


def test_there_are_eleven_incoterms() -> None:
    assert incoterm_name("FOB") == "Free On Board"
    assert incoterm_name("DAT") is None


@pytest.mark.parametrize(
    ("code", "exponent"),
    [("EUR", 2), ("JPY", 0), ("IQD", 3), ("UYW", 4), ("XAU", None), ("EU", None)],
)
def test_currencies_have_the_decimals_of_iso_4217(code: str, exponent: int | None) -> None:
    assert currency_exponent(code) == exponent


@pytest.mark.parametrize("code", ["DE", "KE", "BR", "GB", "BQ", "SS", "XK"])
def test_countries(code: str) -> None:
    assert is_country(code)


@pytest.mark.parametrize("code", ["EU", "UN", "ZZ", "XA", "UK", "IC", "de", "DEU", "001", ""])
def test_what_is_no_country(code: str) -> None:
    assert not is_country(code)


@pytest.mark.parametrize(
    "code", ["4006381333931", "96385074", "036000291452", "10012345678902", "00000000"]
)
def test_gtins(code: str) -> None:
    assert is_gtin(code)


@pytest.mark.parametrize(
    "code", ["4006381333932", "123456789123", "400638133393", "1234567", "", "४006381333931"]
)
def test_what_is_no_gtin(code: str) -> None:
    assert not is_gtin(code)


def test_an_offer_whose_codes_are_all_in_their_lists_has_no_problem() -> None:
    offer = Offer(
        title={"en": "Coffee"},
        item=Item(hs="090111", gtin="4006381333931"),
        unit="KGM",
        prices=(Price(currency="IQD", exponent=3, minor=1500),),
        pack=Pack(name={"en": "sack"}, holds=Quantity(amount=Decimal(6, 1), unit="KGM")),
        tax=Tax(category="S", included=True, rate=Decimal(7, 0)),
        where=Where(country="KE"),
        terms=Terms(incoterm="FOB"),
        provenance=Provenance(origin="KE", last_processing="DE"),
    )
    assert check_offer(offer, NOW_MS) == []


def test_each_bad_code_is_told_with_its_place() -> None:
    item = Item(hs="099999", gtin="4006381333932")
    offer = Offer(
        title={"en": "Coffee"},
        item=item,
        unit="KG",
        prices=(
            Price(currency="EUR", exponent=2, minor=1),
            Price(currency="EUO", exponent=2, minor=1),
        ),
        pack=Pack(name={"en": "sack"}, holds=Quantity(amount=Decimal(6, 1), unit="Q")),
        barter=(
            Barter(
                item=item, name={"en": "rice"}, quantity=Quantity(amount=Decimal(1, 0), unit="LB")
            ),
        ),
        tax=Tax(category="X", included=True, rate=Decimal(7, 0)),
        where=Where(country="UK"),
        terms=Terms(incoterm="DAT"),
        provenance=Provenance(origin="ZZ", last_processing="EU"),
    )
    problems = check_offer(offer)
    assert {problem.field for problem in problems} == {
        "unit",
        "item.hs",
        "item.gtin",
        "prices[1].currency",
        "pack.holds.unit",
        "barter[0].quantity.unit",
        "barter[0].item.hs",
        "barter[0].item.gtin",
        "tax.category",
        "where.country",
        "terms.incoterm",
        "provenance.origin",
        "provenance.last_processing",
    }
    assert {problem.code for problem in problems} == {"bad-code"}
    assert "bad-code" in REFUSALS


def test_a_price_with_other_decimals_than_iso_4217_is_told() -> None:
    offer = Offer(title={"en": "Dates"}, prices=(Price(currency="IQD", exponent=0, minor=5),))
    assert [problem.say() for problem in check_offer(offer)] == [
        "prices[0].exponent: IQD has 3 decimals, not 0 [bad-field]"
    ]


def test_what_is_over_is_told_only_to_those_who_say_what_time_it_is() -> None:
    cycle = Cycle(opens_ms=0, closes_ms=NOW_MS - 1, coordinator=bytes(32))
    offer = Offer(title={"en": "Milk"}, valid_until_ms=NOW_MS - 1, cycle=cycle)
    assert check_offer(offer) == []
    assert [problem.field for problem in check_offer(offer, NOW_MS)] == [
        "valid_until_ms",
        "cycle.closes_ms",
    ]
    assert check_offer(offer, NOW_MS - 1) == []


@pytest.mark.parametrize(
    ("kind", "code", "guess"),
    [
        ("unit", "kg", "KGM (kilogram)"),
        ("unit", "kgm", "KGM (kilogram)"),
        ("unit", "Kilogramm", "KGM (kilogram)"),
        ("unit", "piece", "H87 (piece)"),
        ("country", "uk", "GB (United Kingdom)"),
        ("country", "Kenia", "KE (Kenya)"),
        ("country", "germany", "DE (Germany)"),
        ("currency", "€", "EUR (Euro)"),
        ("currency", "eur", "EUR (Euro)"),
        ("incoterm", "DAT", "DPU (Delivered at Place Unloaded)"),
        ("incoterm", "fob", "FOB (Free On Board)"),
        ("tax", "s", "S (standard rate)"),
        ("hs", "010199", "0101 (Horses, asses, mules and hinnies; live)"),
    ],
)
def test_a_misspelt_code_is_guessed(kind: str, code: str, guess: str) -> None:
    problem = check_code("there", kind, code)
    assert problem is not None
    assert problem.say().startswith("there: ")
    assert problem.say().endswith(f", did you mean {guess}? [bad-code]")


@pytest.mark.parametrize("code", ["", " ", "?!", "x" * 10_000, "\0", "QQQ"])
def test_nothing_is_guessed_from_nonsense(code: str) -> None:
    problem = check_code("unit", "unit", code)
    assert problem is not None
    assert "did you mean" not in problem.say()
    assert len(problem.say()) < 200


def test_a_problem_without_a_field_is_its_sentence_alone() -> None:
    problem = check_code("", "unit", "QQQ")
    assert isinstance(problem, Problem)
    assert problem.say() == "QQQ is no unit of UN/ECE Recommendation 20 [bad-code]"
