from collections.abc import Iterator
from pathlib import Path

import pytest

from node.store import exports
from node.store.exports import Standing
from protocol.errors import Refusal
from protocol.trie import root_of
from tests.node.export_world import NETWORK, Coop, World, coops, two_members


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with two_members(tmp_path) as members:
        yield members


def test_a_snapshot_does_not_see_what_is_written_later(world: World) -> None:
    shore, _, circle = world
    with exports.snapshot(shore.database.path, NETWORK, circle) as view:
        before = shore.records()
        shore.offer(circle, ["ice"])
        assert sum(records for _, records in view.logs()) == before
        assert view.root != shore.root(circle)


def test_a_snapshot_of_an_unknown_circle_is_refused(world: World) -> None:
    shore, _, _ = world
    with (
        pytest.raises(Refusal, match="unknown-circle"),
        exports.snapshot(shore.database.path, NETWORK, bytes(32)),
    ):
        pass


def test_logs_come_behind_what_they_stand_on(world: World) -> None:
    shore, hill, circle = world
    with exports.snapshot(hill.database.path, NETWORK, circle) as view:
        authors = []
        for reader, _ in view.logs():
            path = reader.next_path(1000, 1_000_000)
            assert path is not None
            authors.append(path.coop)
    assert authors == [shore.id, hill.id]


def test_key_events_are_those_of_the_circle(world: World, tmp_path: Path) -> None:
    shore, hill, circle = world
    with coops(tmp_path, "lake") as (lake,):
        other = shore.found("Another")
        shore.admit(other, lake)
        with exports.snapshot(shore.database.path, NETWORK, circle) as view:
            assert list(view.events()) == [shore.inception, hill.inception]
            assert list(view.receipts()) == []


def test_a_scratch_database_leaves_nothing_behind(tmp_path: Path) -> None:
    with exports.scratch(NETWORK) as database:
        with database.transaction():
            database.set_meta("name", "x")
        assert database.meta("name") == "x"
    with exports.scratch(NETWORK) as database:
        assert database.meta("name") is None


def test_what_a_circle_is_to_a_node(world: World, tmp_path: Path) -> None:
    shore, hill, circle = world

    def standing(coop: Coop, one: bytes) -> Standing:
        return exports.standing(coop.database, one, coop.id)

    own = Standing(is_known=True, is_public=False, is_own=True, is_joining=False)
    assert standing(shore, circle) == own
    assert standing(shore, shore.found("Open", public=True)) == own._replace(is_public=True)
    nothing = Standing(is_known=False, is_public=False, is_own=False, is_joining=False)
    assert standing(hill, bytes(32)) == nothing
    with coops(tmp_path, "lake") as (lake,):
        lake.ask_to_join(circle, shore)
        assert standing(lake, circle) == nothing._replace(is_joining=True)


def test_holdings_add_up(world: World, tmp_path: Path) -> None:
    shore, _, circle = world
    here = exports.holdings(shore.database, circle)
    assert root_of(NETWORK, here.leaves) == shore.root(circle)
    assert (here.key_leaves, here.records) == (2, shore.records())
    assert (here.events, here.receipts, here.strangers) == (2, 0, 0)
    with coops(tmp_path, "lake") as (lake,):
        lake.found()
        assert exports.holdings(lake.database, circle).strangers == 0
        assert exports.holdings(lake.database, circle).leaves == {}
    with exports.scratch(NETWORK) as database:
        assert exports.holdings(database, circle).records == 0
