"""Pages that change an offer are for who owns it, and only while there is something to change."""

import pytest

from tests.node.served import OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, text


@pytest.mark.parametrize("page", ["edit", "withdraw", "renew"])
async def test_ones_own_offer_is_found_by_the_beginning_of_its_id(one: Served, page: str) -> None:
    wish = {"circle": await one.circle(), "offer": OFFER_JSON}
    made = (await one.owner("POST", "/offers", json=wish)).json["offer"]
    found = await look(one, await logged_in(one), f"/offers/{made[:20]}/{page}")
    assert (found.status, "Washed coffee" in text(found)) == (200, True)


@pytest.mark.parametrize("page", ["edit", "withdraw", "renew"])
async def test_what_is_not_here_is_told(one: Served, page: str) -> None:
    found = await look(one, await logged_in(one), f"/offers/rec1qqqqqqqqqqqqq/{page}")
    assert (found.status, "[not-found]" in text(found)) == (404, True)
