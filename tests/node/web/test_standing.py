"""The node's own page: circles, peers, numbers that two nodes can compare."""

from node.web.shown import TEMPLATES
from tests.node.served import Served, logged_in
from tests.node.web.looking import look, text


async def test_it_shows_circles_peers_and_state(one: Served) -> None:
    circle = await one.circle("Kreis")
    wish = {"coop": "coop1" + "q" * 58, "address": "http://127.0.0.1:9"}
    await one.owner("POST", "/peers", json=wish)
    shown = text(await look(one, await logged_in(one), "/state"))
    status = (await one.owner("GET", "/status")).json
    for part in ("Kreis", status["digest"], circle[:17], status["circles"][0]["root"][:12]):
        assert part in shown, part


async def test_a_new_node_says_what_to_do(one: Served) -> None:
    shown = text(await look(one, await logged_in(one), "/state"))
    assert "This node is in no circle yet." in shown
    assert "give out an invite" in shown


async def test_a_fork_is_told_in_plain_words() -> None:
    assert "signed two histories" in (TEMPLATES / "standing.html").read_text()
