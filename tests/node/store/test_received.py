"""From whom records came: one row a stretch, for this node alone."""

import pytest

from node.store import received
from protocol.errors import Refusal
from tests.node.store.market import NOW_MS, Market

ONE, OTHER = bytes([1]) * 32, bytes([2]) * 32


def numbers(market: Market, title: str) -> int:
    record = market.add(title)
    row = market.connection.execute("SELECT n FROM record WHERE id = ?", (record,)).fetchone()
    return int(row[0])


def test_a_record_names_from_whom_it_came() -> None:
    market = Market()
    own = numbers(market, "Ours")
    with received.noted(market.coop.database, ONE, NOW_MS):
        first = numbers(market, "From one")
    with received.noted(market.coop.database, ONE, NOW_MS + 1):
        second = numbers(market, "From one again")
    with received.noted(market.coop.database, OTHER, NOW_MS + 2):
        third = numbers(market, "From another")
    later = numbers(market, "Ours again")
    found = {
        n: received.source_of(market.connection, n) for n in (own, first, second, third, later)
    }
    assert found == {
        own: None,
        first: received.Received(ONE, NOW_MS),
        second: received.Received(ONE, NOW_MS),
        third: received.Received(OTHER, NOW_MS + 2),
        later: None,
    }
    rows = market.connection.execute("SELECT count(*) FROM local_received").fetchone()[0]
    assert rows == 2


def test_what_comes_much_later_is_a_stretch_of_its_own() -> None:
    market = Market()
    with received.noted(market.coop.database, ONE, NOW_MS):
        first = numbers(market, "Now")
    late_ms = NOW_MS + received.TOGETHER_MS
    with received.noted(market.coop.database, ONE, late_ms):
        second = numbers(market, "Later")
    found = [received.source_of(market.connection, n) for n in (first, second)]
    assert found == [received.Received(ONE, NOW_MS), received.Received(ONE, late_ms)]


def test_what_was_not_put_is_not_noted() -> None:
    market = Market()

    def fail() -> None:
        with received.noted(market.coop.database, ONE, NOW_MS):
            market.add("Never")
            raise Refusal("disk-full")

    with pytest.raises(Refusal):
        fail()
    with received.noted(market.coop.database, ONE, NOW_MS):
        pass
    rows = market.connection.execute("SELECT count(*) FROM local_received").fetchone()[0]
    assert rows == 0
