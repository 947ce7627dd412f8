"""A disk that fills up under a running node: a sentence, nothing lost, and on it goes."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.story.disk import Disk, Quota, may_mount, small_disk
from tests.story.village import PEOPLE, Coop, found_circle, offer_json, until_equal, village

# On a disk of its own it is full for everybody; a limit of one process looks like a broken disk.
MEANS = {"quota": {"disk-full", "internal"}, "disk": {"disk-full"}}
ROWS = 2_000


class Scene(NamedTuple):
    """The co-op whose disk fills up, and what is said of it."""

    coop: Coop
    disk: Disk
    codes: set[str]


@pytest.fixture(params=["quota", *(["disk"] if may_mount() else [])])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    name, country = PEOPLE[1]
    codes = MEANS[request.param]
    if request.param == "quota":
        with ended(Coop(tmp_path / "home", name, country)) as coop:
            yield Scene(coop, Quota(), codes)
        return
    folder = tmp_path / "disk"
    with small_disk(folder) as disk, ended(Coop(folder / "home", name, country)) as coop:
        yield Scene(coop, disk, codes)


def test_a_full_disk_is_told_and_nothing_is_lost(scene: Scene, tmp_path: Path) -> None:
    coop, disk, codes = scene
    with village(tmp_path, 1) as (peer,):
        circle = found_circle([coop, peer])
        file, sacks = tmp_path / "offer.json", tmp_path / "sacks.csv"
        file.write_text(json.dumps(offer_json("Before")))
        text = "A long text that fills the disk. " * 20
        rows = "".join(f"S-{number},Sack {number},{text}{number}\n" for number in range(ROWS))
        sacks.write_text(f"sku,title,text\n{rows}")
        kept = coop.told("offer", "add", file)["offer"]
        before = asyncio.run(until_equal(coop, peer))

        disk.fill(coop)
        for words in (
            ("offer", "add", file),
            ("offer", "import", sacks),
            ("profile", "set", "--website", "https://coop.example"),
            ("circle", "create", "Another"),
            ("invite", "create", "--circle", circle),
            ("token", "create", "a program"),
        ):
            assert coop.refused(*words) in codes, words
        # What comes from a peer finds no room either, and is not lost at the peer.
        asyncio.run(publish(peer, circle))
        assert [one["id"] for one in coop.offers()] == [kept]
        after = coop.told("status")
        assert (after["records"], after["digest"]) == (before["records"], before["digest"])
        assert coop.process is not None
        assert coop.process.poll() is None

        disk.make_room(coop)
        later = coop.told("offer", "add", file)["offer"]
        assert coop.told("offer", "import", sacks)["published"] == ROWS
        status = asyncio.run(until_equal(coop, peer))
        assert status["records"] == before["records"] + ROWS + 2
        assert {kept, later} <= {one["id"] for one in peer.offers()}


def test_killed_on_a_full_disk_it_starts_again(scene: Scene, tmp_path: Path) -> None:
    coop, disk, codes = scene
    found_circle([coop])
    file = tmp_path / "offer.json"
    file.write_text(json.dumps(offer_json("Before")))
    kept = [coop.told("offer", "add", file)["offer"] for _ in range(3)]
    disk.fill(coop)
    assert coop.refused("offer", "add", file) in codes
    assert coop.stop(signal.SIGKILL) == -signal.SIGKILL
    coop.start()
    assert sorted(one["id"] for one in coop.offers()) == sorted(kept)
    disk.make_room(coop)
    coop.told("offer", "add", file)
    assert len(coop.offers()) == len(kept) + 1


async def publish(coop: Coop, circle: str) -> None:
    async with coop.api() as client:
        wish = {"circle": circle, "kind": "want", "offer": offer_json("Meanwhile")}
        await client.post("/offers", wish)


@contextmanager
def ended(coop: Coop) -> Iterator[Coop]:
    """A co-op that is made and started, and ends cleanly whatever its disk was like."""
    coop.make()
    coop.start()
    try:
        yield coop
    finally:
        code = coop.stop()
    assert code == 0
