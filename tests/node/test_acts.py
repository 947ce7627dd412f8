"""What a member may do, what it is told when it may not, and that then nothing is written."""

import pytest

from node import acts, ingest
from node.store import circles
from protocol import trade
from protocol.circle import ADMIT
from protocol.endorse import act_digest
from protocol.errors import Refusal
from protocol.record import day_of
from tests.coops import NETWORK, NOW_MS, Coop, Talk, join, trio

DAY_MS = 86_400_000
OFFER = trade.Offer(title={"en": "coffee"})


def members(coop: Coop, circle: bytes) -> frozenset[bytes]:
    state = circles.load(coop.database, circle).state
    assert state is not None
    return state.members()


def meet(*coops: Coop) -> None:
    """Everyone talks to everyone, twice: what one hears first the next one hears then."""
    for _ in range(2):
        for index, one in enumerate(coops):
            for other in coops[index + 1 :]:
                Talk(one, other).hello()


def three() -> tuple[bytes, Coop, Coop, Coop, Coop]:
    """A circle of three, and a fourth co-op whose keys all of them know."""
    circle, fishers, growers, millers = trio()
    join(circle, fishers, millers)
    newcomer = Coop("newcomer")
    meet(fishers, growers, millers)
    for one in (fishers, growers, millers):
        ingest.ingest_keys(one.database, [newcomer.inception])
    return circle, fishers, growers, millers, newcomer


def lives_until(coop: Coop, record: bytes) -> int:
    row = coop.database.connection.execute(
        "SELECT expires_day FROM record WHERE id = ?", (record,)
    ).fetchone()
    return int(row[0])


def test_of_two_members_one_admits_alone() -> None:
    circle, fishers, growers, others = trio()
    ingest.ingest_keys(growers.database, [others.inception])
    done, _ = acts.admit(growers.database, growers.signing(), circle, others.id)
    assert done
    with pytest.raises(Refusal, match="already-there"):
        acts.admit(growers.database, growers.signing(), circle, others.id)
    with pytest.raises(Refusal, match="already-member"):
        acts.admit(growers.database, growers.signing(), circle, fishers.id)


def test_of_three_members_the_first_endorses_and_the_second_admits() -> None:
    circle, fishers, growers, millers, newcomer = three()
    done, _ = acts.admit(fishers.database, fishers.signing(), circle, newcomer.id)
    assert not done
    with pytest.raises(Refusal, match="needs-endorsements"):
        acts.admit(fishers.database, fishers.signing(), circle, newcomer.id)
    meet(fishers, growers, millers)
    ((act, data, behind),) = circles.load(growers.database, circle).proposals()
    assert (act, behind) == (ADMIT, frozenset({fishers.id}))
    digest = act_digest(NETWORK, act, circle, data)
    done, _ = acts.endorse_act(growers.database, growers.signing(), circle, digest)
    assert done
    meet(fishers, growers, millers)
    ingest.ingest_keys(newcomer.database, [growers.inception])
    newcomer.wish(circle, growers)
    Talk(growers, newcomer).hello()
    assert acts.accept(newcomer.database, newcomer.signing(), circle) is not None
    assert acts.accept(newcomer.database, newcomer.signing(), circle) is None
    meet(growers, newcomer)
    meet(growers, fishers, millers)
    for one in (fishers, growers, millers, newcomer):
        assert newcomer.id in members(one, circle)
        assert circles.load(one.database, circle).proposals() == []


def test_whoever_wants_the_same_admit_second_makes_it_done() -> None:
    circle, fishers, growers, millers, newcomer = three()
    acts.admit(fishers.database, fishers.signing(), circle, newcomer.id)
    meet(fishers, growers, millers)
    done, _ = acts.admit(millers.database, millers.signing(), circle, newcomer.id)
    assert done
    with pytest.raises(Refusal, match="not-found"):
        acts.endorse_act(growers.database, growers.signing(), circle, bytes(32))


def test_a_proposal_whose_aim_was_reached_is_not_endorsed_any_more() -> None:
    circle, fishers, growers, millers, newcomer = three()
    acts.admit(fishers.database, fishers.signing(), circle, newcomer.id)
    acts.admit(millers.database, millers.signing(), circle, newcomer.id)
    meet(fishers, growers, millers)
    proposals = circles.load(growers.database, circle).proposals()
    first, second = [act_digest(NETWORK, act, circle, data) for act, data, _ in proposals]
    done, _ = acts.endorse_act(growers.database, growers.signing(), circle, first)
    assert done
    ingest.ingest_keys(newcomer.database, [growers.inception])
    newcomer.wish(circle, growers)
    Talk(growers, newcomer).hello()
    acts.accept(newcomer.database, newcomer.signing(), circle)
    meet(growers, newcomer)
    with pytest.raises(Refusal, match="already-member"):
        acts.endorse_act(growers.database, growers.signing(), circle, second)


