import re
import signal
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from node.cli.client import Client, Refused
from node.socket_path import client_socket_path
from tests.node.cli.processes import RunningNode


@pytest.fixture
def alone(tmp_path: Path) -> RunningNode:
    node = RunningNode(tmp_path / "home")
    node.init()
    return node


def log_of(node: RunningNode) -> str:
    return (node.home / "log.txt").read_text()


def test_the_last_line_of_the_start_names_an_address_that_answers(alone: RunningNode) -> None:
    alone.start()
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)", alone.address)
    assert found is not None
    socket.create_connection(("127.0.0.1", int(found[1])), timeout=10).close()
    assert alone("status").code == 0
    assert alone.stop() == 0
    assert "Traceback" not in log_of(alone)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_it_can_start_again(
    alone: RunningNode, number: signal.Signals
) -> None:
    alone.start()
    circle = alone("circle", "create", "Stays", "--json").json["circle"]
    assert alone.stop(number) == 0
    stopped = alone("status", "--json")
    assert (stopped.code, stopped.error) == (1, "not-running")
    alone.start()
    assert [one["id"] for one in alone("status", "--json").json["circles"]] == [circle]
    assert alone.stop() == 0


def test_a_second_process_on_the_folder_is_refused_and_the_first_goes_on(
    alone: RunningNode,
) -> None:
    alone.start()
    second = alone("run", "--json")
    assert (second.code, second.error) == (1, "home-in-use")
    assert alone.process is not None
    assert f"process {alone.process.pid} works on" in second.err
    assert alone("status").code == 0
    assert alone.stop() == 0


def test_after_a_kill_it_starts_again(alone: RunningNode) -> None:
    alone.start()
    circle = alone("circle", "create", "Stays", "--json").json["circle"]
    assert alone.stop(signal.SIGKILL) == -signal.SIGKILL
    assert alone("status", "--json").error == "not-running"
    alone.start()
    assert [one["id"] for one in alone("status", "--json").json["circles"]] == [circle]
    assert alone.stop() == 0


def test_a_setting_is_a_flag_too(alone: RunningNode) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    in_use = alone("run", "--listen", f"127.0.0.1:{port}", "--json")
    assert in_use.code == 1
    assert str(port) in in_use.json["error"]["sentence"]
    assert "Traceback" not in in_use.err
    taken.close()
    alone.start("--listen", f"127.0.0.1:{port}", "--log-format", "json", "--limits.body-s", "9")
    assert alone.address == f"http://127.0.0.1:{port}"
    assert alone.stop() == 0
    assert all(line.startswith("{") for line in log_of(alone).splitlines())


def test_a_wrong_flag_is_refused_by_its_name(alone: RunningNode) -> None:
    done = alone("run", "--limits.body_s", "0", "--json")
    assert (done.code, done.error) == (1, "out-of-range")
    assert "--limits.body_s" in done.err


async def test_the_client_speaks_to_it_for_scripts(alone: RunningNode) -> None:
    alone.start()
    token = alone("token", "create", "script", "--json").json["token"]
    path = client_socket_path(alone.home)
    assert path is not None
    async with Client(path) as over_socket, Client(alone.address, token) as over_tcp:
        assert await over_tcp.get("/circles") == await over_socket.get("/circles")
        with pytest.raises(Refused) as refused:
            await over_tcp.post("/circles", {"name": "No"})
        assert refused.value.code == "not-your-role"
    async with Client(alone.address) as stranger:
        with pytest.raises(Refused) as refused:
            await stranger.get("/status")
        assert (refused.value.code, refused.value.status) == ("not-logged-in", 401)
    assert alone.stop() == 0


async def test_a_folder_without_a_node_is_set_up_on_the_page_and_the_process_goes_on(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    node = RunningNode(home)
    home.mkdir(mode=0o700)
    node.start("--listen", "127.0.0.1:0")
    assert node("status", "--json").error == "not-running"
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        await confirm(session, node)
        assert node.stop(signal.SIGKILL) == -signal.SIGKILL
    # what was confirmed is kept: a new link goes on with it
    node.start("--listen", "127.0.0.1:0")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        await session.get(f"{node.address}/start/{token_of(node)}")
        owner = {"name": "Amina", "password": "sea and soil 12", "again": "sea and soil 12"}
        async with session.post(f"{node.address}/start/owner", data=owner) as answer:
            assert str(answer.url) == f"{node.address}/circles/first"
            assert answer.status == 200
    status = node("status", "--json").json
    assert status["name"] == "Kahawa"
    assert node.stop() == 0
    node.start("--listen", "127.0.0.1:0")
    assert node("status", "--json").json["coop"] == status["coop"]
    assert node.stop() == 0


async def test_a_first_run_ends_cleanly_and_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    node = RunningNode(home)
    home.mkdir(mode=0o700)
    node.start("--listen", "127.0.0.1:0")
    second = node("run", "--json")
    assert (second.code, second.error) == (1, "home-in-use")
    assert node.stop() == 0
    assert sorted(path.name for path in home.iterdir()) == ["lock", "log.txt"]


def token_of(node: RunningNode) -> str:
    """What the link of the terminal ends with."""
    return node.said.partition("/start/")[2].split()[0]


async def confirm(session: ClientSession, node: RunningNode) -> None:
    """Name the co-op, read its words, give back those that are asked."""
    start = f"{node.address}/start"
    await session.get(f"{start}/{token_of(node)}")
    async with session.post(f"{start}/coop", data={"name": "Kahawa", "country": "KE"}) as shown:
        words = re.findall(r'class="word">(\w+)<', await shown.text())
    async with session.get(f"{start}/check") as shown:
        asked = re.findall(r'name="word(\d+)"', await shown.text())
    typed = {f"word{number}": words[int(number) - 1] for number in asked}
    async with session.post(f"{start}/check", data=typed) as answer:
        assert str(answer.url) == f"{start}/owner"
