"""Real nodes and a real browser for the tests of the page.

A page that says anything on its console, breaks the content policy, throws, or asks another host
fails its test when it is closed; `check_page` runs the rules of axe over what is shown.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request

COMMAND = [sys.executable, "-m", "node"]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = (1200, 850)
PHONE = (390, 800)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
WAIT_MS = 30_000  # a busy machine is slow; nothing waits so long that is there


@dataclass
class RunningNode:
    """A node as a process of its own."""

    home: Path
    address: str
    password: str
    process: subprocess.Popen[str]

    def verb(self, *words: str, given: str | None = None) -> Any:  # noqa: ANN401 - any JSON
        """The answer of a verb that must succeed."""
        return verb(self.home, *words, given=given)

    def offer(self, circle: str, offer: dict[str, Any], kind: str = "offer") -> str:
        """Publish one; its id."""
        file = self.home.parent / "given.json"
        file.write_text(json.dumps(offer), encoding="utf-8")
        return str(self.verb(kind, "add", "--circle", circle, str(file))[kind_key(kind)])


def kind_key(kind: str) -> str:
    """Where the verb's answer names what it made."""
    return "offer" if kind in {"offer", "want"} else kind


@contextmanager
def running_node(folder: Path, name: str, country: str) -> Iterator[RunningNode]:
    """A new node on a free port, stopped at the end."""
    home = folder / "home"
    made = verb(
        home, "init", "--name", name, "--country", country, "--listen", "127.0.0.1:0", "--yes"
    )
    with started(home) as (process, address):
        yield RunningNode(home, address, made["password"], process)


@contextmanager
def started(home: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The node of a folder, running; where it answers."""
    command = [*COMMAND, "--home", str(home), "run", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        try:
            yield process, line.removeprefix("ready ").strip()
        finally:
            process.terminate()


def verb(home: Path, *words: str, given: str | None = None) -> Any:  # noqa: ANN401 - any JSON
    """The answer of a verb of the command line that must succeed."""
    command = [*COMMAND, "--home", str(home), *words, "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=given)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def join(node: RunningNode, circle: str, other: RunningNode) -> None:
    """Let another node into a circle."""
    link = node.verb("invite", "create", "--circle", circle)["link"]
    other.verb("join", link)


@dataclass
class Trouble:
    """What a page must not say; codes of answers that a test expects are left out of it."""

    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def note(self, text: str) -> None:
        """Keep it, unless it is expected."""
        if not any(one in text for one in self.expected):
            self.said.append(text)


@contextmanager
def browsing(
    browser: Browser,
    size: tuple[int, int] = DESKTOP,
    language: str = "en",
    *,
    expected: tuple[str, ...] = (),
    **wishes: Any,  # noqa: ANN401 - of the browser's context
) -> Iterator[Page]:
    """A page of a fresh profile; at the end nothing may have gone wrong on it.

    `expected`: parts of console messages that the test causes, such as `status of 401`.
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, **wishes
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    trouble = Trouble(expected=expected)
    page.on("console", lambda one: trouble.note(one.text) if one.type != "log" else None)
    page.on("pageerror", lambda one: trouble.note(str(one)))
    hosts: set[str] = set()
    page.on("request", lambda one: hosts.add(host_of(one)))
    yield page
    context.close()
    assert trouble.said == [], trouble.said
    assert len(hosts - {""}) <= 1, hosts


def host_of(request: Request) -> str:
    """Which host a request goes to; empty for what never leaves the browser."""
    scheme, _, rest = request.url.partition("://")
    return rest.partition("/")[0] if scheme in {"http", "https", "ws", "wss"} else ""


def log_in(page: Page, node: RunningNode, path: str = "/") -> None:
    """Log the owner in, and go on to a page."""
    page.goto(node.address + path)
    page.fill("input[name=name]", "owner")
    page.fill("input[name=password]", node.password)
    page.keyboard.press("Enter")
    page.wait_for_url(node.address + path)


def check_page(page: Page) -> None:
    """Fail with what the rules of axe find, and when the page is wider than its view."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", AXE_RULES
    )
    told = [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert told == [], "\n".join(told)
    assert page.evaluate(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), "the page scrolls sideways"


def chromium_path() -> str | None:
    """Where the browser is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")
