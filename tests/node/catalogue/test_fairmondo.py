import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from node.catalogue import Defaults, Row, external_ids, read
from node.catalogue.fairmondo import MAPPED, fits
from protocol.trade import Carrier, Item, Link, Offer, Price, Tax, Terms, Where
from protocol.values import Decimal

DATA = Path(__file__).parents[2] / "data"
BOOK = {
    "€": "",
    "title": "Ein gutes Buch",
    "categories": "3",
    "condition": "new",
    "content": "Wie neu",
    "quantity": "1",
    "price_cents": "990",
    "transport_pickup": "true",
    "payment_cash": "true",
}


def row(tmp_path: Path, cells: Mapping[str, str], defaults: Defaults | None = None) -> Row:
    path = tmp_path / "fairmondo.csv"
    filled = BOOK | dict(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(filled)
        writer.writerow(filled.values())
    (only,) = read(path, None, defaults)
    return only


def offer(tmp_path: Path, cells: Mapping[str, str]) -> Offer:
    found = row(tmp_path, cells)
    assert found.problems == []
    assert found.offer is not None
    return found.offer


def test_a_whole_row() -> None:
    first = next(iter(read(DATA / "fairmondo-71-columns.csv", None, Defaults("KES", "DE", "sw"))))
    assert first.offer is not None
    claims = first.offer.fair
    assert [claim.scheme for claim in claims] == ["fairmondo/fair_trust"]
    assert first.offer == Offer(
        title={"de": "Kaffee Kirinyaga, ganze Bohne"},
        text={
            "de": "Gewaschen, auf Hochbeeten getrocknet.\n\n- Ernte 2026\n- 1.700 m über dem Meer"
        },
        item=Item(category=("fairmondo:12", "fairmondo:40"), gtin="4006381333931", sku="KAF-1"),
        quantity=Decimal(25, 1),
        prices=(Price(currency="EUR", exponent=2, minor=1190),),
        tax=Tax(category="S", rate=Decimal(7, 0), included=True),
        links=(
            Link(kind="image", url="https://bilder.example/kaffee.jpg"),
            Link(kind="image", url="https://bilder.example/sack.jpg"),
        ),
        terms=Terms(
            pickup=True,
            carriers=(
                Carrier(name="Paketdienst Nord", price_minor=490, units_per_parcel=8),
                Carrier(name="Lastenrad", price_minor=0, units_per_parcel=2),
            ),
            lead_days_min=3,
            lead_days_max=5,
            delivery_text={"de": "Versand dienstags und freitags."},
            payments=("bank_transfer", "cash", "invoice"),
            payment_text={"de": "Zahlbar in 14 Tagen."},
        ),
        where=Where(country="DE"),
        fair=claims,
        attributes={
            "fairmondo:basic_price_cents": "2380",
            "fairmondo:basic_price_amount": "kilogram",
            "fairmondo:unified_transport": "true",
        },
    )


def test_every_row_of_every_file_comes_out() -> None:
    for name, count in (("fairmondo-71-columns.csv", 8), ("fairmondo-older-columns.csv", 4)):
        catalogue = read(DATA / name)
        assert catalogue.format.name == "fairmondo"
        assert [row.problems for row in catalogue] == [[]] * count


def test_all_71_columns_are_known() -> None:
    with (DATA / "fairmondo-71-columns.csv").open(encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split(";")
    assert len(header) == 71
    assert set(header) <= MAPPED


def test_the_actions_of_a_file() -> None:
    rows = list(read(DATA / "fairmondo-71-columns.csv"))
    assert [(row.action, row.action_if_known, row.external_id) for row in rows] == [
        ("create", "create", "sku:KAF-1"),
        ("create", "nothing", "sku:TAS-7"),
        ("create", "nothing", "sku:WEI-3"),
        ("create", "nothing", "fairmondo:4711"),
        ("delete", "delete", "sku:ALT-1"),
        ("deactivate", "deactivate", "fairmondo:99"),
        ("activate", "activate", "sku:ALT-2"),
        ("nothing", "nothing", "fairmondo:100"),
    ]
    assert [row.offer is None for row in rows] == [False] * 4 + [True] * 4
    assert rows[3].offer is not None
    assert external_ids(rows[3].offer) == ("fairmondo:4711",)


@pytest.mark.parametrize(
    ("word", "action"),
    [("c", "create"), ("u", "update"), ("x", "delete"), ("a", "activate"), ("d", "deactivate")],
)
def test_actions_have_a_letter_too(tmp_path: Path, word: str, action: str) -> None:
    found = row(tmp_path, {"id": "5", "action": f" {word} "})
    assert (found.action, found.problems) == (action, [])
    assert (found.offer is not None) == (action in {"create", "update"})


def test_an_action_about_something_known_needs_an_id(tmp_path: Path) -> None:
    (only,) = row(tmp_path, {"action": "x"}).problems
    assert "needs an id or a custom_seller_identifier" in only.say()
    (only,) = row(tmp_path, {"action": "erase"}).problems
    assert "action: 'erase' is none of c, create" in only.say()


@pytest.mark.parametrize(
    ("extra", "condition", "kept"),
    [
        ("as_good_as_new", "as-new", {}),
        ("as_good_as_warranted", "as-new", {"fairmondo:condition_extra": "as_good_as_warranted"}),
        ("used_very_good", "very-good", {}),
        ("used_good", "good", {}),
        ("used_satisfying", "fair", {}),
        ("broken", "broken", {}),
    ],
)
def test_conditions(tmp_path: Path, extra: str, condition: str, kept: dict[str, str]) -> None:
    found = offer(tmp_path, {"condition": "old", "condition_extra": extra})
    assert (found.condition, found.attributes) == (condition, kept)


@pytest.mark.parametrize(
    ("vat", "tax"),
    [
        ("", None),
        ("0", Tax(category="Z", rate=Decimal(0, 0), included=True)),
        ("19", Tax(category="S", rate=Decimal(19, 0), included=True)),
    ],
)
def test_taxes(tmp_path: Path, vat: str, tax: Tax | None) -> None:
    assert offer(tmp_path, {"vat": vat}).tax == tax


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2", 2, 2),
        ("3-5", 3, 5),
        ("3\u20135", 3, 5),
        ("14-", 14, 14),
        ("5-3", 3, 5),
        ("", None, None),
    ],
)
def test_days_of_transport(tmp_path: Path, written: str, low: int | None, high: int | None) -> None:
    terms = offer(tmp_path, {"transport_time": written}).terms
    assert (terms.lead_days_min, terms.lead_days_max) == (low, high)


