"""Following an invite on the page, and watching how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from protocol.keys import CIRCLE, to_text
from tests.node.net.nodes import GUARD_S
from tests.node.served import Login, Served, logged_in, make_home, served
from tests.node.web.looking import look, send, text


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[Served, Served]]:
    async with (
        served(make_home(folder / "a", "Ambar")) as one,
        served(make_home(folder / "b", "Baobab")) as other,
    ):
        yield one, other


async def ended(one: Served, login: Login, path: str) -> str:
    """The page of a wish once it waits for nobody any more."""
    async with asyncio.timeout(GUARD_S):
        while True:
            shown = text(await look(one, login, path))
            if "You are in." in shown or 'role="alert"' in shown:
                return shown


async def test_who_follows_an_invite_is_in_and_sees_the_circle(tmp_path: Path) -> None:
    async with two(tmp_path) as (one, other):
        circle = await one.node.found_circle("Sea", public=False)
        link = (await one.node.invite(circle, uses=1)).link
        login = await logged_in(other)
        found = await send(other, login, "/join", {"link": f" {link[:50]}\n {link[50:]} "})
        place = f"/join/{to_text(CIRCLE, circle)}"
        assert found.headers["Location"] == place
        shown = await ended(other, login, place)
        assert "You are in." in shown
        circle_page = text(await look(other, login, f"/circles/{to_text(CIRCLE, circle)}"))
        assert "Ambar" in circle_page
        assert "Baobab" in circle_page


@pytest.mark.parametrize("why", ["revoked", "used", "expired"])
async def test_an_invite_that_is_over_is_told_with_the_reason(tmp_path: Path, why: str) -> None:
    async with two(tmp_path) as (one, other):
        circle = await one.node.found_circle("Sea", public=False)
        given = await one.node.invite(circle, uses=1, days=1)
        if why == "revoked":
            await one.node.invites.revoke(given.id)
        elif why == "used":
            await one.node.invites.use(given.id)
        else:
            other.clock.advance(2 * 24 * 3600 * 1000)
        login = await logged_in(other)
        found = await send(other, login, "/join", {"link": given.link})
        if why == "expired":
            assert (found.status, "[invite-expired]" in text(found)) == (410, True)
            assert given.link in text(found)
            return
        shown = await ended(other, login, f"/join/{to_text(CIRCLE, circle)}")
        assert f"[invite-{why}]" in shown
        listed = text(await look(other, login, "/circles"))
        assert "refused" in listed


@pytest.mark.parametrize("link", ["", "http://example.org", "coopinvite:AAAA", "x" * 9000])
async def test_what_is_no_invite_is_told_beside_the_field(one: Served, link: str) -> None:
    found = await send(one, await logged_in(one), "/join", {"link": link})
    assert (found.status, 'id="link-problem"' in text(found)) == (422, True)
    assert "[invite-malformed]" in text(found)


async def test_ones_own_invite_leads_nowhere(one: Served) -> None:
    circle = await one.node.found_circle("Sea", public=False)
    link = (await one.node.invite(circle)).link
    found = await send(one, await logged_in(one), "/join", {"link": link})
    assert (found.status, "[to-itself]" in text(found)) == (409, True)


async def test_a_wish_that_waits_can_be_given_up(tmp_path: Path) -> None:
    async with two(tmp_path) as (one, other):
        circle = await one.node.found_circle("Sea", public=False)
        link = (await one.node.invite(circle)).link
        login = await logged_in(other)
        other.node.peers.joins.wishes.begin(other.node.invites.read(link))
        other.node.peers.joins.wishes.note(circle, "waiting")
        place = f"/join/{to_text(CIRCLE, circle)}"
        assert "Others have to say yes too" in text(await look(other, login, place))
        found = await send(other, login, f"{place}/give-up", {})
        assert found.headers["Location"] == "/circles"
        assert (await look(other, login, place)).status == 404
