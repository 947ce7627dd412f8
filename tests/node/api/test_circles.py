"""Circles over the API: founding, and deciding who is in."""

import pytest

from protocol.keys import CIRCLE, COOP, to_text
from tests.node.served import Served


async def test_a_circle_is_founded_and_listed(one: Served) -> None:
    made = await one.owner("POST", "/circles", json={"name": "Kreis", "public": True})
    (line,) = (await one.owner("GET", "/circles")).json["circles"]
    assert made.status == 201
    assert (line["id"], line["name"], line["read"]) == (made.json["circle"], "Kreis", "public")
    assert (line["members"], line["mine"]) == (1, True)


async def test_a_circle_is_shown_by_any_beginning_of_its_id(one: Served) -> None:
    circle = await one.circle()
    found = await one.owner("GET", f"/circles/{circle[:12]}")
    assert found.json["id"] == circle
    assert found.json["rules"]["stewards"] == [to_text(COOP, one.node.coop)]
    assert found.json["proposals"] == []


@pytest.mark.parametrize(
    ("circle", "status", "code"),
    [
        ("x", 422, "bad-id"),
        ("circle1q", 404, "not-found"),
        (to_text(CIRCLE, bytes(32)), 404, "unknown-circle"),
        ("..%2Fstatus", 422, "bad-id"),
    ],
)
async def test_a_circle_that_is_not_here(one: Served, circle: str, status: int, code: str) -> None:
    found = await one.owner("GET", f"/circles/{circle}")
    assert (found.status, found.code) == (status, code)


async def test_a_co_op_is_admitted_once(one: Served) -> None:
    circle = await one.circle()
    wish = {"coop": to_text(COOP, bytes([5]) * 32)}
    first = await one.owner("POST", f"/circles/{circle}/admissions", json=wish)
    again = await one.owner("POST", f"/circles/{circle}/admissions", json=wish)
    states = {
        member["coop"]: member["state"]
        for member in (await one.owner("GET", f"/circles/{circle}")).json["members"]
    }
    assert (first.status, first.json) == (200, {"done": True})
    assert (again.status, again.code) == (409, "already-there")
    assert states == {to_text(COOP, one.node.coop): "member", wish["coop"]: "admitted"}


async def test_leaving_is_removing_oneself(one: Served) -> None:
    circle = await one.circle()
    own = to_text(COOP, one.node.coop)
    left = await one.owner("POST", f"/circles/{circle}/removals", json={"coop": own[:14]})
    (line,) = (await one.owner("GET", "/circles")).json["circles"]
    assert (left.json, line["mine"], line["members"]) == ({"done": True}, False, 0)


async def test_whoever_is_not_in_a_circle_cannot_be_removed_from_it(one: Served) -> None:
    circle = await one.circle()
    wish = {"coop": to_text(COOP, bytes([5]) * 32)}
    assert (await one.owner("POST", f"/circles/{circle}/removals", json=wish)).status == 404


@pytest.mark.parametrize(
    ("digest", "code"), [("", "bad-id"), ("xyz", "bad-id"), ("0" * 8, "not-found")]
)
async def test_an_endorsement_needs_a_proposal(one: Served, digest: str, code: str) -> None:
    circle = await one.circle()
    found = await one.owner("POST", f"/circles/{circle}/endorsements", json={"digest": digest})
    assert found.code == code
