"""The node's own log: how it opens, how it is dated, and how densely it is signed."""

from itertools import pairwise

import pytest

from node import acts, ingest
from node.author import Draft, Published
from protocol.circle import FIELDS as CIRCLE_KINDS
from protocol.errors import Refusal
from protocol.limits import SIGNATURE_GAP_BYTES_MAX, SIGNATURE_GAP_RECORDS_MAX
from protocol.record import LOG_OPEN, open_body, write_body
from tests.coops import NOW_MS, Coop, Talk, trio

MINUTE_MS = 60_000


def times(coop: Coop) -> list[int]:
    """The dates of its own records, in the order of their logs."""
    rows = coop.database.connection.execute(
        "SELECT record.time_ms FROM record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE coop.id = ? "
        "ORDER BY log.n, record.seq",
        (coop.id,),
    )
    return [row[0] for row in rows]


def signed_at(coop: Coop) -> list[int]:
    """Where the newest log of a co-op is signed."""
    rows = coop.database.connection.execute(
        "SELECT signature.seq FROM signature JOIN branch ON branch.n = signature.branch "
        "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE coop.id = ? "
        "ORDER BY signature.seq",
        (coop.id,),
    )
    return [row[0] for row in rows]


def test_a_founders_log_opens_without_a_ground_and_a_members_with_its_admit() -> None:
    fishers, growers = Coop("fishers"), Coop("growers")
    circle, founding = acts.found_circle(
        fishers.database, fishers.signing(), "Sea and soil", public=False
    )
    opening = open_body(first_body(founding))
    assert opening.refs == ()
    ingest.ingest_keys(fishers.database, [growers.inception])
    admit = fishers.admit(circle, growers)
    ingest.ingest_keys(growers.database, [fishers.inception])
    growers.wish(circle, fishers)
    Talk(fishers, growers).hello()
    accepted = growers.accept(circle)
    assert accepted.paths[0].kinds[0] == LOG_OPEN
    assert open_body(first_body(accepted)).refs == (admit.ids[0],)
    again = growers.offer(circle, "coffee")
    assert LOG_OPEN not in again.paths[0].kinds
    other = growers.offer(circle, "tea", instance=1)
    assert open_body(first_body(other)).refs == (admit.ids[0],)
    assert other.paths[0].log != again.paths[0].log


def first_body(published: Published) -> bytes:
    body = published.paths[0].bodies[0]
    assert isinstance(body, bytes)
    return body


def test_who_was_never_admitted_opens_no_log() -> None:
    circle, fishers, _, others = trio(public=True)
    ingest.ingest_keys(others.database, [fishers.inception])
    others.wish(circle, fishers)
    Talk(fishers, others).hello()
    before = others.records()
    with pytest.raises(Refusal, match="not-a-member"):
        others.offer(circle, "uninvited")
    assert others.records() == before


def test_at_least_one_head_within_any_stretch_of_the_limit_is_signed() -> None:
    circle, fishers, _, _ = trio()
    for count in (1, 300, 127, 128, 1, 129):
        published = fishers.offer(circle, *(f"fish {number}" for number in range(count)))
        assert all(len(path.bodies) <= SIGNATURE_GAP_RECORDS_MAX for path in published.paths)
        assert len(published.ids) == count
    signed = [0, *signed_at(fishers)]
    assert signed[-1] == len(times(fishers))
    gaps = [after - before for before, after in pairwise(signed)]
    assert max(gaps) <= SIGNATURE_GAP_RECORDS_MAX


def test_a_stretch_of_large_bodies_is_signed_before_it_is_too_large() -> None:
    circle, fishers, _, _ = trio()
    body = write_body(bytes(16), "x" * 40_000)
    published = fishers.signing().publish(fishers.database, circle, [Draft("later/1", body)] * 20)
    sizes = [sum(len(one) for one in path.bodies) for path in published.paths]
    assert len(sizes) > 1
    assert max(sizes) <= SIGNATURE_GAP_BYTES_MAX


def test_a_circle_record_ends_its_path() -> None:
    circle, fishers, _, others = trio()
    ingest.ingest_keys(fishers.database, [others.inception])
    published = fishers.admit(circle, others)
    for path in published.paths:
        kinds = [path.kinds[number] for number in path.kind_of]
        assert not any(kind in CIRCLE_KINDS for kind in kinds[:-1])


def test_time_never_goes_back_even_when_the_clock_does() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "cod", now_ms=NOW_MS + 5)
    fishers.offer(circle, "hake", now_ms=NOW_MS - 9 * MINUTE_MS)
    fishers.offer(circle, "salmon", now_ms=NOW_MS + 6)
    found = times(fishers)
    assert found == sorted(found)
    assert found[-3:] == [NOW_MS + 5, NOW_MS + 5, NOW_MS + 6]
    talk = Talk(fishers, growers, now_ms=NOW_MS + 6).hello()
    assert talk.refused == []
    assert growers.titles(circle) == ["cod", "hake", "salmon"]


def test_a_circle_record_is_dated_after_what_it_refers_to() -> None:
    """Two clocks differ by minutes: an act must still come behind what it answers."""
    circle, fishers, growers, others = trio()
    ingest.ingest_keys(fishers.database, [others.inception])
    ahead = NOW_MS + 5 * MINUTE_MS
    _, published = acts.admit(fishers.database, fishers.signing(now_ms=ahead), circle, others.id)
    Talk(fishers, growers).hello()
    _, answer = acts.remove(growers.database, growers.signing(), circle, growers.id)
    assert sum(answer.paths[-1].times) > sum(published.paths[-1].times) >= ahead


def test_what_the_door_refuses_leaves_the_log_as_it_was() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "cod")
    before, root = fishers.records(), fishers.root(circle)
    bad = Draft("profile/1", write_body(bytes(16), {}), expires_day=1)
    good = Draft("later/1", write_body(bytes(16), {}))
    with pytest.raises(Refusal):
        fishers.signing().publish(fishers.database, circle, [good, bad])
    assert (fishers.records(), fishers.root(circle)) == (before, root)
    fishers.offer(circle, "hake")
    Talk(fishers, growers).hello()
    assert growers.titles(circle) == ["cod", "hake"]


def test_a_clock_set_back_beyond_the_skew_is_named_as_the_cause() -> None:
    """The door would hold the record here and at every peer; better to say it before signing."""
    circle, fishers, _, _ = trio()
    signing = fishers.signing(now_ms=NOW_MS + 60 * MINUTE_MS)
    draft = Draft("later/1", write_body(bytes(16), {}))
    signing.publish(fishers.database, circle, [draft])
    before = fishers.records()
    late = fishers.signing(now_ms=NOW_MS + 10 * MINUTE_MS - 1)
    with pytest.raises(Refusal, match="50 minutes behind") as refused:
        late.publish(fishers.database, circle, [draft])
    assert refused.value.code == "clock-is-off"
    assert fishers.records() == before
    again = fishers.signing(now_ms=NOW_MS + 50 * MINUTE_MS)
    again.publish(fishers.database, circle, [draft])
    assert fishers.records() == before + 1
