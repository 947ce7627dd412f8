"""Dialling, against real servers that behave badly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from node.app import Node
from node.net import dials
from node.store import peers as rows
from protocol.errors import Refusal
from tests.coops import Coop
from tests.node.net.nodes import (
    let_in,
    port_of,
    publish,
    running_node,
    until,
    until_linked,
    until_titles,
)


@asynccontextmanager
async def tcp_server(answer: bytes | None) -> AsyncIterator[str]:
    """Takes connections, says something or nothing, and leaves them open."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is not None:
            writer.write(answer)
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def why_not(node: Node, address: str) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await node.peers.dials.connect(address, Coop("somebody").id)
    return refusal.value


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 503 no\r\n\r\n", b"\x00\xff" * 50],
    ids=["nothing", "a page", "an error", "noise"],
)
async def test_what_is_no_node_is_unreachable(tmp_path: Path, answer: bytes) -> None:
    async with running_node(tmp_path / "node") as node, tcp_server(answer) as address:
        refusal = await why_not(node, address)
        assert refusal.code == "peer-unreachable"
        assert address in refusal.detail


async def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dials, "CONNECT_S_MAX", 0.05)
    async with running_node(tmp_path / "node") as node, tcp_server(None) as address:
        assert (await why_not(node, address)).code == "peer-unreachable"


async def test_a_redirection_is_not_followed(tmp_path: Path) -> None:
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    application = web.Application()
    application.router.add_get("/{path:.*}", redirect)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with running_node(tmp_path / "node") as node:
        refusal = await why_not(node, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    assert "redirects to /elsewhere" in refusal.detail
    assert asked == ["/peer"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:99999", "http://[::1", "http://127.0.0.1:1", "ftp://127.0.0.1"]
)
async def test_whatever_a_contact_record_says_dialling_it_is_at_most_a_refusal(
    tmp_path: Path, address: str
) -> None:
    async with running_node(tmp_path / "node") as node:
        assert (await why_not(node, address)).code == "peer-unreachable"


async def test_a_node_that_is_public_dials_no_neighbour_of_its_own(tmp_path: Path) -> None:
    async with (
        running_node(tmp_path / "node", at="http://9.9.9.9") as node,
        running_node(tmp_path / "inside") as inside,
    ):
        refusal = await why_not(node, inside.address)
        assert "only the other machine" in refusal.detail


async def test_an_address_that_the_operator_gave_is_dialled_wherever_it_leads(
    tmp_path: Path,
) -> None:
    async with (
        running_node(tmp_path / "node", at="http://9.9.9.9") as node,
        running_node(tmp_path / "inside") as inside,
    ):
        await inside.peers.add(node.coop, "")
        await node.peers.add(inside.coop, inside.address)
        await until_linked(node, inside)


async def test_the_next_address_is_tried_when_one_is_dead(tmp_path: Path) -> None:
    async with (
        running_node(tmp_path / "one") as one,
        running_node(tmp_path / "two") as two,
        tcp_server(b"") as dead,
    ):
        circle = await one.found_circle("Sea and soil", public=False)
        await let_in(circle, [one], two)
        await one.peers.add(two.coop, dead)
        one.peers.links[two.coop].end("peer-stalled", "a test")
        await until_linked(one, two)


async def test_a_member_is_dialled_as_soon_as_it_says_where_it_is(tmp_path: Path) -> None:
    """The first address that a co-op tells is a dead one; the next comes as a live change."""
    async with (
        running_node(tmp_path / "one") as one,
        running_node(tmp_path / "two", at="http://127.0.0.1:1") as two,
    ):
        circle = await one.found_circle("Sea and soil", public=False)
        await let_in(circle, [one], two)

        async def told() -> bool:
            states = await one.peers.states()
            return [state.address for state in states] == ["http://127.0.0.1:7"]

        await two.listening("http://127.0.0.1:7")
        await until(one, told)


async def test_a_peer_that_comes_back_is_dialled_again_by_the_one_that_can(
    tmp_path: Path,
) -> None:
    """The one that was away cannot dial; so the other one has to."""
    async with running_node(tmp_path / "stays", at="http://127.0.0.1:1") as stays:
        async with running_node(tmp_path / "goes") as goes:
            circle = await goes.found_circle("Sea and soil", public=False)
            await let_in(circle, [goes], stays)
            port = port_of(goes)
        await publish(stays, circle, "meanwhile")
        async with running_node(tmp_path / "goes", port=port) as goes:
            await until_titles(goes, circle, "meanwhile")


async def test_a_fault_while_looking_whom_to_dial_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        await two.peers.add(one.coop, "")
        real, failed = rows.all_known, asyncio.Event()

        def fails_once(*values: object) -> object:
            monkeypatch.setattr(rows, "all_known", real)
            one.store._loop.call_soon_threadsafe(failed.set)
            raise OSError("the disk went away")

        monkeypatch.setattr(rows, "all_known", fails_once)
        one.peers.wake()
        await failed.wait()
        await one.peers.add(two.coop, two.address)
        await until_linked(one, two)
        assert await one.found_circle("another", public=False) != circle
