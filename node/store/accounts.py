"""Accounts in the store: users, their sessions and their tokens.

Reads take a connection, writes the database and are one transaction each. Secrets come in hashed
and leave as they came. It never decides who may do what (`node.access`), except that a node keeps
an owner.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from node.store.database import Database
from protocol.errors import Refusal


class User(NamedTuple):
    """An account; `password_hash` is as `node.passwords` made it."""

    n: int
    name: str
    role: str
    password_hash: str
    created_ms: int
    shown: str = ""
    """The name as its person wrote it; empty for accounts of old."""
    disabled: int = 0


class Login(NamedTuple):
    """A session in a list: `id` is the beginning of its secret's hash, hexadecimal."""

    id: str
    name: str
    agent: str
    created_ms: int
    seen_ms: int
    expires_ms: int


class Session(NamedTuple):
    """A login that lasts, with the account as it is now; `csrf` is random bytes of its own."""

    user: int
    name: str
    role: str
    csrf: bytes
    created_ms: int
    expires_ms: int
    seen_ms: int


class Token(NamedTuple):
    """A program's key to an account; `scope` is `read write` and the like, in words."""

    n: int
    label: str
    user: int
    name: str
    role: str
    scope: str
    created_ms: int
    expires_ms: int | None
    revoked: bool


# ----------------------------------------------------------------------------------- users


def create_user(
    database: Database, name: str, role: str, password_hash: str, now_ms: int, shown: str = ""
) -> User | None:
    """Put an account; None when the name is taken. Refusal `too-large` beyond USERS_MAX."""
    with database.transaction() as connection:
        count = connection.execute("SELECT count(*) FROM local_user").fetchone()[0]
        if count >= USERS_MAX:
            raise Refusal("too-large", f"a node has at most {USERS_MAX} accounts; remove one first")
        row = connection.execute(
            "INSERT INTO local_user (name, role, password_hash, created_ms, shown) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING n",
            (name, role, password_hash, now_ms, shown),
        ).fetchone()
    return None if row is None else User(row[0], name, role, password_hash, now_ms, shown)


def find_user(connection: sqlite3.Connection, name: str) -> User | None:
    """The account of a name."""
    row = connection.execute(f"{_USERS} WHERE name = ?", (name,)).fetchone()
    return None if row is None else User(*row)


def list_users(connection: sqlite3.Connection) -> list[User]:
    """All accounts, the oldest first."""
    rows = connection.execute(f"{_USERS} ORDER BY n LIMIT ?", (USERS_MAX,))
    return [User(*row) for row in rows]


def set_password(database: Database, name: str, password_hash: str) -> bool:
    """Change a password and end the account's sessions; False without such an account.

    Tokens stay: programs go on. Whoever fears for them calls `revoke_tokens_of` too.
    """
    with database.transaction() as connection:
        row = connection.execute(
            "UPDATE local_user SET password_hash = ? WHERE name = ? RETURNING n",
            (password_hash, name),
        ).fetchone()
        if row is not None:
            connection.execute("DELETE FROM local_session WHERE user = ?", row)
    return row is not None


def set_role(database: Database, name: str, role: str) -> bool:
    """Change a role; False without such an account. One owner stays: `not-your-role`."""
    with database.transaction() as connection:
        user = find_user(connection, name)
        if user is None:
            return False
        if role != OWNER:
            _keep_an_owner(connection, user)
        connection.execute("UPDATE local_user SET role = ? WHERE n = ?", (role, user.n))
    return True


def set_disabled(database: Database, name: str, *, disabled: bool) -> bool:
    """Shut an account out, which ends its sessions, or let it in again; False without such one.

    Its tokens do not work meanwhile. One owner stays: Refusal `not-your-role`.
    """
    with database.transaction() as connection:
        user = find_user(connection, name)
        if user is None:
            return False
        if disabled:
            _keep_an_owner(connection, user)
            connection.execute("DELETE FROM local_session WHERE user = ?", (user.n,))
        connection.execute(
            "UPDATE local_user SET disabled = ? WHERE n = ?", (int(disabled), user.n)
        )
    return True


