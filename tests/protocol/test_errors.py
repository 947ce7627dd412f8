"""The closed table of refusals: whole, used, and written for people."""

import ast
from pathlib import Path

import pytest

from protocol.errors import REFUSALS, Peer, Refusal

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"


def test_a_refusal_says_what_happened_with_its_code() -> None:
    refusal = Refusal("gap", "seq 12")
    assert str(refusal) == "the record before this one is not here yet: seq 12 [gap]"
    assert (refusal.code, refusal.detail) == ("gap", "seq 12")


def test_a_refusal_needs_no_detail() -> None:
    assert str(Refusal("gap")) == "the record before this one is not here yet [gap]"


def test_a_code_that_stands_nowhere_is_our_own_fault() -> None:
    with pytest.raises(AssertionError):
        Refusal("no-such-code")


@pytest.mark.parametrize("code", REFUSALS)
def test_each_row_can_be_read_and_answered_with(code: str) -> None:
    rule = REFUSALS[code]
    assert code == code.lower()
    assert code.replace("-", "").isalpha()
    assert 400 <= rule.status < 600
    assert isinstance(rule.peer, Peer)
    assert rule.sentence[0].islower() or rule.sentence.startswith("this")
    assert not rule.sentence.endswith(".")


def test_whatever_the_protocol_refuses_with_stands_in_the_table() -> None:
    raised = {
        node.args[0].value
        for path in PROTOCOL.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert raised <= REFUSALS.keys()
    assert len(raised) > 10


@pytest.mark.parametrize("code", ["unknown-key", "unknown-coop", "not-its-device", "gap"])
def test_what_is_only_not_here_yet_never_closes_a_link(code: str) -> None:
    assert REFUSALS[code].peer is Peer.WAIT
