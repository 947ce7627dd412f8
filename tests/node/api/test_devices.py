"""The co-op's machines over the API: words only over the machine's own socket."""

import pytest

from tests.node.served import Served, bearer

NEW = {"device": "11" * 32, "noise": "22" * 32}


async def test_a_machine_is_added_listed_and_taken_out(known: tuple[Served, str]) -> None:
    one, words = known
    (own,) = (await one.owner("GET", "/devices")).json["devices"]
    assert own == {"device": one.node.device.hex(), "live": True, "this": True}
    added = await one.owner("POST", "/devices", json={**NEW, "words": words})
    assert (added.status, added.json) == (200, {})
    listed = (await one.owner("GET", "/devices")).json["devices"]
    assert {two["device"]: two["live"] for two in listed} == {
        own["device"]: True,
        NEW["device"]: True,
    }
    wish = {"device": NEW["device"][:10], "words": words}
    assert (await one.owner("POST", "/devices/revocations", json=wish)).status == 200
    listed = (await one.owner("GET", "/devices")).json["devices"]
    assert [two["live"] for two in listed] == [True, False]
    assert (await one.owner("POST", "/key-rotations", json={"words": words})).status == 200
    assert (await one.owner("POST", "/devices/revocations", json=wish)).code == "not-found"


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/devices", NEW),
        ("/devices/revocations", {"device": "11" * 32}),
        ("/key-rotations", {}),
    ],
)
async def test_words_are_taken_over_the_own_socket_and_must_be_the_right_ones(
    known: tuple[Served, str], path: str, wish: dict[str, str]
) -> None:
    one, words = known
    wish = {**wish, "device": wish.get("device", "")} if wish else wish
    if path == "/devices/revocations":
        wish["device"] = one.node.device.hex()
    wrong = {**wish, "words": " ".join(reversed(words.split()))}
    assert (await one.owner("POST", path, json=wrong)).code == "bad-words"
    headers = await bearer(one, "admin")
    far = await one.tcp("POST", path, json={**wish, "words": words}, headers=headers)
    assert far.status == 403
    (own,) = (await one.owner("GET", "/devices")).json["devices"]
    assert own["live"]


async def test_what_is_no_key_is_refused(known: tuple[Served, str]) -> None:
    one, words = known
    for wrong in ("zz", "11" * 31):
        found = await one.owner("POST", "/devices", json={**NEW, "noise": wrong, "words": words})
        assert found.status == 422
    found = await one.owner("POST", "/devices/revocations", json={"device": "", "words": words})
    assert found.status in {404, 409}


async def test_a_machine_that_was_taken_out_publishes_nothing_more(
    known: tuple[Served, str],
) -> None:
    one, words = known
    await one.circle()
    wish = {"device": one.node.device.hex(), "words": words}
    assert (await one.owner("POST", "/devices/revocations", json=wish)).status == 200
    refused = await one.owner("POST", "/circles", json={"name": "another"})
    assert refused.code == "not-its-device"
