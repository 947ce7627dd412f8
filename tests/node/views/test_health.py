"""What of a node's state wants somebody's eye, and in which words."""

from typing import Any

import msgspec
import pytest

from node.views import health
from node.views.health import Machine
from node.views.peers import PeerView
from node.views.status import CircleStatus, ForkView, Status
from protocol.keys import COOP, to_text

CO_OP = to_text(COOP, bytes(32))
CIRCLE = CircleStatus("circle1x", "Hill", "", "", 2, 9)


def peer(state: str = "connected", **change: Any) -> PeerView:  # noqa: ANN401
    return msgspec.structs.replace(
        PeerView(CO_OP, "Fishers", state, "http://x", False, None, ""), **change
    )


WELL = Status(CO_OP, "We", "0", 9, "", 0, 1, (CIRCLE,), (peer(),), (), 0, "")


def codes(**change: Any) -> list[str]:  # noqa: ANN401
    return [one.code for one in health.hints(msgspec.structs.replace(WELL, **change))]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ["all-well"]),
        ({"circles": ()}, ["no-circle"]),
        ({"peers": ()}, ["all-well", "alone"]),
        ({"peers": (peer("waiting"),)}, ["no-link"]),
        ({"peers": (peer("blocked", blocked=True),)}, ["all-well", "alone"]),
        ({"peers": (peer(), peer("waiting", last_error="x"))}, ["all-well", "peer-error"]),
        ({"lag": 5}, ["all-well", "lag"]),
        ({"forks": (ForkView(CO_OP, "Fishers", "log", ()),)}, ["fork"]),
        ({"disputed": 2}, ["disputed"]),
        ({"copy_error": "disk-full"}, ["no-copy"]),
        ({"machine": Machine(clock_off_ms=-31_000)}, ["clock"]),
        ({"machine": Machine(clock_off_ms=30_000)}, ["all-well"]),
        ({"machine": Machine(free_bytes=health.FREE_BYTES_LEAST - 1)}, ["disk"]),
        ({"machine": Machine(free_bytes=health.FREE_BYTES_LEAST)}, ["all-well"]),
    ],
)
def test_each_trouble_is_told(change: dict[str, Any], told: list[str]) -> None:
    assert codes(**change) == told


def test_the_worst_stands_first_and_few_peers_are_named() -> None:
    some = tuple(peer("waiting", last_error="no answer") for _ in range(9))
    told = codes(peers=some, copy_error="x")
    assert told == ["no-copy", "no-link"] + ["peer-error"] * health.PEERS_TOLD_MAX


def test_a_sentence_names_what_it_is_about() -> None:
    (hint,) = health.hints(msgspec.structs.replace(WELL, forks=(ForkView(CO_OP, "F", "l", ()),)))
    assert hint.say().startswith("F signed two histories")
