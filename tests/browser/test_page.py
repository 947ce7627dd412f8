"""The page in a real browser, at a real node: log in, find, read, at desktop and phone size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

COMMAND = [sys.executable, "-m", "node"]
OFFER = {
    "title": {"en": "Green coffee <script>alert(1)</script>"},
    "quantity": "12",
    "unit": "TNE",
    "prices": [{"minor": 450000, "currency": "USD", "exponent": 2}],
    "where": {"country": "KE"},
}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Served(NamedTuple):
    """A running node with one offer."""

    address: str
    password: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("page")
    made = verb(folder, "init", "--name", "Mlima", "--country", "KE", "--listen", "127.0.0.1:0",
                "--yes")  # fmt: skip
    command = [*COMMAND, "--home", str(folder / "home"), "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("ready ").strip()
        circle = verb(folder, "circle", "create", "Hill")["circle"]
        (folder / "offer.json").write_text(json.dumps(OFFER), encoding="utf-8")
        verb(folder, "offer", "add", "--circle", circle, str(folder / "offer.json"))
        yield Served(address, made["password"])
        process.terminate()


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 800)])
def test_who_logs_in_finds_the_offer_and_nothing_of_it_runs(
    served: Served, width: int, height: int
) -> None:
    with browsing(width, height) as (page, said):
        page.goto(served.address + "/")
        log_in(page, served.password)
        page.get_by_text("Green coffee").first.wait_for()
        assert "<script>alert(1)</script>" in page.inner_text("main")
        page.fill("input[name=search]", "tea")
        page.keyboard.press("Enter")
        page.get_by_text("0 found").wait_for()
        assert "Green coffee" not in page.inner_text("main")
        assert said == []


def test_a_wrong_password_is_told_and_shows_nothing(served: Served) -> None:
    with browsing(1200, 800) as (page, _):
        page.goto(served.address + "/")
        log_in(page, "not-the-password")
        page.get_by_role("alert").wait_for()
        assert "bad-password" in page.inner_text("main")
        assert "Green coffee" not in page.content()


@contextmanager
def browsing(width: int, height: int) -> Iterator[tuple[Page, list[str]]]:
    """A page of a fresh browser, and what its console said."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        said.append(message.text)

    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=found, args=QUIET)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("console", note)
        yield page, said
        browser.close()


def log_in(page: Page, password: str) -> None:
    page.fill("input[name=name]", "owner")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")


def verb(folder: Path, *words: str) -> dict[str, str]:
    """The answer of a verb that must succeed."""
    command = [*COMMAND, "--home", str(folder / "home"), *words, "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer
