"""Key logs that came before anything that names their co-ops: how many stay, and how long."""

import pytest

from node import ingest
from node.store import keylogs, peers, strangers
from node.store.keylogs import encode_signed
from tests.coops import NOW_MS, Coop, Talk, trio


def made_up(count: int) -> list[Coop]:
    return [Coop(f"made up {number}") for number in range(count)]


def known(coop: Coop, others: list[Coop]) -> int:
    return sum(keylogs.key_log(coop.database, other.id) is not None for other in others)


@pytest.fixture
def room_for_three(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(encode_signed(Coop("any").inception))
    monkeypatch.setattr(strangers, "STRANGERS_BYTES_MAX", 3 * size)


@pytest.mark.usefixtures("room_for_three")
def test_so_many_are_kept_on_trust_and_no_more() -> None:
    _, fishers, _, _ = trio()
    some = made_up(5)
    for other in some:
        ingest.take_keys(fishers.database, [other.inception])
    assert known(fishers, some) == 3
    at_once = made_up(9)[5:]
    assert ingest.take_keys(fishers.database, [one.inception for one in at_once]) == set()


@pytest.mark.usefixtures("room_for_three")
def test_who_is_named_by_a_circle_or_the_list_needs_no_room() -> None:
    circle, fishers, growers, others = trio()
    for other in made_up(3):
        ingest.take_keys(growers.database, [other.inception])
    assert ingest.take_keys(growers.database, [others.inception]) == set()
    listed = Coop("listed")
    peers.put(growers.database, listed.id, "", (), NOW_MS)
    assert ingest.take_keys(growers.database, [listed.inception]) == {listed.id}
    ingest.ingest_keys(fishers.database, [others.inception])
    fishers.admit(circle, others)
    Talk(fishers, growers).hello()
    assert known(growers, [others]) == 1
    assert growers.root(circle) == fishers.root(circle)


@pytest.mark.usefixtures("room_for_three")
def test_at_night_the_room_is_made_free_and_nothing_that_is_needed_goes() -> None:
    circle, fishers, growers, others = trio()
    some = made_up(3)
    for other in some:
        ingest.take_keys(growers.database, [other.inception])
    root = growers.root(circle)
    assert strangers.forget(growers.database, growers.id) == 3
    assert known(growers, some) == 0
    assert known(growers, [fishers, growers]) == 2
    assert growers.root(circle) == root
    assert ingest.take_keys(growers.database, [others.inception]) == {others.id}
    fishers.offer(circle, "cod")
    Talk(fishers, growers).hello()
    assert growers.titles(circle) == ["cod"]


def test_a_node_in_no_circle_yet_keeps_its_own_key_log() -> None:
    coop = Coop("fishers")
    assert strangers.forget(coop.database, coop.id) == 0
    assert known(coop, [coop]) == 1
