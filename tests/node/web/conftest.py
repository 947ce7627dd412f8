"""A browser in a first run, for whoever asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.node.web.firsts import Browser, first_run


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A folder without a node, and nobody has opened its link yet."""
    async with first_run(tmp_path / "home") as one:
        yield one
