"""Listing and searching offers: what is asked for, by words that are never syntax."""

from typing import Any

import pytest

from node import acts
from node.store import market as lists
from node.store.market import Asker, Place, Wanted, count, match_of, page
from protocol import trade
from protocol.values import Blob, Decimal
from tests.node.store.market import NOW_MS, Market

DAY_MS = 86_400_000


@pytest.fixture
def market() -> Market:
    return Market()


def titles(market: Market, text: str | None = None, **filters: Any) -> list[str]:  # noqa: ANN401
    wanted = Wanted(match=None if text is None else match_of(text), **filters)
    counted = count(market.connection, wanted, market.asker)
    found = page(market.connection, wanted, market.asker, counted, None, 100)
    assert len(found) == min(counted, 100)
    return [market.title_of(one.body) for one in found]


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("coffee", '"coffee"*'),
        ("  Washed   coffee ", '"Washed" "coffee"*'),
        ("fair-trade", '"fair" "trade"*'),
        ('"or" AND (NEAR', '"or" "AND" "NEAR"*'),
        ("title:coffee* ^x", '"title" "coffee" "x"*'),
        ("50%", '"50"*'),
        ("Café", '"Café"*'),
        ("कॉफी", '"क" "फ"*'),
        ("コーヒー", '"コーヒー"*'),
    ],
)
def test_words_are_taken_out_of_what_was_typed(typed: str, query: str) -> None:
    assert match_of(typed) == query


@pytest.mark.parametrize("typed", ["", "  ", '"', "-*()", "';--"])
def test_without_a_word_nothing_is_searched(typed: str) -> None:
    assert match_of(typed) is None


def test_a_search_has_so_many_words_and_no_more() -> None:
    most = " ".join(f"w{number}" for number in range(lists.SEARCH_WORDS_MAX))
    assert match_of(most) == match_of(f"{most} more")
    assert match_of("x" * lists.SEARCH_CHARS_MAX) == match_of("x" * 1000)


@pytest.mark.parametrize(
    "typed",
    ['"', "a OR b", "NOT x", "x NEAR y", "{x}", "x + y", "^x", "col:x", "x*", "-x", "''", "\x00x",
     "𞤀a𞤁b", "a\u200db", "\ud800x", "١٢", "Ⅻ", "e\u0301e", "x\u1cf7y"],
)  # fmt: skip
def test_nothing_that_is_typed_breaks_the_search(market: Market, typed: str) -> None:
    market.add("Coffee")
    assert isinstance(titles(market, typed), list)


def test_all_words_must_be_there_and_the_last_may_be_a_beginning(market: Market) -> None:
    market.add("Washed coffee", text="from Nyeri")
    market.add("Natural coffee", text="from Huila")
    assert titles(market, "coffee") == ["Natural coffee", "Washed coffee"]
    assert titles(market, "nyeri cof") == ["Washed coffee"]
    assert titles(market, "cof nyeri") == []
    assert titles(market, "COFFEE") == titles(market, "coffee")


def test_accents_are_no_difference(market: Market) -> None:
    market.add("Café moulu")
    assert titles(market, "cafe") == ["Café moulu"]
    assert titles(market, "CAFÉ") == ["Café moulu"]


def test_texts_categories_and_codes_are_searched(market: Market) -> None:
    item = trade.Item(category=("spices",), sku="VAN-7", hs="090510")
    market.add("Vanilla", item=item)
    for typed in ("spices", "VAN-7", "090510"):
        assert titles(market, typed) == ["Vanilla"]


def test_the_newest_stand_first_and_pages_go_on(market: Market) -> None:
    for number in range(5):
        market.add(f"Offer {number}")
    asked = (market.connection, Wanted(), market.asker, 5)
    first = page(*asked, None, 2)
    behind = page(*asked, Place(first[-1].published_ms, first[-1].root), 100)
    assert [market.title_of(one.body) for one in first] == ["Offer 4", "Offer 3"]
    assert [market.title_of(one.body) for one in behind] == ["Offer 2", "Offer 1", "Offer 0"]


def test_filters(market: Market) -> None:
    market.add("Coffee", where=trade.Where(country="KE"))
    market.add("Tea", where=trade.Where(country="IN"))
    market.add("Crates", kind=trade.WANT)
    assert titles(market, country="KE") == ["Coffee"]
    assert titles(market, is_want=True) == ["Crates"]
    assert titles(market, is_want=False) == ["Tea", "Coffee"]
    assert titles(market, "te", country="KE") == []
    assert titles(market, circle=market.circle) == ["Crates", "Tea", "Coffee"]
    assert titles(market, circle=bytes(32)) == []


def test_filters_of_kind_goods_condition_and_fairness(market: Market) -> None:
    proof = Blob(bytes=1, hash=bytes(32), type="application/pdf")
    claims = (trade.Fair(scheme="fair", evidence=(proof,)),)
    market.add("Coffee", item=trade.Item(hs="090111", category=("Drinks",)), fair=claims)
    market.add("Bicycle", item=trade.Item(hs="8712"), condition="good", mode="lend")
    market.add("Tea", item=trade.Item(hs="0902"), fair=(trade.Fair(scheme="fair"),))
    assert titles(market, hs="09") == ["Tea", "Coffee"]
    assert titles(market, hs="0901") == ["Coffee"]
    assert titles(market, hs="090121") == []
    assert titles(market, category="drinks") == ["Coffee"]
    assert titles(market, mode="lend") == ["Bicycle"]
    assert titles(market, condition="good") == ["Bicycle"]
    assert titles(market, fair=1) == ["Tea", "Coffee"]
    assert titles(market, fair=2) == ["Coffee"]
    assert titles(market, fair=3) == []
    assert titles(market, "coffee", hs="09", fair=1) == ["Coffee"]
    assert titles(market, coop=market.coop.id) == ["Tea", "Bicycle", "Coffee"]
    assert titles(market, coop=bytes(32)) == []


