"""First wizard: how far a first run is, and whose browser goes through it.

The link of the terminal opens it once; a cookie takes over. Until the words were asked back
rightly everything is in memory alone. Never speaks HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hmac import compare_digest
from typing import Final, Literal

from node import access, firstrun, home
from node.clock import Clock
from node.firstrun import Owner
from node.passwords import hash_password
from node.settings import Settings
from protocol.keys import Network
from protocol.limits import DAY_MS, KEY_BYTES
from protocol.profile import Profile

Step = Literal["coop", "words", "owner", "done"]
Opened = Literal["now", "before", "unknown"]


class Wizard:
    """One first run of one data folder. `draw` gives fresh random bytes."""

    def __init__(self, settings: Settings, clock: Clock, draw: Callable[[int], bytes]) -> None:
        self.settings = settings
        self.clock = clock
        self.network = Network(settings.network)
        self.link_token = draw(LINK_BYTES).hex()
        self.fields: Profile | None = None
        self.words: tuple[str, ...] = ()
        self.asked: tuple[int, ...] = ()
        """Which words are asked back, counted from 0."""
        self.finished = asyncio.Event()
        self.taken_over = asyncio.Event()
        """The node itself answers now."""
        self.session = ""
        """The cookie's value of the owner's login, once there is one."""
        self._draw = draw
        self._recovery = b""
        self._cookie: str | None = None
        self._turn = asyncio.Lock()
        kept = firstrun.standing(settings.home, self.network)
        assert kept != "made", "a folder with a node has its first run behind it"
        self.is_confirmed = kept == "confirmed"
        self.name = firstrun.name_of(settings.home, self.network) if self.is_confirmed else ""

    @property
    def step(self) -> Step:
        """What comes next."""
        if self.finished.is_set():
            return "done"
        if self.is_confirmed:
            return "owner"
        return "coop" if self.fields is None else "words"

    def open(self, token: str) -> tuple[Opened, str]:
        """Follow the link: (whether it was good, the cookie's value for whoever came first)."""
        if not compare_digest(token.encode("utf-8", "surrogatepass"), self.link_token.encode()):
            return "unknown", ""
        if self._cookie is not None:
            return "before", ""
        self._cookie = self._draw(LINK_BYTES).hex()
        return "now", self._cookie

    def knows(self, cookie: str | None) -> bool:
        """Whether a cookie's value is that of the browser that opened the link."""
        if cookie is None or self._cookie is None:
            return False
        return compare_digest(cookie.encode("utf-8", "surrogatepass"), self._cookie.encode())

    def tell_coop(self, fields: Profile) -> None:
        """Take what the co-op says of itself; its words are drawn the first time."""
        self.fields, self.name = fields, fields.name
        if not self.words:
            self._recovery = self._draw(KEY_BYTES)
            self.words = home.recovery_words(self._recovery)
            self._choose_asked()

    async def confirm(self, typed: list[str]) -> list[int]:
        """Check the words that were asked back; the wrong ones, counted from 1. Keeps the co-op."""
        async with self._turn:
            if self.is_confirmed:
                return []
            pairs = zip(self.asked, typed, strict=True)
            wrong = [place + 1 for place, word in pairs if _spelt(word) != self.words[place]]
            if wrong:
                self._choose_asked()
                return wrong
            assert self.fields is not None, "words are drawn for a co-op"
            folder, recovery = self.settings.home, self._recovery
            await asyncio.to_thread(
                firstrun.keep, folder, self.network, self.fields, recovery, self._draw
            )
            self.is_confirmed, self._recovery, self.words = True, b"", ()
            return []

    async def finish(self, name: str, password: str) -> None:
        """Make the owner, who is logged in by it, and put the node into place; once.

        Refuses `bad-field` for a name or password that cannot be.
        """
        async with self._turn:
            if self.finished.is_set():
                return
            spelt = access.account_name(name)
            kept = await asyncio.to_thread(hash_password, password)
            secret, csrf = self._draw(access.SECRET_BYTES), self._draw(access.SECRET_BYTES)
            now_ms, session_ms = self.clock.now_ms(), self.settings.session.days * DAY_MS
            owner = Owner(spelt, kept, secret, csrf, now_ms, session_ms)
            await asyncio.to_thread(firstrun.finish, self.settings.home, self.network, owner)
            self.session = access.session_text(secret)
            self.finished.set()

    def _choose_asked(self) -> None:
        """Other places than the last time, so that guessing the rest does not pay."""
        places = sorted(range(len(self.words)), key=lambda _: self._draw(SORT_BYTES))
        fresh = [place for place in places if place not in self.asked]
        self.asked = tuple(sorted(fresh[:WORDS_ASKED]))


def _spelt(word: str) -> str:
    return word.strip().casefold()


WORDS_ASKED: Final = 3
LINK_BYTES: Final = 16
# two equal draws of so many bytes never happen
SORT_BYTES: Final = 8
