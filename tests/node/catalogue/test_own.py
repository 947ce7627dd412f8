from collections.abc import Mapping
from pathlib import Path

import pytest

import node.catalogue
from node.catalogue import Defaults, Row, read
from node.catalogue.own import COLUMNS, column_names, fits, merge
from protocol.errors import Refusal
from protocol.trade import (
    Carrier,
    Item,
    Link,
    Lot,
    Offer,
    Pack,
    Price,
    Provenance,
    Tax,
    Terms,
    Where,
)
from protocol.values import Decimal, Quantity

DATA = Path(__file__).parents[2] / "data"
DAY_MS = 24 * 60 * 60 * 1000
EURO = Defaults("EUR", "", "en")


def rows(tmp_path: Path, text: str, defaults: Defaults = EURO) -> list[Row]:
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    return list(read(path, "own", defaults))


def row(tmp_path: Path, cells: Mapping[str, str], defaults: Defaults = EURO) -> Row:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = [",".join(map(quoted, part)) for part in (cells.keys(), cells.values())]
    (only,) = rows(tmp_path, "\n".join(lines) + "\n", defaults)
    return only


def problems(tmp_path: Path, cells: Mapping[str, str], defaults: Defaults = EURO) -> list[str]:
    found = row(tmp_path, cells, defaults)
    assert (found.offer is None) == bool(found.problems)
    return [problem.say() for problem in found.problems]


def test_a_whole_row() -> None:
    first, want, ice = read(DATA / "own.csv", None, Defaults("EUR", "DE", "de"))
    price = Price(currency="EUR", exponent=2, minor=540)
    assert first.offer == Offer(
        title={"en": "Coffee, washed", "sw": "Kahawa"},
        text={"en": "Two lines\nof text"},
        item=Item(category=("coffee", "green"), hs="090111", sku="COF-1"),
        quantity=Decimal(12, 3),
        unit="KGM",
        minimum=Decimal(6, 1),
        prices=(
            price,
            Price(currency="EUR", exponent=2, minor=520, from_quantity=Decimal(6, 2)),
            Price(currency="EUR", exponent=2, minor=490, from_quantity=Decimal(6, 3)),
        ),
        tax=Tax(category="Z", rate=Decimal(0, 0), included=False),
        where=Where(country="KE", place="Nyeri"),
        terms=Terms(
            incoterm="FOB",
            place="Mombasa",
            lead_days_min=14,
            lead_days_max=21,
            payments=("bank-transfer", "letter-of-credit"),
            due_days=30,
        ),
        provenance=Provenance(origin="KE", producer="Kirima Growers"),
        lot=Lot(code="L-26-04", expires_ms=1_814_400_000_000 - 1),
        valid_until_ms=1_798_761_600_000 - 1,
        pack=Pack(name={"en": "sack"}, holds=Quantity(amount=Decimal(6, 1), unit="KGM")),
        links=(
            Link(kind="image", url="https://pictures.example/a.jpg"),
            Link(kind="image", url="https://pictures.example/b.jpg"),
        ),
        attributes={"altitude": "1700 m"},
    )
    assert (want.kind, want.line, want.external_id) == ("want", 4, "sku:NET-9")
    assert want.offer == Offer(
        title={"de": "Treibnetz gesucht"},
        item=Item(category=("fishing",), sku="NET-9"),
        quantity=Decimal(2, 0),
        where=Where(country="DE"),
    )
    assert ice.offer is not None
    assert ice.offer.prices == (Price(currency="JPY", exponent=0, minor=900),)
    assert ice.offer.terms.carriers == (
        Carrier(name="road", price_minor=1200),
        Carrier(name="pickup point"),
    )


