"""A served node for whoever asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.node.served import Served, make_home, served


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Served]:
    """One node that runs and answers."""
    async with served(make_home(tmp_path / "home")) as running:
        yield running
