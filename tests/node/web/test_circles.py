"""Circles on the page: starting one, who is in, saying yes, removing, leaving."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from node import acts, home
from node.keyring import entropy
from protocol import profile
from protocol.keys import CIRCLE, COOP, to_text
from protocol.limits import NAME_BYTES_MAX
from tests.coops import NETWORK, Coop
from tests.node.net.nodes import enrol
from tests.node.served import Served, bearer, logged_in, served
from tests.node.web.looking import look, send, text

CAMERA = "Permissions-Policy"


async def start(one: Served, **form: str) -> str:
    """Start a circle on the page; where the browser is sent."""
    login = await logged_in(one)
    found = await send(one, login, "/circles/new", {"nonce": "n", **form})
    assert found.status == 303, text(found)
    return str(found.headers["Location"])


async def test_a_circle_is_started_and_listed_with_what_it_means(one: Served) -> None:
    login = await logged_in(one)
    assert "in no circle yet" in text(await look(one, login, "/circles"))
    place = await start(one, name=" Sea & soil ", read="public")
    login = await logged_in(one)
    shown = text(await look(one, login, place))
    assert "Sea &amp; soil" in shown
    assert "Everybody may read what is offered here" in shown
    assert "2 members have to say yes." in shown
    assert "Today one is enough" in shown
    listed = text(await look(one, login, "/circles"))
    assert ">Sea &amp; soil</bdi>" in listed
    assert "1 co-op<" in listed


async def test_two_clicks_start_one_circle(one: Served) -> None:
    login = await logged_in(one)
    form = {"name": "Once", "read": "members", "nonce": "the same"}
    first, second = [await send(one, login, "/circles/new", form) for _ in range(2)]
    assert first.headers["Location"] == second.headers["Location"]
    circles = await one.owner("GET", "/circles")
    assert len(circles.json["circles"]) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_BYTES_MAX + 1), "é" * 101])
async def test_a_name_that_cannot_be_is_told_and_stays(one: Served, name: str) -> None:
    login = await logged_in(one)
    found = await send(one, login, "/circles/new", {"name": name, "nonce": "n"})
    assert (found.status, 'id="name-problem"' in text(found)) == (422, True)
    assert f'value="{name}"' in text(found)


async def test_only_the_pages_that_scan_may_use_the_camera(one: Served) -> None:
    login = await logged_in(one)
    for path, may in (("/circles/first", True), ("/join", True), ("/circles/new", False)):
        found = await look(one, login, path)
        assert ("camera=(self)" in found.headers[CAMERA]) == may, path


@asynccontextmanager
async def council(folder: Path) -> AsyncIterator[tuple[Served, bytes, list[Coop]]]:
    """A node in a circle of three: whoever is to be let in needs two of them."""
    home.make(folder, NETWORK, profile.Profile(name="Ambar", country="KE"), entropy)
    async with served(folder, flags={"network": NETWORK.name}) as one:
        circle = await one.node.found_circle("Council", public=False)
        others = [Coop("Baobab"), Coop("Cedar")]
        for coop in others:
            await enrol(one.node, circle, coop)
        yield one, circle, others


async def propose(one: Served, circle: bytes, by: Coop, newcomer: bytes) -> None:
    now_ms = one.node.clock.now_ms()
    await one.node.publisher.run(
        lambda database, _: acts.admit(database, by.signing(now_ms=now_ms), circle, newcomer),
        role="owner",
        results=lambda answer: answer[1],
    )


async def test_a_proposal_waits_for_our_yes_and_gets_it(tmp_path: Path) -> None:
    async with council(tmp_path / "home") as (one, circle, (baobab, _)):
        newcomer = entropy(32)
        await propose(one, circle, baobab, newcomer)
        login, place = await logged_in(one), f"/circles/{to_text(CIRCLE, circle)}"
        listed = text(await look(one, login, "/circles"))
        assert "1 decision waits for your yes" in listed
        shown = text(await look(one, login, place))
        assert "1 of 2 have said yes" in shown
        digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', shown)
        assert len(digest) == 1
        done = await send(one, login, f"{place}/endorse", {"digest": digest[0]})
        assert done.headers["Location"] == place
        shown = text(await look(one, login, place))
        assert "have said yes" not in shown
        assert "let in, and has not said yes yet" in shown


async def test_removing_says_how_many_it_takes_and_shows_who_was(tmp_path: Path) -> None:
    async with council(tmp_path / "home") as (one, circle, (baobab, _)):
        login, place = await logged_in(one), f"/circles/{to_text(CIRCLE, circle)}"
        coop = to_text(COOP, baobab.id)
        asked = text(await look(one, login, f"{place}/remove?coop={coop}"))
        assert "It takes effect at once" in asked  # its only steward is for it
        await send(one, login, f"{place}/remove", {"coop": coop})
        assert "no member any more" in text(await look(one, login, place))


async def test_who_only_looks_has_no_buttons(tmp_path: Path) -> None:
    async with council(tmp_path / "home") as (one, circle, (baobab, _)):
        await propose(one, circle, baobab, entropy(32))
        found = await one.tcp.raw(
            "GET", f"/circles/{to_text(CIRCLE, circle)}", headers=await bearer(one)
        )
        assert "1 of 2 have said yes" in text(found)
        assert "<button" not in text(found).partition('id="circle"')[2].partition("</main>")[0]


async def test_leaving_says_first_what_it_does(one: Served) -> None:
    place = await start(one, name="Gone", read="members")
    login = await logged_in(one)
    own = to_text(COOP, one.node.coop)
    asked = text(await look(one, login, f"{place}/remove?coop={own}"))
    assert "To come back you need a new invite" in asked
    found = await send(one, login, f"{place}/remove", {"coop": own})
    assert found.headers["Location"] == "/circles"
    assert "we are not a member" in text(await look(one, login, "/circles"))
    again = await look(one, login, f"{place}/remove?coop={own}")
    assert (again.status, "[not-found]" in text(again)) == (404, True)


async def test_an_unknown_circle_is_told(one: Served) -> None:
    found = await look(one, await logged_in(one), "/circles/circle1qqqqqqqqq")
    assert found.status in {404, 422}
