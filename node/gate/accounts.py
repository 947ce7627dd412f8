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
from node.store import people
from node.store.database import Database
from node.store.people import Deed
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

    async def log_in(self, name: str, password: str, address: str, agent: str = "") -> str:
        """Start a session; its cookie's value. Refuses `bad-password`, `too-many-tries`."""
        tried = login.Login(_spelt(name), address, password)
        user = await read(self._store, lambda reader: rows.find_user(reader, tried.name))
        kept = None if user is None or user.disabled else user.password_hash
        await asyncio.to_thread(
            login.check_login, self._throttle, tried, kept, self._clock.monotonic_ms()
        )
        assert user is not None, "a name without an account has no right password"
        return await self._store.write(partial(self.begin, user=user, agent=agent))

    def begin(self, database: Database, user: rows.User, agent: str) -> str:
        """On the writer thread: start a session of an account; its cookie's value."""
        secret, csrf = self._draw(access.SECRET_BYTES), self._draw(access.SECRET_BYTES)
        now_ms = self._clock.now_ms()
        with database.transaction():
            rows.start_session(
                database, access.hash_token(secret), user.n, csrf, now_ms,
                now_ms + self._session_ms, agent,
            )  # fmt: skip
            people.note(database, Deed(user.name, user.role, "login"), now_ms)
        return access.session_text(secret)

    async def log_out(self, cookie: str) -> None:
        """End a session; one that is not there is over already."""
        secret = access.session_secret(cookie)
        if secret is None:
            return
        hashed, now_ms = access.hash_token(secret), self._clock.now_ms()

        def end(database: Database) -> None:
            found = rows.find_session(database.connection, hashed, now_ms)
            if found is not None:
                rows.end_session(database, hashed)
                people.note(database, Deed(found.name, found.role, "logout"), now_ms)

        await self._store.write(end)

    async def session(self, cookie: str) -> Session | None:
        """The session behind a cookie's value, unless it is over."""
        secret = access.session_secret(cookie)
        if secret is None:
            return None
        hashed, now_ms = access.hash_token(secret), self._clock.now_ms()
        found = await read(self._store, lambda reader: rows.find_session(reader, hashed, now_ms))
        if found is None:
            return None
        if abs(now_ms - found.seen_ms) >= SEEN_STEP_MS:
            await self._store.write(lambda database: rows.see_session(database, hashed, now_ms))
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
        if user is None and principal.via == "socket":
            # the machine's owner, whatever the account was called on the first-run page
            users = await read(self._store, rows.list_users)
            user = next((one for one in users if one.role == OWNER), None)
        if user is None:
            raise Refusal("not-found", f"there is no account {principal.name}; make it first")
        secret, now_ms = self._draw(access.SECRET_BYTES), self._clock.now_ms()
        hashed, owner, scope = access.hash_token(secret), user.n, access.scopes_text(scopes)

        def put(database: Database) -> int:
            number = rows.create_token(database, label, hashed, owner, scope, now_ms)
            people.note(database, deed_of(principal, "token-made", about=str(number)), now_ms)
            return number

        return await self._store.write(put), access.token_text(secret)

    async def tokens(self) -> list[rows.Token]:
        """All tokens, without their secrets."""
        return await read(self._store, rows.list_tokens)

    async def revoke_token(self, by: Principal, number: int) -> None:
        """End a token for good; refuses `not-found`."""

        def revoke(database: Database) -> bool:
            if not rows.revoke_token(database, number):
                return False
            deed = deed_of(by, "token-ended", about=str(number))
            people.note(database, deed, self._clock.now_ms())
            return True

        if not await self._store.write(revoke):
            raise Refusal("not-found", "there is no such token, or it was revoked before")

    async def reset_password(self, name: str) -> str:
        """A new one-time password of an account; the owner's is made when there is none yet."""
        spelt = access.account_name(name)
        password = passwords.one_time_password(self._draw)
        kept = await asyncio.to_thread(passwords.hash_password, password)
        now_ms = self._clock.now_ms()

        def put(database: Database) -> None:
            with database.transaction():
                if not rows.set_password(database, spelt, kept):
                    if spelt != OWNER:
                        raise Refusal("not-found", f"there is no account {spelt}")
                    rows.create_user(database, spelt, OWNER, kept, now_ms)
                people.note(database, Deed(OWNER, OWNER, "password-set", spelt), now_ms)

        await self._store.write(put)
        return password


def deed_of(by: Principal, act: str, whom: str | None = None, about: str = "") -> Deed:
    """What somebody did, as it is written down."""
    return Deed(by.name, by.role, act, whom, about)


def _spelt(name: str) -> str:
    """A name at login: one that no account can have is wrong like any other."""
    try:
        return access.account_name(name)
    except Refusal:
        return NO_NAME


OWNER: Final = "owner"
# When a session was last seen is told to the minute, and written no oftener than people look.
SEEN_STEP_MS: Final = 60 * 1000
# No account has a blank in front: names are stripped.
NO_NAME: Final = " "
