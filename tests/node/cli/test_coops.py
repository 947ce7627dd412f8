from typing import Any

from tests.node.cli.processes import RunningNode


def listed(node: RunningNode) -> list[dict[str, Any]]:
    """The co-ops, once the new circle is in the lists."""
    coops: list[dict[str, Any]] = []
    for _ in range(50):
        coops = node("coop", "list", "--json").json["coops"]
        if any(one["name"] == "Hill" for coop in coops for one in coop["circles"]):
            break
    return coops


def test_everybody_in_our_circles_is_listed_and_shown(node: RunningNode) -> None:
    node("circle", "create", "Hill")
    (line,) = listed(node)
    assert line["mine"]
    assert "Hill" in {one["name"] for one in line["circles"]}
    assert line["name"] in node("coop", "list").out
    shown = node("coop", "show", line["id"][:20])
    assert (shown.code, line["name"] in shown.out) == (0, True)


def test_an_unknown_one_is_told(node: RunningNode) -> None:
    done = node("coop", "show", "coop1qqqqqqqqqqqqq", "--json")
    assert (done.code, done.error) == (1, "not-found")
