"""Taking an offer back: what that does is said first."""

from __future__ import annotations

from protocol.limits import TEXT_BYTES_MAX
from tests.node.served import OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, text


async def offered(one: Served) -> str:
    wish = {"circle": await one.circle(), "offer": OFFER_JSON}
    return str((await one.owner("POST", "/offers", json=wish)).json["offer"])


async def test_it_says_what_that_does_and_does_it(one: Served) -> None:
    offer = await offered(one)
    login = await logged_in(one)
    path = f"/offers/{offer}/withdraw"
    page = text(await look(one, login, path))
    assert "What you agreed with others about it stays." in page
    assert 'name="reason.sw"' in page, "a reason in each language that the offer is written in"
    form = {"csrf": login.csrf, "reason.en": "Sold", "reason.sw": ""}
    done = await one.tcp.raw("POST", path, data=form, cookies=login.cookies)
    again = await one.tcp.raw("POST", path, data=form, cookies=login.cookies)
    assert [done.status, again.status] == [303, 303]
    assert done.headers["Location"] == f"/offers/{offer}"
    found = (await one.owner("GET", f"/offers/{offer}")).json
    assert (found["withdrawn"], found["withdrawn_reason"]) == (True, {"en": "Sold"})
    assert "withdrawn already" in text(await look(one, login, path))


async def test_a_reason_that_is_too_long_stays_and_nothing_is_done(one: Served) -> None:
    offer = await offered(one)
    login = await logged_in(one)
    form = {"csrf": login.csrf, "reason.en": "x" * (TEXT_BYTES_MAX + 1)}
    found = await one.tcp.raw("POST", f"/offers/{offer}/withdraw", data=form, cookies=login.cookies)
    assert (found.status, form["reason.en"] in text(found)) == (422, True)
    assert "f-reason-en-problem" in text(found)
    assert not (await one.owner("GET", f"/offers/{offer}")).json["withdrawn"]
