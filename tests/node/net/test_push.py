"""Live push: what is published at one node is in the rows of every node it is linked with."""

from pathlib import Path

import pytest

from tests.node.net.nodes import publish, until_equal, until_titles, village

HUB_AND_TWO = ("hub", "one", "two")
HUB_AND_FOUR = ("hub", "one", "two", "three", "four")


@pytest.mark.parametrize("names", [HUB_AND_TWO, HUB_AND_FOUR], ids=["three", "five"])
async def test_an_offer_is_in_the_rows_of_every_node(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    async with village(tmp_path, *names) as (circle, nodes):
        for node, name in zip(nodes, names, strict=True):
            await publish(node, circle, f"fish of {name}")
        wanted = [f"fish of {name}" for name in names]
        for node in nodes:
            await until_titles(node, circle, *wanted)
        await until_equal(circle, nodes)
