"""The door: so many connections from one address, and not one more."""

import asyncio
from typing import Any

import pytest

from node.gate import door
from node.gate.door import Door
from node.proxies import networks


class Connection(asyncio.Transport):
    """A connection that says where it comes from."""

    def __init__(self, address: object) -> None:
        super().__init__({"peername": address})
        self.closed = False
        self.protocol: Any = None

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True

    def set_protocol(self, protocol: Any) -> None:  # noqa: ANN401 - asyncio's own
        self.protocol = protocol


def test_a_trusted_proxy_brings_as_many_as_it_likes() -> None:
    guard = Door(asyncio.Protocol, 2, networks("10.0.0.0/8"))
    proxied = knock(guard, *[("10.1.2.3", port) for port in range(9)])
    others = knock(guard, *[("203.0.113.7", port) for port in range(3)])
    assert [one.closed for one in proxied] == [False] * 9
    assert [one.closed for one in others] == [False, False, True]


def knock(guard: Door, *addresses: object) -> list[Connection]:
    found = []
    for address in addresses:
        connection = Connection(address)
        guard().connection_made(connection)
        found.append(connection)
    return found


@pytest.fixture
def guard() -> Door:
    return Door(asyncio.Protocol, 2)


def test_so_many_come_in_and_the_next_one_does_not(guard: Door) -> None:
    held = knock(guard, *[("192.0.2.1", port) for port in (1, 2, 3)])
    assert [one.closed for one in held] == [False, False, True]
    assert [one.protocol is not None for one in held] == [True, True, False]


def test_another_address_is_another_matter(guard: Door) -> None:
    held = knock(guard, ("192.0.2.1", 1), ("192.0.2.1", 2), ("192.0.2.2", 3), ("2001:db8::1", 4))
    assert not any(one.closed for one in held)


def test_a_connection_that_ends_makes_room(guard: Door) -> None:
    first, _ = knock(guard, ("192.0.2.1", 1), ("192.0.2.1", 2))
    first.closed = True
    (third,) = knock(guard, ("192.0.2.1", 3))
    assert not third.closed


@pytest.mark.parametrize("address", [("127.0.0.1", 1), ("::1", 1), ("::1%lo", 1), "", None])
def test_the_machine_itself_is_not_counted(guard: Door, address: object) -> None:
    assert not any(one.closed for one in knock(guard, *[address] * 5))


def test_addresses_are_forgotten_before_there_are_too_many(
    guard: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "ADDRESSES_MAX", 2)
    first, _second = knock(guard, ("192.0.2.1", 1), ("192.0.2.2", 1))
    (full,) = knock(guard, ("192.0.2.3", 1))
    first.closed = True
    (room,) = knock(guard, ("192.0.2.3", 1))
    assert (full.closed, room.closed) == (True, False)
