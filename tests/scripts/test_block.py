"""`scripts/block`: one co-op blocked on many real nodes, and let in again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.commands import Script, list_nodes
from tests.story.village import Coop, found_circle, until, until_equal, until_linked, village


@pytest.fixture(scope="module")
def coops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Coop]]:
    with village(tmp_path_factory.mktemp("village"), 3) as coops:
        found_circle(coops)
        asyncio.run(until_linked(*coops))
        yield coops


@pytest.fixture
def block(tmp_path: Path) -> Script:
    return Script("block", tmp_path)


def results(code: int, script: Script, *words: str | Path) -> list[str]:
    done = script(*words, "--json")
    assert done.code == code, done.err
    return [row["result"] for row in done.json["nodes"]]


def test_it_shows_then_does_then_has_nothing_left_to_do(
    coops: list[Coop], block: Script, tmp_path: Path
) -> None:
    *others, bad = coops
    nodes = list_nodes(tmp_path, coops, "read", "admin")
    would = results(0, block, bad.id, "--nodes", nodes)
    assert would == ["would block", "would block", "itself"]
    assert asyncio.run(blocked(others, bad)) == [False, False]
    shown = block(bad.id, "--nodes", nodes)
    assert (shown.code, "nothing was changed" in shown.out) == (0, True)
    did = results(0, block, bad.id, "--nodes", nodes, "--yes")
    assert did == ["blocked", "blocked", "itself"]
    assert asyncio.run(blocked(others, bad)) == [True, True]
    asyncio.run(until(lambda: alone(bad), "no link to the blocked one"))
    again = results(0, block, bad.id, "--nodes", nodes, "--yes")
    assert again == ["unchanged", "unchanged", "itself"]
    back = results(0, block, bad.id, "--nodes", nodes, "--unblock", "--yes")
    assert back == ["unblocked", "unblocked", "itself"]
    asyncio.run(until_linked(*coops))
    asyncio.run(until_equal(*coops))
    done = results(0, block, bad.id, "--nodes", nodes, "--unblock", "--yes")
    assert done == ["unchanged", "unchanged", "itself"]


def test_a_node_that_refuses_gives_exit_code_1_and_the_others_do_it(
    coops: list[Coop], block: Script, tmp_path: Path
) -> None:
    *others, bad = coops
    nodes = list_nodes(tmp_path, coops, "read", "admin")
    # The token of the first may only look.
    made = others[0].told("token", "create", "fleet", "--scope", "read")
    (tmp_path / f"{others[0].country}.token").write_text(made["token"])
    assert results(0, block, bad.id, "--nodes", nodes)[0] == "would block"
    did = results(1, block, bad.id, "--nodes", nodes, "--yes")
    assert did == ["refused", "blocked", "itself"]
    assert asyncio.run(blocked(others, bad)) == [False, True]
    others[1].told("peer", "unblock", bad.id)


def test_what_is_no_id_is_wrong_usage(coops: list[Coop], block: Script, tmp_path: Path) -> None:
    nodes = list_nodes(tmp_path, coops, "read", "admin")
    last = "q" if coops[0].id[-1] != "q" else "p"
    circle = coops[0].told("circle", "list")["circles"][0]["id"]
    for wrong in ("Kutter Nord", coops[0].id[:20], coops[0].id[:-1] + last, "../status", circle):
        done = block(wrong, "--nodes", nodes, "--yes", "--json")
        assert (done.code, done.out) == (2, ""), done.err
        assert "[bad-id]" in done.err
    assert block(coops[0].id).code == 2
    assert block(coops[0].id, "--nodes", tmp_path / "none.toml").code == 2
    assert block("--help").code == 0


async def blocked(coops: list[Coop], bad: Coop) -> list[bool]:
    """Whether each of them blocks it."""
    found = []
    for coop in coops:
        peers = (await coop.status())["peers"]
        found += [one["state"] == "blocked" for one in peers if one["coop"] == bad.id]
    return found


async def alone(coop: Coop) -> bool:
    return all(one["state"] != "connected" for one in (await coop.status())["peers"])
