"""Our own offers, however they stand."""

from node import acts
from node.store.market import Asker
from node.views import mine
from tests.node.store.market import NOW_MS, Market


def test_each_state_is_told_and_pages_go_on() -> None:
    market = Market()
    erased = market.add("Erased")
    gone = market.add("Taken back")
    market.add("Over", valid_until_ms=NOW_MS + 10)
    market.add("Standing")
    market.do(lambda database, signing: acts.withdraw(database, signing, gone, {}))
    market.do(lambda database, signing: acts.erase(database, signing, [erased]))
    asker = Asker(market.coop.id, NOW_MS + 1000)
    first = mine.page(market.connection, asker, ("en",), None, 3)
    second = mine.page(market.connection, asker, ("en",), first.next, 3)
    shown = [(one.state, one.offer and one.offer.title) for one in (*first.offers, *second.offers)]
    assert shown == [
        ("standing", "Standing"),
        ("over", "Over"),
        ("withdrawn", "Taken back"),
        ("erased", None),
    ]
    assert second.next is None


def test_others_are_not_among_them() -> None:
    market = Market()
    market.add("Ours")
    stranger = Asker(bytes(32), NOW_MS)
    assert mine.page(market.connection, stranger, (), None, 9) == mine.OwnPage((), None)
