"""The server: two doors, one application, and nothing but what is meant answers strangers."""

import stat

import pytest

from tests.node.served import Served


async def test_the_own_socket_is_the_owner(one: Served) -> None:
    found = await one.owner("GET", "/status")
    assert found.status == 200
    assert found.json["name"] == "Kahawa Co-op"


async def test_the_socket_is_open_to_its_owner_alone(one: Served) -> None:
    assert stat.S_IMODE(one.socket.stat().st_mode) == 0o600


async def test_a_stranger_is_told_to_log_in(one: Served) -> None:
    found = await one.tcp("GET", "/status")
    assert (found.status, found.code) == (401, "not-logged-in")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_is_told_to_anybody(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert (found.status, found.body) == (200, b"ok\n")
