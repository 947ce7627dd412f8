"""Disputed records as people see them: listed until they are affirmed."""

from node.store import disputes
from tests.coops import Talk
from tests.stolen import LATER_MS, stolen


def test_what_lies_beyond_a_cut_is_listed_until_it_is_affirmed() -> None:
    theft = stolen()
    theft.thief.offer(theft.circle, "older", now_ms=LATER_MS - 1)
    newer = theft.thief.offer(theft.circle, "newer", now_ms=LATER_MS).ids[0]
    Talk(theft.fishers, theft.thief, now_ms=LATER_MS).hello()
    connection = theft.fishers.database.connection
    assert disputes.listed(connection) == []
    Talk(theft.fishers, theft.growers, now_ms=LATER_MS).hello()
    theft.revoke()
    theft.new_device()
    Talk(theft.fishers, theft.growers, now_ms=LATER_MS).hello()
    first, second = disputes.listed(connection)
    assert first == (newer, theft.growers.id, theft.circle, "offer/1", LATER_MS)
    assert second.time_ms == LATER_MS - 1
    assert disputes.count(connection) == 2
    assert disputes.one(connection, newer) == first
    assert disputes.ids_between(connection, newer, newer) == [newer]
    theft.affirm(newer)
    Talk(theft.fishers, theft.growers, now_ms=LATER_MS).hello()
    assert disputes.listed(connection) == [second]
    assert disputes.one(connection, newer) is None
