from collections.abc import Mapping
from pathlib import Path

import pytest

from node.catalogue import Defaults, Row, external_ids, read
from node.catalogue.open_food_network import UNITS, fits
from node.codes import unit_name
from protocol.trade import Item, Offer, Pack, Price, Provenance, Where
from protocol.values import Decimal, Quantity

DATA = Path(__file__).parents[2] / "data"
GERMAN = Defaults("EUR", "DE", "de")
CARROTS = {
    "producer": "Hof",
    "name": "Möhren",
    "units": "500",
    "unit_type": "g",
    "variant_unit_name": "",
    "price": "3.20",
    "on_hand": "5",
    "on_demand": "",
}


def row(tmp_path: Path, cells: Mapping[str, str], defaults: Defaults = GERMAN) -> Row:
    path = tmp_path / "ofn.csv"
    filled = CARROTS | dict(cells)
    lines = [",".join(part) for part in (filled.keys(), filled.values())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (only,) = read(path, None, defaults)
    return only


def offer(tmp_path: Path, cells: Mapping[str, str], defaults: Defaults = GERMAN) -> Offer:
    found = row(tmp_path, cells, defaults)
    assert found.problems == []
    assert found.offer is not None
    return found.offer


def test_a_whole_row() -> None:
    first = next(iter(read(DATA / "open-food-network.csv", None, GERMAN)))
    pack = Decimal(5, 2)
    assert first.offer == Offer(
        title={"de": "Möhren, samenfest"},
        text={"de": "Am Tag der Lieferung geerntet."},
        item=Item(category=("Gemüse",), sku="KAR-5"),
        unit="GRM",
        prices=(Price(currency="EUR", exponent=2, minor=320, per=pack),),
        minimum=pack,
        step=pack,
        quantity=Decimal(25, 2),
        provenance=Provenance(producer="Hof Erlengrund"),
        where=Where(country="DE"),
        attributes={
            "ofn:display_name": "samenfest",
            "ofn:shipping_category": "Kühl",
            "ofn:tax_category": "ermäßigt",
        },
    )
    assert (first.action, first.action_if_known, first.kind) == ("create", "update", "offer")


def test_every_row_of_every_file_comes_out() -> None:
    for name, count in (("open-food-network.csv", 9), ("open-food-network-inventory.csv", 2)):
        rows = list(read(DATA / name, None, GERMAN))
        assert [row.problems for row in rows] == [[]] * count


@pytest.mark.parametrize("written", [*UNITS, "T", "mL", "KG"])
def test_the_unit_stays_the_one_of_the_file(tmp_path: Path, written: str) -> None:
    found = offer(tmp_path, {"unit_type": written, "units": "0.25", "on_hand": "3"})
    assert found.unit == UNITS[written.lower()]
    assert unit_name(found.unit) is not None
    assert found.prices[0].per == found.step == found.minimum == Decimal(25, -2)
    assert found.quantity == Decimal(75, -2)
    assert found.pack is None


def test_what_is_sold_by_the_piece_has_a_named_pack(tmp_path: Path) -> None:
    eggs = offer(tmp_path, {"units": "6", "unit_type": "", "variant_unit_name": "Eier"})
    assert (eggs.unit, eggs.quantity) == ("C62", Decimal(3, 1))
    assert eggs.pack == Pack(name={"de": "Eier"}, holds=Quantity(amount=Decimal(6, 0), unit="C62"))
    assert eggs.prices[0].per == Decimal(6, 0)


def test_a_weight_and_a_name_are_both_kept(tmp_path: Path) -> None:
    jar = offer(tmp_path, {"units": "250", "variant_unit_name": "Glas"})
    assert jar.unit == "GRM"
    assert jar.pack == Pack(name={"de": "Glas"}, holds=Quantity(amount=Decimal(25, 1), unit="GRM"))
    shown = offer(tmp_path, {"variant_unit_name": "Glas", "display_as": "ein Glas"})
    assert shown.pack is not None
    assert shown.pack.name == {"de": "ein Glas"}
    assert shown.attributes == {"ofn:variant_unit_name": "Glas"}


@pytest.mark.parametrize("on_demand", ["1", "true"])
def test_what_is_made_on_demand_has_no_limit(tmp_path: Path, on_demand: str) -> None:
    found = offer(tmp_path, {"on_hand": "7", "on_demand": on_demand})
    assert found.quantity is None
    assert found.attributes == {"ofn:on_demand": on_demand, "ofn:on_hand": "7"}
    assert offer(tmp_path, {"on_hand": "-", "on_demand": "1"}).quantity is None


@pytest.mark.parametrize("on_demand", ["0", "", "-", "false"])
def test_stock_counts_packs(tmp_path: Path, on_demand: str) -> None:
    assert offer(tmp_path, {"on_demand": on_demand}).quantity == Decimal(25, 2)
    assert offer(tmp_path, {"on_demand": on_demand, "on_hand": "0"}).quantity == Decimal(0, 0)


def test_prices_follow_the_currency_of_the_import(tmp_path: Path) -> None:
    yen = offer(tmp_path, {"price": "300"}, Defaults("JPY", "", "ja"))
    assert yen.prices == (Price(currency="JPY", exponent=0, minor=300, per=Decimal(5, 2)),)
    assert yen.where is None
    free = offer(tmp_path, {"price": "0"})
    assert free.prices[0].minor == 0


def test_no_column_is_lost(tmp_path: Path) -> None:
    long = "Gemüse und Kräuter und alles was sonst noch im Garten wächst, je nach Jahr".replace(
        ",", ""
    )
    assert len(long) > 64
    cells = {"distributor": "Laden", "category": long, "sku": "s" * 65, "import_date": "2026-01-01"}
    found = offer(tmp_path, cells)
    assert found.item == Item()
    assert found.attributes == {
        "ofn:distributor": "Laden",
        "ofn:category": long,
        "ofn:sku": "s" * 65,
        "ofn:import_date": "2026-01-01",
    }


def test_the_older_name_of_the_producer_column_is_known(tmp_path: Path) -> None:
    path = tmp_path / "ofn.csv"
    path.write_text("name,supplier,price,units,unit_type,on_hand\nMilch,Hof,1.20,1,l,3\n")
    (only,) = read(path, None, GERMAN)
    assert only.offer is not None
    assert only.offer.provenance.producer == "Hof"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"name": ""}, "name: this is missing"),
        ({"price": ""}, "price: this is missing"),
        ({"price": "3,20"}, "price: '3"),
        ({"price": "3.205"}, "price: 3.205 is finer than the 2 decimals of EUR"),
        ({"price": "-1"}, "price: -1 is below zero"),
        ({"units": ""}, "units: write how much one pack holds"),
        ({"units": "0"}, "units: write how much one pack holds"),
        ({"units": "-1"}, "units: '-1' is below zero"),
        ({"unit_type": "stone"}, "unit_type: 'stone' is none of mg, g, kg"),
        ({"unit_type": ""}, "variant_unit_name: name what one is"),
        ({"on_hand": ""}, "on_hand: write how many are in stock"),
        ({"on_hand": "-", "on_demand": "0"}, "on_hand: write how many are in stock"),
        ({"on_hand": "some"}, "on_hand: 'some' is not a number"),
        ({"on_hand": "9007199254740991", "units": "7"}, "on_hand: this does not fit"),
        ({"on_demand": "perhaps"}, "on_demand: 'perhaps' is neither yes nor no"),
        ({"name": "x" * 301}, "name: longer than 300 characters"),
        ({"producer": "x" * 201}, "producer: longer than 200 characters"),
        ({"description": "x" * 10_001}, "description: longer than 10000 characters"),
        ({"tax_category": "x" * 1001}, "tax_category: longer than 1000 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(
    tmp_path: Path, cells: Mapping[str, str], told: str
) -> None:
    cells = {name: f'"{cell}"' if "," in cell else cell for name, cell in cells.items()}
    found = row(tmp_path, cells)
    assert found.offer is None
    (only,) = found.problems
    assert told in only.say()


