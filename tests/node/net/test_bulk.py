"""Much at once: both ways at the same time, and a node that stops in the middle of it."""

import asyncio
import base64
import random
from pathlib import Path

from node import acts
from node.app import Node
from node.home import DATABASE_NAME
from protocol import trade
from tests.coops import Coop, Talk, join
from tests.node.net.nodes import (
    GUARD_S,
    count,
    running_node,
    until,
    until_equal,
    until_linked,
)

RECORDS = 20_000
AT_ONCE = 1_000


def two_with_much(folder: Path, *records: int) -> bytes:
    """Two data folders that share a circle, each with so many offers that the other lacks."""
    paths = [folder / "one", folder / "other"]
    for path in paths:
        path.mkdir(mode=0o700)
    one, other = (Coop(path.name, path / DATABASE_NAME) for path in paths)
    circle = one.found()
    join(circle, one, other)
    Talk(one, other).hello()
    for coop, total in zip((one, other), records, strict=True):
        coop.database.connection.execute("PRAGMA synchronous = OFF")
        for start in range(0, total, AT_ONCE):
            offers = [
                (trade.OFFER, offer_number(start + number, coop.name), None)
                for number in range(min(AT_ONCE, total - start))
            ]
            acts.add_offers(coop.database, coop.signing(), circle, offers, live=False)
    for coop, path in zip((one, other), paths, strict=True):
        coop.settle(path)
    return circle


def offer_number(number: int, name: str) -> trade.Offer:
    """An offer whose text does not compress: together they are more than any socket buffers."""
    noise = base64.b64encode(random.Random(f"{name} {number}").randbytes(400)).decode()
    return trade.Offer(title={"en": f"{name} {number}"}, text={"en": noise})


async def until_offers(node: Node, wanted: int) -> None:
    async def all_there() -> bool:
        return await count(node, "offer") == wanted

    await until(node, all_there)


async def test_two_that_fetch_much_from_each_other_at_once_do_not_block_each_other(
    tmp_path: Path,
) -> None:
    circle = two_with_much(tmp_path, RECORDS, RECORDS)
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "other") as other:
        await one.peers.add(other.coop, other.address)
        await until_offers(one, 2 * RECORDS)
        await until_offers(other, 2 * RECORDS)
        await until_equal(circle, [one, other])
        assert one.peers.links[other.coop].error is None


async def test_a_node_that_stops_while_it_fetches_goes_on_where_it_was(tmp_path: Path) -> None:
    records = 12_000
    circle = two_with_much(tmp_path, records, 0)
    async with running_node(tmp_path / "one") as one:
        async with running_node(tmp_path / "other") as other:
            await other.peers.add(one.coop, one.address)

            async def has_begun() -> bool:
                return await count(other, "record") > AT_ONCE

            await until(other, has_begun)
        async with running_node(tmp_path / "other") as other:
            before = await count(other, "record")
            assert before > AT_ONCE
            await until_linked(other, one)
            await until_offers(other, records)
            await until_equal(circle, [one, other])
            assert await count(other, "record") == await count(one, "record")


async def test_a_node_that_stops_while_it_serves_lets_the_other_go_on_later(
    tmp_path: Path,
) -> None:
    records = 12_000
    circle = two_with_much(tmp_path, records, 0)
    async with running_node(tmp_path / "other") as other:
        async with running_node(tmp_path / "one") as one:
            await one.peers.add(other.coop, other.address)

            async def has_begun() -> bool:
                return await count(other, "record") > AT_ONCE

            await until(other, has_begun)
        async with running_node(tmp_path / "one") as one, asyncio.timeout(GUARD_S):
            await until_offers(other, records)
            await until_equal(circle, [one, other])