def test_a_title_is_enough(tmp_path: Path) -> None:
    found = row(tmp_path, {"title": "Apples"})
    assert found.offer == Offer(title={"en": "Apples"})
    assert (found.action, found.action_if_known, found.external_id) == ("create", "update", "")
    assert (found.kind, found.line, found.raw) == ("offer", 2, ["Apples"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiter_and_byte_order_mark_are_told_apart(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path = tmp_path / "own.csv"
    table = [["Title", "text", "price"], ['"Äpfel, Birnen; und\tmehr"', "", "1.50"]]
    path.write_text("\r\n".join(delimiter.join(cells) for cells in table), encoding=encoding)
    (only,) = read(path, None, EURO)
    assert only.problems == []
    assert only.offer is not None
    assert only.offer.title == {"en": "Äpfel, Birnen; und\tmehr"}
    assert only.offer.prices[0].minor == 150


def test_the_defaults_fill_what_a_row_leaves_open_and_no_more(tmp_path: Path) -> None:
    defaults = Defaults("KES", "KE", "sw")
    found = row(tmp_path, {"title": "Kahawa", "price": "150", "currency": ""}, defaults).offer
    assert found is not None
    assert (found.title, found.where) == ({"sw": "Kahawa"}, Where(country="KE"))
    assert found.prices[0].currency == "KES"
    cells = {"title": "Kaffee", "language": "de", "country": "DE", "price": "1", "currency": "EUR"}
    found = row(tmp_path, cells, defaults).offer
    assert found is not None
    assert (found.title, found.where) == ({"de": "Kaffee"}, Where(country="DE"))
    assert found.prices[0].currency == "EUR"


def test_texts_in_several_languages(tmp_path: Path) -> None:
    cells = {
        "title:pt-BR": "Café",
        "title": "Coffee",
        "text:pt-BR": "Lavado",
        "pack_name": "sack",
        "pack_name:pt-BR": "saca",
        "pack_quantity": "60",
        "pack_unit": "KGM",
        "delivery_text:sw": "Jumanne",
        "payment_text": "later",
    }
    found = row(tmp_path, cells).offer
    assert found is not None
    assert found.title == {"pt-BR": "Café", "en": "Coffee"}
    assert found.text == {"pt-BR": "Lavado"}
    assert found.pack is not None
    assert found.pack.name == {"en": "sack", "pt-BR": "saca"}
    assert (found.terms.delivery_text, found.terms.payment_text) == (
        {"sw": "Jumanne"},
        {"en": "later"},
    )


def test_a_pack_is_in_the_unit_of_the_offer_unless_it_says_another(tmp_path: Path) -> None:
    cells = {"title": "Beans", "unit": "KGM", "pack_name": "debe", "pack_quantity": "18"}
    found = row(tmp_path, cells).offer
    assert found is not None
    assert found.pack is not None
    assert found.pack.holds == Quantity(amount=Decimal(18, 0), unit="KGM")


def test_a_cell_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    for title in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "{price}", "%s %(x)s"):
        found = row(tmp_path, {"title": title}).offer
        assert found is not None
        assert found.title == {"en": title}


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"title": "", "sku": "1"}, "title: this is missing"),
        ({"title": "  ", "sku": "1"}, "title: this is missing"),
        ({"title": "x" * 301}, "title: longer than 300 characters"),
        ({"title": "a", "text": "x" * 10_001}, "text: longer than 10000 characters"),
        ({"title": "a", "sku": "x" * 65}, "sku: longer than 64 characters"),
        ({"title": "a", "category": ";".join(map(str, range(65)))}, "category: more than 64"),
        ({"title": "a", "quantity": "1,5"}, "quantity: '1,5' is not a number here"),
        ({"title": "a", "quantity": "-1"}, "quantity: '-1' is below zero"),
        ({"title": "a", "unit": "kg"}, "did you mean KGM (kilogram)?"),
        ({"title": "a", "country": "Kenya"}, "did you mean KE (Kenya)?"),
        ({"title": "a", "hs": "0199"}, "hs: 0199 is not in the Harmonized System"),
        ({"title": "a", "gtin": "4006381333932"}, "gtin: 4006381333932 is no GTIN"),
        ({"title": "a", "incoterm": "FOBB"}, "did you mean FOB (Free On Board)?"),
        ({"title": "a", "price": "1.005"}, "price: 1.005 is finer than the 2 decimals of EUR"),
        ({"title": "a", "price": "1", "currency": "Euro"}, "price: 'Euro' is no currency"),
        ({"title": "a", "price": "1", "per": "0"}, "a price for nothing"),
        ({"title": "a", "per": "2"}, "price: this is missing"),
        ({"title": "a", "price": "2", "tiers": "10"}, "'10' in tiers is not like 100=2.90"),
        ({"title": "a", "mode": "steal"}, "mode: 'steal' is none of sell, give"),
        ({"title": "a", "mode": "give", "price": "1"}, "a gift has no price"),
        ({"title": "a", "condition": "used"}, "condition: 'used' is none of new"),
        ({"title": "a", "kind": "offers"}, "kind: 'offers' is neither offer nor want"),
        ({"title": "a", "action": "erase"}, "action: 'erase' is none of create"),
        ({"title": "a", "language": "Deutsch"}, "language: 'Deutsch' is no language"),
        ({"title": "a", "tax_rate": "7"}, "tax_category: this is missing"),
        ({"title": "a", "tax_category": "S", "tax_rate": "7"}, "tax_included: this is missing"),
        ({"title": "a", "region": "Kiel"}, "country: this is missing"),
        ({"title": "a", "pack_name": "sack"}, "pack_quantity: this is missing"),
        ({"title": "a", "lot_expires": "2026-01-01"}, "lot: this is missing"),
        ({"title": "a", "latitude": "91"}, "latitude: "),
        (
            {"title": "a", "latitude": "1.0000001"},
            "latitude: '1.0000001' has more than six decimals",
        ),
        ({"title": "a", "valid_until": "31.12.2026"}, "valid_until: '31.12.2026' is no day"),
        (
            {"title": "a", "valid_from": "2027-01-01", "valid_until": "2026-01-01"},
            "before valid_from",
        ),
        ({"title": "a", "image_url": "ftp://x"}, "image_url: this has not the form"),
        ({"title": "a", "more": "{"}, "more: this is no JSON object"),
        ({"title": "a", "more": "[]"}, "more: this is no JSON object"),
        ({"title": "a", "more": '{"odd": 1}'}, "unknown field `odd`"),
        ({"title": "a", "carriers": "DHL=x"}, "carriers: 'x' is not a number"),
        ({"title": "a", "attribute:x": "y" * 1001}, "longer than 1000 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(
    tmp_path: Path, cells: Mapping[str, str], told: str
) -> None:
    (only,) = problems(tmp_path, cells)
    assert told in only