def remove_user(database: Database, name: str) -> bool:
    """Remove an account with its sessions and tokens; False without such an account.

    One owner stays: Refusal `not-your-role`.
    """
    with database.transaction() as connection:
        user = find_user(connection, name)
        if user is None:
            return False
        _keep_an_owner(connection, user)
        connection.execute("DELETE FROM local_user WHERE n = ?", (user.n,))
    return True


def _keep_an_owner(connection: sqlite3.Connection, leaving: User) -> None:
    others = connection.execute(
        "SELECT count(*) FROM local_user WHERE role = ? AND NOT disabled AND n != ?",
        (OWNER, leaving.n),
    ).fetchone()[0]
    if leaving.role == OWNER and not others:
        raise Refusal("not-your-role", "a node keeps one owner; make another owner first")


# -------------------------------------------------------------------------------- sessions


def start_session(
    database: Database,
    token_hash: bytes,
    user: int,
    csrf: bytes,
    now_ms: int,
    expires_ms: int,
    agent: str = "",
) -> None:
    """Put a session; beyond SESSIONS_PER_USER_MAX the account's oldest ones end."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_session "
            "(token_hash, user, csrf, created_ms, seen_ms, expires_ms, agent) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (token_hash, user, csrf, now_ms, now_ms, expires_ms, agent[:AGENT_CHARS_MAX]),
        )
        # by rowid, not by time: the clock may have been put back
        connection.execute(
            "DELETE FROM local_session WHERE rowid IN (SELECT rowid FROM local_session "
            "WHERE user = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
            (user, SESSIONS_PER_USER_MAX),
        )


def find_session(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> Session | None:
    """The session behind a secret's hash, unless it has expired."""
    row = connection.execute(
        "SELECT local_user.n, local_user.name, local_user.role, local_session.csrf, "
        "local_session.created_ms, local_session.expires_ms, local_session.seen_ms "
        "FROM local_session JOIN local_user ON local_user.n = local_session.user "
        "WHERE local_session.token_hash = ? AND local_session.expires_ms > ? "
        "AND NOT local_user.disabled",
        (token_hash, now_ms),
    ).fetchone()
    return None if row is None else Session(*row)


def see_session(database: Database, token_hash: bytes, now_ms: int) -> None:
    """Note when a session was last seen."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE local_session SET seen_ms = ? WHERE token_hash = ?", (now_ms, token_hash)
        )


def list_sessions(connection: sqlite3.Connection, name: str | None, now_ms: int) -> list[Login]:
    """The sessions of an account, or of all, that have not expired; the last seen first."""
    rows = connection.execute(
        "SELECT lower(hex(substr(token_hash, 1, 8))), local_user.name, agent, "
        "local_session.created_ms, seen_ms, expires_ms FROM local_session "
        "JOIN local_user ON local_user.n = local_session.user "
        "WHERE (?1 IS NULL OR local_user.name = ?1) AND expires_ms > ?2 "
        "ORDER BY seen_ms DESC, token_hash LIMIT ?3",
        (name, now_ms, SESSIONS_LISTED_MAX),
    )
    return [Login(*row) for row in rows]


def end_listed(database: Database, identifier: str, name: str | None) -> str | None:
    """End a session by its id in a list, of that account or of any; whose it was."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT token_hash, local_user.name FROM local_session "
            "JOIN local_user ON local_user.n = local_session.user "
            "WHERE lower(hex(substr(token_hash, 1, 8))) = ?1 AND (?2 IS NULL OR name = ?2)",
            (identifier, name),
        ).fetchone()
        if row is not None:
            connection.execute("DELETE FROM local_session WHERE token_hash = ?", row[:1])
    return None if row is None else str(row[1])


def end_session(database: Database, token_hash: bytes) -> bool:
    """Log one session out; False when there was none."""
    with database.transaction() as connection:
        ended = connection.execute("DELETE FROM local_session WHERE token_hash = ?", (token_hash,))
    return ended.rowcount > 0


def end_sessions_of(database: Database, user: int) -> int:
    """Log an account out everywhere; how many sessions that were."""
    with database.transaction() as connection:
        ended = connection.execute("DELETE FROM local_session WHERE user = ?", (user,))
    return ended.rowcount


