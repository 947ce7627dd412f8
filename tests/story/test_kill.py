"""kill -9 at seeded points under load: every offer that was acknowledged is there afterwards."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.story.ledger import Ledger
from tests.story.village import Coop, found_circle, until, until_equal, until_linked, village

SEED = 1844
KILLS = 8
KILLS_LONG = 100
# at one time, each with changes of its own
HANDS = 4
# acknowledged changes between two kills at most, all hands together
CHANGES_MAX = 60
PEER_DIES_TOO = 0.5


async def test_what_was_acknowledged_survives_kill_9(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = KILLS_LONG if request.config.getoption("--long") else KILLS
    rng = random.Random(SEED)
    with village(tmp_path, 2) as (coop, peer):
        circle = await asyncio.to_thread(found_circle, [coop, peer])
        await until_linked(coop, peer)
        ledgers = [Ledger(circle, coop, random.Random(rng.random())) for _ in range(HANDS)]
        for number in range(1, kills + 1):
            when = f"seed {SEED}, after kill {number} of {kills}"
            async with asyncio.TaskGroup() as group:
                for ledger in ledgers:
                    group.create_task(ledger.change_until_broken())
                # Sometimes who receives it all dies a moment before.
                if rng.random() < PEER_DIES_TOO:
                    await until_changed(ledgers, rng.randint(1, CHANGES_MAX))
                    assert peer.stop(signal.SIGKILL) == -signal.SIGKILL
                await until_changed(ledgers, rng.randint(1, CHANGES_MAX))
                assert coop.stop(signal.SIGKILL) == -signal.SIGKILL
            for one in (coop, peer):
                if one.process is None:
                    one.start()
            await expect(coop, ledgers, when)
        status = await until_equal(coop, peer)
        await expect(peer, ledgers, f"seed {SEED}, at the peer")
        for one in (coop, peer):
            digests = await asyncio.to_thread(one.told, "rebuild")
            assert digests == {"before": status["digest"], "after": status["digest"]}


async def until_changed(ledgers: list[Ledger], count: int) -> None:
    """Wait for so many more acknowledged changes, all hands together."""

    def acknowledged() -> int:
        return sum(ledger.acknowledged for ledger in ledgers)

    wanted = acknowledged() + count

    async def enough() -> bool:
        return acknowledged() >= wanted

    await until(enough, f"{count} more changes")


async def expect(coop: Coop, ledgers: list[Ledger], when: str) -> None:
    """What is sure stands as it was acknowledged; what was never answered stands or does not."""
    await until_equal(coop)
    listed = {one["id"]: one["title"] for one in await asyncio.to_thread(coop.offers)}
    for ledger in ledgers:
        assert ledger.standing.items() <= listed.items(), when
        assert not ledger.withdrawn & listed.keys(), when
        listed = {offer: title for offer, title in listed.items() if offer not in ledger.standing}
    assert len(listed) <= sum(ledger.unanswered for ledger in ledgers), when
