"""Sessions on the page: in and out by forms, on to what was wanted, in the language of choice."""

import re

import pytest

from node.web.sessions import is_own_path
from tests.node.served import Served, logged_in
from tests.node.web.looking import look, text


async def test_a_person_logs_in_and_out_with_forms(one: Served) -> None:
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "owner", "password": made.json["password"], "next": "/state"}
    entered = await one.tcp.raw("POST", "/login", data=form)
    name, _, value = entered.headers["Set-Cookie"].partition(";")[0].partition("=")
    cookies = {name: value}
    page = await one.tcp.raw("GET", "/", cookies=cookies)
    assert (entered.status, entered.headers["Location"], page.status) == (303, "/state", 200)
    again = await one.tcp.raw("GET", "/login", cookies=cookies)
    assert (again.status, again.headers["Location"]) == (303, "/")
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', text(page))
    assert token is not None
    without = await one.tcp.raw("POST", "/logout", cookies=cookies)
    left = await one.tcp.raw("POST", "/logout", cookies=cookies, data={"csrf": token[1]})
    after = await one.tcp.raw("GET", "/", cookies=cookies)
    assert (without.status, left.headers["Location"], after.status) == (403, "/login", 303)


async def test_a_wrong_password_is_told_on_the_form(one: Served) -> None:
    form = {"name": '"><script>', "password": "wrong", "next": "/state"}
    found = await one.tcp.raw("POST", "/login", data=form)
    assert (found.status, "[bad-password]" in text(found)) == (401, True)
    assert 'role="alert"' in text(found)
    assert 'name="next" value="/state"' in text(found)
    assert "<script>" not in text(found)


async def test_a_login_from_another_site_is_refused(one: Served) -> None:
    headers = {"Origin": "https://evil.example"}
    found = await one.tcp.raw("POST", "/login", data={"name": "owner"}, headers=headers)
    assert (found.status, "[bad-origin]" in text(found)) == (403, True)


async def test_the_login_shows_nothing_of_the_node(one: Served) -> None:
    form = text(await one.tcp.raw("GET", "/login"))
    assert 'name="password"' in form
    assert one.node.coop.hex() not in form
    assert "Kahawa" not in form


@pytest.mark.parametrize(
    ("path", "is_own"),
    [("/", True), ("/offers/x?y=1", True), ("//evil.example", False), ("/\\evil.example", False),
     ("https://evil.example", False), ("", False)],
)  # fmt: skip
def test_a_login_leads_to_this_node_alone(path: str, is_own: bool) -> None:
    assert is_own_path(path) is is_own


async def test_a_language_is_chosen_for_the_browser(one: Served) -> None:
    chosen = await one.tcp.raw("POST", "/language", data={"language": "ar", "next": "/state"})
    assert (chosen.status, chosen.headers["Location"]) == (303, "/state")
    cookie = chosen.headers["Set-Cookie"].partition(";")[0].partition("=")
    login = await logged_in(one)
    cookies = {**login.cookies, cookie[0]: cookie[2]}
    shown = text(await one.tcp.raw("GET", "/", cookies=cookies))
    unknown = await one.tcp.raw("POST", "/language", data={"language": "x", "next": "//evil"})
    assert '<html lang="ar" dir="rtl">' in shown
    assert '<html lang="en" dir="ltr">' in text(await look(one, login))
    assert (unknown.headers["Location"], "Set-Cookie" in unknown.headers) == ("/", False)
