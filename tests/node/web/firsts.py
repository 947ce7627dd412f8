"""A first run over a real connection, and a browser that goes through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from node import keyring
from node.clock import ManualClock
from node.config import load
from node.server import first_serving
from node.web.first_wizard import Wizard
from tests.node.served import NOW_MS, Answer, Client

COOP = {"name": "Kahawa", "country": "KE", "language": "sw", "sector": "farming"}
OWNER = {"name": "Amina", "password": "sea and soil 12", "again": "sea and soil 12"}


class Browser(Client):
    """Keeps cookies, and goes through the first run."""

    wizard: Wizard

    async def post(self, path: str, form: dict[str, str], **asked: Any) -> Answer:  # noqa: ANN401
        return await self.raw("POST", path, data=form, **asked)

    async def open(self) -> Answer:
        return await self.raw("GET", f"/start/{self.wizard.link_token}")

    def answers(self, *, right: bool = True) -> dict[str, str]:
        words = self.wizard.words
        return {f"word{at + 1}": words[at] if right else "wrong" for at in self.wizard.asked}

    async def confirm(self) -> None:
        """Everything up to the owner."""
        await self.open()
        assert (await self.post("/start/coop", COOP)).status == 303
        found = await self.post("/start/check", self.answers())
        assert (found.status, found.headers["Location"]) == (303, "/start/owner")


@asynccontextmanager
async def first_run(folder: Path, **flags: str) -> AsyncIterator[Browser]:
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = load(folder, {}, {"listen": "127.0.0.1:0", **flags})
    wizard = Wizard(settings, ManualClock(NOW_MS, 1_000_000), keyring.entropy)
    jar = aiohttp.CookieJar(unsafe=True)
    async with first_serving(wizard) as site, aiohttp.ClientSession(cookie_jar=jar) as session:
        browser = Browser(session, f"http://127.0.0.1:{site.port}")
        browser.wizard = wizard
        try:
            yield browser
        finally:
            wizard.taken_over.set()
