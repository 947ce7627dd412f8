"""People: the accounts of a co-op's people: welcoming them, their roles, their sessions, their end.

Whoever does it is written down in the same transaction. It never sees a request, and asks no scope:
that is done at the door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from node import access, passwords
from node.access import Principal
from node.clock import Clock
from node.gate.accounts import Accounts, deed_of
from node.store import accounts as rows
from node.store import people, welcomes
from node.store.database import Database
from node.store.people import Deed
from node.store.reading import read
from node.store.store import Store
from node.store.welcomes import Welcome
from protocol.errors import Refusal
from protocol.limits import DAY_MS

__all__ = ["DAYS", "DAYS_MAX", "People", "Welcome"]


class People:
    """The people of this node. `draw` gives fresh random bytes."""

    def __init__(
        self, store: Store, clock: Clock, draw: Callable[[int], bytes], accounts: Accounts
    ) -> None:
        self._store = store
        self._clock = clock
        self._draw = draw
        self._accounts = accounts

    async def invite(self, by: Principal, role: str, days: int) -> Welcome:
        """Make a one-time link to a new account in a role."""
        access.read_role(role)
        return await self._link(by, "invited", role, None, days)

    async def offer_reset(self, by: Principal, name: str, days: int) -> Welcome:
        """Make a one-time link by which a person chooses a new password; refuses `not-found`."""
        user = await self._user(name)
        return await self._link(by, "reset-offered", user.role, user, days)

    async def revoke(self, by: Principal, number: int) -> None:
        """Take a link back; refuses `not-found` when it is not open."""

        def close(database: Database) -> bool:
            if not welcomes.close(database, number, welcomes.REVOKED):
                return False
            self._note(database, deed_of(by, "invite-ended", about=str(number)))
            return True

        if not await self._store.write(close):
            raise Refusal("not-found", "this link is over already")

    async def welcome(self, token: str) -> Welcome:
        """The link of a token, if it works still; else the refusal that says why not."""
        secret = access.session_secret(token)
        found = None
        if secret is not None:
            found = await read(self._store, lambda reader: welcomes.find(reader, secret))
        return self._open(found)

    async def link(self, number: int) -> Welcome | None:
        """The link of a number, to be shown again; None when it is over."""
        found = await read(self._store, lambda reader: welcomes.by_number(reader, number))
        try:
            return self._open(found)
        except Refusal:
            return None

    async def enter(self, token: str, name: str, password: str, agent: str) -> str:
        """Use a link: make the account, or set its new password; the cookie of a first session.

        Refuses like `welcome`, `already-there` for a name that is taken, `bad-field`.
        """
        link = await self.welcome(token)
        spelt = access.account_name(name) if link.name is None else link.name
        kept = await asyncio.to_thread(passwords.hash_password, password)
        now_ms = self._clock.now_ms()

        def use(database: Database) -> str:
            with database.transaction() as connection:
                self._open(welcomes.by_number(connection, link.n))
                if link.name is not None:
                    rows.set_password(database, spelt, kept)
                elif (
                    rows.create_user(database, spelt, link.role, kept, now_ms, name.strip()) is None
                ):
                    raise Refusal("already-there", "somebody here has this name; choose another")
                user = rows.find_user(connection, spelt)
                assert user is not None, "the link goes with its account"
                welcomes.close(database, link.n, welcomes.USED)
                act = "welcomed" if link.name is None else "password"
                self._note(database, Deed(user.name, user.role, act))
                if user.disabled:
                    raise Refusal("bad-password", "this account is shut out; ask an owner")
                return self._accounts.begin(database, user, agent)

        return await self._store.write(use)

    async def set_role(self, by: Principal, name: str, role: str) -> None:
        """Change a role; refuses `not-found`, and `not-your-role` for the last owner's."""
        access.read_role(role)
        spelt = access.account_name(name)

        def change(database: Database) -> None:
            with database.transaction():
                if not rows.set_role(database, spelt, role):
                    raise _no_account(spelt)
                self._note(database, deed_of(by, "role", spelt, role))

        await self._store.write(change)

    async def set_disabled(self, by: Principal, name: str, *, disabled: bool) -> None:
        """Shut a person out, or let them in again; refuses like `set_role`."""
        spelt = access.account_name(name)

        def change(database: Database) -> None:
            with database.transaction():
                if not rows.set_disabled(database, spelt, disabled=disabled):
                    raise _no_account(spelt)
                self._note(database, deed_of(by, "disabled" if disabled else "enabled", spelt))

        await self._store.write(change)

    async def remove(self, by: Principal, name: str) -> None:
        """Remove a person, whose name goes out of all lists; refuses like `set_role`."""
        spelt = access.account_name(name)

        def change(database: Database) -> None:
            with database.transaction():
                self._note(database, deed_of(by, "removed", spelt))
                if not rows.remove_user(database, spelt):
                    raise _no_account(spelt)
                people.forget(database, spelt)

        await self._store.write(change)

    async def end_session(self, by: Principal, identifier: str) -> None:
        """End a session: anyone's for who administers, else one's own; refuses `not-found`."""
        of = None if "admin" in by.scopes else by.name

        def end(database: Database) -> bool:
            with database.transaction():
                whose = rows.end_listed(database, identifier, of)
                if whose is not None:
                    self._note(database, deed_of(by, "session-ended", whose))
            return whose is not None

        if not await self._store.write(end):
            raise Refusal("not-found", "this session is over already")

    async def _link(
        self, by: Principal, act: str, role: str, user: rows.User | None, days: int
    ) -> Welcome:
        if not 1 <= days <= DAYS_MAX:
            raise Refusal("bad-field", f"days: a whole number from 1 to {DAYS_MAX}")
        secret, now_ms = self._draw(access.SECRET_BYTES), self._clock.now_ms()
        whose = None if user is None else user.n

        def put(database: Database) -> Welcome:
            with database.transaction() as connection:
                expires_ms = now_ms + days * DAY_MS
                number = welcomes.create(database, secret, role, whose, now_ms, expires_ms)
                whom = None if user is None else user.name
                self._note(database, deed_of(by, act, whom, "" if user else role))
                made = welcomes.by_number(connection, number)
            assert made is not None, "it was just put"
            return made

        return await self._store.write(put)

    async def _user(self, name: str) -> rows.User:
        spelt = access.account_name(name)
        user = await read(self._store, lambda reader: rows.find_user(reader, spelt))
        if user is None:
            raise _no_account(spelt)
        return user

    def _open(self, found: Welcome | None) -> Welcome:
        if found is None:
            raise Refusal("invite-malformed")
        if found.state != welcomes.OPEN:
            raise Refusal("invite-used" if found.state == welcomes.USED else "invite-revoked")
        if found.expires_ms <= self._clock.now_ms():
            raise Refusal("invite-expired")
        return found

    def _note(self, database: Database, deed: Deed) -> None:
        people.note(database, deed, self._clock.now_ms())


def _no_account(name: str) -> Refusal:
    return Refusal("not-found", f"there is no account {name}")


# As long as a link to a circle lasts at most: a person may be away for a while.
DAYS_MAX: Final = 30
DAYS: Final = 3
