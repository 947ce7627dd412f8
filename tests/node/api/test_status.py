"""Status, profile and rebuild."""

import pytest

from tests.node.served import NOW_MS, OFFER_JSON, Served

PROFILE = {"name": "Kahawa", "country": "KE", "languages": ["sw", "en"], "sectors": ["coffee"]}


async def test_a_fresh_node_is_in_no_circle(one: Served) -> None:
    found = (await one.owner("GET", "/status")).json
    assert found["coop"].startswith("coop1")
    assert (found["records"], found["lag"], found["time_ms"]) == (0, 0, NOW_MS)
    assert (found["circles"], found["peers"], found["forks"]) == ([], [], [])
    assert found["version"]


async def test_a_copy_that_was_not_made_is_shown_until_one_is(one: Served) -> None:
    assert (await one.owner("GET", "/status")).json["copy_error"] == ""
    one.node.copy_error = "the disk is full [disk-full]"
    assert "[disk-full]" in (await one.owner("GET", "/status")).json["copy_error"]


async def test_a_circle_and_its_records_are_counted(one: Served) -> None:
    circle = await one.circle("Kreis")
    before = (await one.owner("GET", "/status")).json
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    after = (await one.owner("GET", "/status")).json
    (shown,) = after["circles"]
    assert (shown["id"], shown["name"], shown["members"]) == (circle, "Kreis", 1)
    assert after["records"] == before["records"] + 1
    assert after["digest"] != before["digest"]
    assert shown["root"] != before["circles"][0]["root"]
    assert len(shown["root"]) == len(shown["digest"]) == 64


async def test_the_profile_is_changed_and_shown_in_every_circle(one: Served) -> None:
    circle = await one.circle()
    put = await one.owner("PUT", "/profile", json=PROFILE)
    assert (put.status, put.json) == (200, PROFILE)
    assert (await one.owner("GET", "/profile")).json == PROFILE
    assert (await one.owner("GET", "/status")).json["name"] == "Kahawa"
    (member,) = (await one.owner("GET", f"/circles/{circle}")).json["members"]
    assert (member["name"], member["country"], member["state"]) == ("Kahawa", "KE", "member")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"country": "ZZ"}, "bad-code"),
        ({"country": "kenya"}, "bad-field"),
        ({"name": ""}, "bad-field"),
        ({"nam": "x"}, "bad-field"),
        ({"website": "javascript:x"}, "bad-field"),
    ],
)
async def test_a_profile_that_does_not_fit_is_refused(
    one: Served, change: dict[str, str], code: str
) -> None:
    found = await one.owner("PUT", "/profile", json={**PROFILE, **change})
    assert (found.status, found.code) == (422, code)
    assert (await one.owner("GET", "/profile")).json["name"] == "Kahawa Co-op"


async def test_a_rebuild_comes_to_the_same_rows(one: Served) -> None:
    circle = await one.circle()
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    digest = (await one.owner("GET", "/status")).json["digest"]
    found = await one.owner("POST", "/rebuild")
    assert found.json == {"before": digest, "after": digest}
    assert (await one.owner("GET", "/offers")).json["total"] == 1
