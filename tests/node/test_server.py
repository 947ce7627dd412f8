"""The server: two doors, one application, a quick and clean end."""

import asyncio
import socket
import stat
from pathlib import Path

import aiohttp
import pytest

from node.server import serving
from tests.node.served import OFFER_JSON, Served, bearer, make_home, served


async def test_the_own_socket_is_the_owner(one: Served) -> None:
    found = await one.owner("GET", "/status")
    assert found.status == 200
    assert found.json["name"] == "Kahawa Co-op"


async def test_the_socket_is_open_to_its_owner_alone(one: Served) -> None:
    assert stat.S_IMODE(one.socket.stat().st_mode) == 0o600


async def test_a_socket_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(home / "test.sock"))
    left.close()
    async with served(home) as one:
        assert (await one.owner("GET", "/status")).status == 200
    assert not (home / "test.sock").exists()


async def test_a_stranger_is_told_to_log_in(one: Served) -> None:
    found = await one.tcp("GET", "/status")
    assert (found.status, found.code) == (401, "not-logged-in")
    assert found.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_is_told_to_anybody(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert (found.status, found.body) == (200, b"ok\n")


async def test_peers_have_their_place(one: Served) -> None:
    found = await one.tcp.raw("GET", "/peer")
    assert found.status == 400  # it wants a websocket


async def test_the_circles_learn_where_the_node_is(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    async with served(home) as one:
        await one.circle()
        before = (await one.owner("GET", "/status")).json["records"]
        assert one.node.address == one.url
    flags = {"public_url": "https://coop.example/node"}
    async with served(home, flags=flags) as one:
        after = (await one.owner("GET", "/status")).json["records"]
        assert one.node.address == "https://coop.example/node"
    assert after == before + 1


async def test_a_port_that_is_taken_is_the_machine_s_fault(one: Served, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="address already in use"):
        async with serving(one.node, f"127.0.0.1:{one.port}", tmp_path / "s.sock"):
            pass
    assert not (tmp_path / "s.sock").exists()


async def test_the_node_comes_back_with_all_that_it_acknowledged(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    async with served(home) as one:
        circle = await one.circle()
        made = await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
        status = (await one.owner("GET", "/status")).json
    async with served(home) as one:
        again = (await one.owner("GET", "/status")).json
        found = await one.owner("GET", f"/offers/{made.json['offer']}")
    assert (again["digest"], again["records"]) == (status["digest"], status["records"])
    assert found.status == 200


async def test_open_pages_end_with_the_node_and_are_not_cut_off(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    async with aiohttp.ClientSession() as session:
        async with served(home) as one:
            headers = await bearer(one)
            url = f"{one.url}/api/v1/events"
            responses = [await session.get(url, headers=headers) for _ in range(3)]
        # a stream that is cut off has no end, which the client would raise
        ended = [await response.read() for response in responses]
    assert len(ended) == 3


async def test_requests_of_all_sorts_are_answered_while_others_write(one: Served) -> None:
    circle = await one.circle()

    async def add(number: int) -> int:
        wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": f"Offer {number}"}}}
        return (await one.owner("POST", "/offers", json=wish)).status

    async def look() -> int:
        return (await one.owner("GET", "/offers")).status

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(add(number)) for number in range(20)]
        tasks += [group.create_task(look()) for _ in range(20)]
    assert {task.result() for task in tasks} == {200, 201}
    assert (await one.owner("GET", "/offers")).json["total"] == 20
