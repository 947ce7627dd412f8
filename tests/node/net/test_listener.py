"""The endpoint: who is let in, and how many at once."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from node.app import Node
from tests.coops import Coop
from tests.node.net.nodes import GUARD_S, read, running_node
from tests.node.net.siege import siege
from tests.node.net.stranger import Stranger, socket_to, stranger


async def turned_away(node: Node) -> int:
    with pytest.raises(WSServerHandshakeError) as refused:
        async with socket_to(node):
            pass
    return refused.value.status


async def said_to(node: Node, coop: Coop) -> str:
    async with stranger(node, coop) as peer:
        return (await peer.farewell())[0]


async def greets(node: Node, coop: Coop) -> bool:
    async with stranger(node, coop) as peer:
        return bool(await peer.greet())


async def test_members_and_listed_coops_are_let_in_and_no_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        assert await greets(town.node, town.member)
        listed = Coop("listed")
        assert await said_to(town.node, listed) == "peer-not-listed"
        await town.node.peers.add(listed.id, "")
        assert await greets(town.node, listed)


async def test_a_removed_member_is_not_let_in_any_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        await town.node.remove(town.circle, town.member.id)
        assert await said_to(town.node, town.member) == "peer-not-listed"


async def test_sockets_of_strangers_count_from_the_first_moment_and_until_they_close(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "node", flags={"limits.peer_connections": 2}) as node:
        async with socket_to(node), socket_to(node):
            assert await turned_away(node) == 429
        async with asyncio.timeout(GUARD_S):
            while node.peers._listener._from:
                await asyncio.sleep(0)
        assert await said_to(node, Coop("unknown")) == "peer-not-listed"


async def test_what_is_no_websocket_takes_no_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        before = dict(town.node.peers._listener._from)
        for _ in range(3):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", int(town.node.address.rpartition(":")[2])
            )
            writer.write(b"GET /peer HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400")
            writer.close()
        assert dict(town.node.peers._listener._from) == before


async def test_a_node_that_stops_lets_nobody_in(tmp_path: Path) -> None:
    async with running_node(tmp_path / "node") as node:
        await node.peers.goodbye()
        assert await turned_away(node) == 429


async def test_strangers_leave_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Names can be made up without end; neither memory nor database grows with them."""
    async with siege(tmp_path, caplog) as town:
        before = await read(town.node, "SELECT count(*) FROM coop")
        for number in range(5):
            assert await said_to(town.node, Coop(f"made up {number}")) == "peer-not-listed"
        assert await read(town.node, "SELECT count(*) FROM coop") == before
        assert set(town.node.peers.sightings._errors) <= {town.neighbour.coop}
        assert {link.coop for link in town.node.peers.links} == {town.neighbour.coop}


async def test_one_is_let_in_again_after_its_link_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        peers: list[Stranger] = []
        for _ in range(3):
            async with stranger(town.node, town.member) as peer:
                await peer.greet()
                peers.append(peer)
        assert len({peer.wire.handshake_hash for peer in peers}) == 3
