"""Notes by the command line, between two running nodes."""

import json

from tests.node.cli.processes import RunningNode, until


def test_ask_and_answer(nodes: list[RunningNode]) -> None:
    one, other = nodes
    circle = one("circle", "create", "Notes", "--json").json["circle"]
    link = one("invite", "create", "--circle", circle, "--json").json["link"]
    assert other("join", link).code == 0
    fields = {"title": {"en": "Baskets"}, "unit": "C62"}
    made = one("offer", "add", "-", "--circle", circle, "--json", stdin=json.dumps(fields))
    offer = made.json["offer"]
    sent = until(lambda: try_send(other, offer))
    (thread,) = until(lambda: one("note", "list", "--json").json["threads"])
    assert (thread["id"], thread["unread"], thread["title"]) == (sent, 1, "Baskets")
    assert "Baskets" in one("note", "list").out
    shown = one("note", "show", sent)
    assert "How large are they?" in shown.out
    assert one("note", "list", "--json").json["unread"] == 0
    answered = one("note", "send", "--thread", sent, "Up to the knee.")
    assert answered.code == 0, answered.err
    until(lambda: other("note", "list", "--json").json["unread"])


def try_send(node: RunningNode, offer: str) -> str:
    """The id of the note, once the offer is there."""
    done = node("note", "send", "--offer", offer, "How large are they?", "--json")
    return str(done.json["note"]) if done.code == 0 else ""


def test_where_to_is_needed(node: RunningNode) -> None:
    done = node("note", "send", "Hello", "--json")
    assert (done.code, done.error) == (1, "bad-field")
