"""Peers over the API: listing, blocking."""

import pytest

from protocol.keys import COOP, to_text
from tests.node.served import Served

OTHER = to_text(COOP, bytes([5]) * 32)


async def test_a_peer_is_listed_and_blocked_and_unblocked(one: Served) -> None:
    wish = {"coop": OTHER, "address": "http://127.0.0.1:9"}
    listed = await one.owner("POST", "/peers", json=wish)
    blocked = await one.owner("POST", f"/peers/{OTHER[:12]}/block")
    (shown,) = (await one.owner("GET", "/peers")).json["peers"]
    unblocked = await one.owner("POST", f"/peers/{OTHER}/unblock")
    (after,) = (await one.owner("GET", "/peers")).json["peers"]
    assert listed.json == wish
    assert blocked.json == {"coop": OTHER, "blocked": True}
    assert (shown["coop"], shown["state"], shown["blocked"]) == (OTHER, "blocked", True)
    assert (unblocked.json["blocked"], after["blocked"]) == (False, False)
    assert shown.keys() == {
        "coop", "name", "state", "address", "blocked", "last_seen_ms", "last_error",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"coop": "coop1qq", "address": "http://a.example"}, "bad-id"),
        ({"coop": OTHER, "address": "a.example"}, "bad-field"),
        ({"coop": OTHER, "address": "file:///etc/passwd"}, "bad-field"),
        ({"coop": OTHER}, "bad-field"),
    ],
)
async def test_what_is_no_peer_is_refused(one: Served, wish: dict[str, str], code: str) -> None:
    found = await one.owner("POST", "/peers", json=wish)
    assert (found.status, found.code) == (422, code)


async def test_the_node_is_no_peer_of_its_own_and_another_one_of_its_coop_is(one: Served) -> None:
    own = to_text(COOP, one.node.coop)
    wish = {"coop": own, "address": one.node.address}
    assert (await one.owner("POST", "/peers", json=wish)).code == "to-itself"
    elsewhere = {"coop": own, "address": "http://127.0.0.1:9"}
    assert (await one.owner("POST", "/peers", json=elsewhere)).json == elsewhere
    (shown,) = (await one.owner("GET", "/peers")).json["peers"]
    assert (shown["coop"], shown["address"]) == (own, "http://127.0.0.1:9")
