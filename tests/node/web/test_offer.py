"""The page of one offer: what it says, how it stands, the way of its signature."""

import pytest

from tests.node.served import OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, text


async def add(one: Served, **fields: object) -> str:
    circle = await one.circle("Kreis")
    wish = {"circle": circle, "offer": OFFER_JSON | fields}
    return str((await one.owner("POST", "/offers", json=wish)).json["offer"])


async def test_it_says_who_signed_it_and_that_it_was_checked(one: Served) -> None:
    offer = await add(one)
    shown = text(await look(one, await logged_in(one), f"/offers/{offer}"))
    for part in ("Washed coffee", "Kreis", "Kahawa Co-op", "written at this node", "checked here"):
        assert part in shown, part
    assert f"/offers/{offer}/edit" in shown
    assert f"/offers/{offer}/withdraw" in shown


async def test_a_beginning_of_its_id_is_enough_and_none_is_told(one: Served) -> None:
    offer = await add(one)
    login = await logged_in(one)
    assert "Washed coffee" in text(await look(one, login, f"/offers/{offer[:20]}"))
    found = await look(one, login, "/offers/rec1qqqqqqqqqqq")
    assert (found.status, "[not-found]" in text(found)) == (404, True)


async def test_what_was_taken_back_says_when_and_why(one: Served) -> None:
    offer = await add(one)
    await one.owner("POST", f"/offers/{offer}/withdrawal", json={"reason": {"en": "sold out"}})
    shown = text(await look(one, await logged_in(one), f"/offers/{offer}"))
    assert "Taken back on" in shown
    assert "sold out" in shown
    assert f"/offers/{offer}/withdraw" not in shown


async def test_what_ends_soon_and_what_is_over_is_told(one: Served) -> None:
    offer = await add(one, valid_until_ms=one.clock.now_ms() + 1000)
    login = await logged_in(one)
    assert "It stands until" in text(await look(one, login, f"/offers/{offer}"))
    one.clock.advance(2000)
    assert "This is over" in text(await look(one, login, f"/offers/{offer}"))


async def test_its_versions_are_counted(one: Served) -> None:
    offer = await add(one)
    await one.owner(
        "PUT", f"/offers/{offer}", json={"offer": OFFER_JSON | {"title": {"en": "Better coffee"}}}
    )
    shown = text(await look(one, await logged_in(one), f"/offers/{offer}"))
    assert "Better coffee" in shown
    assert "2 versions" in shown


@pytest.mark.parametrize("path", ["javascript:alert(1)", "data:text/html,x"])
async def test_a_link_that_would_run_is_no_link(one: Served, path: str) -> None:
    circle = await one.circle()
    wish = {"circle": circle, "offer": OFFER_JSON | {"links": [{"kind": "page", "url": path}]}}
    assert (await one.owner("POST", "/offers", json=wish)).status == 422


async def test_what_turns_text_around_is_left_out(one: Served) -> None:
    offer = await add(one, title={"en": "Cof\u202efee <b>"}, text={"en": "one\n\u2066two"})
    shown = text(await look(one, await logged_in(one), f"/offers/{offer}"))
    assert "Coffee &lt;b&gt;" in shown
    assert "one\ntwo" in shown
    assert not {"\u202e", "\u2066"} & set(shown)
