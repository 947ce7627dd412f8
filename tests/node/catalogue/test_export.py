"""The law: what is written reads back to exactly the same offers."""

import csv
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.catalogue import Defaults, read
from node.catalogue.export import header, row_of, write
from node.catalogue.own import parser
from protocol.errors import Refusal
from protocol.limits import INTEGER_MAX
from protocol.trade import Offer
from protocol.values import Decimal

DATA = Path(__file__).parents[2] / "data"


def decimals(low: int = 0) -> st.SearchStrategy[Decimal]:
    return st.builds(Decimal.of, st.integers(low, 10**9), st.integers(-6, 0))


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
languages = st.sampled_from(["en", "de", "pt-BR", "sw", "zh-Hant-TW"])
codes = texts.map(lambda text: text[:64])
times_ms = st.integers(0, 4_000_000_000_000) | st.just(INTEGER_MAX)
by_language = st.dictionaries(languages, texts, max_size=3)
countries = st.sampled_from(["DE", "KE", "BR", "XK"])
units = st.sampled_from(["KGM", "C62", "LTR", "HUR"])
hashes = st.binary(min_size=32, max_size=32)
quantities = st.fixed_dictionaries({"amount": decimals(), "unit": units})
items = st.fixed_dictionaries(
    {},
    optional={
        "category": st.lists(codes, max_size=3),
        "gtin": st.sampled_from(["4006381333931", "96385074"]),
        "hs": st.sampled_from(["01", "0901", "090111"]),
        "sku": codes,
    },
)
prices = st.fixed_dictionaries(
    {
        "currency": st.just("EUR"),
        "exponent": st.just(2),
        "minor": st.integers(0, 10**6),
    },
    optional={"per": decimals(1), "from_quantity": decimals()},
) | st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["JPY", "KES"]),
        "exponent": st.just(0),
        "minor": st.integers(0, INTEGER_MAX),
    }
)
blobs = st.fixed_dictionaries(
    {
        "bytes": st.integers(1, 10**6),
        "hash": hashes,
        "type": st.just("image/png"),
        "alt": by_language,
    }
)
urls = st.sampled_from(
    ["https://a.example/x.jpg", "http://b.example/?q=1;2,3", "https://ü.example/"]
)
offers = st.fixed_dictionaries(
    {"title": st.dictionaries(languages, texts, min_size=1, max_size=3)},
    optional={
        "attributes": st.dictionaries(codes, texts, max_size=3),
        "barter": st.lists(
            st.fixed_dictionaries(
                {"item": items, "name": st.just({"en": "rice"}), "quantity": quantities}
            ),
            max_size=2,
        ),
        "condition": st.sampled_from(["new", "good", "broken"]),
        "cycle": st.fixed_dictionaries(
            {"opens_ms": times_ms, "closes_ms": times_ms, "coordinator": hashes}
        ),
        "fair": st.lists(
            st.fixed_dictionaries(
                {"scheme": codes, "answers": st.just({"a": {"yes": True, "checked": ["x"]}})}
            ),
            max_size=2,
        ),
        "fees": st.just([{"kind": "packing", "percent": Decimal(25, -1)}]),
        "images": st.lists(blobs, max_size=2),
        "item": items,
        "links": st.lists(
            st.fixed_dictionaries(
                {"kind": st.sampled_from(["image", "page", "document"]), "url": urls}
            ),
            max_size=4,
        ),
        "lot": st.fixed_dictionaries({"code": codes}, optional={"expires_ms": times_ms}),
        "minimum": decimals(),
        "mode": st.sampled_from(["sell", "lend", "service"]),
        "pack": st.fixed_dictionaries(
            {
                "holds": quantities,
                "name": st.dictionaries(languages, texts, min_size=1, max_size=2),
            }
        ),
        "prices": st.lists(prices, max_size=4),
        "provenance": st.fixed_dictionaries(
            {},
            optional={
                "chain": st.lists(hashes, max_size=2),
                "last_processing": countries,
                "origin": countries,
                "producer": codes,
                "producer_coop": hashes,
            },
        ),
        "quantity": decimals(),
        "recipients": st.lists(hashes, max_size=2),
        "step": decimals(),
        "tax": st.fixed_dictionaries(
            {
                "category": st.sampled_from(["S", "AE"]),
                "included": st.booleans(),
                "rate": decimals(),
            }
        ),
        "terms": st.fixed_dictionaries(
            {},
            optional={
                "carriers": st.lists(
                    st.fixed_dictionaries(
                        {"name": codes},
                        optional={
                            "price_minor": st.integers(0, 10**6),
                            "units_per_parcel": st.integers(1, 9),
                        },
                    ),
                    max_size=3,
                ),
                "delivery_text": by_language,
                "due_days": st.integers(0, 90),
                "free_delivery_from_minor": st.integers(0, 10**6),
                "incoterm": st.sampled_from(["FOB", "DPU"]),
                "lead_days_max": st.integers(0, 90),
                "payments": st.lists(codes, max_size=3),
                "pickup": st.booleans(),
                "place": codes,
            },
        ),
        "text": by_language,
        "unit": units,
        "valid_from_ms": times_ms,
        "valid_until_ms": times_ms,
        "where": st.fixed_dictionaries(
            {"country": countries},
            optional={
                "latitude_e6": st.integers(-90_000_000, 90_000_000),
                "longitude_e6": st.integers(-180_000_000, 180_000_000),
                "place": codes,
                "region": codes,
            },
        ),
    },
)


