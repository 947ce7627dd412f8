"""Accounts: logins, sessions, tokens and passwords of the people and programs of this node.

It joins the rules (`access`), the throttle (`login`), the slow hashing (`passwords`) and the rows.
It never sees a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from node import access, login, passwords
from node.access import Principal, Scope
from node.clock import Clock
from node.store import accounts as rows
from node.store.reading import read
from node.store.store import Store
from protocol.errors import Refusal
from protocol.limits import DAY_MS


class Session(NamedTuple):
    """A login as a request shows it: who, and the random bytes behind its forms."""

    principal: Principal
    csrf: bytes


class Accounts:
    """The node's accounts. `draw` gives fresh random bytes."""

    def __init__(
        self, store: Store, clock: Clock, draw: Callable[[int], bytes], session_days: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._draw = draw
        self._session_ms = session_days * DAY_MS
        self._throttle = login.Throttle()

    async def log_in(self, name: str, password: str, address: str) -> str:
        """Start a session; its cookie's value. Refuses `bad-password`, `too-many-tries`."""
        tried = login.Login(_spelt(name), address, password)
        user = await read(self._store, lambda reader: rows.find_user(reader, tried.name))
        kept = None if user is None else user.password_hash
        await asyncio.to_thread(
            login.check_login, self._throttle, tried, kept, self._clock.monotonic_ms()
        )
        assert user is not None, "a name without an account has no right password"
        secret, csrf = self._draw(access.SECRET_BYTES), self._draw(access.SECRET_BYTES)
        now_ms = self._clock.now_ms()
        await self._store.write(
            lambda database: rows.start_session(
                database, access.hash_token(secret), user.n, csrf, now_ms, now_ms + self._session_ms
            )
        )
        return access.session_text(secret)

    async def log_out(self, cookie: str) -> None:
        """End a session; one that is not there is over already."""
        secret = access.session_secret(cookie)
        if secret is not None:
            hashed = access.hash_token(secret)
            await self._store.write(lambda database: rows.end_session(database, hashed))

    async def session(self, cookie: str) -> Session | None:
        """The session behind a cookie's value, unless it is over."""
        secret = access.session_secret(cookie)
        if secret is None:
            return None
        hashed, now_ms = access.hash_token(secret), self._clock.now_ms()
        found = await read(self._store, lambda reader: rows.find_session(reader, hashed, now_ms))
        if found is None:
            return None
        return Session(access.make_principal(found.name, found.role, "session"), found.csrf)

    async def token(self, authorization: str) -> Principal:
        """Who holds the token in an Authorization header; refuses `bad-token`."""
        hashed = access.hash_token(access.token_secret(authorization))
        now_ms = self._clock.now_ms()
        found = await read(self._store, lambda reader: rows.find_token(reader, hashed, now_ms))
        if found is None:
            raise Refusal("bad-token")
        return access.make_principal(found.name, found.role, "token", found.scope)

    async def make_token(
        self, principal: Principal, label: str, scopes: frozenset[Scope]
    ) -> tuple[int, str]:
        """A new token of the principal's account: (its number, its text, shown this once)."""
        access.check_token_wish(principal, scopes)
        user = await read(self._store, lambda reader: rows.find_user(reader, principal.name))
        if user is None:
            raise Refusal("not-found", f"there is no account {principal.name}; make it first")
        secret = self._draw(access.SECRET_BYTES)
        put = partial(
            rows.create_token,
            label=label,
            token_hash=access.hash_token(secret),
            user=user.n,
            scope=access.scopes_text(scopes),
            now_ms=self._clock.now_ms(),
        )
        number = await self._store.write(put)
        return number, access.token_text(secret)

    async def tokens(self) -> list[rows.Token]:
        """All tokens, without their secrets."""
        return await read(self._store, rows.list_tokens)

    async def revoke_token(self, number: int) -> None:
        """End a token for good; refuses `not-found`."""
        if not await self._store.write(lambda database: rows.revoke_token(database, number)):
            raise Refusal("not-found", "there is no such token, or it was revoked before")

    async def reset_password(self, name: str) -> str:
        """A new one-time password of an account; the owner's is made when there is none yet."""
        spelt = access.account_name(name)
        password = passwords.one_time_password(self._draw)
        kept = await asyncio.to_thread(passwords.hash_password, password)
        if await self._store.write(lambda database: rows.set_password(database, spelt, kept)):
            return password
        if spelt != OWNER:
            raise Refusal("not-found", f"there is no account {spelt}")
        now_ms = self._clock.now_ms()
        await self._store.write(
            lambda database: rows.create_user(database, spelt, OWNER, kept, now_ms)
        )
        return password


def _spelt(name: str) -> str:
    """A name at login: one that no account can have is wrong like any other."""
    try:
        return access.account_name(name)
    except Refusal:
        return NO_NAME


OWNER: Final = "owner"
# No account has a blank in front: names are stripped.
NO_NAME: Final = " "
