"""Disputed records over the API."""

from functools import partial

from node import devices
from node.author import Author, Draft
from node.keyring import entropy
from node.store.database import Database
from protocol.keyevents import Device
from protocol.keys import RECORD, signing_pair, to_text
from protocol.record import write_body
from protocol.trade import OFFER, Offer
from tests.node.served import NOW_MS, Served

SEED, NOISE = bytes([3]) * 32, bytes([4]) * 32


async def test_what_a_machine_signed_after_it_was_stolen_is_disputed_and_affirmed(
    known: tuple[Served, str],
) -> None:
    one, words = known
    await one.circle()
    node, recovery = one.node, devices.recovery_of(words)
    (circle,) = await node.store.write(_circles)
    added = Device(noise=NOISE, sign=signing_pair(SEED)[0])
    change = partial(devices.add, coop=node.coop, recovery=recovery, device=added, draw=entropy)
    await node.change_keys(change)
    record = await node.store.write(partial(_offer, coop=node.coop, circle=circle))
    wish = {"device": added.sign.hex(), "words": words, "until_ms": NOW_MS - 1}
    assert (await one.owner("GET", "/status")).json["disputed"] == 0
    assert (await one.owner("POST", "/devices/revocations", json=wish)).status == 200
    (shown,) = (await one.owner("GET", "/disputes")).json["disputes"]
    identifier = to_text(RECORD, record)
    assert (shown["record"], shown["kind"], shown["mine"]) == (identifier, OFFER, True)
    assert (await one.owner("GET", "/status")).json["disputed"] == 1
    assert (await one.owner("GET", "/offers")).json["offers"] == []
    affirmed = await one.owner(
        "POST", "/disputes/affirmations", json={"records": [identifier[:14]]}
    )
    assert affirmed.json == {"records": [identifier]}
    assert (await one.owner("GET", "/disputes")).json["disputes"] == []
    (offer,) = (await one.owner("GET", "/offers")).json["offers"]
    assert offer["id"] == identifier


async def test_what_is_not_disputed_cannot_be_affirmed(known: tuple[Served, str]) -> None:
    one, _ = known
    await one.circle()
    for wrong in ([], [to_text(RECORD, bytes(32))]):
        found = await one.owner("POST", "/disputes/affirmations", json={"records": wrong})
        assert found.code == "not-found"


def _circles(database: Database) -> list[bytes]:
    return [row[0] for row in database.connection.execute("SELECT id FROM circle")]


def _offer(database: Database, coop: bytes, circle: bytes) -> bytes:
    body = write_body(bytes(16), Offer(title={"en": "Stolen coffee"}))
    published = Author(coop, SEED).publish(
        database, circle, 0, [Draft(OFFER, body)], NOW_MS, bytes(16)
    )
    return published.ids[0]
