"""All pages over a real connection: behind the login, below the base path, harmless."""

import re
from pathlib import Path

import pytest

from node.api.route import PREFIX
from node.web import pages
from protocol import profile
from tests.node.served import OFFER_JSON, Served, logged_in, make_home, served
from tests.node.web.looking import look, text

EVIL = '<img src=x onerror="alert(1)">\u202e'
PLAIN = [
    route.path
    for route in pages.ROUTES
    if route.method == "GET" and not route.stranger and "{" not in route.path
]


@pytest.mark.parametrize("path", PLAIN)
async def test_a_stranger_is_sent_to_the_login(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert found.status == 303
    assert found.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("path", PLAIN)
async def test_what_others_wrote_cannot_do_anything(one: Served, path: str) -> None:
    await one.node.set_profile(profile.Profile(name=EVIL, country="KE"))
    circle = await one.circle(EVIL)
    wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": EVIL}, "text": {"en": EVIL}}}
    await one.owner("POST", "/offers", json=wish)
    shown = text(await look(one, await logged_in(one), path))
    assert "<img src=x" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("path", PLAIN)
async def test_a_page_has_no_code_of_its_own_and_asks_nobody_else(one: Served, path: str) -> None:
    shown = text(await look(one, await logged_in(one), path))
    assert not re.search(r"<script(?![^>]* src=)", shown)
    assert not re.search(r"\s(?:on\w+|style)=|javascript:|<style", shown)
    assert not re.search(r'(?:src|action)="(?:https?:)?//|<link[^>]* href="(?:https?:)?//', shown)


@pytest.mark.parametrize("path", ["/static/x.css", "/static/..%2fpages.py", "/nothing", "/peer/x"])
async def test_what_is_no_page_is_told_on_one(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert (found.status, found.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "[not-found]" in text(found)


async def test_a_part_of_a_page_fails_as_a_part(one: Served) -> None:
    login = await logged_in(one)
    found = await look(one, login, "/?after=x", headers={"HX-Request": "true"})
    assert (found.status, "[bad-field]" in text(found)) == (422, True)
    assert "<html" not in text(found)


async def test_everything_stays_below_the_base_path(tmp_path: Path) -> None:
    flags = {"public_url": "http://coop.example/node/"}
    async with served(make_home(tmp_path / "home"), flags=flags) as one:
        login = await logged_in(one)
        assert "Path=/node" in login.set_cookie
        start = await one.tcp.raw("GET", "/node")
        stranger = await one.tcp.raw("GET", "/node/")
        shown = text(await look(one, login, "/node/"))
        api = await one.tcp.raw("GET", f"/node{PREFIX}/status", cookies=login.cookies)
        # a proxy may take the base path off
        bare = await one.tcp.raw("GET", f"{PREFIX}/status", cookies=login.cookies)
        live = await one.tcp.raw("GET", "/node/livez")
    assert start.headers["Location"] == "/node/"
    assert stranger.headers["Location"] == "/node/login?next=/"
    links = re.findall(r'(?:href|src|action|hx-get|hx-post)="([^"#]+)"', shown)
    assert len(links) > 10
    assert [link for link in links if not link.startswith(("/node/", "https://"))] == []
    assert '<meta name="base" content="/node">' in shown
    assert (api.status, bare.status, live.status) == (200, 200, 200)
