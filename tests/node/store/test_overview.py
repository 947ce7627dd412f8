"""The overview: circles in numbers, forks with the records that stand beside each other, names."""

import pytest

from node import acts
from node.ingest import ingest_keys, ingest_paths
from node.store import overview
from node.store.database import Database
from protocol import profile
from tests.coops import NETWORK, NOW_MS, Coop
from tests.node.store.market import Market


@pytest.fixture
def market() -> Market:
    return Market()


def twin_of(coop: Coop) -> Coop:
    """A copy of a co-op's data folder, keys included."""
    twin = Coop(coop.name)
    twin.database = Database(":memory:", NETWORK)
    coop.database.connection.backup(twin.database.connection)
    return twin


def test_a_circle_counts_its_members_and_records(market: Market) -> None:
    (before,) = overview.circles(market.connection)
    market.add("Coffee")
    (after,) = overview.circles(market.connection)
    assert (before.id, before.read, before.members) == (market.circle, "members", 1)
    assert after.records == before.records + 1
    assert after.root != before.root
    assert overview.records(market.connection) == market.coop.records()


def test_a_node_without_circles_has_none() -> None:
    empty = Coop("empty").database.connection
    assert overview.circles(empty) == []
    assert overview.records(empty) == 0
    assert overview.forks(empty) == []


def test_the_digest_changes_with_the_rows_and_leaves_days_out_that_are_over(market: Market) -> None:
    (row,) = overview.circles(market.connection)
    empty = overview.digest(market.connection, row.n, NOW_MS)
    market.add("Coffee")
    full = overview.digest(market.connection, row.n, NOW_MS)
    years_later = NOW_MS + 800 * 86_400_000
    assert full != empty
    assert overview.digest(market.connection, row.n, years_later) == empty
    assert overview.digest_over([(row.id, full)]) != overview.digest_over([(row.id, empty)])


def test_a_straight_log_is_no_fork(market: Market) -> None:
    market.add("Coffee")
    market.add("Tea")
    assert overview.forks(market.connection) == []


def test_a_fork_names_the_two_records_with_one_parent(market: Market) -> None:
    coop, twin = market.coop, twin_of(market.coop)
    ours = coop.offer(market.circle, "Coffee", "More coffee")
    theirs = twin.offer(market.circle, "Tea", now_ms=NOW_MS + 5)
    ingest_paths(coop.database, market.circle, theirs.paths, NOW_MS + 10, live=True)
    (fork,) = overview.forks(market.connection)
    assert fork.coop == coop.id
    assert set(fork.records) == {ours.ids[0], theirs.ids[0]}


def test_a_log_that_was_opened_twice_is_a_fork() -> None:
    founder, other = Coop("founder"), Coop("other")
    circle = founder.found()
    twin = twin_of(founder)
    first = founder.offer(circle, "Coffee", instance=7)
    second = twin.offer(circle, "Tea", instance=7, now_ms=NOW_MS + 5)
    ingest_paths(founder.database, circle, second.paths, NOW_MS + 10, live=True)
    (fork,) = overview.forks(founder.database.connection)
    assert len(fork.records) == 2
    assert not set(fork.records) & {first.ids[0], second.ids[0]}
    assert other.records() == 0


def test_members_stand_before_those_who_left(market: Market) -> None:
    coop, other = market.coop, Coop("other")

    ingest_keys(coop.database, [other.inception])
    coop.admit(market.circle, other)
    (row,) = overview.circles(market.connection)
    waiting = overview.members(market.connection, row.n)
    acts.remove(coop.database, coop.signing(), market.circle, other.id)
    gone = overview.members(market.connection, row.n)
    assert [(one.coop, one.live, one.accepted) for one in waiting] == [
        (coop.id, 1, 1),
        (other.id, 1, 0),
    ]
    assert [(one.coop, one.live) for one in gone] == [(coop.id, 1), (other.id, 0)]


def test_the_newest_profile_of_all_circles_is_the_one(market: Market) -> None:
    coop = market.coop
    second = coop.found("Second")
    for at, (circle, name) in enumerate([(market.circle, "Old"), (second, "New")]):
        fields = profile.Profile(name=name, country="KE")
        acts.set_profile(coop.database, coop.signing(0, NOW_MS + 10 + at), circle, fields)
    found = overview.profile_bodies(market.connection, [coop.id, bytes(32)])
    assert found.keys() == {coop.id}
    assert b"New" in found[coop.id]


def test_ids_are_found_by_their_range(market: Market) -> None:
    low, high = bytes(32), bytes([255]) * 32
    assert overview.ids_between(market.connection, "circle", low, high) == [market.circle]
    assert market.coop.id in overview.ids_between(market.connection, "coop", low, high)
    assert overview.ids_between(market.connection, "coop", market.coop.id, market.coop.id) == [
        market.coop.id
    ]
    assert overview.ids_between(market.connection, "invite", low, high) == []
    assert overview.file_of(market.connection, bytes(32)) is None
