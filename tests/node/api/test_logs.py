"""A circle's records as a file, and taken in again, over the API."""

from pathlib import Path

import pytest

from tests.node.served import OFFER_JSON, Served, make_home, served


async def test_a_stick_carries_what_the_link_would(one: Served, tmp_path: Path) -> None:
    circle = await one.circle(public=True)
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    out = await one.owner("GET", f"/circles/{circle[:12]}/export")
    own = (await one.owner("GET", "/status")).json
    assert "attachment" in out.headers["Content-Disposition"]
    async with served(make_home(tmp_path / "other", "Fischer", "DE")) as other:
        first = await other.owner("POST", "/log-imports", data=out.body)
        again = await other.owner("POST", "/log-imports", data=out.body)
        status = (await other.owner("GET", "/status")).json
    records = own["circles"][0]["records"]
    assert first.json == {
        "circle": circle, "records_new": records, "records": records, "waiting": 0,
    }  # fmt: skip
    assert again.json["records_new"] == 0
    assert status["circles"][0]["root"] == own["circles"][0]["root"]


async def test_followers_hear_of_what_a_file_brought(one: Served, tmp_path: Path) -> None:
    circle = await one.circle(public=True)
    out = await one.owner("GET", f"/circles/{circle}/export")
    async with served(make_home(tmp_path / "other", "Fischer", "DE")) as other:
        following = other.node.events.subscribe(other.node.events.last_id)
        await other.owner("POST", "/log-imports", data=out.body)
        event = await anext(following)
        await following.aclose()
    assert (event.kind, event.data["new"] > 0) == ("records", True)


async def test_a_closed_circle_is_for_its_members_alone(one: Served, tmp_path: Path) -> None:
    circle = await one.circle()
    out = await one.owner("GET", f"/circles/{circle}/export")
    async with served(make_home(tmp_path / "other", "Fischer", "DE")) as other:
        found = await other.owner("POST", "/log-imports", data=out.body)
    assert (found.status, found.code) == (403, "not-a-member")


@pytest.mark.parametrize("damage", ["empty", "other", "cut", "flipped"])
async def test_a_damaged_file_is_refused(one: Served, damage: str) -> None:
    circle = await one.circle(public=True)
    whole = (await one.owner("GET", f"/circles/{circle}/export")).body
    middle = len(whole) // 2
    data = {
        "empty": b"",
        "other": b"PK\x03\x04",
        "cut": whole[:-1],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }[damage]
    found = await one.owner("POST", "/log-imports", data=data)
    assert (found.status, found.code) == (422, "bad-file")


async def test_a_circle_that_is_not_here_has_no_file(one: Served) -> None:
    assert (await one.owner("GET", "/circles/circle1qqq/export")).code == "not-found"
