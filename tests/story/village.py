"""A village of co-ops: real processes on ports of their own, driven by the command line."""

import asyncio
import itertools
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from node.cli.client import Client
from node.socket_path import client_socket_path
from tests.node.cli.processes import RunningNode

# Not a measure of anything: a test that waits for so long is broken.
GUARD_S = 120
# How often another process is asked how it stands.
POLL_S = 0.02

# Below the ports that the system gives to whoever dials: a stopped node finds its own free again.
PORTS_FIRST, PORTS_COUNT = 20_000, 12_000

PEOPLE = (
    ("Kutter Nord (fictional)", "DE"),
    ("Mlima Kahawa (fictional)", "KE"),
    ("Catadores da Serra (fictional)", "BR"),
    ("Reti di Laguna (fictional)", "IT"),
)

T = TypeVar("T")


class Coop(RunningNode):
    """One co-op: its folder, its port, its process."""

    def __init__(self, home: Path, name: str, country: str) -> None:
        super().__init__(home)
        self.name = name
        self.country = country
        self.port = free_port()
        self.id = ""

    def make(self) -> None:
        """Make its folder, as a person would."""
        listen = f"127.0.0.1:{self.port}"
        words = ["--name", self.name, "--country", self.country, "--listen", listen]
        made = self.told("init", *words, "--yes")
        assert len(made["recovery"]) == 24
        self.id = made["coop"]

    def told(self, *words: str | Path, stdin: str = "") -> dict[str, Any]:
        """The JSON answer of a verb that has to succeed."""
        done = self(*words, "--json", stdin=stdin)
        assert done.code == 0, (words, done.err)
        return done.json

    def refused(self, *words: str | Path, stdin: str = "") -> str:
        """The code of the refusal of a verb that has to fail, which standard error names too."""
        done = self(*words, "--json", stdin=stdin)
        assert done.code == 1, (words, done.out)
        return done.error

    def offers(self, *words: str) -> list[dict[str, Any]]:
        """Everything that the list shows."""
        found = self.told("offer", "list", "--limit", "1000000", *words)
        offers: list[dict[str, Any]] = found["offers"]
        assert found["more"] or found["total"] == len(offers)
        return offers

    @property
    def log(self) -> str:
        """What the process said about itself, all its starts together."""
        return (self.home / "log.txt").read_text()

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Client]:
        """Its API over its own socket, quicker than a process for each wish."""
        path = client_socket_path(self.home)
        assert path is not None
        async with Client(path) as client:
            yield client

    async def status(self) -> dict[str, Any]:
        async with self.api() as client:
            return await client.get("/status")


@contextmanager
def village(folder: Path, count: int, *, start: bool = True) -> Iterator[list[Coop]]:
    """So many co-ops that have not heard of each other; each must end cleanly."""
    coops = [Coop(folder / country, name, country) for name, country in PEOPLE[:count]]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Coop.make, coops))
            if start:
                list(pool.map(Coop.start, coops))
        yield coops
    finally:
        codes = [coop.stop() for coop in coops if coop.process is not None]
    assert codes == [0] * len(codes)
    for coop in coops:
        assert re.search("Traceback|a task failed|a link failed", coop.log) is None, coop.log


def found_circle(coops: Sequence[Coop], name: str = "Sea, soil and streets") -> str:
    """The first co-op founds a circle and lets the others in, one after another, by invite."""
    founder = coops[0]
    circle = str(founder.told("circle", "create", name)["circle"])
    for newcomer in coops[1:]:
        link = founder.told("invite", "create", "--circle", circle)["link"]
        joined = newcomer.told("join", link)
        assert (joined["circle"], joined["peer"]) == (circle, founder.id)
        # In a circle of three and more two have to say yes.
        if joined["state"] == "pending":
            endorse(coops[1], circle, newcomer)
        asyncio.run(until_members(circle, coops[: coops.index(newcomer) + 1]))
    return circle


def endorse(member: Coop, circle: str, newcomer: Coop) -> None:
    """Say the second yes to an admission once it is known here."""

    async def proposed() -> str | None:
        found = member.told("circle", "show", circle)["proposals"]
        return next((one["digest"] for one in found if one["coop"] == newcomer.id), None)

    digest = asyncio.run(until(proposed, f"a proposal to admit {newcomer.name}"))
    assert digest is not None
    assert member.told("circle", "endorse", circle, digest)["done"] is True


async def until_members(circle: str, coops: Sequence[Coop]) -> None:
    """Wait until all of them know of all of them as members."""

    async def known() -> bool:
        for coop in coops:
            found = [one for one in (await coop.status())["circles"] if one["id"] == circle]
            if [one["members"] for one in found] != [len(coops)]:
                return False
        return True

    await until(known, f"{len(coops)} members")


async def until(condition: Callable[[], Awaitable[T]], what: str) -> T:
    """Ask again until there is something; how long that takes is no matter of the test."""
    try:
        async with asyncio.timeout(GUARD_S):
            while not (value := await condition()):
                await asyncio.sleep(POLL_S)
            return value
    except TimeoutError:
        raise AssertionError(f"it did not come to be: {what}") from None


async def until_equal(*coops: Coop) -> dict[str, Any]:
    """Wait until all hold and show the same, with nothing left to fold; the status of the first."""
    states: list[dict[str, Any]] = []

    async def equal() -> bool:
        states[:] = [await coop.status() for coop in coops]
        shown = [(state["digest"], *map(held, state["circles"])) for state in states]
        return len(set(shown)) == 1 and not any(state["lag"] for state in states)

    try:
        await until(equal, "the same at all")
    except AssertionError:
        logs = "\n".join(f"== {coop.name}\n{coop.log[-3000:]}" for coop in coops)
        raise AssertionError(f"they differ: {json.dumps(states, indent=1)}\n{logs}") from None
    assert all(state["forks"] == [] for state in states)
    return states[0]


async def until_linked(*coops: Coop) -> None:
    """Wait until each of them is connected with each other one."""

    async def linked() -> bool:
        for coop in coops:
            peers = (await coop.status())["peers"]
            connected = {one["coop"] for one in peers if one["state"] == "connected"}
            if not {other.id for other in coops if other is not coop} <= connected:
                return False
        return True

    await until(linked, "all linked with all")


def held(circle: dict[str, Any]) -> tuple[object, ...]:
    """What two nodes must agree on about a circle."""
    return tuple(circle[key] for key in ("id", "name", "root", "digest", "members", "records"))


def offer_json(title: str, country: str = "KE", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A small offer as its file says it."""
    return {"title": {"en": title}, "where": {"country": country}, **fields}


def free_port() -> int:
    """A port that nobody listens at; no other of this run gets it."""
    for number in _numbers:
        port = PORTS_FIRST + number % PORTS_COUNT
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("numbers do not end")


# Runs beside each other begin apart.
_numbers = itertools.count(os.getpid() * 61)
