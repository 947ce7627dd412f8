"""The co-op's machines and keys at the command line; the words come by standard input."""

from pathlib import Path

from tests.node.cli.processes import RunningNode

NEW = ("11" * 32, "22" * 32)


def test_machines_are_added_and_taken_out_and_keys_changed(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home")
    words = " ".join(node.init()["recovery"])
    node.start()
    try:
        (own,) = node("device", "list", "--json").json["devices"]
        assert own["live"]
        assert own["this"]
        added = node("device", "add", *NEW, stdin=words)
        assert added.code == 0, added.err
        revoked = node("device", "revoke", NEW[0][:12], stdin=words)
        assert revoked.code == 0, revoked.err
        rotated = node("key", "rotate", "--json", stdin=words)
        assert (rotated.code, rotated.json) == (0, {})
        assert NEW[0][:16] in node("device", "list").out
        wrong = node("key", "rotate", "--json", stdin="abandon " * 24)
        assert (wrong.code, wrong.error) == (1, "bad-words")
        assert "nothing is disputed" in node("dispute", "list").out
        unknown = node("dispute", "affirm", "rec1qqqqqqqqqqqq", "--json")
        assert (unknown.code, unknown.error) == (1, "not-found")
    finally:
        assert node.stop() == 0
