"""Story 3: one node is off while the others change much, another is killed while it imports."""

import asyncio
import random
import signal
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.story.ledger import Ledger
from tests.story.village import Coop, found_circle, until_equal, until_linked, village

SEED = 1968
# adds, edits and withdrawals at each of the two that are on: 1,000 together
CHANGES_EACH = 500
ROWS = 5_000
# What one transaction of an import takes; see node.importing.
BATCH_ROWS = 1_000


@pytest.fixture
def coops(tmp_path: Path) -> Iterator[list[Coop]]:
    with village(tmp_path, 3) as coops:
        yield coops


async def test_all_catch_up_and_nothing_acknowledged_is_lost(
    coops: list[Coop], tmp_path: Path
) -> None:
    fish, coffee, waste = coops
    circle = await asyncio.to_thread(found_circle, coops)
    await until_linked(*coops)
    ledgers = [Ledger(circle, coop, random.Random(SEED + at)) for at, coop in enumerate(coops)]
    for ledger in ledgers:
        await ledger.change(20)
    await until_equal(*coops)

    assert waste.stop(signal.SIGTERM) == 0
    file = catalogue(tmp_path)
    await ledgers[1].change(CHANGES_EACH)
    await asyncio.gather(ledgers[0].change(CHANGES_EACH), killed_importing(coffee, circle, file))
    coffee.start()
    waste.start()
    changed = await until_equal(*coops)
    expect(coops, ledgers)

    # What was cut off is run again to its end: whole batches stand, the rest is made.
    again = await asyncio.to_thread(coffee.told, "offer", "import", file)
    assert (again["updated"], again["withdrawn"], again["rejected"]) == (0, 0, 0)
    assert again["published"] + again["skipped"] == ROWS
    assert again["skipped"] in range(BATCH_ROWS, ROWS + 1, BATCH_ROWS)
    settled = await until_equal(*coops)
    assert settled["records"] == changed["records"] + again["published"]
    expect(coops, ledgers, imported=ROWS)
    once_more = await asyncio.to_thread(coffee.told, "offer", "import", file)
    assert once_more["published"] == 0
    assert len(await asyncio.to_thread(fish.offers, "--search", "sack")) == ROWS
    for coop in coops:
        digests = await asyncio.to_thread(coop.told, "rebuild")
        assert digests == {"before": settled["digest"], "after": settled["digest"]}


async def killed_importing(coop: Coop, circle: str, file: Path) -> None:
    """Send a catalogue, and kill the node once a first part of it is acknowledged."""
    async with coop.api() as client:
        with file.open("rb") as content:
            lines = client.stream_lines("/imports", query={"circle": circle}, file=content)
            async with aclosing(lines):
                async for line in lines:
                    assert line["total"] == ROWS
                    if line["progress"]:
                        break
        assert coop.stop(signal.SIGKILL) == -signal.SIGKILL


def expect(coops: list[Coop], ledgers: list[Ledger], *, imported: int = 0) -> None:
    """Everything that was acknowledged is in every list, as it was acknowledged, and no more."""
    wanted = {offer: title for ledger in ledgers for offer, title in ledger.standing.items()}
    gone = {offer for ledger in ledgers for offer in ledger.withdrawn}
    assert sum(len(ledger.withdrawn) for ledger in ledgers) > 0
    for coop in coops:
        listed = {one["id"]: one["title"] for one in coop.offers()}
        assert wanted.items() <= listed.items()
        assert not gone & listed.keys()
        others = [title for offer, title in listed.items() if offer not in wanted]
        assert all(title.startswith("Sack ") for title in others)
        assert len(set(others)) == len(others)
        if imported:
            assert len(others) == imported


def catalogue(folder: Path) -> Path:
    file = folder / "sacks.csv"
    rows = "".join(f"S-{number},Sack {number},60,KGM,{number + 1},KES\n" for number in range(ROWS))
    file.write_text(f"sku,title,quantity,unit,price,currency\n{rows}")
    return file
