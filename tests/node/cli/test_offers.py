import json
from pathlib import Path
from typing import Any

import pytest

from tests.node.cli.processes import RunningNode, until

RICE: dict[str, Any] = {
    "title": {"en": "Rice from the delta", "sw": "Mchele"},
    "prices": [{"currency": "KES", "exponent": 2, "minor": 25_000}],
    "quantity": "12.5",
    "unit": "KGM",
    "where": {"country": "KE"},
}


@pytest.fixture(scope="module")
def circle(nodes: list[RunningNode]) -> str:
    return str(nodes[0]("circle", "create", "Offers", "--json").json["circle"])


def written(folder: Path, fields: dict[str, Any]) -> Path:
    path = folder / "fields.json"
    path.write_text(json.dumps(fields))
    return path


def test_an_offer_is_published_shown_changed_and_withdrawn(
    node: RunningNode, circle: str, tmp_path: Path
) -> None:
    made = node("offer", "add", "--circle", circle, written(tmp_path, RICE), "--json")
    assert made.code == 0, made.err
    offer = made.json["offer"]
    assert offer.startswith("rec1")
    shown = node("offer", "show", offer[:20], "--json").json
    assert shown["id"] == offer
    assert "Mchele" in node("offer", "show", offer).out
    dearer = written(tmp_path, {**RICE, "title": {"en": "Dear rice from the delta"}})
    changed = node("offer", "edit", offer, dearer, "--json")
    assert (changed.code, changed.json["offer"]) == (0, offer), changed.err
    found = node("offer", "list", "--search", "dear", "--json").json["offers"]
    assert [one["title"] for one in found] == ["Dear rice from the delta"]
    gone = node("offer", "withdraw", offer, "--reason", "sold out", "--json")
    assert gone.code == 0, gone.err
    assert node("offer", "list", "--search", "dear", "--json").json["offers"] == []
    again = node("offer", "withdraw", offer, "--json")
    assert (again.code, again.error) == (1, "already-withdrawn")


def test_a_want_is_the_same_by_another_name(node: RunningNode, circle: str, tmp_path: Path) -> None:
    fields = {"title": {"en": "Jute sacks"}, "unit": "C62", "where": {"country": "KE"}}
    content = json.dumps(fields)
    want = node("want", "add", "-", "--circle", circle, "--json", stdin=content).json["offer"]
    assert node("want", "show", want, "--json").json["kind"].startswith("want")
    listed = node("want", "list", "--json").json["offers"]
    assert [one["id"] for one in listed] == [want]
    assert listed[0].keys() >= {"id", "coop", "kind", "title", "country"}
    assert node("want", "edit", want, written(tmp_path, fields)).code == 0
    assert "Jute sacks" in node("want", "list").out
    assert node("want", "withdraw", want).code == 0
    assert node("want", "list", "--json").json["offers"] == []


def test_a_list_is_filtered_and_as_long_as_asked_for(
    node: RunningNode, circle: str, tmp_path: Path
) -> None:
    for number in range(3):
        fields = {**RICE, "title": {"en": f"Lentils {number}"}}
        assert node("offer", "add", "--circle", circle, written(tmp_path, fields)).code == 0
    search = ["offer", "list", "--search", "lentils", "--json"]
    found = node(*search).json
    assert (found["total"], found["more"], len(found["offers"])) == (3, False, 3)
    assert len(node(*search, "--limit", "2").json["offers"]) == 2
    assert node(*search, "--country", "br").json["offers"] == []
    assert len(node(*search, "--country", "ke", "--mine", "--kind", "offer").json["offers"]) == 3
    assert node(*search, "--kind", "want").json["offers"] == []
    assert node("offer", "list", "--kind", "gift").code == 2
    table = node("offer", "list", "--search", "lentils").out
    assert "Ksh" in table or "KES" in table
    assert "12.5 kg" in table


def test_what_is_wrong_with_an_offer_is_told(
    node: RunningNode, circle: str, tmp_path: Path
) -> None:
    for fields, code in (
        ({"title": {}}, "bad-field"),
        ({**RICE, "quantity": "many"}, "bad-field"),
        ({**RICE, "colour": "red"}, "bad-field"),
        ({**RICE, "mode": "give"}, "bad-field"),
    ):
        path = written(tmp_path, fields)
        done = node("offer", "add", "--circle", circle, path, "--json")
        assert (done.code, done.error) == (1, code), done.err
    missing = node("offer", "add", "--circle", circle, tmp_path / "none.json", "--json")
    assert (missing.code, missing.error) == (1, "machine")
    unknown = node("offer", "show", "rec1qqqqqqqqqqq", "--json")
    assert (unknown.code, unknown.error) == (1, "not-found")


def test_only_ones_own_offers_can_be_changed(nodes: list[RunningNode], tmp_path: Path) -> None:
    one, other = nodes
    circle = one("circle", "create", "Two", "--json").json["circle"]
    link = one("invite", "create", "--circle", circle, "--json").json["link"]
    assert other("join", link).code == 0
    path = written(tmp_path, {**RICE, "title": {"en": "Only mine"}})
    offer = one("offer", "add", "--circle", circle, path, "--json").json["offer"]
    search = ["offer", "list", "--search", "only mine", "--json"]
    seen = until(lambda: other(*search).json["offers"])
    assert [(entry["id"], entry["coop_name"]) for entry in seen] == [(offer, "Kahawa (fictional)")]
    assert other(*search, "--mine").json["offers"] == []
    for words in (["edit", offer, path], ["withdraw", offer]):
        done = other("offer", *words, "--json")
        assert (done.code, done.error) == (1, "not-yours")
