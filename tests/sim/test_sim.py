"""Many nodes on the real protocol and store code, and everything that goes wrong between them.

A seed is a whole history. A failure names its seed; COOP_SIM_SEED=... runs that one alone.
"""

import os
from pathlib import Path

import pytest

from node import ingest
from node.store import circles, fold
from node.store.database import Database
from node.store.replica import SqliteReplica
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX
from tests.sim.node import SimNode
from tests.sim.picture import Picture, differences, picture, settle, wanted
from tests.sim.world import NETWORK, World

SEEDS = [1, 2, 3, 4, 5]
SEEDS_LONG = range(100, 300)
NODES, CIRCLES, ACTS = 20, 2, 250
HOUR_MS = 3_600_000


def seeds(some: list[int]) -> list[int]:
    given = os.environ.get("COOP_SIM_SEED")
    return [int(given)] if given else some


@pytest.mark.parametrize("seed", seeds(SEEDS))
def test_all_nodes_come_to_the_same(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS_LONG)
def test_all_nodes_come_to_the_same_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)


def check(seed: int, folder: Path) -> None:
    world = World(seed, folder, 5 + seed % 16 if seed in SEEDS_LONG else NODES)
    try:
        world.begin(CIRCLES)
        world.run(ACTS)
        world.heal(lambda: all(unrest(world, circle) == [] for circle in world.circles))
        for circle in world.circles:
            assert unrest(world, circle) == []
            check_rebuild(world, circle)
            check_newcomer(world, circle)
    except BaseException as fault:
        fault.add_note(f"COOP_SIM_SEED={seed} replays it")
        raise
    finally:
        for node in world.nodes:
            if node.is_up:
                node.stop()


def unrest(world: World, circle: bytes) -> list[str]:
    """What still differs between the members of a circle; empty when all is the same.

    Who was removed may not know it: the members are those whom all members call so.
    """
    found: list[str] = ["nobody calls itself a member"]
    pictures = {
        one.name: picture(one.database, circle, world.now_ms)
        for one in world.nodes
        if circles.circle_number(one.database, circle)
    }
    for one in world.nodes:
        members = members_of(world, one, circle)
        if one not in members:
            continue
        found = [
            f"{one.name}, {other.name}: {text}"
            for other in members
            for text in differences(pictures[one.name], pictures[other.name])
        ]
        found += [f"{one.name} lags" for one in members if fold.lag(one.database)]
        found = found or lacking(members, circle)
        if not found:
            return []
    return found


def lacking(members: list[SimNode], circle: bytes) -> list[str]:
    """Bodies that one member lacks and another has."""
    return [
        f"{one.name} lacks {record.hex()[:8]}, which {other.name} has"
        for one in members
        for record in wanted(one.database, circle)
        for other in members
        if other.replica.body(circle, record) is not None
    ]


def check_rebuild(world: World, circle: bytes) -> None:
    for node in world.nodes:
        if node.is_member(circle):
            before = shown(world, node, circle)
            with node.database.transaction():
                fold.rebuild_circle(node.database, circle)
            assert differences(before, shown(world, node, circle)) == []


def check_newcomer(world: World, circle: bytes) -> None:
    """Any one member can hand on all that is carried to one who has nothing."""
    giver = world.random.choice([one for one in world.nodes if one.is_member(circle)])
    newcomer = Database(":memory:", NETWORK)
    leaves = giver.database.connection.execute(
        "SELECT key, is_keys FROM trie_leaf JOIN circle ON circle.n = circle "
        "WHERE circle.id = ? ORDER BY is_keys DESC, key",
        (circle,),
    ).fetchall()
    new = True
    while new:
        new = False
        for leaf, is_keys in leaves:
            if is_keys:
                ingest.ingest_keys(newcomer, *giver.replica.key_log(circle, leaf))
                continue
            have = SqliteReplica(newcomer.connection, NETWORK, giver.coop).have(circle, leaf)
            reader = giver.replica.open_log(circle, leaf, have)
            assert reader is not None
            while (path := reader.next_path(CHUNK_RECORDS_MAX, CHUNK_BYTES_MAX)) is not None:
                now_ms = world.now_ms + HOUR_MS  # one clock is ahead
                done = ingest.ingest_paths(newcomer, circle, [path], now_ms, live=False)
                new |= done.new_records > 0
            assert reader.finished
    settle(newcomer)
    mine = picture(newcomer, circle, world.now_ms)
    newcomer.close()
    assert differences(shown(world, giver, circle), mine) == []


def members_of(world: World, node: SimNode, circle: bytes) -> list[SimNode]:
    """A copied folder may never have heard of a circle that its twin has joined."""
    state = node.judge(circle).state
    coops = state.members() if state is not None else frozenset()
    here = [one for one in world.nodes if circles.circle_number(one.database, circle)]
    return [one for one in here if one.coop in coops]


def shown(world: World, node: SimNode, circle: bytes) -> Picture:
    return picture(node.database, circle, world.now_ms)
