"""Welcomes in the store: one-time links by which a person makes an account or a new password.

A secret is kept as it is while its link may be shown again, and goes with the link. It never
decides who may give one out.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from node.store.accounts import USERS_MAX
from node.store.database import Database
from protocol.errors import Refusal


class Welcome(NamedTuple):
    """A link: into a role, or to a new password of the account `name`; open, used or revoked."""

    n: int
    secret: bytes
    role: str
    name: str | None
    created_ms: int
    expires_ms: int
    state: str


def create(
    database: Database, secret: bytes, role: str, user: int | None, now_ms: int, expires_ms: int
) -> int:
    """Put a link; its number. Refusal `too-large` beyond WELCOMES_MAX open ones."""
    with database.transaction() as connection:
        count = connection.execute(
            "SELECT count(*) FROM local_welcome WHERE state = ? AND expires_ms > ?", (OPEN, now_ms)
        ).fetchone()[0]
        if count >= WELCOMES_MAX:
            raise Refusal("too-large", f"at most {WELCOMES_MAX} links are open; take one back")
        number: int = connection.execute(
            "INSERT INTO local_welcome (secret, role, user, created_ms, expires_ms, state) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING n",
            (secret, role, user, now_ms, expires_ms, OPEN),
        ).fetchone()[0]
    return number


def find(connection: sqlite3.Connection, secret: bytes) -> Welcome | None:
    """The link of a secret, whatever became of it."""
    row = connection.execute(f"{_WELCOMES} WHERE local_welcome.secret = ?", (secret,)).fetchone()
    return None if row is None else Welcome(*row)


def by_number(connection: sqlite3.Connection, number: int) -> Welcome | None:
    """The link of a number."""
    row = connection.execute(f"{_WELCOMES} WHERE local_welcome.n = ?", (number,)).fetchone()
    return None if row is None else Welcome(*row)


def open_ones(connection: sqlite3.Connection, now_ms: int) -> list[Welcome]:
    """The links that still work, the newest first."""
    rows = connection.execute(
        f"{_WELCOMES} WHERE local_welcome.state = ? AND local_welcome.expires_ms > ? "
        "ORDER BY local_welcome.n DESC LIMIT ?",
        (OPEN, now_ms, WELCOMES_MAX),
    )
    return [Welcome(*row) for row in rows]


def close(database: Database, number: int, state: str) -> bool:
    """Note that a link was used or taken back; False when it was not open."""
    with database.transaction() as connection:
        closed = connection.execute(
            "UPDATE local_welcome SET state = ? WHERE n = ? AND state = ?", (state, number, OPEN)
        )
    return closed.rowcount > 0


def purge(database: Database, now_ms: int) -> int:
    """Drop the links that have been over for KEPT_MS; how many."""
    with database.transaction() as connection:
        dropped = connection.execute(
            "DELETE FROM local_welcome WHERE expires_ms <= ?", (now_ms - KEPT_MS,)
        )
    return dropped.rowcount


OPEN: Final = "open"
USED: Final = "used"
REVOKED: Final = "revoked"
# as many as there can be people
WELCOMES_MAX: Final = USERS_MAX
# for so long an old link says why it does not work any more
KEPT_MS: Final = 30 * 24 * 60 * 60 * 1000
_WELCOMES: Final = (
    "SELECT local_welcome.n, local_welcome.secret, local_welcome.role, local_user.name, "
    "local_welcome.created_ms, local_welcome.expires_ms, local_welcome.state FROM local_welcome "
    "LEFT JOIN local_user ON local_user.n = local_welcome.user"
)