def test_carriers_have_the_defaults_of_that_market(tmp_path: Path) -> None:
    cells = {
        "transport_type1": "true",
        "transport_type1_provider": "DHL",
        "transport_type1_price_cents": "",
        "transport_type1_number": "",
        "transport_type2": "false",
        "transport_type2_provider": "Hermes",
        "transport_type2_price_cents": "170",
    }
    found = offer(tmp_path, cells)
    assert found.terms.carriers == (Carrier(name="DHL", price_minor=0, units_per_parcel=1),)
    assert found.attributes == {
        "fairmondo:transport_type2_provider": "Hermes",
        "fairmondo:transport_type2_price_cents": "170",
    }


def test_what_is_no_gtin_there_either_passes_as_an_attribute(tmp_path: Path) -> None:
    found = offer(tmp_path, {"gtin": "123456789123"})
    assert (found.item.gtin, found.attributes) == (None, {"fairmondo:gtin": "123456789123"})


def test_a_number_of_65_characters_is_kept(tmp_path: Path) -> None:
    found = offer(tmp_path, {"custom_seller_identifier": "n" * 65})
    assert found.item.sku is None
    assert found.attributes == {"fairmondo:custom_seller_identifier": "n" * 65}
    assert offer(tmp_path, {"custom_seller_identifier": "n" * 64}).item.sku == "n" * 64


