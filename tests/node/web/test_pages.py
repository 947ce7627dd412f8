"""The page over a real connection: behind the login, calm, and harmless whatever others wrote."""

import re
from pathlib import Path

import pytest

from node.api.route import PREFIX
from node.web import pages
from protocol import profile
from tests.node.served import OFFER_JSON, Answer, Login, Served, logged_in, make_home, served

EVIL = '<img src=x onerror="alert(1)">\u202e'


def text(answer: Answer) -> str:
    return answer.body.decode()


async def look(one: Served, login: Login, path: str = "/", **asked: object) -> Answer:
    return await one.tcp.raw("GET", path, cookies=login.cookies, **asked)


async def test_a_stranger_sees_the_login_alone(one: Served) -> None:
    start = await one.tcp.raw("GET", "/")
    form = await one.tcp.raw("GET", "/login")
    assert (start.status, start.headers["Location"]) == (303, "/login")
    assert (form.status, 'name="password"' in text(form)) == (200, True)
    assert one.node.coop.hex() not in text(form)
    assert "Kahawa" not in text(form)


async def test_a_person_logs_in_and_out_with_forms(one: Served) -> None:
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "owner", "password": made.json["password"]}
    entered = await one.tcp.raw("POST", "/login", data=form)
    name, _, value = entered.headers["Set-Cookie"].partition(";")[0].partition("=")
    cookies = {name: value}
    page = await one.tcp.raw("GET", "/", cookies=cookies)
    assert (entered.status, entered.headers["Location"], page.status) == (303, "/", 200)
    again = await one.tcp.raw("GET", "/login", cookies=cookies)
    assert (again.status, again.headers["Location"]) == (303, "/")
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', text(page))
    assert token is not None
    without = await one.tcp.raw("POST", "/logout", cookies=cookies)
    left = await one.tcp.raw("POST", "/logout", cookies=cookies, data={"csrf": token[1]})
    after = await one.tcp.raw("GET", "/", cookies=cookies)
    assert (without.status, left.headers["Location"], after.status) == (403, "/login", 303)


async def test_a_wrong_password_is_told_on_the_form(one: Served) -> None:
    form = {"name": '"><script>', "password": "wrong"}
    found = await one.tcp.raw("POST", "/login", data=form)
    assert (found.status, "[bad-password]" in text(found)) == (401, True)
    assert 'role="alert"' in text(found)
    assert "<script>" not in text(found)


async def test_a_login_from_another_site_is_refused(one: Served) -> None:
    headers = {"Origin": "https://evil.example"}
    found = await one.tcp.raw("POST", "/login", data={"name": "owner"}, headers=headers)
    assert (found.status, "[bad-origin]" in text(found)) == (403, True)


async def test_the_page_shows_offers_circles_peers_and_state(one: Served) -> None:
    circle = await one.circle("Kreis")
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    wish = {"coop": "coop1" + "q" * 58, "address": "http://127.0.0.1:9"}
    await one.owner("POST", "/peers", json=wish)
    shown = text(await look(one, await logged_in(one)))
    status = (await one.owner("GET", "/status")).json
    for part in ("Washed coffee", "12.5 kg", "Kreis", status["digest"], circle[:17], "1 found"):
        assert part in shown, part
    assert status["circles"][0]["root"][:12] in shown


async def test_an_empty_node_says_what_to_do(one: Served) -> None:
    shown = text(await look(one, await logged_in(one)))
    assert "This node is in no circle yet." in shown
    assert "give out an invite" in shown


async def test_the_search_is_kept_in_its_form(one: Served) -> None:
    circle = await one.circle()
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    login = await logged_in(one)
    query = {"search": 'coffee "><b>', "country": "ke", "kind": "offer"}
    shown = text(await look(one, login, params=query))
    none = text(await look(one, login, params={"search": "tea"}))
    assert 'value="coffee &#34;&gt;&lt;b&gt;"' in shown
    assert 'value="KE"' in shown
    assert "0 found" in none


