"""Circles in the store: who is a member, and how far each log counts and is carried."""

import pytest

from node import acts, ingest
from node.store import circles, logs
from node.store.logs import Branch
from protocol.circle import ADMIT, Admit
from protocol.errors import Refusal
from protocol.record import write_body
from protocol.trade import OFFER, Offer
from tests.coops import Coop, Talk, join, trio


def members(coop: Coop) -> dict[bytes, tuple[bool, bool]]:
    """Co-op -> (may be served, has said yes)."""
    rows = coop.database.connection.execute(
        "SELECT coop.id, live, accepted FROM circle_member JOIN coop ON coop.n = coop"
    ).fetchall()
    return {one: (bool(live), bool(accepted)) for one, live, accepted in rows}


def branches(coop: Coop, circle: bytes, of: Coop) -> list[Branch]:
    number = circles.circle_number(coop.database, circle)
    assert number is not None
    found = logs.logs_of(coop.database, number, coop.database.coop_number(of.id))
    return [one for log in found for one in logs.branches_of(coop.database, log.n)]


def test_the_founder_is_a_member_and_the_circle_has_its_name() -> None:
    coop = Coop("fishers")
    circle = coop.found("Sea and soil", public=True)
    row = coop.database.connection.execute("SELECT id, name, read FROM circle").fetchone()
    assert row == (circle, "Sea and soil", "public")
    assert members(coop) == {coop.id: (True, True)}


def test_who_is_admitted_may_be_served_and_is_a_member_with_its_own_yes() -> None:
    circle, fishers, _, others = trio()
    ingest.ingest_keys(fishers.database, [others.inception])
    fishers.admit(circle, others)
    assert members(fishers)[others.id] == (True, False)
    others.wish(circle, fishers)
    Talk(fishers, others).hello()
    others.accept(circle)
    Talk(fishers, others).hello()
    assert members(fishers)[others.id] == (True, True)


def test_who_is_removed_is_neither_and_what_it_said_later_does_not_count() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "before")
    Talk(fishers, growers).hello()
    acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    assert members(fishers)[growers.id] == (False, False)
    (branch,) = branches(fishers, circle, growers)
    assert branch.counted_seq == branch.tip_seq
    late = growers.offer(circle, "after")
    before = fishers.records()
    outcome = ingest.ingest_paths(fishers.database, circle, late.paths, 10**13, live=True)
    assert [refusal.code for _, refusal in outcome.refused] == ["beyond-cut"]
    assert fishers.records() == before
    assert fishers.titles(circle) == ["before"]


def test_a_member_that_leaves_takes_nothing_along() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "coffee")
    acts.remove(growers.database, growers.signing(), circle, growers.id)
    Talk(fishers, growers).hello()
    assert members(fishers)[growers.id] == (False, False)
    assert fishers.titles(circle) == ["coffee"]


def test_a_removal_takes_back_what_arrived_before_it() -> None:
    """It was cut where one member saw it; another had seen more."""
    circle, fishers, growers, others = trio()
    join(circle, fishers, others)
    Talk(fishers, growers).hello()
    Talk(growers, others).hello()
    others.offer(circle, "seen by all")
    Talk(fishers, others).hello()
    Talk(growers, others).hello()
    others.offer(circle, "seen by the growers alone")
    Talk(growers, others).hello()
    acts.remove(fishers.database, fishers.signing(), circle, others.id)
    assert growers.titles(circle) == ["seen by all", "seen by the growers alone"]
    Talk(fishers, growers).hello()
    assert growers.titles(circle) == ["seen by all"]
    assert growers.root(circle) == fishers.root(circle)
    (branch,) = branches(growers, circle, others)
    assert branch.counted_seq < branch.tip_seq


def test_who_comes_back_writes_in_a_new_log_that_counts() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "first time")
    Talk(fishers, growers).hello()
    acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    fishers.admit(circle, growers)
    Talk(fishers, growers).hello()
    growers.accept(circle)
    growers.offer(circle, "second time")
    Talk(fishers, growers).hello()
    assert members(fishers)[growers.id] == (True, True)
    assert fishers.titles(circle) == ["first time", "second time"]
    assert fishers.root(circle) == growers.root(circle)
    assert len(branches(fishers, circle, growers)) == 2


def test_the_judge_is_the_same_after_a_restart() -> None:
    circle, fishers, growers, others = trio()
    join(circle, fishers, others)
    acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    before = circles.load(fishers.database, circle)
    fishers.database.forget()
    after = circles.load(fishers.database, circle)
    assert after is not before
    assert after.state == before.state
    assert after.heads() == before.heads()
    assert {one: after.is_valid(one) for one in after.entries} == {
        one: before.is_valid(one) for one in before.entries
    }


def test_a_circle_record_that_is_malformed_stays_a_link_of_its_chain() -> None:
    circle, fishers, _, _ = trio()
    before = circles.load(fishers.database, circle).state
    fishers.say(circle, ADMIT, write_body(bytes(16), {"coop": "nobody"}))
    fishers.say(circle, ADMIT, b"\xc1")
    assert circles.load(fishers.database, circle).state == before
    fishers.offer(circle, "cod")
    assert fishers.titles(circle) == ["cod"]


def test_an_admit_that_does_not_refer_to_the_circle_is_ineffective() -> None:
    circle, fishers, _, others = trio()
    fishers.say(circle, ADMIT, write_body(bytes(16), Admit(others.id, bytes(16))))
    assert others.id not in members(fishers)


def test_a_coop_cannot_write_into_a_circle_before_it_is_admitted() -> None:
    circle, fishers, _, others = trio()
    ingest.ingest_keys(fishers.database, [others.inception])
    offer = write_body(bytes(16), Offer(title={"en": "uninvited"}))
    path = others.path(circle)
    outcome = ingest.ingest_paths(fishers.database, circle, [path], 10**13, live=True)
    assert [refusal.code for _, refusal in outcome.refused] == ["not-a-member"]
    with pytest.raises(Refusal, match="not-a-member"):
        others.say(circle, OFFER, offer)


def test_a_second_founding_of_the_same_circle_changes_nothing() -> None:
    """The founding's body can be copied by anyone; its author must be among the stewards."""
    circle, fishers, growers, _ = trio()
    body = fishers.database.connection.execute(
        "SELECT body FROM record JOIN kind ON kind.n = kind WHERE kind.name = 'circle.found/1'"
    ).fetchone()[0]
    before = circles.load(fishers.database, circle).state
    growers.say(circle, "circle.found/1", body)
    Talk(fishers, growers).hello()
    assert circles.load(fishers.database, circle).state == before