def is_sound(offer: Offer) -> bool:
    try:
        offer.check()
    except Refusal:
        return False
    exponents = {"JPY": 0, "KES": 2, "EUR": 2}
    return all(price.exponent == exponents[price.currency] for price in offer.prices)


sound_offers = offers.map(lambda fields: msgspec.convert(fields, Offer)).filter(is_sound)


@given(
    sound_offers, st.sampled_from(["offer", "want"]), st.lists(languages, unique=True, max_size=2)
)
def test_cells_read_back_to_the_same_offer(offer: Offer, kind: str, others: list[str]) -> None:
    names = header(others, ["altitude"])
    cells = row_of("want" if kind == "want" else "offer", offer, others, ["altitude"])
    assert cells.keys() <= set(names)
    parsed = parser(tuple(names), Defaults())([cells.get(name, "") for name in names])
    assert parsed.problems == []
    assert (parsed.offer, parsed.kind) == (offer, kind)


@given(st.lists(sound_offers, max_size=3, unique_by=lambda offer: offer.item.sku))
def test_a_written_file_reads_back_to_the_same_offers(
    tmp_path_factory: pytest.TempPathFactory, written: list[Offer]
) -> None:
    path = tmp_path_factory.getbasetemp() / "law.csv"
    assert write(path, (("offer", offer) for offer in written), ["de"]) == len(written)
    rows = list(read(path))
    assert [row.problems for row in rows if row.problems] == []
    assert [row.offer for row in rows] == written


@pytest.mark.parametrize("name", [path.name for path in sorted(DATA.glob("*.csv"))])
def test_every_format_survives_the_way_through_our_own(name: str, tmp_path: Path) -> None:
    taken = [
        (row.kind, row.offer)
        for row in read(DATA / name, None, Defaults("EUR", "DE", "de"))
        if row.offer
    ]
    assert taken
    path = tmp_path / "own.csv"
    write(path, taken, ["de", "en"], ["ofn:display_name"])
    once = [(row.kind, row.offer) for row in read(path)]
    assert once == taken
    again = tmp_path / "again.csv"
    write(again, taken, ["de", "en"], ["ofn:display_name"])
    assert again.read_bytes() == path.read_bytes()


def test_what_people_edit_stands_in_columns_and_not_in_more(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    taken = [(row.kind, row.offer) for row in read(DATA / "own.csv") if row.offer]
    write(path, taken, ["en", "sw"], ["altitude"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["more"] == ""
    assert first["price"] == "5.40"
    assert first["tiers"] == "600=5.20;6000=4.90"
    assert first["title:sw"] == "Kahawa"
    assert first["lot_expires"] == "2027-06-30"
    assert first["attribute:altitude"] == "1700 m"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfsku,")


def test_a_formula_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    offer = Offer(title={"en": "=1+1"})
    write(path, [("offer", offer)])
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["title"] == "=1+1"
    assert [row.offer for row in read(path)] == [offer]


def test_a_record_full_of_control_characters_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    texts = dict.fromkeys(("de", "sw", "fr"), "\x00" * 10000)
    offer = Offer(title={"en": "Milk"}, text=texts)
    write(path, [("offer", offer)])
    assert [row.offer for row in read(path)] == [offer]
