import socket

import pytest

from node.net.addresses import LOOPBACK, NOWHERE, PRIVATE, PUBLIC, may_dial, reach


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("http://9.9.9.9", PUBLIC),
        ("https://[2620:fe::fe]:7410/node", PUBLIC),
        ("http://192.168.1.7:7410", PRIVATE),
        ("http://10.0.0.1", PRIVATE),
        ("http://[fd00::1]", PRIVATE),
        ("http://100.64.0.1", PRIVATE),
        ("http://127.0.0.1:7410", LOOPBACK),
        ("http://[::1]", LOOPBACK),
        ("http://0.0.0.0", LOOPBACK),
        ("http://[::ffff:127.0.0.1]", LOOPBACK),
        ("http://localhost", LOOPBACK),
        ("http://169.254.169.254/latest", NOWHERE),
        ("http://[fe80::1]", NOWHERE),
        ("http://224.0.0.1", NOWHERE),
        ("http://host.invalid", NOWHERE),
        ("http://127.0.0.1:99999", NOWHERE),
        ("http://127.0.0.1:port", NOWHERE),
        ("http://[::1", NOWHERE),
        ("http://", NOWHERE),
        ("http:///peer", NOWHERE),
        (f"http://{'a' * 70}.example", NOWHERE),
        ("http://a..b", NOWHERE),
    ],
)
async def test_how_far_away_an_address_can_be(address: str, wanted: int) -> None:
    assert await reach(address) == wanted


@pytest.mark.parametrize(
    ("address", "own", "may"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:2", True),
        ("http://10.0.0.1", "http://127.0.0.1:2", True),
        ("http://9.9.9.9", "http://127.0.0.1:2", True),
        ("http://127.0.0.1:1", "http://10.0.0.2", False),
        ("http://10.0.0.1", "http://10.0.0.2", True),
        ("http://10.0.0.1", "http://9.9.9.9", False),
        ("http://9.9.9.9", "http://9.9.9.10", True),
        ("http://169.254.169.254", "http://127.0.0.1", False),
        ("http://10.0.0.1", "http://host.invalid", False),
        ("http://9.9.9.9", "http://host.invalid", True),
    ],
)
async def test_only_what_is_as_public_as_oneself_is_dialled(
    address: str, own: str, *, may: bool
) -> None:
    assert await may_dial(address, own) is may


async def test_a_name_with_one_inner_address_among_public_ones_is_an_inner_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(*_: object, **__: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
            for address in ("9.9.9.9", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert await reach("http://rebinds.example") == LOOPBACK
