"""Links that end and come back: what it costs, and how two co-ops find each other again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from node.app import Node
from node.home import DATABASE_NAME
from node.net.link import Link
from tests.coops import Coop, Talk, found_open, join
from tests.node.net.nodes import (
    GUARD_S,
    let_in,
    port_of,
    publish,
    running_node,
    until,
    until_equal,
    until_linked,
    until_titles,
    village,
)
from tests.node.net.relay import relaying

RECONNECT_BYTES_MAX = 1_200
LOGS_OF_ONE_COOP = 250
NOBODY = "http://127.0.0.1:1"


async def test_a_reconnect_with_nothing_new_is_small_and_does_not_grow_with_the_logs(
    tmp_path: Path,
) -> None:
    few = await reconnect_bytes(tmp_path / "few", 10)
    many = await reconnect_bytes(tmp_path / "many", 1_000)
    assert few <= RECONNECT_BYTES_MAX
    assert many == few


async def reconnect_bytes(folder: Path, logs: int) -> int:
    """All bytes above TCP between two nodes with equal replicas, from dialling to caught up."""
    dialled, dialling = folder / "dialled", folder / "dialling"
    circle = two_with_logs(dialled, dialling, logs)
    async with relaying() as relay, running_node(dialled, at=relay) as node:
        async with running_node(dialling, at=NOBODY) as other:
            await other.peers.add(node.coop, relay.address)
            await until_linked(other, node)
            await until_equal(circle, [node, other])
        relay.count = 0
        async with running_node(dialling, at=NOBODY) as other:
            await until_caught_up(other, node, circle)
            await until_caught_up(node, other, circle)
            assert relay.connections == 2
            return relay.count


def two_with_logs(one: Path, other: Path, logs: int) -> bytes:
    """Two data folders with the same circle, in which four co-ops have so many logs together."""
    for path in (one, other):
        path.mkdir(parents=True, mode=0o700)
    coops = [
        Coop("dialled", one / DATABASE_NAME),
        Coop("dialling", other / DATABASE_NAME),
        Coop("third"),
        Coop("fourth"),
    ]
    circle = found_open(coops[0])
    join(circle, *coops)
    for number in range(logs):
        author = coops[number % len(coops)]
        author.offer(circle, f"fish {number}", instance=number // len(coops))
    for _ in range(2):
        for coop in coops[1:]:
            Talk(coops[0], coop).hello()
    assert coops[0].root(circle) == coops[1].root(circle)
    for coop, path in zip(coops, (one, other), strict=False):
        coop.settle(path)
    return circle


async def until_caught_up(node: Node, other: Node, circle: bytes) -> None:
    async def caught_up() -> bool:
        link = node.peers.links.get(other.coop)
        return link is not None and circle in link.caught_up

    await until(node, caught_up)


async def test_two_that_moved_at_once_find_each_other_through_a_third(tmp_path: Path) -> None:
    async with running_node(tmp_path / "hub") as hub:
        async with spokes(tmp_path) as (one, two):
            circle = await hub.found_circle("Sea and soil", public=False)
            await let_in(circle, [hub], one)
            await let_in(circle, [hub, one], two)
            await until_linked(one, two)
        async with spokes(tmp_path) as (one, two):
            await until_linked(one, hub, two)
            await until_linked(two, hub, one)
            await publish(one, circle, "from a new port")
            await until_titles(two, circle, "from a new port")


@asynccontextmanager
async def spokes(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes, each time at other ports."""
    async with running_node(folder / "one") as one, running_node(folder / "two") as two:
        yield one, two


@pytest.mark.parametrize("dialler", ["lower", "higher"])
async def test_of_two_links_between_the_same_two_one_stays_on_both_sides(
    tmp_path: Path, dialler: str
) -> None:
    async with village(tmp_path, "one", "two") as (circle, nodes):
        one, other = sorted(nodes, key=lambda node: node.coop, reverse=dialler == "higher")
        first = one.peers.links[other.coop]
        second = Link(one.peers, await one.peers.dials.connect(other.address, other.coop))
        one.peers.start(one.peers.run(second))
        async with asyncio.timeout(GUARD_S):
            await asyncio.wait(
                [asyncio.create_task(link.over.wait()) for link in (first, second)],
                return_when=asyncio.FIRST_COMPLETED,
            )
        await until_linked(one, other)
        await until_linked(other, one)
        ends = (one.peers.links[other.coop], other.peers.links[one.coop])
        assert ends[0].wire.handshake_hash == ends[1].wire.handshake_hash
        await publish(one, circle, "over the one that stayed")
        await until_titles(other, circle, "over the one that stayed")


async def test_both_dial_at_once_and_talk_over_one_link(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, other)):
        for _ in range(3):
            old = [one.peers.links[other.coop], other.peers.links[one.coop]]
            for link in old:
                link.end("peer-stalled", "a test")
            async with asyncio.timeout(GUARD_S):
                await asyncio.gather(*(link.over.wait() for link in old))
                new = await asyncio.gather(dial(one, other), dial(other, one))
            for node, link in zip((one, other), new, strict=True):
                node.peers.start(node.peers.run(link))
            await until_settled(one, other)


async def dial(node: Node, other: Node) -> Link:
    return Link(node.peers, await node.peers.dials.connect(other.address, other.coop))


async def until_settled(one: Node, other: Node) -> None:
    """Wait until both hold the same link."""

    async def settled() -> bool:
        ends = (one.peers.links.get(other.coop), other.peers.links.get(one.coop))
        return (
            ends[0] is not None
            and ends[1] is not None
            and ends[0].greeted
            and ends[1].greeted
            and ends[0].wire.handshake_hash == ends[1].wire.handshake_hash
        )

    await until([one, other], settled)


async def test_a_node_that_was_away_catches_up_by_itself(tmp_path: Path) -> None:
    async with running_node(tmp_path / "hub") as hub:
        async with running_node(tmp_path / "away") as away:
            circle = await hub.found_circle("Sea and soil", public=False)
            await let_in(circle, [hub], away)
            port = port_of(away)
        for number in range(30):
            await publish(hub, circle, f"meanwhile {number}")
        async with running_node(tmp_path / "away", port=port) as away:
            await until_titles(away, circle, *(f"meanwhile {number}" for number in range(30)))
            await until_equal(circle, [hub, away])


async def test_a_peer_hears_why_a_node_went_away(tmp_path: Path) -> None:
    async with running_node(tmp_path / "stays") as stays:
        async with running_node(tmp_path / "goes") as goes:
            circle = await stays.found_circle("Sea and soil", public=False)
            await let_in(circle, [stays], goes)
            link = stays.peers.links[goes.coop]
        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
        assert link.error is not None
        assert link.error.detail == "the node stops"