async def test_older_offers_are_a_link_away(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "OFFERS_SHOWN", 2)
    circle = await one.circle()
    for number in range(3):
        wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": f"Offer {number}"}}}
        await one.owner("POST", "/offers", json=wish)
    login = await logged_in(one)
    shown = text(await look(one, login, params={"search": "offer"}))
    link = re.search(r'rel="next" href="([^"]+)"', shown)
    assert link is not None
    older = text(await look(one, login, link[1].replace("&amp;", "&")))
    assert ("Offer 2" in shown, "Offer 0" in shown) == (True, False)
    assert ("Offer 0" in older, "Offer 2" in older, 'rel="next"' in older) == (True, False, False)


async def test_what_others_wrote_cannot_do_anything(one: Served) -> None:
    fields = profile.Profile(name=EVIL, country="KE")
    await one.node.set_profile(fields)
    circle = await one.circle(EVIL)
    wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": EVIL}, "text": {"en": EVIL}}}
    await one.owner("POST", "/offers", json=wish)
    shown = text(await look(one, await logged_in(one)))
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert shown.count("&lt;img src=x onerror=") >= 3


async def test_a_page_has_no_code_of_its_own(one: Served) -> None:
    shown = text(await look(one, await logged_in(one)))
    assert not re.search(r"<script(?![^>]* src=)", shown)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|<style", shown)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', shown)


@pytest.mark.parametrize(("name", "media_type"), [
    ("style.css", "text/css"), ("live.js", "text/javascript"), ("icon.svg", "image/svg+xml"),
])  # fmt: skip
async def test_its_files_are_for_everybody(one: Served, name: str, media_type: str) -> None:
    found = await one.tcp.raw("GET", f"/static/{name}")
    again = await one.tcp.raw(
        "GET", f"/static/{name}", headers={"If-None-Match": found.headers["ETag"]}
    )
    assert found.headers["Content-Type"].partition(";")[0] == media_type
    assert (found.status, again.status) == (200, 304)


@pytest.mark.parametrize("path", ["/static/x.css", "/static/..%2fpages.py", "/nothing", "/peer/x"])
async def test_what_is_no_page_is_told_on_one(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert (found.status, found.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "[not-found]" in text(found)


@pytest.mark.parametrize("query", [{"country": "Kenya"}, {"after": "x"}])
async def test_a_query_that_does_not_fit_is_told(one: Served, query: dict[str, str]) -> None:
    found = await look(one, await logged_in(one), params=query)
    assert (found.status, "[bad-field]" in text(found)) == (422, True)


async def test_a_fork_is_told_in_plain_words(one: Served) -> None:
    template = (Path(pages.__file__).parent / "templates" / "page.html").read_text()
    assert "signed two histories" in template


async def test_everything_stays_below_the_base_path(tmp_path: Path) -> None:
    flags = {"public_url": "http://coop.example/node/"}
    async with served(make_home(tmp_path / "home"), flags=flags) as one:
        login = await logged_in(one)
        assert "Path=/node" in login.set_cookie
        start = await one.tcp.raw("GET", "/node")
        stranger = await one.tcp.raw("GET", "/node/")
        shown = text(await look(one, login, "/node/"))
        script = await one.tcp.raw("GET", "/node/static/live.js")
        api = await one.tcp.raw("GET", f"/node{PREFIX}/status", cookies=login.cookies)
        # a proxy may take the base path off
        bare = await one.tcp.raw("GET", f"{PREFIX}/status", cookies=login.cookies)
        live = await one.tcp.raw("GET", "/node/livez")
    assert start.headers["Location"] == "/node/"
    assert stranger.headers["Location"] == "/node/login"
    links = re.findall(r'(?:href|src|action)="([^"#]+)"', shown)
    assert links
    assert all(link.startswith("/node/") for link in links)
    assert 'new EventSource("api/v1/events")' in text(script)
    assert (api.status, bare.status, live.status) == (200, 200, 200)
