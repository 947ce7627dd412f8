"""Invites over the API, and two real nodes that meet by one."""

from pathlib import Path

import pytest

from protocol.invite import read_link
from tests.node.served import OFFER_JSON, Served, make_home, served

DAY_MS = 86_400_000


async def test_an_invite_is_made_and_listed_without_its_link(one: Served) -> None:
    circle = await one.circle("Kreis")
    made = await one.owner("POST", "/invites", json={"circle": circle[:12], "uses": 2, "days": 3})
    (line,) = (await one.owner("GET", "/invites")).json["invites"]
    invite = read_link(one.node.network, made.json["link"])
    assert made.status == 201
    assert (invite.circle_name, invite.coop_name) == ("Kreis", "Kahawa Co-op")
    assert invite.addresses == (one.url,)
    assert made.json["expires_ms"] == one.clock.now_ms() + 3 * DAY_MS
    assert line == {
        "id": made.json["id"],
        "circle": circle,
        "uses": 2,
        "expires_ms": made.json["expires_ms"],
        "revoked": False,
        "created_ms": one.clock.now_ms(),
    }


async def test_what_is_left_out_comes_from_the_settings(one: Served) -> None:
    circle = await one.circle()
    made = await one.owner("POST", "/invites", json={"circle": circle})
    assert made.json["uses"] == one.node.settings.invite.uses
    days = one.node.settings.invite.days
    assert made.json["expires_ms"] == one.clock.now_ms() + days * DAY_MS


async def test_other_addresses_may_stand_in_it(one: Served) -> None:
    circle = await one.circle()
    addresses = ["https://a.example/node", "http://192.0.2.1:7410"]
    made = await one.owner("POST", "/invites", json={"circle": circle, "addresses": addresses})
    assert read_link(one.node.network, made.json["link"]).addresses == tuple(addresses)


@pytest.mark.parametrize("wish", [{"uses": 0}, {"uses": 1001}, {"days": 0}, {"addresses": ["x"]}])
async def test_an_invite_has_limits(one: Served, wish: dict[str, object]) -> None:
    circle = await one.circle()
    found = await one.owner("POST", "/invites", json={"circle": circle, **wish})
    assert (found.status, found.code) == (422, "bad-field")


async def test_an_invite_is_taken_back(one: Served) -> None:
    circle = await one.circle()
    made = await one.owner("POST", "/invites", json={"circle": circle})
    gone = await one.owner("DELETE", f"/invites/{made.json['id'][:10]}")
    (line,) = (await one.owner("GET", "/invites")).json["invites"]
    assert gone.json == {"revoked": made.json["id"]}
    assert line["revoked"] is True


@pytest.mark.parametrize(
    ("link", "code"), [("", "invite-malformed"), ("coopinvite:AAAA", "invite-malformed")]
)
async def test_a_link_that_is_none_is_refused(one: Served, link: str, code: str) -> None:
    assert (await one.owner("POST", "/joins", json={"link": link})).code == code


async def test_ones_own_link_leads_nowhere(one: Served) -> None:
    circle = await one.circle()
    made = await one.owner("POST", "/invites", json={"circle": circle})
    found = await one.owner("POST", "/joins", json={"link": made.json["link"]})
    assert (found.status, found.code) == (409, "to-itself")


async def test_two_nodes_meet_and_show_the_same(one: Served, tmp_path: Path) -> None:
    circle = await one.circle("Kreis")
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    link = (await one.owner("POST", "/invites", json={"circle": circle})).json["link"]
    async with served(make_home(tmp_path / "other", "Fischer", "DE")) as other:
        events = other.node.events.subscribe(other.node.events.last_id)
        joined = await other.owner("POST", "/joins", json={"link": link})
        assert joined.json == {
            "circle": circle,
            "peer": (await one.owner("GET", "/status")).json["coop"],
            "state": "joined",
        }
        await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
        while (await other.owner("GET", "/offers")).json["total"] < 2:
            await anext(events)
        await events.aclose()
        (peer,) = (await other.owner("GET", "/peers")).json["peers"]
        line = (await other.owner("GET", "/offers")).json["offers"][0]
        wishes = (await other.owner("GET", "/joins")).json["joins"]
        again = await other.owner("POST", "/joins", json={"link": link})
    assert (peer["name"], peer["state"], peer["address"]) == ("Kahawa Co-op", "connected", one.url)
    assert (line["coop_name"], line["mine"]) == ("Kahawa Co-op", False)
    assert [(one["name"], one["peer_name"], one["step"]) for one in wishes] == [
        ("Kreis", "Kahawa Co-op", "joined")
    ]
    assert again.status >= 400


async def test_a_wish_that_is_not_there_cannot_be_given_up(one: Served) -> None:
    found = await one.owner("DELETE", f"/joins/{await one.circle()}")
    assert (found.status, found.code) == (404, "not-found")
