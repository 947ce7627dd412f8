"""Story 3: a stick instead of a link: `log export` on one side, `log import` on the other."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node.cli.processes import CommandLine
from tests.story.village import (
    Coop,
    found_circle,
    held,
    offer_json,
    until_equal,
    until_linked,
    village,
)

SEED = 1972
FLIPS = 12


@pytest.fixture
def coops(tmp_path: Path) -> Iterator[list[Coop]]:
    with village(tmp_path, 2) as coops:
        yield coops


@pytest.fixture
def elsewhere(tmp_path: Path) -> CommandLine:
    """A machine without a node."""
    return CommandLine(tmp_path / "nothing here")


def test_a_stick_carries_what_no_link_does(
    coops: list[Coop], tmp_path: Path, elsewhere: CommandLine
) -> None:
    fish, coffee = coops
    circle = found_circle(coops)
    asyncio.run(until_equal(*coops))
    assert fish.told("peer", "block", coffee.id)["blocked"] is True
    asyncio.run(publish(fish, circle, "Herring", 30))
    asyncio.run(publish(coffee, circle, "Coffee", 20))
    assert own_circle(fish)["root"] != own_circle(coffee)["root"]

    there, back = tmp_path / "there.coop", tmp_path / "back.coop"
    fish.told("log", "export", there, "--circle", circle)
    checked = elsewhere.bare("log", "verify", there, "--json")
    assert checked.code == 0, checked.err
    shown = own_circle(fish)
    assert checked.json == {
        "ok": True,
        "network": "coop",
        "circle": circle,
        "coops": 2,
        "records": shown["records"],
        "root": shown["root"],
    }
    assert coffee.told("log", "import", there)["records_new"] == 30
    # Now it has both halves, and the stick goes back with them while the other is asleep.
    coffee.told("log", "export", back)
    assert coffee.stop() == 0
    taken = fish.told("log", "import", back)
    assert (taken["circle"], taken["records_new"]) == (circle, 20)
    assert fish.told("log", "import", back)["records_new"] == 0
    both = elsewhere.bare("log", "verify", back, "--json").json
    assert own_circle(fish)["root"] == both["root"]
    assert own_circle(fish)["records"] == both["records"] == shown["records"] + 20
    assert len(fish.offers("--search", "coffee")) == 20
    coffee.start()
    assert held(own_circle(coffee)) == held(own_circle(fish))
    # Linked again there is nothing left to tell.
    fish.told("peer", "unblock", coffee.id)
    assert asyncio.run(until_equal(*coops))["circles"][0]["root"] == both["root"]


def test_what_a_stick_brought_is_told_to_those_who_are_linked(tmp_path: Path) -> None:
    """At once: the comparison of roots that would bring it anyway is an hour away."""
    with village(tmp_path, 3) as coops:
        fish, *others = coops
        circle = found_circle(coops)
        asyncio.run(until_equal(*coops))
        for coop in others:
            fish.told("peer", "block", coop.id)
        asyncio.run(publish(fish, circle, "Herring", 5))
        stick = tmp_path / "circle.coop"
        fish.told("log", "export", stick, "--circle", circle)
        for coop in others:
            assert coop.stop() == 0
            coop.start("--sync.interval-s", "3600")
        asyncio.run(until_linked(*others))
        assert others[0].told("log", "import", stick)["records_new"] == 5
        asyncio.run(until_equal(*others))
        assert len(others[1].offers("--search", "herring")) == 5


def test_any_flipped_byte_is_found_offline_and_at_the_door(
    coops: list[Coop], tmp_path: Path, elsewhere: CommandLine
) -> None:
    fish, coffee = coops
    circle = found_circle(coops)
    asyncio.run(publish(fish, circle, "Plaice", 5))
    before = asyncio.run(until_equal(*coops))
    stick = tmp_path / "circle.coop"
    fish.told("log", "export", stick)
    content = stick.read_bytes()
    rng = random.Random(SEED)
    flipped = tmp_path / "flipped.coop"
    for place in (0, len(content) - 1, *rng.sample(range(1, len(content) - 1), FLIPS)):
        wrong = bytearray(content)
        wrong[place] ^= 1 << rng.randrange(8)
        flipped.write_bytes(wrong)
        done = elsewhere.bare("log", "verify", flipped, "--json")
        assert (done.code, done.json["ok"]) == (1, False), (place, done.out)
        assert done.error in done.err, place
    refused = coffee("log", "import", flipped, "--json")
    assert refused.code == 1
    assert refused.error not in {"internal", "connection-lost"}
    flipped.write_bytes(content[: len(content) // 2])
    assert elsewhere.bare("log", "verify", flipped).code == 1
    assert coffee.refused("log", "import", flipped) == "bad-file"
    assert asyncio.run(until_equal(*coops))["digest"] == before["digest"]


async def publish(coop: Coop, circle: str, what: str, count: int) -> None:
    async with coop.api() as client:
        for number in range(count):
            fields = offer_json(f"{what} {number}", coop.country)
            await client.post("/offers", {"circle": circle, "kind": "offer", "offer": fields})


def own_circle(coop: Coop) -> dict[str, Any]:
    """How the one circle stands at a co-op, once everything is in its lists."""
    circle: dict[str, Any]
    (circle,) = asyncio.run(until_equal(coop))["circles"]
    return circle
