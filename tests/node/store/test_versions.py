"""All versions of offers, in one look."""

from pathlib import Path

from node.store import versions
from node.views import read
from tests.node.served import Served, make_home, offer, served


async def test_every_version_is_told_by_what_it_is_about(tmp_path: Path) -> None:
    async with served(make_home(tmp_path / "home")) as one:
        await expect_versions(one)


async def expect_versions(one: Served) -> None:
    circle = await one.node.found_circle("Kreis", public=False)
    first = await one.node.add_offer(circle, "offer/1", offer("One"))
    other = await one.node.add_offer(circle, "offer/1", offer("Other"))
    newer = [
        await one.node.add_offer(circle, "offer/1", offer(f"One {number}"), subject=first)
        for number in range(3)
    ]
    found = await read(one.node.store, lambda reader: versions.of_many(reader, [first, other]))
    assert found == {first: sorted([first, *newer]), other: [other]}
    newest = await read(one.node.store, lambda reader: versions.newest(reader, first))
    none = await read(one.node.store, lambda reader: versions.newest(reader, b"x" * 32))
    assert (newest, none) == (newer[-1], None)
    assert await read(one.node.store, lambda reader: versions.of_many(reader, [b"x" * 32])) == {
        b"x" * 32: [b"x" * 32]
    }
