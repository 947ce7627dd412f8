"""Data folders and running nodes for the tests of the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.cli.processes import CommandLine, RunningNode


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command line on a folder that does not exist yet."""
    return CommandLine(tmp_path / "home")


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningNode]]:
    """Two running nodes, shared by all tests that ask for them; stopped cleanly at the end."""
    yield from _pair(tmp_path_factory)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningNode]]:
    """Two more, who never heard of each other."""
    yield from _pair(tmp_path_factory)


def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningNode]]:
    started: list[RunningNode] = []
    try:
        for name, country in (("Kahawa (fictional)", "KE"), ("Fischer (fictional)", "DE")):
            node = RunningNode(tmp_path_factory.mktemp("node") / "home")
            node.init(name, country)
            node.start()
            started.append(node)
        yield started
    finally:
        codes = [node.stop() for node in started if node.process is not None]
    assert codes == [0] * len(codes)


@pytest.fixture
def node(nodes: list[RunningNode]) -> RunningNode:
    """The first of the running nodes."""
    return nodes[0]
