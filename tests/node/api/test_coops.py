"""Co-ops over the API: everybody in our circles."""

from protocol.keys import COOP, to_text
from tests.node.served import OFFER_JSON, Served


async def test_we_stand_in_the_list_with_our_circles(one: Served) -> None:
    circle = await one.circle("Kreis")
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    (line,) = (await one.owner("GET", "/coops")).json["coops"]
    assert (line["name"], line["mine"], line["offers"]) == ("Kahawa Co-op", True, 1)
    assert line["circles"] == [{"id": circle, "name": "Kreis"}]
    shown = (await one.owner("GET", f"/coops/{line['id'][:20]}")).json
    assert (shown["name"], shown["profile"]["country"]) == ("Kahawa Co-op", "KE")
    assert shown["contact"]["nodes"] == [one.url]


async def test_a_listed_one_is_there_before_it_shows_itself(one: Served) -> None:
    await one.circle()
    wish = {"coop": to_text(COOP, bytes([7]) * 32), "address": "http://127.0.0.1:9"}
    await one.owner("POST", "/peers", json=wish)
    lines = (await one.owner("GET", "/coops")).json["coops"]
    listed = [one for one in lines if not one["mine"]]
    assert [(one["country"], one["circles"]) for one in listed] == [(None, [])]
    shown = (await one.owner("GET", f"/coops/{wish['coop']}")).json
    assert (shown["address"], shown["profile"], shown["blocked"]) == (wish["address"], None, False)


async def test_nobody_is_not_found(one: Served) -> None:
    found = await one.owner("GET", "/coops/coop1qqqqqqqq")
    assert (found.status, found.code) == (404, "not-found")


async def test_our_own_are_listed_however_they_stand(one: Served) -> None:
    circle = await one.circle()
    made = await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    offer = made.json["offer"]
    await one.owner("POST", f"/offers/{offer}/withdrawal", json={"reason": {"en": "sold"}})
    (line,) = (await one.owner("GET", "/own-offers")).json["offers"]
    assert (line["id"], line["state"], line["offer"]["title"]) == (
        offer, "withdrawn", "Washed coffee",
    )  # fmt: skip
    shown = (await one.owner("GET", f"/offers/{offer}")).json
    assert shown["withdrawn_reason"] == {"en": "sold"}
    assert shown["received"] is None
