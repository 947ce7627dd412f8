"""Reading logs out of SQLite for peers: forks, cuts, kept signatures, and what is not carried."""

import pytest

from node import acts
from node.store.replica import BranchReader
from protocol.chunk import Path
from protocol.circle import FIELDS
from protocol.limits import (
    CHUNK_RECORDS_MAX,
    HAVE_IDS_MAX,
    SIGNATURE_GAP_BYTES_MAX,
    SIGNATURE_GAP_RECORDS_MAX,
)
from tests.coops import Coop, Talk, join, trio


def paths_of(
    coop: Coop, circle: bytes, of: Coop, *, records: int = CHUNK_RECORDS_MAX, size: int = 10**9
) -> list[Path]:
    """All that is served of a co-op's logs."""
    rows = coop.database.connection.execute(
        "SELECT leaf FROM log JOIN coop ON coop.n = log.coop WHERE coop.id = ? ORDER BY log.n",
        (of.id,),
    ).fetchall()
    found: list[Path] = []
    for (leaf,) in rows:
        reader = coop.replica.open_log(circle, leaf, ())
        assert isinstance(reader, BranchReader)
        while (path := reader.next_path(records, size)) is not None:
            found.append(path)
    return found


def records_in(paths: list[Path]) -> int:
    return sum(len(path.bodies) for path in paths)


def test_circle_records_end_their_path_so_that_they_can_be_carried_alone() -> None:
    circle, fishers, growers, others = trio()
    fishers.offer(circle, "cod")
    join(circle, fishers, others)
    fishers.offer(circle, "hake")
    for path in paths_of(fishers, circle, fishers):
        kinds = [path.kinds[index] for index in path.kind_of]
        assert not set(kinds[:-1]) & set(FIELDS)
    assert growers.id != others.id


def test_what_lies_beyond_a_cut_is_kept_and_not_served() -> None:
    circle, fishers, growers, others = trio()
    join(circle, fishers, others)
    Talk(fishers, growers).hello()
    others.offer(circle, "seen by all")
    Talk(fishers, others).hello()
    Talk(growers, others).hello()
    before = records_in(paths_of(growers, circle, others))
    others.offer(circle, "seen by the growers alone")
    Talk(growers, others).hello()
    assert records_in(paths_of(growers, circle, others)) == before + 1
    acts.remove(fishers.database, fishers.signing(), circle, others.id)
    Talk(fishers, growers).hello()
    assert records_in(paths_of(growers, circle, others)) == before
    assert records_in(paths_of(fishers, circle, others)) == before


def test_both_branches_of_a_fork_are_served_parents_first() -> None:
    circle, fishers, growers, _ = trio()
    Talk(fishers, growers).hello()
    twin = fishers.copy()
    ours, theirs = fishers.offer(circle, "here").ids, twin.offer(circle, "there").ids
    Talk(twin, growers).hello()
    Talk(fishers, growers).hello()
    fresh = paths_of(growers, circle, fishers)
    assert len({path.parent for path in fresh}) == len(fresh) - 1
    log = growers.database.connection.execute(
        "SELECT leaf FROM log JOIN coop ON coop.n = log.coop WHERE coop.id = ?", (fishers.id,)
    ).fetchone()[0]
    have = growers.replica.have(circle, log)
    assert set(have[:2]) == {ours[-1], theirs[-1]}
    assert len(have) <= HAVE_IDS_MAX


@pytest.mark.parametrize("at_once", [1, 3, 200])
def test_everything_can_be_served_in_parts_of_the_smallest_promised_size(at_once: int) -> None:
    circle, fishers, _, _ = trio()
    for start in range(0, 600, at_once):
        fishers.offer(circle, *(f"fish {start + one}" for one in range(at_once)))
    paths = paths_of(
        fishers, circle, fishers, records=SIGNATURE_GAP_RECORDS_MAX, size=SIGNATURE_GAP_BYTES_MAX
    )
    assert records_in(paths) == records_in(paths_of(fishers, circle, fishers)) >= 600
    assert max(len(path.bodies) for path in paths) <= SIGNATURE_GAP_RECORDS_MAX


def test_absent_bodies_count_as_if_they_were_here() -> None:
    """Else a path that fits now would be too large for one who has them."""
    circle, fishers, _, _ = trio()
    ids = fishers.offer(circle, *(f"fish {number} {'x' * 200}" for number in range(100))).ids
    before = [len(path.bodies) for path in paths_of(fishers, circle, fishers, size=20_000)]
    fishers.database.connection.execute(
        "UPDATE record SET absent_hash = zeroblob(32), absent_len = length(body), body = NULL "
        "WHERE expires_day NOT NULL"
    )
    after = [len(path.bodies) for path in paths_of(fishers, circle, fishers, size=20_000)]
    assert before == after
    assert len(ids) == 100
