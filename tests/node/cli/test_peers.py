from tests.node.cli.processes import RunningNode, until


def test_a_peer_is_listed_blocked_and_unblocked(nodes: list[RunningNode]) -> None:
    one, other = nodes
    coop = other("status", "--json").json["coop"]
    added = one("peer", "add", coop, other.address, "--json")
    assert added.code == 0, added.err

    def state() -> dict[str, object]:
        listed = one("peer", "list", "--json").json["peers"]
        return next(peer for peer in listed if peer["coop"] == coop)

    assert state()["address"]
    assert not state()["blocked"]
    assert one("peer", "block", coop[:20]).code == 0
    assert until(lambda: state()["state"] == "blocked")
    assert "blocked" in one("peer", "list").out
    assert one("peer", "unblock", coop[:20]).code == 0
    assert not state()["blocked"]


def test_a_node_is_no_peer_of_itself(node: RunningNode) -> None:
    own = node("status", "--json").json["coop"]
    done = node("peer", "add", own, node.address, "--json")
    assert (done.code, done.error) == (1, "to-itself")


def test_an_unknown_peer_cannot_be_blocked_by_a_prefix(node: RunningNode) -> None:
    done = node("peer", "block", "coop1qqqqqqqqqqqqq", "--json")
    assert (done.code, done.error) == (1, "not-found")
