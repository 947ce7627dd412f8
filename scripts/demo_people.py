"""The demo's people: each co-op has an owner, a trader who writes for it, and others who look.

They come in by one-time links and log in like everybody, so that what they write shows who did it.
All of a co-op share one password, which the demo keeps in the co-op's folder.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from node.cli.client import Client, Refused

OWNER = "owner"
REFUSING_STATUS = 400


class Person:
    """Somebody who is logged in at a node, and does what a page would do for them."""

    def __init__(self, session: aiohttp.ClientSession, address: str, csrf: str) -> None:
        self._session = session
        self._address = address
        self._headers = {"X-CSRF-Token": csrf}

    async def post(self, path: str, value: object) -> dict[str, Any]:
        """Send a wish to the API."""
        url = f"{self._address}/api/v1{path}"
        async with self._session.post(url, json=value, headers=self._headers) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
        if response.status >= REFUSING_STATUS:
            told = f"{answer['title']}: {answer['detail']}"
            raise Refused(answer["code"], told, response.status)
        return answer


async def let_in(client: Client, home: Path, people: list[dict[str, str]]) -> str:
    """Make whoever of a co-op's people has no account yet; the password of them all."""
    path = home / "demo-login.json"
    if not path.exists():
        made = await client.post(f"/users/{OWNER}/password")
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps({"password": made["password"]}), encoding="utf-8")
        part.replace(path)
    password = str(json.loads(path.read_text(encoding="utf-8"))["password"])
    known = {one["shown"] for one in (await client.get("/users"))["users"]}
    for one in people:
        if one["name"] not in known:
            made = await client.post("/users/invitations", {"role": one["role"]})
            form = {"name": one["name"], "password": password, "again": password}
            async with (
                aiohttp.ClientSession() as session,
                session.post(made["link"], data=form, allow_redirects=False) as response,
            ):
                assert response.status < REFUSING_STATUS, await response.text()
    return password


@asynccontextmanager
async def logged_in(address: str, name: str, password: str) -> AsyncIterator[Person]:
    """Somebody, logged in while the block runs."""
    form = {"name": name, "password": password}
    # browsers keep cookies of a bare IP address too
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.post(f"{address}/api/v1/login", data=form) as response:
            answer = await response.json(content_type=None)
        person = Person(session, address, answer["csrf"])
        yield person
        await person.post("/logout", {})