def test_all_problems_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    cells = {"title": "a", "unit": "kg", "quantity": "many", "price": "1", "currency": "EURO"}
    assert len(problems(tmp_path, cells)) == 3


def test_a_price_without_any_currency_is_told(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, {"title": "a", "price": "1"}, Defaults())
    assert only == "price: a price needs a currency; fill the column currency [bad-field]"


def test_an_offer_beyond_the_size_of_a_record_is_told(tmp_path: Path) -> None:
    cells = {"title": "a"} | {f"text:x{letter}a": "ü" * 9_000 for letter in "abc"}
    (only,) = problems(tmp_path, cells)
    assert "48128 are the most: shorten its texts [too-large]" in only


@pytest.mark.parametrize("action", ["activate", "deactivate", "delete", "nothing"])
def test_actions_about_something_known_need_its_number_only(tmp_path: Path, action: str) -> None:
    found = row(tmp_path, {"sku": "A-1", "action": action, "price": "odd"} | {"price": ""})
    assert (found.action, found.action_if_known) == (action, action)
    assert (found.external_id, found.offer, found.problems) == ("sku:A-1", None, [])
    (only,) = row(tmp_path, {"sku": "", "action": action}).problems
    assert only.say() == "sku: this action needs the number of what it is about [bad-field]"


def test_an_update_is_a_whole_offer(tmp_path: Path) -> None:
    found = row(tmp_path, {"sku": "A-1", "action": "update", "title": "Apples"})
    assert (found.action, found.action_if_known) == ("update", "update")
    assert found.offer is not None


def test_the_same_number_twice_is_told_with_the_first_line(tmp_path: Path) -> None:
    found = rows(tmp_path, "sku,title\nA,one\nB,two\nA,three\n,four\n,five\n")
    assert [bool(one.problems) for one in found] == [False, False, True, False, False]
    assert (
        found[2].problems[0].say() == "sku:A: the same as line 2; leave one of them out [bad-field]"
    )


def test_a_short_row_has_empty_cells_and_a_long_one_is_told(tmp_path: Path) -> None:
    short, blank, long = rows(tmp_path, "title,text,unit\nApples\nPears,,,,,\nPlums,a, b,KGM\n")
    assert short.offer == Offer(title={"en": "Apples"})
    assert short.raw == ["Apples"]
    assert blank.offer == Offer(title={"en": "Pears"})
    assert any("4 cells under 3 columns" in problem.say() for problem in long.problems)


def test_an_unknown_column_is_refused_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no column 'quantiy', did you mean quantity"):
        rows(tmp_path, "title,quantiy\na,1\n")
    with pytest.raises(Refusal, match="write a language like title:pt-BR"):
        rows(tmp_path, "title,title:Deutsch!\na,b\n")


def test_a_column_error_and_nameless_ones_are_ignored(tmp_path: Path) -> None:
    (only,) = rows(tmp_path, "title,error,,Unit\na,price: bad,x,KGM\n")
    assert only.offer == Offer(title={"en": "a"}, unit="KGM")


@pytest.mark.parametrize(
    ("header", "is_own"),
    [
        (("title",), True),
        (("TITLE:de", "x"), True),
        (("sku", "action"), True),
        (("sku", "name"), False),
        ((), False),
    ],
)
def test_the_header_tells_the_format(header: tuple[str, ...], is_own: bool) -> None:
    assert fits(header) is is_own


def test_maps_are_merged_and_columns_go_before_more() -> None:
    tree = {"title": {"en": "a"}, "unit": "KGM"}
    assert merge(tree, {"title": {"en": "b", "de": "c"}, "unit": "LTR", "mode": "give"}) == {
        "title": {"en": "a", "de": "c"},
        "unit": "KGM",
        "mode": "give",
    }


def test_deep_json_in_more_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    for text in (
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"fair": ' + "[" * 50_000 + "]" * 50_000 + "}",
    ):
        assert len(problems(tmp_path, {"title": "a", "more": text})) == 1


def test_the_readme_names_every_column() -> None:
    readme = (Path(node.catalogue.__file__).parent / "README.md").read_text(encoding="utf-8")
    for name in {*column_names(), *COLUMNS, "error", "attribute:NAME", "title:sw"}:
        assert f"`{name}`" in readme, name
