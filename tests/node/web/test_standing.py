"""The node's own page: circles, peers, numbers that two nodes can compare."""

from protocol.keys import COOP, to_text
from tests.node.served import Served, logged_in
from tests.node.web.looking import look, text


async def test_it_shows_circles_peers_and_state(one: Served) -> None:
    circle = await one.circle("Kreis")
    wish = {"coop": to_text(COOP, bytes([7]) * 32), "address": "http://127.0.0.1:9"}
    await one.owner("POST", "/peers", json=wish)
    shown = text(await look(one, await logged_in(one), "/state"))
    status = (await one.owner("GET", "/status")).json
    for part in ("Kreis", status["digest"], circle[:17], status["circles"][0]["root"][:12]):
        assert part in shown, part


async def test_a_new_node_says_what_to_do(one: Served) -> None:
    shown = text(await look(one, await logged_in(one), "/state"))
    assert "This node is in no circle yet." in shown
    assert "give out an invite" in shown


async def test_what_wants_an_eye_is_told_and_numbers_stand_behind(one: Served) -> None:
    await one.circle("Kreis")
    await one.owner(
        "POST", "/peers", json={"coop": to_text(COOP, bytes([7]) * 32), "address": "http://[::1]:9"}
    )
    login = await logged_in(one)
    shown = text(await look(one, login, "/state"))
    hints = (await one.owner("GET", "/status")).json["hints"]
    assert "no-link" in [hint["code"] for hint in hints]
    assert "no peer is connected" in shown
    assert "<svg" in shown
    for part in ("used on the disk", "first copy of the database", "Numbers that two nodes"):
        assert part in shown, part
