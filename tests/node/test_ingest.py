"""The one door: what it refuses leaves no trace, what may only wait is taken later."""

from collections.abc import Callable

import msgspec
import pytest

from node import acts, ingest
from node.author import Draft
from protocol import profile, trade
from protocol.chunk import Path, pack
from protocol.errors import Refusal
from protocol.limits import SKEW_MS_MAX
from protocol.record import write_body
from tests.coops import NOW_MS, Coop, Talk, trio

Given = tuple[bytes, Coop, Coop, Coop]
Make = Callable[[Given], Path]
LATE_MS = NOW_MS + SKEW_MS_MAX + 1


def state_of(coop: Coop) -> list[str]:
    """Everything that the file holds."""
    return list(coop.database.connection.iterdump())


def take(coop: Coop, circle: bytes, *paths: Path, live: bool = False) -> ingest.Outcome:
    return ingest.ingest(coop.database, circle, pack(paths), NOW_MS, live=live)


def offer_draft(coop: Coop, title: str) -> Draft:
    fields = trade.Offer(title={"en": title})
    return Draft(trade.OFFER, coop.signing().body(fields), NOW_MS // 86_400_000 + 9)


def one_path(given: Given) -> Path:
    circle, fishers, _, _ = given
    return fishers.offer(circle, "cod").paths[0]


def behind_a_gap(given: Given) -> Path:
    one_path(given)
    return one_path(given)


def of_a_stranger(given: Given) -> Path:
    circle, _, _, others = given
    return others.path(circle, offer_draft(others, "uninvited"))


def of_one_who_is_known_and_no_member(given: Given) -> Path:
    _, _, growers, others = given
    ingest.ingest_keys(growers.database, [others.inception])
    return of_a_stranger(given)


def from_the_future(given: Given) -> Path:
    circle, fishers, _, _ = given
    return fishers.offer(circle, "too early", now_ms=LATE_MS).paths[0]


def by_another_device(given: Given) -> Path:
    circle, fishers, _, _ = given
    thief = Coop("thief")
    thief.id = fishers.id
    return thief.path(circle, offer_draft(thief, "stolen name"))


def without_a_lasting_body(given: Given) -> Path:
    circle, fishers, _, _ = given
    fields = profile.Profile(name="Fischer", country="DE")
    path = acts.set_profile(fishers.database, fishers.signing(), circle, fields).paths[0]
    body = path.bodies[0]
    assert isinstance(body, bytes)
    digest = fishers.database.network.hash(b"body", body)
    return msgspec.structs.replace(path, bodies=((digest, len(body)),))


def with_a_broken_signature(given: Given) -> Path:
    path = one_path(given)
    return msgspec.structs.replace(path, signature=path.signature[::-1])


def with_another_body(given: Given) -> Path:
    _, _, growers, _ = given
    return msgspec.structs.replace(one_path(given), bodies=(offer_draft(growers, "fake").body,))


def dated_before_its_parent(given: Given) -> Path:
    return msgspec.structs.replace(one_path(given), times=(NOW_MS - 1,))


def behind_a_record_of_another_log(given: Given) -> Path:
    circle, _, growers, _ = given
    parent = growers.offer(circle, "coffee").ids[0]
    return msgspec.structs.replace(one_path(given), parent=parent)


def in_the_name_of_another(given: Given) -> Path:
    _, _, growers, _ = given
    return msgspec.structs.replace(one_path(given), coop=growers.id)


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("make", "code", "gap"),
    [
        (behind_a_gap, "gap", True),
        (of_a_stranger, "unknown-coop", True),
        (of_one_who_is_known_and_no_member, "not-a-member", True),
        (from_the_future, "from-the-future", False),
        (by_another_device, "not-its-device", True),
        (without_a_lasting_body, "absent-body", False),
    ],
)
def test_what_has_to_wait_is_named_and_leaves_no_trace(
    make: Make, code: str, gap: bool, live: bool
) -> None:
    given = trio()
    circle, _, growers, _ = given
    path = make(given)
    before = state_of(growers)
    outcome = take(growers, circle, path, live=live)
    assert [(log, refusal.code) for log, refusal in outcome.refused] == [(path.log, code)]
    assert (outcome.gap, outcome.new_records, outcome.members_changed) == (gap, 0, False)
    assert state_of(growers) == before


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (with_a_broken_signature, "bad-signature"),
        (with_another_body, "bad-signature"),
        (dated_before_its_parent, "time-backwards"),
        (behind_a_record_of_another_log, "bad-chain"),
        (in_the_name_of_another, "bad-chain"),
    ],
)
def test_what_a_peer_may_not_say_is_raised_and_takes_its_whole_chunk_along(
    make: Make, code: str
) -> None:
    given = trio()
    circle, fishers, growers, _ = given
    good = fishers.offer(circle, "fine", instance=1).paths
    path = make(given)
    before = state_of(growers)
    with pytest.raises(Refusal) as refusal:
        take(growers, circle, *good, path)
    assert refusal.value.code == code
    assert state_of(growers) == before
    take(growers, circle, *good)
    assert "fine" in growers.titles(circle)


