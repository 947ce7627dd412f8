"""Listing and searching offers: what is asked for, by words that are never syntax."""

from typing import Any

import pytest

from node import acts
from node.store import offers
from node.store.offers import Asker, Wanted, count, match_of, page
from protocol import trade
from tests.node.store.market import NOW_MS, Market


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
    most = " ".join(f"w{number}" for number in range(offers.SEARCH_WORDS_MAX))
    assert match_of(most) == match_of(f"{most} more")
    assert match_of("x" * offers.SEARCH_CHARS_MAX) == match_of("x" * 1000)


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
    behind = page(*asked, offers.Place(first[-1].published_ms, first[-1].root), 100)
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
    monkeypatch.setattr(offers, "COUNT_MAX", 3)
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


def test_an_offer_shows_its_versions_and_its_signature(market: Market) -> None:
    subject = market.add("Coffee")
    market.add("Other coffee", subject=subject)
    market.add("Tea")
    found = offers.find(market.connection, subject)
    assert found is not None
    assert found.version is not None
    signed = offers.signed(market.connection, found.version)
    assert [record for record, _ in offers.versions(market.connection, found)] == [
        subject,
        signed.id,
    ]
    assert signed.device == market.coop.device
    assert signed.head_seq is not None
    assert signed.head_seq >= signed.seq
    assert offers.find(market.connection, signed.id) is None


def test_own_offers_come_in_order_and_piece_by_piece(market: Market) -> None:
    ids = [market.add(f"Offer {number}") for number in range(3)]
    market.do(lambda database, signing: acts.withdraw(database, signing, ids[1], {}))
    first = offers.own(market.connection, market.circle, market.coop.id, 0, 2)
    rest = offers.own(market.connection, market.circle, market.coop.id, first[-1][0], 2)
    assert [row[1] for row in (*first, *rest)] == ids
    assert [row[3] for row in (*first, *rest)] == [0, 1, 0]
    assert offers.own(market.connection, market.circle, bytes(32), 0, 2) == []
