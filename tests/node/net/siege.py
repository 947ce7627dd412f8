"""Siege: a node with an honest neighbour and a member that a test makes hostile.

When the test is over the node must still answer the neighbour, have everything that it ever
acknowledged, and have logged no fault of its own.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from node.app import Node
from node.clock import ManualClock
from node.home import DATABASE_NAME
from node.settings import Value
from tests.coops import NOW_MS, Coop, join
from tests.node.net.nodes import (
    publish,
    running_node,
    until_equal,
    until_linked,
    until_titles,
)


class Siege(NamedTuple):
    circle: bytes
    node: Node
    """The one that is attacked; its clock stands at `NOW_MS` until a test moves it."""
    neighbour: Node
    member: Coop
    """A member of the circle with a database of its own, whose node is the test."""
    clock: ManualClock


@asynccontextmanager
async def siege(
    folder: Path, caplog: pytest.LogCaptureFixture, flags: Mapping[str, Value] | None = None
) -> AsyncIterator[Siege]:
    paths = {name: folder / name for name in ("node", "neighbour")}
    for path in paths.values():
        path.mkdir(mode=0o700)
    founder, honest = (Coop(name, path / DATABASE_NAME) for name, path in paths.items())
    member = Coop("member")
    circle = founder.found()
    join(circle, founder, honest, member)
    founder.offer(circle, "acknowledged before")
    for coop, path in zip((founder, honest), paths.values(), strict=True):
        coop.settle(path)
    clock = ManualClock(NOW_MS)
    with capture_logs() as told, caplog.at_level(logging.WARNING):
        async with (
            running_node(paths["node"], clock=clock, flags=flags) as node,
            running_node(paths["neighbour"], clock=ManualClock(NOW_MS)) as neighbour,
        ):
            await neighbour.peers.add(node.coop, node.address)
            await until_linked(node, neighbour)
            # Where each answers is told at its start, and still on its way.
            await until_equal(circle, [node, neighbour])
            yield Siege(circle, node, neighbour, member, clock)
            await check_unharmed(circle, node, neighbour)
    assert [one for one in told if one["log_level"] in {"error", "critical"}] == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def check_unharmed(circle: bytes, node: Node, neighbour: Node) -> None:
    """Both ways, over whatever link the two have now."""
    await until_linked(node, neighbour)
    await until_linked(neighbour, node)
    await publish(neighbour, circle, "from the neighbour")
    await until_titles(node, circle, "from the neighbour", "acknowledged before")
    await publish(node, circle, "from the node")
    await until_titles(neighbour, circle, "from the node")
    await until_equal(circle, [node, neighbour])