def purge_sessions(database: Database, now_ms: int) -> int:
    """Drop the sessions that have expired; how many."""
    with database.transaction() as connection:
        ended = connection.execute("DELETE FROM local_session WHERE expires_ms <= ?", (now_ms,))
    return ended.rowcount


# ---------------------------------------------------------------------------------- tokens


def create_token(
    database: Database,
    label: str,
    token_hash: bytes,
    user: int,
    scope: str,
    now_ms: int,
    expires_ms: int | None = None,
) -> int:
    """Put a token; its number. Refusal `too-large` beyond TOKENS_PER_USER_MAX that still work."""
    with database.transaction() as connection:
        count = connection.execute(
            "SELECT count(*) FROM local_token WHERE user = ? AND NOT revoked "
            "AND (expires_ms IS NULL OR expires_ms > ?)",
            (user, now_ms),
        ).fetchone()[0]
        if count >= TOKENS_PER_USER_MAX:
            raise Refusal(
                "too-large", f"an account has at most {TOKENS_PER_USER_MAX} tokens; revoke one"
            )
        number: int = connection.execute(
            "INSERT INTO local_token "
            "(name, token_hash, user, scope, created_ms, expires_ms, revoked) "
            "VALUES (?, ?, ?, ?, ?, ?, 0) RETURNING n",
            (label, token_hash, user, scope, now_ms, expires_ms),
        ).fetchone()[0]
    return number


def find_token(connection: sqlite3.Connection, token_hash: bytes, now_ms: int) -> Token | None:
    """The token behind a secret's hash, unless it was revoked or has expired."""
    row = connection.execute(
        f"{_TOKENS} WHERE local_token.token_hash = ? AND NOT local_token.revoked "
        "AND NOT local_user.disabled "
        "AND (local_token.expires_ms IS NULL OR local_token.expires_ms > ?)",
        (token_hash, now_ms),
    ).fetchone()
    return None if row is None else _token(row)


def list_tokens(connection: sqlite3.Connection) -> list[Token]:
    """The newest tokens of all accounts, those that no longer work included."""
    rows = connection.execute(
        f"{_TOKENS} ORDER BY local_token.n DESC LIMIT ?", (TOKENS_LISTED_MAX,)
    )
    return [_token(row) for row in rows]


def revoke_token(database: Database, number: int) -> bool:
    """End a token for good; False when there is none, or it was revoked before."""
    with database.transaction() as connection:
        ended = connection.execute(
            "UPDATE local_token SET revoked = 1 WHERE n = ? AND NOT revoked", (number,)
        )
    return ended.rowcount > 0


def revoke_tokens_of(database: Database, user: int) -> int:
    """End all tokens of an account; how many still were not revoked."""
    with database.transaction() as connection:
        ended = connection.execute(
            "UPDATE local_token SET revoked = 1 WHERE user = ? AND NOT revoked", (user,)
        )
    return ended.rowcount


def _token(row: tuple[int, str, int, str, str, str, int, int | None, int]) -> Token:
    return Token(*row[:-1], revoked=bool(row[-1]))


# ----------------------------------------------------------------------------------- tables

OWNER: Final = "owner"

# More people than a co-op lets sign for it: a list stays one page.
USERS_MAX: Final = 1000
# Telephones, laptops, forgotten windows: whoever logs in once more is logged out of the oldest.
SESSIONS_PER_USER_MAX: Final = 100
SESSIONS_LISTED_MAX: Final = 1000
# Longer ones name every part of a browser; the beginning tells which one it is.
AGENT_CHARS_MAX: Final = 300
# A program each; more are forgotten ones that should be revoked.
TOKENS_PER_USER_MAX: Final = 100
TOKENS_LISTED_MAX: Final = 1000

_USERS: Final = "SELECT n, name, role, password_hash, created_ms, shown, disabled FROM local_user"
_TOKENS: Final = (
    "SELECT local_token.n, local_token.name, local_token.user, local_user.name, local_user.role, "
    "local_token.scope, local_token.created_ms, local_token.expires_ms, local_token.revoked "
    "FROM local_token JOIN local_user ON local_user.n = local_token.user"
)