def test_without_a_currency_no_price_is_guessed(tmp_path: Path) -> None:
    (only,) = row(tmp_path, {}, Defaults()).problems
    assert only.say() == ("price: the file names no currency; name one for the import [bad-field]")


def test_a_row_means_the_same_product_as_there(tmp_path: Path) -> None:
    small = row(tmp_path, {"price": "1"})
    again = row(tmp_path, {"price": "2", "on_hand": "9", "sku": "new"})
    large = row(tmp_path, {"units": "1000"})
    other = row(tmp_path, {"display_name": "violett"})
    assert small.external_id == again.external_id
    assert len({row.external_id for row in (small, large, other)}) == 3
    assert again.offer is not None
    assert external_ids(again.offer) == ("sku:new", again.external_id)


def test_the_same_product_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ofn.csv"
    header, line = ",".join(CARROTS), ",".join(CARROTS.values())
    path.write_text(f"{header}\n{line}\n{line}\n", encoding="utf-8")
    first, second = read(path, None, GERMAN)
    assert first.problems == []
    assert "the same as line 2" in second.problems[0].say()


@pytest.mark.parametrize(
    ("header", "is_theirs"),
    [
        (("name", "producer", "price", "units"), True),
        (("Name", "Supplier", "PRICE", "units", "x"), True),
        (("name", "price", "units"), False),
        (("title", "producer", "price"), False),
    ],
)
def test_the_header_tells_the_format(header: tuple[str, ...], is_theirs: bool) -> None:
    assert fits(header) is is_theirs
