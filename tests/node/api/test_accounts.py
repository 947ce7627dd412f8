"""Logins and tokens over the API."""

import pytest

from tests.node.served import Served, bearer, logged_in


async def test_logging_in_tells_who_one_is(one: Served) -> None:
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "Owner ", "password": made.json["password"]}
    found = await one.tcp("POST", "/login", data=form)
    assert made.json["name"] == "owner"
    assert (found.json["name"], found.json["role"]) == ("owner", "owner")
    assert len(found.json["csrf"]) == 64


@pytest.mark.parametrize("form", [{}, {"name": "owner"}, {"name": "owner", "password": "wrong"}])
async def test_a_wrong_login_tells_nothing_more(one: Served, form: dict[str, str]) -> None:
    await one.owner("POST", "/users/owner/password")
    found = await one.tcp("POST", "/login", data=form)
    assert (found.status, found.code, found.json["detail"]) == (401, "bad-password", "")
    assert "Set-Cookie" not in found.headers


async def test_a_new_password_ends_the_old_sessions(one: Served) -> None:
    login = await logged_in(one)
    await one.owner("POST", "/users/owner/password")
    assert (await one.tcp("GET", "/status", cookies=login.cookies)).status == 401


async def test_nobody_else_s_password_is_made(one: Served) -> None:
    found = await one.owner("POST", "/users/somebody/password")
    assert (found.status, found.code) == (404, "not-found")


async def test_tokens_are_listed_and_ended(one: Served) -> None:
    headers = await bearer(one, "read")
    (line,) = (await one.owner("GET", "/tokens")).json["tokens"]
    assert (line["name"], line["scope"], line["user"], line["revoked"]) == (
        "a program", "read", "owner", False,
    )  # fmt: skip
    assert "coop_" not in str(line)
    gone = await one.owner("DELETE", f"/tokens/{line['n']}")
    after = await one.tcp("GET", "/status", headers=headers)
    assert (gone.json, after.code) == ({"revoked": line["n"]}, "bad-token")


@pytest.mark.parametrize(
    ("number", "code"), [("x", "bad-id"), ("99", "not-found"), ("-1", "bad-id")]
)
async def test_a_token_that_is_not_there(one: Served, number: str, code: str) -> None:
    assert (await one.owner("DELETE", f"/tokens/{number}")).code == code


@pytest.mark.parametrize("scope", ["", "everything", "read everything"])
async def test_a_scope_that_is_none_is_refused(one: Served, scope: str) -> None:
    await one.owner("POST", "/users/owner/password")
    found = await one.owner("POST", "/tokens", json={"name": "x", "scope": scope})
    assert (found.status, found.code) == (422, "bad-field")


async def test_a_token_makes_no_token(one: Served) -> None:
    headers = await bearer(one, "admin")
    found = await one.tcp("POST", "/tokens", headers=headers, json={"name": "x"})
    assert (found.status, found.code) == (403, "not-your-role")
