"""Offers over the API: publishing, listing, showing, changing, withdrawing."""

from typing import Any

import pytest

from tests.node.drawn import picture
from tests.node.served import OFFER_JSON, Answer, Served, offer


async def add(one: Served, circle: str, **change: Any) -> Answer:  # noqa: ANN401 - any field
    wish = {"circle": circle, "kind": "offer", "offer": OFFER_JSON | change}
    return await one.owner("POST", "/offers", json=wish)


async def test_an_offer_is_published_and_listed(one: Served) -> None:
    circle = await one.circle()
    made = await add(one, circle)
    found = (await one.owner("GET", "/offers")).json
    (line,) = found["offers"]
    assert made.status == 201
    assert made.json == {"offer": line["id"], "circle": circle}
    assert (found["total"], found["more"], found["next"]) == (1, False, None)
    assert (line["title"], line["kind"], line["mine"]) == ("Washed coffee", "offer", True)
    assert (line["quantity"], line["unit"], line["country"]) == ("12.5", "KGM", "KE")
    assert line["prices"][0] == {
        "currency": "KES", "exponent": 2, "from_quantity": "0", "minor": 54_000, "per": "60",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({}, "Washed coffee"),
        ({"headers": {"Accept-Language": "sw, en;q=0.5"}}, "Kahawa"),
        ({"params": {"language": "sw"}}, "Kahawa"),
        ({"params": {"language": "fr"}}, "Washed coffee"),
    ],
)
async def test_the_title_is_in_the_language_asked_for(
    one: Served, asked: dict[str, Any], title: str
) -> None:
    await add(one, await one.circle())
    (line,) = (await one.owner("GET", "/offers", **asked)).json["offers"]
    assert line["title"] == title
    assert line["titles"] == OFFER_JSON["title"]


async def test_filters_and_words(one: Served) -> None:
    circle = await one.circle()
    await add(one, circle)
    wish = {"circle": circle, "kind": "want", "offer": {"title": {"en": "Ice"}}}
    await one.owner("POST", "/offers", json=wish)

    async def titles(**query: str) -> list[str]:
        found = await one.owner("GET", "/offers", params=query)
        return [line["title"] for line in found.json["offers"]]

    assert await titles() == ["Ice", "Washed coffee"]
    assert await titles(kind="want") == ["Ice"]
    assert await titles(kind="offer", mine="1") == ["Washed coffee"]
    assert await titles(country="KE") == ["Washed coffee"]
    assert await titles(search="kahawa") == ["Washed coffee"]
    assert await titles(search='" OR *') == []
    assert await titles(search="", country="") == ["Ice", "Washed coffee"]
    assert await titles(circle=circle[:12]) == ["Ice", "Washed coffee"]


async def test_a_list_goes_on_page_by_page(one: Served) -> None:
    circle = await one.circle()
    for number in range(5):
        await add(one, circle, title={"en": f"Offer {number}"})
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        found = (await one.owner("GET", "/offers", params=query)).json
        seen += [line["title"] for line in found["offers"]]
        if found["next"] is None:
            break
        query["after"] = found["next"]
    assert seen == [f"Offer {number}" for number in (4, 3, 2, 1, 0)]


async def test_the_total_is_exact_up_to_a_thousand(one: Served) -> None:
    circle = await one.node.found_circle("Kreis", public=False)
    some = [("offer/1", offer(f"Coffee {number}"), None) for number in range(1000)]
    await one.node.add_offers(circle, some, live=True)
    full = (await one.owner("GET", "/offers", params={"limit": "1000"})).json
    await one.node.add_offers(circle, some[:1], live=True)
    beyond = (await one.owner("GET", "/offers", params={"search": "coffee"})).json
    assert (full["total"], full["more"], len(full["offers"]), full["next"]) == (
        1000, False, 1000, None,
    )  # fmt: skip
    assert (beyond["total"], beyond["more"]) == (1000, True)


async def test_all_of_an_offer_is_shown(one: Served) -> None:
    circle = await one.circle()
    made = await add(one, circle)
    found = (await one.owner("GET", f"/offers/{made.json['offer'][:14]}")).json
    assert found["id"] == made.json["offer"]
    shown = {name: found["offer"][name] for name in OFFER_JSON if name != "prices"}
    assert shown == {name: OFFER_JSON[name] for name in shown}
    signed = found["signed"]
    assert (signed["record"], signed["head"], signed["coop"]) == (
        found["id"], found["id"], found["coop"],
    )  # fmt: skip
    assert len(signed["signature"]) == 128
    assert (found["withdrawn"], found["erased"], found["expired"]) == (False, False, False)


