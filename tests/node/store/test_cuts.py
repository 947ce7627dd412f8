"""What a thief signed after the cut has no effect anywhere, in any order of arrival."""

import pytest

from node import acts, devices, ingest
from node.store import circles
from protocol.errors import Refusal
from tests.coops import NOW_MS, Coop, Talk, join
from tests.stolen import LATER_MS, Theft, stolen


def test_what_a_thief_offered_is_taken_back_when_the_cut_arrives() -> None:
    theft = stolen()
    theft.thief_tells(theft.thief.offer(theft.circle, "false", now_ms=LATER_MS))
    assert theft.fishers.titles(theft.circle) == ["false", "honest"]
    event = theft.revoke()
    ingest.ingest_keys(theft.fishers.database, [event])
    assert theft.fishers.titles(theft.circle) == ["honest"]
    assert theft.fishers.root(theft.circle) == theft.growers.root(theft.circle)


def test_what_a_thief_pushes_behind_the_cut_is_not_stored() -> None:
    theft = stolen()
    ingest.ingest_keys(theft.fishers.database, [theft.revoke()])
    before = theft.fishers.records()
    late = theft.thief.offer(theft.circle, "false", now_ms=LATER_MS)
    outcome = ingest.ingest_paths(
        theft.fishers.database, theft.circle, late.paths, LATER_MS, live=True
    )
    assert [refusal.code for _, refusal in outcome.refused] == ["beyond-cut"]
    assert theft.fishers.records() == before


def test_the_thief_of_a_device_cannot_end_what_its_coop_had_said() -> None:
    theft = stolen()
    theft.thief_tells(
        acts.withdraw(
            theft.thief.database, theft.thief.signing(now_ms=LATER_MS), offer_of(theft), {}
        )
    )
    assert theft.fishers.titles(theft.circle) == []
    ingest.ingest_keys(theft.fishers.database, [theft.revoke()])
    assert theft.fishers.titles(theft.circle) == ["honest"]


def test_no_membership_comes_of_what_a_thief_signed() -> None:
    theft = stolen()
    friend = Coop("friend")
    for one in (theft.thief, theft.fishers, theft.growers):
        ingest.ingest_keys(one.database, [friend.inception])
    ingest.ingest_keys(friend.database, [theft.fishers.inception, theft.growers.inception])
    _, admitted = acts.admit(
        theft.thief.database, theft.thief.signing(now_ms=LATER_MS), theft.circle, friend.id
    )
    theft.thief_tells(admitted)
    friend.wish(theft.circle, theft.fishers)
    Talk(theft.fishers, friend, now_ms=LATER_MS + 1000).hello()
    friend.accept(theft.circle)
    friend.offer(theft.circle, "uninvited")
    Talk(theft.fishers, friend, now_ms=LATER_MS + 1000).hello()
    assert members(theft.fishers, theft.circle) == {theft.fishers.id, theft.growers.id, friend.id}
    assert theft.fishers.titles(theft.circle) == ["honest", "uninvited"]
    event = theft.revoke()
    ingest.ingest_keys(theft.fishers.database, [event])
    assert members(theft.fishers, theft.circle) == {theft.fishers.id, theft.growers.id}
    assert theft.fishers.titles(theft.circle) == ["honest"]
    Talk(theft.fishers, theft.growers, now_ms=LATER_MS + 1000).hello()
    assert theft.growers.root(theft.circle) == theft.fishers.root(theft.circle)


def test_what_others_wrote_behind_a_thiefs_record_holds_and_reaches_a_newcomer() -> None:
    theft = stolen()
    friend, third = Coop("friend"), Coop("third")
    everyone = (theft.thief, theft.fishers, theft.growers)
    for one in everyone:
        ingest.ingest_keys(one.database, [friend.inception, third.inception])
    theft.thief_tells(
        acts.admit(
            theft.thief.database, theft.thief.signing(now_ms=LATER_MS), theft.circle, friend.id
        )[1]
    )
    later = theft.fishers.signing(now_ms=LATER_MS + 1000)
    acts.admit(theft.fishers.database, later, theft.circle, third.id)
    ingest.ingest_keys(theft.fishers.database, [theft.revoke()])
    ingest.ingest_keys(third.database, [theft.fishers.inception])
    third.wish(theft.circle, theft.fishers)
    Talk(theft.fishers, third, now_ms=LATER_MS + 2000).hello()
    acts.accept(third.database, third.signing(now_ms=LATER_MS + 2000), theft.circle)
    Talk(theft.fishers, third, now_ms=LATER_MS + 2000).hello()
    for one in (theft.fishers, third):
        assert members(one, theft.circle) == {theft.fishers.id, theft.growers.id, third.id}
    assert third.titles(theft.circle) == ["honest"]
    assert third.root(theft.circle) == theft.fishers.root(theft.circle)


def test_an_affirmed_offer_is_shown_again_and_what_stands_beside_it_is_not() -> None:
    theft = stolen()
    false = theft.thief.offer(theft.circle, "false", "true after all", now_ms=LATER_MS)
    Talk(theft.fishers, theft.thief, now_ms=LATER_MS).hello()
    Talk(theft.fishers, theft.growers, now_ms=LATER_MS).hello()
    theft.revoke()
    theft.new_device()
    theft.affirm(false.ids[1])
    Talk(theft.growers, theft.fishers, now_ms=LATER_MS + 1000).hello()
    for one in (theft.growers, theft.fishers):
        assert one.titles(theft.circle) == ["honest", "true after all"]
    third = newcomer(theft)
    assert third.titles(theft.circle) == ["honest", "true after all"]
    assert third.root(theft.circle) == theft.fishers.root(theft.circle)


def test_the_circle_of_a_founder_whose_device_was_lost_goes_on() -> None:
    theft = stolen()
    fishers = theft.fishers
    event = devices.revoke(
        fishers.database,
        fishers.id,
        fishers.recovery,
        fishers.device,
        fishers.draw,
        until_ms=NOW_MS - 1,
    )
    ingest.ingest_keys(theft.growers.database, [event])
    state = circles.load(theft.growers.database, theft.circle).state
    assert state is not None
    assert state.rules.stewards == (fishers.id,)


def test_a_machine_that_was_taken_out_signs_nothing_more() -> None:
    theft = stolen()
    theft.revoke()
    with pytest.raises(Refusal, match="not-its-device"):
        theft.growers.offer(theft.circle, "too late")
    theft.new_device()
    theft.growers.offer(theft.circle, "from the new machine")
    Talk(theft.growers, theft.fishers).hello()
    assert theft.fishers.titles(theft.circle) == ["from the new machine", "honest"]


def offer_of(theft: Theft) -> bytes:
    row = theft.growers.database.connection.execute(
        "SELECT record.id FROM offer JOIN record ON record.n = offer.root"
    ).fetchone()
    return bytes(row[0])


def members(coop: Coop, circle: bytes) -> frozenset[bytes]:
    state = circles.load(coop.database, circle).state
    assert state is not None
    return state.members()


def newcomer(theft: Theft) -> Coop:
    third = Coop("third")
    join(theft.circle, theft.fishers, third)
    for _ in range(3):
        Talk(theft.fishers, third, now_ms=LATER_MS + 2000).hello()
    return third