def test_columns_of_others_become_attributes(tmp_path: Path) -> None:
    assert offer(tmp_path, {"Regal": "B 7"}).attributes == {"fairmondo:regal": "B 7"}


def test_a_sellers_own_number_may_be_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    header = [*BOOK, "custom_seller_identifier"]
    line = ";".join([*BOOK.values(), "A-1"])
    path.write_text("\n".join([";".join(header), line, line]) + "\n", encoding="utf-8")
    assert [row.problems for row in read(path)] == [[], []]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"title": "Buch"}, "title: it takes 6 to 200 characters; these are 4"),
        ({"title": "x" * 201}, "title: it takes 6 to 200 characters; these are 201"),
        ({"content": ""}, "content: this is missing"),
        ({"content": "<p>" + "x" * 10_001 + "</p>"}, "content: longer than 10000 characters"),
        ({"categories": ""}, "categories: this is missing"),
        ({"categories": "1,2,3"}, "categories: more than 2 of them"),
        ({"categories": "Bücher"}, "categories: write the numbers"),
        ({"condition": ""}, "condition: this is missing"),
        ({"condition": "neu"}, "condition: 'neu' is none of new, old"),
        ({"condition": "old"}, "condition_extra: this is missing"),
        ({"condition": "old", "condition_extra": "ok"}, "condition_extra: 'ok' is none of"),
        ({"quantity": ""}, "quantity: this is missing"),
        ({"quantity": "0"}, "quantity: 0 is not between 1 and 10000"),
        ({"quantity": "1.5"}, "quantity: '1.5' is not a whole number"),
        ({"price_cents": ""}, "price_cents: this is missing"),
        ({"price_cents": "1000001"}, "price_cents: 1000001 is not between 0 and 1000000"),
        ({"price_cents": "9,90"}, "price_cents: '9,90' is not a whole number"),
        ({"basic_price_cents": "5"}, "basic_price_amount: this is missing"),
        ({"basic_price_amount": "kg"}, "basic_price_amount: 'kg' is none of kilogram"),
        ({"vat": "16"}, "vat: '16' is none of 0, 7, 19"),
        ({"gtin": "1234567"}, "gtin: it takes 8 to 14 characters; these are 7"),
        ({"custom_seller_identifier": "n" * 66}, "custom_seller_identifier: it takes 0 to 65"),
        ({"transport_pickup": "false"}, "choose at least one of transport_pickup"),
        ({"transport_type1": "true"}, "transport_type1_provider: it takes 1 to 200 characters"),
        ({"transport_type1_price_cents": "50001"}, "is not between 0 and 50000"),
        ({"transport_type1_number": "0"}, "transport_type1_number: 0 is not between 1 and 10000"),
        ({"transport_time": "bald"}, "transport_time: write days such as 2 or 3-5"),
        ({"transport_details": "x" * 2501}, "transport_details: it takes 0 to 2500"),
        ({"transport_pickup": "vielleicht"}, "is neither yes nor no"),
        ({"payment_cash": ""}, "payment_details: choose at least one of payment_bank_transfer"),
        ({"payment_details": "x" * 2501}, "payment_details: it takes 0 to 2500"),
        ({"image_2_url": "bild.jpg"}, "image_2_url: 'bild.jpg' is no address"),
        ({"Regal": "x" * 1001}, "regal: longer than 1000 characters"),
    ],
)
def test_what_that_market_refuses_is_told_with_its_column(
    tmp_path: Path, cells: Mapping[str, str], told: str
) -> None:
    found = row(tmp_path, cells)
    assert found.offer is None
    assert told in "; ".join(problem.say() for problem in found.problems)


@pytest.mark.parametrize(
    ("header", "is_theirs"),
    [
        (("€",), True),
        (("title", "content", "price_cents", "condition"), True),
        (("id", "title", "action"), True),
        (("custom_seller_identifier", "action"), True),
        (("title", "price", "€"), False),
        ((), False),
    ],
)
def test_the_header_tells_the_format(header: tuple[str, ...], is_theirs: bool) -> None:
    assert fits(header) is is_theirs