async def test_what_is_shown_can_be_published_again(one: Served) -> None:
    circle = await one.circle()
    made = await add(one, circle)
    shown = (await one.owner("GET", f"/offers/{made.json['offer']}")).json["offer"]
    changed = await one.owner("PUT", f"/offers/{made.json['offer']}", json={"offer": shown})
    again = (await one.owner("GET", f"/offers/{made.json['offer']}")).json
    assert changed.status == 200
    assert changed.json["version"] != changed.json["offer"] == made.json["offer"]
    assert again["offer"] == shown
    assert [one_["record"] for one_ in again["versions"]] == [
        made.json["offer"], changed.json["version"],
    ]  # fmt: skip


async def test_a_withdrawn_offer_comes_back_by_an_edit(one: Served) -> None:
    made = await add(one, await one.circle())
    where = f"/offers/{made.json['offer']}"
    gone = await one.owner("POST", f"{where}/withdrawal", json={"reason": {"en": "sold out"}})
    again = await one.owner("POST", f"{where}/withdrawal", json={})
    listed = (await one.owner("GET", "/offers")).json["total"]
    shown = (await one.owner("GET", where)).json
    await one.owner("PUT", where, json={"offer": OFFER_JSON})
    back = (await one.owner("GET", where)).json
    assert gone.json["offer"] == made.json["offer"]
    assert (again.status, again.code) == (409, "already-withdrawn")
    assert (listed, shown["withdrawn"], back["withdrawn"]) == (0, True, False)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"unit": "kg"}, "bad-field", "unit"),
        ({"unit": "ZZZ"}, "bad-code", "unit: ZZZ is no unit"),
        ({"where": {"country": "ZZ"}}, "bad-code", "where.country"),
        ({"prices": [{"currency": "KES", "exponent": 0, "minor": 1}]}, "bad-field", "decimals"),
        ({"mode": "give"}, "bad-field", "a gift has no price"),
        ({"titles": {}}, "bad-field", "did you mean title?"),
        ({"valid_until_ms": 1}, "bad-field", "valid_until_ms"),
        ({"quantity": "-1"}, "bad-field", "an amount below zero"),
        ({"text": {"en": "x" * 10_001}}, "bad-field", "text"),
        ({"text": dict.fromkeys(("en", "sw", "fr"), "é" * 10000)}, "too-large", "body"),
    ],
)  # fmt: skip
async def test_an_offer_that_does_not_fit_is_refused(
    one: Served, change: dict[str, Any], code: str, told: str
) -> None:
    found = await add(one, await one.circle(), **change)
    assert (found.code, told in found.json["detail"]) == (code, True), found.json
    assert (await one.owner("GET", "/offers")).json["total"] == 0


async def test_a_change_of_an_older_version_is_refused_when_it_says_so(one: Served) -> None:
    circle = await one.circle()
    offer = (await add(one, circle)).json["offer"]
    change = {"offer": OFFER_JSON | {"title": {"en": "Newer"}}, "over": offer}
    first = await one.owner("PUT", f"/offers/{offer}", json=change)
    second = await one.owner("PUT", f"/offers/{offer}", json=change)
    other = await one.owner(
        "PUT", f"/offers/{offer}", json=change | {"over": first.json["version"]}
    )
    assert (first.status, second.status, second.code) == (200, 409, "changed-meanwhile")
    assert other.status == 200


async def test_a_picture_has_to_be_here(one: Served) -> None:
    circle = await one.circle()
    kept = (await one.owner("POST", "/blobs", data=picture())).json
    image = {"hash": kept["blob"], "bytes": kept["bytes"], "type": "image/png"}
    missing = await add(one, circle, images=[image | {"hash": "ab" * 32}])
    other = await add(one, circle, images=[image | {"bytes": 5}])
    right = await add(one, circle, images=[image])
    assert (missing.code, other.code, right.status) == ("not-found", "bad-field", 201)


async def test_an_offer_of_a_circle_that_we_left_cannot_be_published(one: Served) -> None:
    circle = await one.circle()
    own = (await one.owner("GET", "/status")).json["coop"]
    await one.owner("POST", f"/circles/{circle}/removals", json={"coop": own})
    assert (await add(one, circle)).code == "not-a-member"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PUT", ""), ("POST", "/withdrawal")])
async def test_an_offer_that_is_not_here(one: Served, method: str, path: str) -> None:
    wish = {"json": {"offer": OFFER_JSON} if method == "PUT" else {}} if method != "GET" else {}
    found = await one.owner(method, f"/offers/rec1qqqqqqqq{path}", **wish)
    assert (found.status, found.code) == (404, "not-found")
