"""The market over a real connection: what is found, and how it is kept in the form."""

import re

import pytest

from node.web import market
from tests.node.served import OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, text


async def test_it_shows_offers_as_cards(one: Served) -> None:
    circle = await one.circle("Kreis")
    made = await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    shown = text(await look(one, await logged_in(one)))
    for part in ("Washed coffee", "12.5 kg", "Kenya", "1 found", f'/offers/{made.json["offer"]}"'):
        assert part in shown, part


async def test_an_empty_market_says_what_to_do(one: Served) -> None:
    shown = text(await look(one, await logged_in(one)))
    assert "Write the first offer" in shown


async def test_the_search_is_kept_in_its_form(one: Served) -> None:
    circle = await one.circle()
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    login = await logged_in(one)
    query = {"search": 'coffee "><b>', "country": "ke", "kind": "offer"}
    shown = text(await look(one, login, params=query))
    none = text(await look(one, login, params={"search": "tea"}))
    assert 'value="coffee &#34;&gt;&lt;b&gt;"' in shown
    assert "0 found" in none


async def test_who_types_gets_the_list_alone(one: Served) -> None:
    login = await logged_in(one)
    part = text(await look(one, login, headers={"HX-Request": "true"}))
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert part.strip().startswith('<section id="results"')
    assert "<html" in text(await look(one, login, headers=back))


async def test_older_offers_are_a_link_away(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market, "OFFERS_SHOWN", 2)
    circle = await one.circle()
    for number in range(3):
        wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": f"Offer {number}"}}}
        await one.owner("POST", "/offers", json=wish)
    login = await logged_in(one)
    shown = text(await look(one, login, params={"search": "offer"}))
    link = re.search(r'rel="next"[^>]* href="([^"]+)"', shown)
    assert link is not None
    older = text(await look(one, login, link[1].replace("&amp;", "&")))
    assert ("Offer 2" in shown, "Offer 0" in shown) == (True, False)
    assert ("Offer 0" in older, "Offer 2" in older, 'rel="next"' in older) == (True, False, False)


@pytest.mark.parametrize("query", [{"country": "Kenya"}, {"after": "x"}])
async def test_a_query_that_does_not_fit_is_told(one: Served, query: dict[str, str]) -> None:
    found = await look(one, await logged_in(one), params=query)
    assert (found.status, "[bad-field]" in text(found)) == (422, True)
