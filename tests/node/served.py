"""A real node behind real sockets: its folder, its server, and clients of both its doors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from node import home, keyring
from node.app import Node, running
from node.clock import ManualClock
from node.config import load
from node.lock import take
from node.server import serving
from protocol.keys import CIRCLE, Network, to_text
from protocol.profile import Profile
from protocol.trade import Offer, Price
from protocol.values import Decimal

NOW_MS = 1_800_000_000_000
JSON_TYPES = ("application/json", "application/problem+json")


@dataclass
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Any
    body: bytes
    json: Any

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.json["code"])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of an answer that has one JSON object on each."""
        return [json.loads(line) for line in self.body.splitlines()]


class Client:
    """Asks one node, over its own socket or over TCP."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def __call__(self, method: str, path: str, **wish: Any) -> Answer:  # noqa: ANN401
        """One request; paths are below the API's."""
        return await self.raw(method, f"/api/v1{path}", **wish)

    async def raw(self, method: str, path: str, **wish: Any) -> Answer:  # noqa: ANN401
        """One request at any path."""
        async with self.session.request(
            method, self.base + path, allow_redirects=False, **wish
        ) as response:
            body = await response.read()
            is_json = response.content_type in JSON_TYPES
            value = await response.json(content_type=None) if is_json and body else None
            return Answer(response.status, response.headers, body, value)


@dataclass
class Served:
    """A node that runs, and how to reach it."""

    node: Node
    clock: ManualClock
    port: int
    socket: Path
    owner: Client
    """Over the machine's own socket."""
    tcp: Client
    """Over TCP, as nobody."""
    url: str

    async def circle(self, name: str = "Kreis", *, public: bool = False) -> str:
        """A new circle; its id in text form."""
        return to_text(CIRCLE, await self.node.found_circle(name, public=public))


def make_home(folder: Path, name: str = "Kahawa Co-op", country: str = "KE") -> Path:
    """A data folder with keys and a profile."""
    network = Network("coop")
    home.make(folder, network, Profile(name=name, country=country), keyring.entropy)
    return folder


@asynccontextmanager
async def served(
    folder: Path, *, now_ms: int = NOW_MS, flags: dict[str, Any] | None = None
) -> AsyncIterator[Served]:
    """Run the node of a folder and serve it on a free port and a socket beside its data."""
    wishes = {"listen": "127.0.0.1:0", **(flags or {})}
    settings = load(folder, {}, wishes)
    clock = ManualClock(now_ms, 1_000_000)
    socket = folder / "test.sock"
    with take(folder):
        async with (
            running(settings, keyring.load(folder), clock) as node,
            serving(node, socket_path=socket) as port,
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as own,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as far,
        ):
            url = f"http://127.0.0.1:{port}"
            yield Served(
                node, clock, port, socket, Client(own, "http://localhost"), Client(far, url), url
            )


def offer(title: str = "Kahawa", **fields: Any) -> Offer:  # noqa: ANN401 - any field
    """A small offer."""
    price = Price(currency="KES", exponent=2, minor=54_000, per=Decimal(6, 1))
    return Offer(title={"en": title}, prices=(price,), unit="KGM", **fields)


OFFER_JSON: dict[str, Any] = {
    "title": {"en": "Washed coffee", "sw": "Kahawa"},
    "prices": [{"currency": "KES", "exponent": 2, "minor": 54_000, "per": "60"}],
    "quantity": "12.5",
    "unit": "KGM",
    "where": {"country": "KE"},
}


@dataclass
class Login:
    """A session as a browser has it."""

    cookies: dict[str, str]
    csrf: str
    set_cookie: str

    @property
    def headers(self) -> dict[str, str]:
        """What a page of the node adds to whatever changes something."""
        return {"X-CSRF-Token": self.csrf}


async def logged_in(one: Served) -> Login:
    """Log the owner in over TCP, with a password that was just made."""
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "owner", "password": made.json["password"]}
    found = await one.tcp("POST", "/login", data=form)
    assert found.status == 200, found.json
    set_cookie = found.headers["Set-Cookie"]
    name, _, value = set_cookie.partition(";")[0].partition("=")
    return Login({name: value}, found.json["csrf"], set_cookie)


async def bearer(one: Served, scope: str = "read") -> dict[str, str]:
    """The header of a new token of the owner's account."""
    await one.owner("POST", "/users/owner/password")
    made = await one.owner("POST", "/tokens", json={"name": "a program", "scope": scope})
    assert made.status == 201, made.json
    return {"Authorization": f"Bearer {made.json['token']}"}
