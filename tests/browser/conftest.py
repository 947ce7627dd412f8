"""One browser and one node for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.browsing import QUIET, WAIT_MS, RunningNode, chromium_path, running_node


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; each test opens a fresh profile in it.

    It ends with its module: while it runs, nothing else in this process can run a loop.
    """
    with sync_playwright() as player:
        expect.set_options(timeout=WAIT_MS)
        browser = player.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node without a circle."""
    with running_node(tmp_path_factory.mktemp("node"), "Mlima Coffee Growers", "KE") as one:
        yield one
