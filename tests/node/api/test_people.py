"""People over the API: let in, given roles, shut out, removed; logins; who did what."""

from __future__ import annotations

import pytest

from node.gate.people import DAYS_MAX
from tests.node.served import Served, bearer, logged_in
from tests.node.web.persons import link_for, person, use


async def test_people_are_listed_with_their_roles(one: Served) -> None:
    await logged_in(one)
    await person(one, "Amina W.", "trader")
    users = (await one.owner("GET", "/users")).json["users"]
    assert [(user["name"], user["shown"], user["role"], user["sessions"]) for user in users] == [
        ("owner", "owner", "owner", 1),
        ("amina w.", "Amina W.", "trader", 1),
    ]


async def test_a_link_is_listed_without_its_secret_and_taken_back(one: Served) -> None:
    path = await link_for(one, "auditor")
    listed = await one.owner("GET", "/users/invitations")
    (line,) = listed.json["invitations"]
    assert (line["role"], line["name"]) == ("auditor", None)
    assert path.rpartition("/")[2].encode() not in listed.body
    number = line["number"]
    assert (await one.owner("DELETE", f"/users/invitations/{number}")).json == {
        "ended": str(number)
    }
    again = await one.owner("DELETE", f"/users/invitations/{number}")
    assert (again.status, again.code) == (404, "not-found")
    assert (await use(one, path, "Amina")).status == 410


@pytest.mark.parametrize(
    "wish", [{"role": "king"}, {"days": 0}, {"days": DAYS_MAX + 1}, {"nobody": 1}]
)
async def test_a_wish_for_a_link_that_cannot_be(one: Served, wish: dict[str, object]) -> None:
    found = await one.owner("POST", "/users/invitations", json=wish)
    assert (found.status, found.code) == (422, "bad-field")


async def test_a_role_changes_and_a_person_goes_and_comes(one: Served) -> None:
    await logged_in(one)
    amina = await person(one, "Amina", "member")
    changed = await one.owner("PUT", "/users/amina/role", json={"role": "auditor"})
    assert changed.json == {"name": "amina"}
    assert (await one.tcp("GET", "/audit", cookies=amina.cookies)).status == 200
    assert (await one.owner("POST", "/users/amina/disable")).status == 200
    assert (await one.tcp("GET", "/audit", cookies=amina.cookies)).status == 401
    assert (await one.owner("POST", "/users/amina/enable")).status == 200
    assert (await one.owner("POST", "/users/amina/reset", json={})).status == 201
    assert (await one.owner("DELETE", "/users/amina")).status == 200
    for method, path in (("DELETE", "/users/amina"), ("POST", "/users/amina/enable")):
        assert (await one.owner(method, path)).code == "not-found"


async def test_tokens_rest_while_their_account_is_shut_out(one: Served) -> None:
    headers = await bearer(one)
    await person(one, "Rosa", "owner")
    await one.owner("POST", "/users/owner/disable")
    assert (await one.tcp("GET", "/status", headers=headers)).code == "bad-token"
    await one.owner("POST", "/users/owner/enable")
    assert (await one.tcp("GET", "/status", headers=headers)).status == 200


async def test_one_sees_one_s_own_logins_and_an_owner_all(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "member")
    own = (await one.tcp("GET", "/sessions", cookies=amina.cookies)).json["sessions"]
    assert [session["name"] for session in own] == ["amina"]
    refused = await one.tcp("GET", "/sessions?all=1", cookies=amina.cookies)
    assert (refused.status, refused.code) == (403, "not-your-role")
    both = (await one.tcp("GET", "/sessions?all=1", cookies=owner.cookies)).json["sessions"]
    assert {session["name"] for session in both} == {"owner", "amina"}
    ended = await one.owner("DELETE", f"/sessions/{own[0]['id']}")
    assert ended.json == {"ended": own[0]["id"]}
    assert (await one.owner("DELETE", f"/sessions/{own[0]['id']}")).code == "not-found"


async def test_deeds_are_given_page_by_page(one: Served) -> None:
    for _ in range(3):
        await link_for(one, "member")
    first = (await one.owner("GET", "/audit?limit=2")).json
    assert [(deed["n"], deed["act"], deed["about"]) for deed in first["deeds"]] == [
        (3, "invited", "member"),
        (2, "invited", "member"),
    ]
    rest = (await one.owner("GET", f"/audit?limit=2&before={first['next']}")).json
    assert ([deed["n"] for deed in rest["deeds"]], rest["next"]) == ([1], None)


async def test_contact_is_kept_and_the_node_says_itself_where_it_answers(one: Served) -> None:
    wish = {"person": "Wanjiru", "email": "w@mlima.example"}
    assert (await one.owner("PUT", "/contact", json=wish)).json["person"] == "Wanjiru"
    assert (await one.owner("GET", "/contact")).json["email"] == "w@mlima.example"
    nodes = {"nodes": ["http://elsewhere.example"]}
    assert (await one.owner("PUT", "/contact", json=nodes)).code == "bad-field"
