"""`scripts/peers`: real nodes, their tokens, and a table of how they stand."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.commands import Script, list_nodes
from tests.story.village import Coop, found_circle, offer_json, until_equal, until_linked, village


@pytest.fixture(scope="module")
def coops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Coop]]:
    with village(tmp_path_factory.mktemp("village"), 2) as coops:
        found_circle(coops)
        yield coops


@pytest.fixture
def peers(tmp_path: Path) -> Script:
    return Script("peers", tmp_path)


def test_nodes_that_agree_are_shown_and_give_exit_code_0(
    coops: list[Coop], peers: Script, tmp_path: Path
) -> None:
    nodes = list_nodes(tmp_path, coops, "read")
    asyncio.run(until_linked(*coops))
    status = asyncio.run(until_equal(*coops))
    done = peers("--nodes", nodes, "--json")
    assert done.code == 0, done.err
    assert done.json["agree"] is True
    for row, coop in zip(done.json["nodes"], coops, strict=True):
        assert (row["node"], row["coop"], row["name"]) == (coop.country, coop.id, coop.name)
        assert (row["answers"], row["lag"], row["records"]) == (True, 0, status["records"])
        assert (row["peers_connected"], row["peers"]) == (1, 1)
    (circle,) = done.json["circles"]
    assert (circle["roots_equal"], circle["digests_equal"]) == (True, True)
    assert [one["root"] for one in circle["nodes"]] == [status["circles"][0]["root"]] * 2
    table = peers("--nodes", nodes)
    assert table.code == 0
    assert "1 of 1" in table.out
    assert "equal" in table.out


def test_nodes_that_differ_give_exit_code_1(
    coops: list[Coop], peers: Script, tmp_path: Path
) -> None:
    fish, coffee = coops
    nodes = list_nodes(tmp_path, coops, "read")
    fish.told("peer", "block", coffee.id)
    file = tmp_path / "offer.json"
    file.write_text(json.dumps(offer_json("Cod")))
    fish.told("offer", "add", file)
    done = peers("--nodes", nodes, "--json")
    assert (done.code, done.json["agree"]) == (1, False)
    (circle,) = done.json["circles"]
    assert (circle["roots_equal"], circle["digests_equal"]) == (False, False)
    assert "differ" in peers("--nodes", nodes).out
    fish.told("peer", "unblock", coffee.id)
    asyncio.run(until_equal(*coops))
    assert peers("--nodes", nodes).code == 0


def test_a_node_that_does_not_answer_or_lets_nobody_in_gives_exit_code_1(
    coops: list[Coop], peers: Script, tmp_path: Path
) -> None:
    nodes = list_nodes(tmp_path, coops, "read")
    (tmp_path / "KE.token").write_text("coop_guessed")
    done = peers("--nodes", nodes, "--json")
    assert done.code == 1
    assert [row["answers"] for row in done.json["nodes"]] == [True, False]
    assert "token" in done.json["nodes"][1]["error"]
    nodes = list_nodes(tmp_path, coops, "read")
    assert coops[1].stop() == 0
    done = peers("--nodes", nodes, "--json")
    coops[1].start()
    assert done.code == 1
    assert coops[1].address in done.json["nodes"][1]["error"]
    assert "no answer" in peers("--nodes", renamed(nodes, coops[1])).out


def renamed(nodes: Path, coop: Coop) -> Path:
    """The same nodes, one of them where nobody listens."""
    nodes.write_text(nodes.read_text().replace(coop.address, "http://127.0.0.1:1"))
    return nodes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("[[node]", "not a list of nodes"),
        ("", "0 nodes"),
        ('[[node]]\nname = "a"', "not a list of nodes"),
        ('[[node]]\nname = "a"\nurl = "http://127.0.0.1:1"\nport = 1', "not a list of nodes"),
        ('[[node]]\nname = "a"\nurl = "http://127.0.0.1:1"\ntoken_file = "none"', "token of a"),
        ("node = 3", "not a list of nodes"),
    ],
)
def test_a_file_that_lists_no_nodes_is_wrong_usage(
    peers: Script, tmp_path: Path, content: str | None, said: str
) -> None:
    nodes = tmp_path / "nodes.toml"
    if content is not None:
        nodes.write_text(content)
    done = peers("--nodes", nodes, "--json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_wrong_words_are_wrong_usage_and_help_helps(peers: Script) -> None:
    assert peers().code == 2
    assert peers("--nodes", "x", "--colour").code == 2
    shown = peers("--help")
    assert (shown.code, shown.err) == (0, "")
    assert "Exit code" in shown.out
