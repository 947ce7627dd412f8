"""A served node for whoever asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node import home, keyring
from protocol.keys import Network
from protocol.profile import Profile
from tests.node.served import Served, make_home, served


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Served]:
    """One node that runs and answers."""
    async with served(make_home(tmp_path / "home")) as running:
        yield running


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[tuple[Served, str]]:
    """A node that runs, and the recovery words of its co-op."""
    profile = Profile(name="Kahawa", country="KE")
    made = home.make(tmp_path / "home", Network("coop"), profile, keyring.entropy)
    async with served(tmp_path / "home") as running:
        yield running, " ".join(made.recovery)
