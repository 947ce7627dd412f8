"""Who calls, when a proxy stands between: what the caller writes itself changes nothing."""

import pytest

from node.proxies import HOPS_MAX, caller_address, is_networks, is_trusted, networks

PROXY, CALLER, FORGED = "127.0.0.1", "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("remote", "told", "trusted", "found"),
    [
        (CALLER, [], "", CALLER),
        (CALLER, [FORGED], "", CALLER),
        (PROXY, [CALLER], "", PROXY),
        (PROXY, [CALLER], "127.0.0.1", CALLER),
        (PROXY, [f"{FORGED}, {CALLER}"], "127.0.0.1", CALLER),
        (PROXY, [FORGED, CALLER], "127.0.0.1", CALLER),
        (CALLER, [FORGED], "127.0.0.1", CALLER),
        (PROXY, [f"{FORGED},{CALLER},10.1.2.3"], "127.0.0.1, 10.0.0.0/8", CALLER),
        (PROXY, ["10.0.0.1,10.0.0.2"], "127.0.0.1, 10.0.0.0/8", "10.0.0.1"),
        (PROXY, [], "127.0.0.1", PROXY),
        (PROXY, ["unknown"], "127.0.0.1", PROXY),
        (PROXY, [f"{FORGED}, <script>"], "127.0.0.1", PROXY),
        (PROXY, [""], "127.0.0.1", PROXY),
        (PROXY, [f"{CALLER}:4711"], "127.0.0.1", CALLER),
        ("::1", ["[2001:db8::7]:443"], "::1", "2001:db8::7"),
        ("::1", ["2001:db8::7"], "::1", "2001:db8::7"),
        ("::ffff:127.0.0.1", [CALLER], "127.0.0.1", CALLER),
        (None, [FORGED], "127.0.0.1", ""),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxys(
    remote: str | None, told: list[str], trusted: str, found: str
) -> None:
    assert caller_address(remote, told, networks(trusted)) == found


def test_of_a_long_row_only_the_nearest_are_looked_at() -> None:
    told = ",".join([CALLER, *["10.0.0.1"] * HOPS_MAX])
    assert caller_address("10.0.0.2", [told], networks("10.0.0.0/8")) == "10.0.0.1"


@pytest.mark.parametrize("text", ["", "127.0.0.1", "::1", "10.0.0.0/8, fd00::/8", " 10.1.2.3 "])
def test_networks_are_addresses_and_ranges_with_commas_between(text: str) -> None:
    assert is_networks(text)


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1,", "*"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_networks(text)


def test_nobody_is_trusted_unless_somebody_is_named() -> None:
    assert not is_trusted(PROXY, networks(""))
    assert is_trusted(PROXY, networks("127.0.0.0/8"))
    assert not is_trusted("no address", networks("127.0.0.0/8"))
