"""What people see of peers: the state of the link, when it was seen, and what went wrong."""

import asyncio
from pathlib import Path

from node.clock import ManualClock
from node.store import peers as rows
from node.store.reading import read
from protocol.errors import Refusal
from tests.coops import NOW_MS
from tests.node.net.nodes import GUARD_S, running_node, until, until_linked, village


async def test_a_member_that_is_on_no_list_is_seen_too(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two", "three") as (_, nodes):
        await until_linked(nodes[1], nodes[2])
        for one in nodes:
            states = {state.coop: state for state in await one.peers.states()}
            assert len(states) == 2
            assert all(state.last_seen_ms is not None for state in states.values())


async def test_a_peer_was_seen_last_when_its_link_ended_and_it_is_kept(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)
    async with running_node(tmp_path / "one", clock=clock) as one:
        async with running_node(tmp_path / "two") as two:
            await two.peers.add(one.coop, "")
            await one.peers.add(two.coop, two.address)
            await until_linked(one, two)
            clock.advance(5_000)
            (shown,) = await one.peers.states()
            assert (shown.state, shown.last_seen_ms) == ("connected", NOW_MS + 5_000)
            link = one.peers.links[two.coop]

        async def noted() -> bool:
            known = await read(one.store, lambda reader: rows.all_known(reader, one.coop))
            return [peer.last_seen_ms for peer in known] == [NOW_MS + 5_000]

        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
            while not await noted():
                await asyncio.sleep(0)
        clock.advance(1_000)
        (shown,) = await one.peers.states()
        assert (shown.state, shown.last_seen_ms) == ("waiting", NOW_MS + 5_000)


async def test_what_went_wrong_is_shown_until_there_is_a_link(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        await until_linked(one, two)
        one.peers.failed(two.coop, Refusal("peer-unreachable", "a while ago"))
        one.peers.failed(two.coop, Refusal("already-there"))
        one.peers.links[two.coop].end("peer-stalled", "a test")

        async def linked_again() -> bool:
            (state,) = await one.peers.states()
            return state.state == "connected" and state.last_error == ""

        await until([one, two], linked_again)
