"""All links of a node: what people see of them, and that nothing ends the node but its stop."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from node import acts
from node.keyring import entropy
from node.store.database import Database
from protocol.errors import Refusal
from protocol.trade import OFFER
from tests.coops import Coop
from tests.node.net.nodes import (
    GUARD_S,
    offer,
    publish,
    running_node,
    until,
    until_linked,
    until_titles,
    village,
)


async def test_people_see_who_is_linked_who_is_waited_for_and_who_is_blocked(
    tmp_path: Path,
) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        away, unknown, blocked = (Coop(name).id for name in ("away", "unknown", "blocked"))
        await one.peers.add(away, "http://127.0.0.1:1", "Far away")
        await one.peers.add(unknown, "")
        await one.peers.set_blocked(blocked, blocked=True)

        async def settled() -> bool:
            states = {state.coop: state for state in await one.peers.states()}
            return bool(states[away].last_error) and states[two.coop].state == "connected"

        async with asyncio.timeout(GUARD_S):
            while not await settled():
                await asyncio.sleep(0)
        states = {state.coop: state for state in await one.peers.states()}
        assert {coop: state.state for coop, state in states.items()} == {
            two.coop: "connected", away: "waiting", unknown: "unknown", blocked: "blocked",
        }  # fmt: skip
        assert (states[away].name, states[away].address) == ("Far away", "http://127.0.0.1:1")
        assert "[peer-unreachable]" in states[away].last_error
        assert states[two.coop].address == two.address
        assert states[two.coop].last_error == ""


async def test_blocking_ends_the_link_and_unblocking_brings_it_back(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        link = one.peers.links[two.coop]
        await one.peers.set_blocked(two.coop, blocked=True)
        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
        await publish(two, circle, "unheard")
        assert two.coop not in one.peers.links
        await one.peers.set_blocked(two.coop, blocked=False)
        await until_titles(one, circle, "unheard")


async def test_a_node_does_not_list_itself(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        with pytest.raises(Refusal, match="to-itself"):
            await one.peers.add(one.coop, one.address)


async def test_what_was_committed_is_told_even_when_the_link_broke_meanwhile(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "one") as one:
        begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def work() -> int:
            begun.set()
            await go_on.wait()
            done.set()
            return 7

        caller = asyncio.create_task(one.peers.whole(work()))
        await begun.wait()
        caller.cancel()
        go_on.set()
        async with asyncio.timeout(GUARD_S):
            await done.wait()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert await one.peers.whole(asyncio.sleep(0, 8)) == 8


async def test_what_came_by_another_way_is_fetched_by_the_peers_once_it_is_announced(
    tmp_path: Path,
) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        await until_linked(one, two)
        many = [(OFFER, offer(f"fish {number}"), None) for number in range(3)]

        def put(database: Database) -> None:
            author = one.publisher._author
            signing = acts.Signing(author, 7, one.clock.now_ms(), "owner", entropy)
            acts.add_offers(database, signing, circle, many, live=True)

        await one.store.write(put)
        one.peers.announce()
        await until_titles(two, circle, *(f"fish {number}" for number in range(3)))


async def test_faults_of_work_beside_are_logged_once_and_end_nothing(tmp_path: Path) -> None:
    async def fails() -> None:
        raise RuntimeError("a fault")

    async def refuses() -> None:
        raise Refusal("not-found")

    with capture_logs() as told:
        async with village(tmp_path, "one", "two") as (circle, (one, two)):
            for work in (fails, refuses):
                task = one.peers.start(work())
                assert task is not None
                await task
            with pytest.raises(RuntimeError):
                await one.peers.whole(fails())
            await publish(one, circle, "still here")
            await until_titles(two, circle, "still here")
    assert [line["event"] for line in told if line["log_level"] == "error"] == ["a task failed"]


async def test_one_link_that_fails_to_compare_does_not_keep_the_others_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the clock of comparisons goes on: it is what everything else can rely on."""
    flags = {"sync.interval_s": 1}
    async with (
        running_node(tmp_path / "one", flags=flags) as one,
        running_node(tmp_path / "two") as two,
    ):
        await one.peers.add(two.coop, two.address)
        await two.peers.add(one.coop, one.address)
        await until_linked(one, two)
        link = one.peers.links[two.coop]
        real, twice = link.compare, asyncio.Event()
        asked: list[str] = []

        async def fails_once() -> None:
            asked.append("asked")
            if len(asked) == 1:
                raise RuntimeError("a fault")
            await real()
            twice.set()

        monkeypatch.setattr(link, "compare", fails_once)
        async with asyncio.timeout(GUARD_S):
            await twice.wait()
        assert not link.has_ended


async def test_nothing_of_a_node_runs_on_after_it_has_stopped(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with village(tmp_path, "one", "two", "three") as (circle, nodes):
        await nodes[0].peers.add(Coop("away").id, "http://127.0.0.1:1")
        await publish(nodes[0], circle, "fish")
        joining = asyncio.create_task(nodes[2].peers.blob(bytes(32)))
        await joining
    assert asyncio.all_tasks() == before


async def test_a_node_that_stops_starts_nothing_new(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        await one.peers.goodbye()
        ran: list[str] = []

        async def work() -> None:
            ran.append("ran")

        assert one.peers.start(work()) is None
        with pytest.raises(Refusal, match="the node stops"):
            await one.peers.whole(work())
        assert ran == []


async def test_a_link_shows_when_its_peer_was_seen_last(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):

        async def seen() -> bool:
            states = await two.peers.states()
            return [one.last_seen_ms is not None for one in states] == [True]

        await until(two, seen)
        assert one.coop in two.peers.links