def test_leaving_needs_nobody_and_ends_what_one_may_do() -> None:
    circle, fishers, growers, millers, _ = three()
    done, _ = acts.remove(growers.database, growers.signing(), circle, growers.id)
    assert done
    before = growers.records()
    with pytest.raises(Refusal, match="not-a-member"):
        growers.offer(circle, "too late")
    with pytest.raises(Refusal, match="not-a-member"):
        acts.remove(growers.database, growers.signing(), circle, fishers.id)
    assert growers.records() == before
    meet(fishers, growers, millers)
    assert members(fishers, circle) == members(millers, circle) == {fishers.id, millers.id}
    with pytest.raises(Refusal, match="not-found"):
        acts.remove(fishers.database, fishers.signing(), circle, growers.id)


def test_an_offer_is_withdrawn_once_until_an_edit_offers_it_again() -> None:
    circle, fishers, _, _ = trio()
    subject = fishers.offer(circle, "cod").ids[0]
    acts.withdraw(fishers.database, fishers.signing(), subject, {"en": "sold"})
    assert fishers.titles(circle) == []
    before = fishers.records()
    with pytest.raises(Refusal, match="already-withdrawn"):
        acts.withdraw(fishers.database, fishers.signing(), subject, {})
    assert fishers.records() == before
    edit = (trade.OFFER, OFFER, subject)
    acts.add_offers(fishers.database, fishers.signing(), circle, [edit], live=True)
    assert fishers.titles(circle) == ["coffee"]
    acts.withdraw(fishers.database, fishers.signing(), subject, {})
    assert fishers.titles(circle) == []


def test_what_others_offer_is_theirs_and_a_batch_is_all_or_none() -> None:
    circle, fishers, growers, _ = trio()
    subject = fishers.offer(circle, "cod").ids[0]
    meet(fishers, growers)
    assert growers.titles(circle) == ["cod"]
    before = growers.records()
    batch = [(trade.OFFER, OFFER, None), (trade.OFFER, OFFER, subject)]
    with pytest.raises(Refusal, match="not-yours"):
        acts.add_offers(growers.database, growers.signing(), circle, batch, live=True)
    with pytest.raises(Refusal, match="not-yours"):
        acts.withdraw(growers.database, growers.signing(), subject, {})
    with pytest.raises(Refusal, match="not-found"):
        acts.withdraw(growers.database, growers.signing(), bytes(32), {})
    wrong = [(trade.WANT, OFFER, subject)]
    with pytest.raises(Refusal, match="bad-field"):
        acts.add_offers(fishers.database, fishers.signing(), circle, wrong, live=True)
    assert growers.records() == before


def test_an_edit_lives_at_least_as_long_as_what_it_replaces() -> None:
    circle, fishers, _, _ = trio()
    today = day_of(NOW_MS)
    long = trade.Offer(title={"en": "cod"}, valid_until_ms=NOW_MS + 500 * DAY_MS)
    short = trade.Offer(title={"en": "hake"}, valid_until_ms=NOW_MS + DAY_MS)

    def add(fields: trade.Offer, subject: bytes | None = None) -> bytes:
        offers = [(trade.OFFER, fields, subject)]
        return acts.add_offers(fishers.database, fishers.signing(), circle, offers, live=True).ids[
            0
        ]

    first = add(long)
    assert lives_until(fishers, first) == today + 500
    assert lives_until(fishers, add(short, first)) == today + 500
    assert lives_until(fishers, add(short)) == today + 1
    assert lives_until(fishers, add(OFFER)) == today + acts.DEFAULT_OFFER_DAYS
    ever = trade.Offer(title={"en": "salt"}, valid_until_ms=NOW_MS + 10_000 * DAY_MS)
    assert lives_until(fishers, add(ever)) == today + acts.OFFER_DAYS_MAX


def test_of_an_unknown_circle_nothing_can_be_said() -> None:
    fishers, growers = Coop("fishers"), Coop("growers")
    for act in (acts.admit, acts.remove, acts.endorse_act):
        with pytest.raises(Refusal, match="unknown-circle"):
            act(fishers.database, fishers.signing(), bytes(32), growers.id)
    assert acts.accept(fishers.database, fishers.signing(), bytes(32)) is None
    assert fishers.records() == 0
