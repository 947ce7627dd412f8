"""People on the page: roles change, logins end, people leave, and only an owner does that."""

from __future__ import annotations

import re

import pytest

from tests.node.served import Served, logged_in
from tests.node.web.looking import look, send, text
from tests.node.web.persons import PASSWORD, person


async def test_everybody_sees_who_is_here_and_what_roles_may_do(one: Served) -> None:
    member = await person(one, "Amina W.", "member")
    shown = text(await look(one, member, "/people"))
    assert "<bdi>Amina W.</bdi>" in shown
    assert "write offers, wants, catalogues and notes" in shown
    assert "this one" in shown
    for hidden in ("/people/links", "/people/of/", "/people/audit", "/people/tokens"):
        assert hidden not in shown


async def test_an_owner_changes_a_role_and_it_holds_at_once(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "member")
    assert "Write an offer" not in text(await look(one, amina, "/people"))
    moved = await send(one, owner, "/people/of/amina/role", {"role": "trader"})
    assert (moved.status, moved.headers["Location"]) == (303, "/people/of/amina")
    assert "Write an offer" in text(await look(one, amina, "/people"))
    wrong = await send(one, owner, "/people/of/amina/role", {"role": "king"})
    assert (wrong.status, "[bad-field]" in text(wrong)) == (422, True)


async def test_who_is_shut_out_is_out_at_once_until_let_in_again(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "trader")
    await send(one, owner, "/people/of/amina/out", {"out": "yes"})
    assert (await look(one, amina, "/people")).status == 303
    form = {"name": "amina", "password": PASSWORD}
    assert (await one.tcp.raw("POST", "/login", data=form)).status == 401
    assert "shut out" in text(await look(one, owner, "/people"))
    await send(one, owner, "/people/of/amina/out", {"out": "no"})
    assert (await one.tcp.raw("POST", "/login", data=form)).status == 303


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/people/of/owner/role", {"role": "member"}),
        ("/people/of/owner/out", {"out": "yes"}),
        ("/people/of/owner/remove", {}),
    ],
)
async def test_the_last_owner_stays(one: Served, path: str, form: dict[str, str]) -> None:
    owner = await logged_in(one)
    refused = await send(one, owner, path, form)
    assert refused.status == 403
    assert "make another owner first" in text(refused)
    assert (await look(one, owner, "/people")).status == 200


async def test_who_is_removed_is_gone_by_name_and_login(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "trader")
    asked = text(await look(one, owner, "/people/of/amina/remove"))
    assert "This cannot be taken back." in asked
    removed = await send(one, owner, "/people/of/amina/remove", {})
    assert removed.headers["Location"] == "/people"
    assert (await look(one, amina, "/people")).status == 303
    for path in ("/people", "/people/audit"):
        assert "mina" not in text(await look(one, owner, path))
    assert (await look(one, owner, "/people/of/amina")).status == 404


async def test_one_ends_one_s_own_logins_and_an_owner_anybody_s(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "member")
    (session,) = re.findall(
        r'name="session" value="(\w+)"', text(await look(one, owner, "/people"))
    )
    refused = await send(one, amina, "/people/sessions", {"session": session})
    assert (refused.status, "[not-found]" in text(refused)) == (404, True)
    page = text(await look(one, owner, "/people/of/amina"))
    (session,) = re.findall(r'name="session" value="(\w+)"', page)
    ended = await send(one, owner, "/people/sessions", {"session": session, "of": "amina"})
    assert ended.headers["Location"] == "/people/of/amina"
    assert (await look(one, amina, "/people")).status == 303


async def test_a_login_says_in_which_browser_it_is(one: Served) -> None:
    agent = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "owner", "password": made.json["password"]}
    answer = await one.tcp.raw("POST", "/login", data=form, headers={"User-Agent": agent})
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    page = await one.tcp.raw("GET", "/people", cookies={name: value})
    assert "<bdi>Firefox, Android</bdi>" in text(page)
