"""Invites in the store: those that this node gave out, with their secrets and their count.

Only tables; the words and links are `node.invites`'s.
"""

from __future__ import annotations

import msgspec

from node.store import peers
from node.store.database import Database
from protocol import invite as links
from protocol.errors import Refusal


class Given(msgspec.Struct, frozen=True):
    """An invite that this node gave out."""

    id: bytes
    link: str
    circle: bytes
    expires_ms: int
    uses_left: int
    revoked: bool
    created_ms: int


def put(database: Database, given: Given, nonce: bytes) -> None:
    """Put a new invite with its secret nonce."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_invite (id, link, circle, nonce, expires_ms, uses_left, revoked, "
            "created_ms) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            (
                given.id, given.link, given.circle, nonce, given.expires_ms, given.uses_left,
                given.created_ms,
            ),
        )  # fmt: skip


def all_given(database: Database) -> list[Given]:
    """Every invite, the newest first."""
    rows = database.connection.execute(
        "SELECT id, link, circle, expires_ms, uses_left, revoked, created_ms FROM local_invite "
        "ORDER BY created_ms DESC"
    )
    return [
        Given(identifier, link, circle, expires_ms, uses_left, bool(revoked), created_ms)
        for identifier, link, circle, expires_ms, uses_left, revoked, created_ms in rows
    ]


def revoke(database: Database, invite: bytes) -> None:
    """Take one back; refuses `not-found`."""
    with database.transaction() as connection:
        done = connection.execute("UPDATE local_invite SET revoked = 1 WHERE id = ?", (invite,))
        if not done.rowcount:
            raise Refusal("not-found")


def check(
    database: Database,
    invite: bytes,
    proof: bytes,
    handshake_hash: bytes,
    now_ms: int,
    coop: bytes | None = None,
) -> bytes:
    """The circle of a proven invite that is still good; refuses with the reason.

    One that is used up still lets in again whom it let in: `coop` may have missed the answer.
    """
    row = database.connection.execute(
        "SELECT circle, nonce, expires_ms, uses_left, revoked FROM local_invite WHERE id = ?",
        (invite,),
    ).fetchone()
    if row is None or not links.proves(proof, row[1], handshake_hash):
        raise Refusal("invite-unknown")
    if row[4]:
        raise Refusal("invite-revoked")
    if row[2] < now_ms:
        raise Refusal("invite-expired")
    if row[3] <= 0 and not (coop and peers.was_let_in(database, row[0], coop)):
        raise Refusal("invite-used")
    return bytes(row[0])


def use(database: Database, invite: bytes) -> None:
    """Count one use; refuses `invite-used` when two wanted the last one."""
    with database.transaction() as connection:
        done = connection.execute(
            "UPDATE local_invite SET uses_left = uses_left - 1 WHERE id = ? AND uses_left > 0",
            (invite,),
        )
        if not done.rowcount:
            raise Refusal("invite-used")


def give_back(database: Database, invite: bytes) -> None:
    """Take back one use that let nobody in."""
    with database.transaction() as connection:
        connection.execute(
            "UPDATE local_invite SET uses_left = uses_left + 1 WHERE id = ?", (invite,)
        )
