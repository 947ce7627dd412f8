"""Many nodes at once: the file that lists them, and one that does not answer."""

from pathlib import Path

import pytest

from node.cli import fleet
from node.cli.client import Client, Json, Refused
from node.cli.fleet import FleetError, NodeEntry
from tests.node.served import bearer, make_home, served

LIST = """
[[node]]
name = "Kahawa"
url = "http://127.0.0.1:7443"
token = "given"

[[node]]
name = "Fischer"
url = "https://fischer.example/node"
token_file = "tokens/fischer"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "nodes.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def status(client: Client) -> Json:
    return await client.get("/status")


def test_nodes_are_read_in_their_order_with_tokens_from_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "fischer").write_text("  kept\n")
    path = write(tmp_path, LIST)
    assert fleet.read(path) == [
        NodeEntry("Kahawa", "http://127.0.0.1:7443", "given"),
        NodeEntry("Fischer", "https://fischer.example/node", "kept", "tokens/fischer"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[other]]\nname = 'x'\n",
        "node = []\n",
        "[[node]\n",
        "node = 'Kahawa'\n",
        "[[node]]\nname = 'Kahawa'\n",
        "[[node]]\nname = 1\nurl = 'http://127.0.0.1'\n",
        "[[node]]\nname = 'Kahawa'\nurl = 'http://127.0.0.1'\npassword = 'x'\n",
        "[[node]]\nname = 'x'\nurl = 'y'\n" * (fleet.NODES_MAX + 1),
        "[[node]]\nname = 'Kahawa'\nurl = 'http://127.0.0.1'\ntoken_file = 'missing'\n",
    ],
)
def test_a_file_that_lists_no_nodes_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(FleetError, match=str(tmp_path)):
        fleet.read(write(tmp_path, text))


def test_a_file_that_is_missing_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="cannot be read"):
        fleet.read(tmp_path / "none.toml")
    broken = tmp_path / "nodes.toml"
    broken.write_bytes(b"\xff\xfe[[node]]")
    with pytest.raises(FleetError, match="not a list of nodes"):
        fleet.read(broken)


async def test_all_are_asked_and_one_that_does_not_answer_is_an_answer(tmp_path: Path) -> None:
    async with served(make_home(tmp_path / "home")) as one:
        token = (await bearer(one))["Authorization"].removeprefix("Bearer ")
        entries = [
            NodeEntry("gone", "http://127.0.0.1:1", "x"),
            NodeEntry("here", one.url, token),
            NodeEntry("forgot", one.url, "wrong"),
        ]
        answers = await fleet.ask_all(entries, status)
    assert [entry for entry, _ in answers] == entries
    gone, here, forgot = (answer for _, answer in answers)
    assert isinstance(gone, Refused)
    assert gone.code == "not-running"
    assert isinstance(here, dict)
    assert isinstance(forgot, Refused)
    assert forgot.code == "bad-token"


async def test_a_node_that_falls_silent_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fleet, "ANSWER_S_MAX", 0)
    answers = await fleet.ask_all([NodeEntry("slow", "http://127.0.0.1:1")], status)
    assert isinstance(answers[0][1], Refused)
    assert answers[0][1].code == "no-answer"


async def test_only_a_few_are_asked_at_once() -> None:
    now = most = 0

    async def watch(client: Client) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        with pytest.raises(Refused):
            await client.get("/status")
        now -= 1

    entries = [NodeEntry(str(number), "http://127.0.0.1:1") for number in range(50)]
    answers = await fleet.ask_all(entries, watch)
    assert len(answers) == 50
    assert 1 < most <= fleet.AT_ONCE_MAX
