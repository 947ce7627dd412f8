"""Headers out of the store are the ones that were signed."""

import pytest

from node.store import bodies, records
from protocol.record import Record, header_id
from tests.coops import NETWORK, Coop, Talk, trio


def everything(coop: Coop) -> list[Record]:
    """All records, branch by branch, with every header whole."""
    found: list[Record] = []
    branches = coop.database.connection.execute(
        "SELECT n, first_seq, tip_seq FROM branch ORDER BY n"
    ).fetchall()
    for number, first_seq, tip_seq in branches:
        found += records.read(coop.database.connection, number, first_seq, tip_seq, NETWORK)
    return found


def test_the_id_of_each_stored_record_is_the_hash_of_its_rebuilt_header() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, *(f"fish {number}" for number in range(300)))
    fishers.say(circle, "festival/3", fishers.signing().body({"new": 1}))
    growers.offer(circle, "coffee", instance=7)
    Talk(fishers, growers).hello()
    for coop in (fishers, growers):
        found = everything(coop)
        assert len(found) == coop.records() > 300
        assert [header_id(NETWORK, one.header) for one in found] == [one.id for one in found]


def test_a_record_whose_body_is_gone_keeps_its_id() -> None:
    circle, fishers, _, _ = trio()
    (offer,) = fishers.offer(circle, "cod").ids
    number = fishers.database.connection.execute(
        "SELECT n FROM record WHERE id = ?", (offer,)
    ).fetchone()[0]
    assert bodies.drop(fishers.database, number)
    (last,) = [one for one in everything(fishers) if one.id == offer]
    assert last.body is None
    assert header_id(NETWORK, last.header) == offer


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 5), (3, 4), (5, 5), (6, 5)])
def test_a_stretch_begins_and_ends_where_it_should(first: int, last: int) -> None:
    circle, fishers, _, _ = trio()
    fishers.offer(circle, *(f"fish {number}" for number in range(10)))
    branch = fishers.database.connection.execute("SELECT min(n) FROM branch").fetchone()[0]
    found = records.read(fishers.database.connection, branch, first, last, NETWORK)
    assert [one.header.seq for one in found] == list(range(first, last + 1))
    prevs = [one.header.prev for one in found[1:]]
    assert prevs == [one.id for one in found[:-1]]
    if found:
        assert (found[0].header.prev is None) == (first == 1)


def test_a_branch_begins_behind_the_record_that_it_was_forked_from() -> None:
    circle, fishers, growers, _ = trio()
    Talk(fishers, growers).hello()
    twin = fishers.copy()
    fishers.offer(circle, "here")
    twin.offer(circle, "there")
    Talk(twin, growers).hello()
    Talk(fishers, growers).hello()
    found = everything(growers)
    assert [header_id(NETWORK, one.header) for one in found] == [one.id for one in found]
    prevs = [one.header.prev for one in found if one.header.prev is not None]
    assert len(prevs) == len(set(prevs)) + 1
