"""The list as a view: what may be asked for, and what is refused."""

import pytest

from node.views import market as lists
from node.views.market import Filters
from protocol import trade
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP, to_text
from protocol.values import Blob, Decimal
from tests.node.store.market import NOW_MS, Market

DAY_MS = 86_400_000


@pytest.fixture
def market() -> Market:
    made = Market()
    price = trade.Price(currency="KES", exponent=2, minor=54_000, per=Decimal(6, 1))
    proof = Blob(bytes=1, hash=bytes(32), type="application/pdf")
    claims = (trade.Fair(scheme="fair", evidence=(proof,)),)
    made.add(
        "Coffee", prices=(price,), unit="KGM", fair=claims, valid_until_ms=NOW_MS + 14 * DAY_MS
    )
    made.add("Tea", valid_until_ms=NOW_MS + 15 * DAY_MS)
    return made


def titles(market: Market, **asked: object) -> list[str]:
    filters = Filters(**asked)  # type: ignore[arg-type]
    wanted = lists.wanted_of(market.connection, filters, NOW_MS)
    found = lists.page(market.connection, wanted, market.asker, ("en",), None, 10)
    return [line.title for line in found.offers]


def test_prices_are_for_one_unit_in_their_currency(market: Market) -> None:
    assert titles(market, currency="KES") == ["Coffee"]
    assert titles(market, currency="KES", price_min="9", price_max="9.00") == ["Coffee"]
    assert titles(market, currency="KES", price_max="8.9999") == []
    assert titles(market, currency="KES", price_max="999999999999999") == ["Coffee"]


@pytest.mark.parametrize(
    "asked",
    [
        {"price_max": "5"},
        {"currency": "KES", "price_min": "cheap"},
        {"currency": "KES", "price_min": "-1"},
        {"circle": "circle1qqqqqqqq"},
        {"coop": "nobody"},
    ],
)
def test_what_says_nothing_is_refused(market: Market, asked: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        titles(market, **asked)


def test_each_way_to_ask(market: Market) -> None:
    circle, coop = to_text(CIRCLE, market.circle), to_text(COOP, market.coop.id)
    assert titles(market, circle=circle, coop=coop[:20], mine=True) == ["Tea", "Coffee"]
    assert titles(market, fair="evidence") == ["Coffee"]
    assert titles(market, fair="confirmed") == []
    assert titles(market, ends_within_days=14) == ["Coffee"]
    assert titles(market, sort="ending") == ["Coffee", "Tea"]


def test_a_line_tells_what_stands_behind_it_and_whether_it_ends_soon(market: Market) -> None:
    wanted = lists.wanted_of(market.connection, Filters(), NOW_MS)
    found = lists.page(market.connection, wanted, market.asker, ("en",), None, 10)
    assert [(line.title, line.fair, line.ends_soon) for line in found.offers] == [
        ("Tea", "", False),
        ("Coffee", "evidence", True),
    ]


def test_what_ends_first_goes_on_page_by_page(market: Market) -> None:
    wanted = lists.wanted_of(market.connection, Filters(sort="ending"), NOW_MS)
    first = lists.page(market.connection, wanted, market.asker, ("en",), None, 1)
    second = lists.page(market.connection, wanted, market.asker, ("en",), first.next, 1)
    assert [line.title for line in (*first.offers, *second.offers)] == ["Coffee", "Tea"]
    assert second.next is None