def test_a_log_is_of_one_circle() -> None:
    circle, fishers, growers, _ = trio()
    second = fishers.found("another")
    path = fishers.offer(circle, "cod").paths[0]
    opening = fishers.path(second, ground=None)
    before = state_of(growers)
    for wrong, place in ((path, second), (opening, circle)):
        with pytest.raises(Refusal, match="malformed"):
            take(growers, place, wrong)
        assert state_of(growers) == before


def test_the_same_again_is_nothing_new() -> None:
    given = trio()
    circle, _, growers, _ = given
    path = one_path(given)
    assert take(growers, circle, path).new_records == 1
    before = state_of(growers)
    outcome = take(growers, circle, path)
    assert (outcome.new_records, outcome.refused, outcome.gap) == (0, [], False)
    assert state_of(growers) == before


def test_paths_in_any_order_are_all_taken() -> None:
    circle, fishers, growers, _ = trio()
    paths = [fishers.offer(circle, title).paths[0] for title in ("cod", "hake", "salmon")]
    outcome = take(growers, circle, *reversed(paths))
    assert (outcome.new_records, outcome.gap, outcome.refused) == (3, False, [])
    assert growers.root(circle) == fishers.root(circle)


def test_what_came_too_early_is_taken_when_its_time_has_come() -> None:
    given = trio()
    circle, fishers, growers, _ = given
    path = from_the_future(given)
    assert take(growers, circle, path).new_records == 0
    later = ingest.ingest_paths(growers.database, circle, [path], NOW_MS + 1, live=True)
    assert (later.new_records, later.refused) == (1, [])
    assert growers.titles(circle) == ["too early"]
    assert growers.root(circle) == fishers.root(circle)


def test_who_is_let_in_is_heard_afterwards() -> None:
    """What was refused before an admit came is taken behind it, out of the same chunk, too."""
    circle, fishers, growers, others = trio()
    for one in (fishers, growers):
        ingest.ingest_keys(one.database, [others.inception])
    admit = fishers.admit(circle, others)
    opening = others.path(circle, offer_draft(others, "hello"), ground=admit.ids[0])
    assert take(growers, circle, opening).refused[0][1].code == "not-a-member"
    outcome = take(growers, circle, opening, *admit.paths)
    assert (outcome.gap, outcome.members_changed) == (False, True)
    assert growers.titles(circle) == ["hello"]


def test_what_a_removed_coop_says_live_is_beyond_its_cut() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "coffee")
    Talk(fishers, growers).hello()
    acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    path = growers.offer(circle, "tea").paths[0]
    before = state_of(fishers)
    assert take(fishers, circle, path, live=True).refused[0][1].code == "beyond-cut"
    assert state_of(fishers) == before
    assert fishers.titles(circle) == ["coffee"]


def test_many_chunks_are_all_or_nothing_and_nothing_of_the_rest_is_remembered() -> None:
    circle, fishers, growers, others = trio()
    for one in (fishers, growers):
        ingest.ingest_keys(one.database, [others.inception])
    chunks = [pack(fishers.admit(circle, others).paths), pack(fishers.offer(circle, "cod").paths)]
    broken = pack([with_a_broken_signature((circle, fishers, growers, others))])
    before = state_of(growers)
    with pytest.raises(Refusal, match="bad-signature"):
        ingest.ingest_many(growers.database, circle, [*chunks, broken], NOW_MS)
    assert state_of(growers) == before
    outcomes = ingest.ingest_many(growers.database, circle, chunks, NOW_MS)
    assert [one.new_records for one in outcomes] == [1, 1]
    assert [one.members_changed for one in outcomes] == [True, False]
    Talk(fishers, growers).hello()
    assert growers.titles(circle) == ["cod", "cod"]
    assert growers.root(circle) == fishers.root(circle)


def test_a_body_that_nobody_wants_is_left_alone() -> None:
    circle, fishers, growers, _ = trio()
    published = fishers.offer(circle, "cod")
    body = published.paths[0].bodies[0]
    assert isinstance(body, bytes)
    bare = (fishers.database.network.hash(b"body", body), len(body))
    take(growers, circle, msgspec.structs.replace(published.paths[0], bodies=(bare,)))
    assert growers.root(circle) == fishers.root(circle)
    assert growers.titles(circle) == []
    before = state_of(growers)
    fake = write_body(bytes(16), trade.Offer(title={"en": "fake"}))
    for record, wrong in ((published.ids[0], fake), (bytes(32), body)):
        assert ingest.ingest_body(growers.database, circle, record, wrong).new_records == 0
    assert state_of(growers) == before
    came = ingest.ingest_body(growers.database, circle, published.ids[0], body)
    assert came.new_records == 1
    assert growers.titles(circle) == ["cod"]