def test_prices_are_compared_in_one_currency_for_one_unit(market: Market) -> None:
    def price(currency: str, minor: int) -> trade.Price:
        return trade.Price(currency=currency, exponent=2, minor=minor, per=Decimal(1, 1))

    market.add("Cheap", prices=(price("EUR", 1_000),))
    market.add("Dear", prices=(price("EUR", 9_000), price("USD", 10_000)))
    market.add("Free", mode="give")
    assert titles(market, currency="EUR") == ["Dear", "Cheap"]
    assert titles(market, currency="EUR", price_max_e4=10_000) == ["Cheap"]
    assert titles(market, currency="EUR", price_min_e4=10_001) == ["Dear"]
    assert titles(market, currency="USD", price_min_e4=100_000, price_max_e4=100_000) == ["Dear"]
    assert titles(market, currency="USD", price_max_e4=99_999) == []


def test_what_ends_first_stands_first_and_pages_go_on(market: Market) -> None:
    for title, days in (("Late", 30), ("Soon", 1), ("Never", None), ("Later", 40)):
        until_ms = None if days is None else NOW_MS + days * DAY_MS
        market.add(title, valid_until_ms=until_ms)
    assert titles(market, sort="ending") == ["Soon", "Late", "Later", "Never"]
    assert titles(market, ends_by_ms=NOW_MS + 30 * DAY_MS) == ["Soon", "Late"]
    wanted = Wanted(sort="ending")
    for counted in (4, lists.COUNT_MAX + 1):
        first = page(market.connection, wanted, market.asker, counted, None, 2)
        place = lists.place_of(first[-1], "ending")
        rest = page(market.connection, wanted, market.asker, counted, place, 9)
        assert [market.title_of(one.body) for one in (*first, *rest)] == [
            "Soon", "Late", "Later", "Never",
        ]  # fmt: skip


def test_choices_are_what_occurs(market: Market) -> None:
    prices = tuple(trade.Price(currency=one, exponent=2, minor=1) for one in ("KES", "EUR"))
    item = trade.Item(hs="090111", category=("Drinks",))
    market.add("Coffee", where=trade.Where(country="KE"), prices=prices, item=item)
    gone = market.add("Rice", where=trade.Where(country="IN"))
    market.do(lambda database, signing: acts.withdraw(database, signing, gone, {}))
    assert lists.choices(market.connection) == (["KE"], ["EUR", "KES"], ["09"], ["drinks"])


def test_mine_are_those_of_the_asker(market: Market) -> None:
    market.add("Coffee")
    stranger = Asker(bytes(32), NOW_MS)
    assert titles(market, mine=True) == ["Coffee"]
    assert count(market.connection, Wanted(mine=True), stranger) == 0


@pytest.mark.parametrize(("later_ms", "listed"), [(0, ["Fish"]), (1, [])])
def test_an_offer_is_listed_until_its_end_and_not_after(
    market: Market, later_ms: int, listed: list[str]
) -> None:
    market.add("Fish", valid_until_ms=NOW_MS + 5_000)
    market.asker = Asker(market.coop.id, NOW_MS + 5_000 + later_ms)
    assert titles(market) == listed


def test_an_offer_whose_day_is_over_is_not_listed(market: Market) -> None:
    market.add("Fish")
    year_ms = 366 * 86_400_000
    market.asker = Asker(market.coop.id, NOW_MS + year_ms)
    assert titles(market) == []


def test_withdrawn_ones_are_not_listed_until_they_are_offered_again(market: Market) -> None:
    subject = market.add("Coffee")
    market.do(lambda database, signing: acts.withdraw(database, signing, subject, {}))
    assert (titles(market), titles(market, "coffee")) == ([], [])
    market.add("Coffee again", subject=subject)
    assert titles(market, "coffee") == ["Coffee again"]


def test_an_edit_is_found_by_its_new_words_alone(market: Market) -> None:
    subject = market.add("Coffee")
    market.add("Tea", subject=subject)
    assert (titles(market, "coffee"), titles(market, "tea")) == ([], ["Tea"])


def test_an_offer_for_others_is_not_listed(market: Market) -> None:
    other, own = bytes([7]) * 32, market.coop.id
    market.add("For another", recipients=(other,))
    market.add("For everybody")
    asked = {"ours": market.asker, "theirs": Asker(other, NOW_MS), "nobody's": Asker(b"x" * 32, 0)}
    listed = {
        whose: count(market.connection, Wanted(), Asker(asker.coop, NOW_MS))
        for whose, asker in asked.items()
    }
    assert own != other
    assert listed == {"ours": 2, "theirs": 2, "nobody's": 1}


@pytest.mark.parametrize("text", ["recipients", "ªrecipients", "ªrecipients\u0091", "ªrecipientsÜ"])
def test_the_word_recipients_hides_nothing(market: Market, text: str) -> None:
    market.add("For everybody", text=text, attributes={text: text})
    assert count(market.connection, Wanted(), Asker(b"x" * 32, NOW_MS)) == 1


def test_counting_ends_one_past_the_limit(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "COUNT_MAX", 3)
    for number in range(3):
        market.add(f"Coffee {number}")
    assert count(market.connection, Wanted(), market.asker) == 3
    market.add("Coffee 3")
    market.add("Coffee 4")
    assert count(market.connection, Wanted(), market.asker) == 4
    # many are found by another way than few: they are the same, in the same order
    many = page(market.connection, Wanted(match='"coffee"*'), market.asker, 4, None, 10)
    few = page(market.connection, Wanted(match='"coffee"*'), market.asker, 3, None, 10)
    assert many == few
    assert len(many) == 5
