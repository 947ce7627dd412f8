"""Who may do what on a page, and how a page answers."""

import pytest

from node.web.visit import PageRoute, Visit
from tests.node.served import Served, logged_in
from tests.node.web.looking import look, text


async def test_a_form_without_its_proof_is_refused(one: Served) -> None:
    login = await logged_in(one)
    bare = await one.tcp.raw("POST", "/logout", cookies=login.cookies, data={"csrf": "0" * 64})
    stranger = await one.tcp.raw("POST", "/logout", data={})
    assert (bare.status, "[bad-origin]" in text(bare)) == (403, True)
    assert (stranger.status, stranger.headers["Location"]) == (303, "/login")


async def test_what_was_wanted_is_kept_for_after_the_login(one: Served) -> None:
    found = await one.tcp.raw("GET", "/?search=a%26b")
    assert found.headers["Location"] == "/login?next=/%3Fsearch%3Da%2526b"
    form = text(await one.tcp.raw("GET", found.headers["Location"]))
    assert 'name="next" value="/?search=a%26b"' in form


async def test_htmx_is_sent_on_as_a_whole_page(one: Served) -> None:
    found = await one.tcp.raw("GET", "/", headers={"HX-Request": "true"})
    assert (found.status, found.headers["HX-Redirect"]) == (204, "/login?next=/")


async def test_the_navigation_marks_where_one_is(one: Served) -> None:
    shown = text(await look(one, await logged_in(one), "/state"))
    assert 'href="/state" aria-current="page"' in shown
    assert 'href="/" aria-current="page"' not in shown


async def test_a_page_is_for_who_is_logged_in_unless_it_says_so() -> None:
    async def handle(visit: Visit) -> None:
        """Never called."""

    route = PageRoute("GET", "/x", handle)  # type: ignore[arg-type]
    assert (route.scope, route.stranger) == ("read", False)


@pytest.mark.parametrize(("takes", "packed"), [("gzip, br", "gzip"), ("identity", None)])
async def test_a_page_is_packed_for_who_takes_it(
    one: Served, takes: str, packed: str | None
) -> None:
    found = await look(one, await logged_in(one), headers={"Accept-Encoding": takes})
    assert found.headers.get("Content-Encoding") == packed
    assert "Accept-Encoding" in found.headers["Vary"]
    assert b"<!doctype html>" in found.body
