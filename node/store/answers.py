"""Answers in the store: what repeated requests were answered with, kept for a day.

Reads take a connection, writes the database and are one transaction each. It never does anything
again.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from node.store.database import Database
from protocol.errors import Refusal


class Answer(NamedTuple):
    """What a request was answered with: HTTP status and body."""

    status: int
    body: bytes


def find_answer(
    connection: sqlite3.Connection, key: str, request_hash: bytes, now_ms: int
) -> Answer | None:
    """The answer that a request with this key got in the last ANSWER_KEPT_MS.

    Refusal `key-reused` when that was another request.
    """
    row = connection.execute(
        "SELECT request_hash, status, answer FROM local_idempotency WHERE key = ? AND time_ms > ?",
        (key, now_ms - ANSWER_KEPT_MS),
    ).fetchone()
    if row is None:
        return None
    if row[0] != request_hash:
        raise Refusal("key-reused")
    return Answer(row[1], row[2])


def put_answer(
    database: Database, key: str, request_hash: bytes, answer: Answer, now_ms: int
) -> None:
    """Keep an answer; one that is kept already under this key stays until it is too old."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_idempotency (key, request_hash, status, answer, time_ms) "
            "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE SET "
            "request_hash = ?2, status = ?3, answer = ?4, time_ms = ?5 "
            "WHERE time_ms <= ?6 OR status = ?7",
            (
                key, request_hash, answer.status, answer.body, now_ms, now_ms - ANSWER_KEPT_MS,
                UNANSWERED,
            ),
        )  # fmt: skip


def drop_mark(database: Database, key: str) -> None:
    """What was marked as done (an answer `UNANSWERED`) was refused after all."""
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM local_idempotency WHERE key = ? AND status = ?", (key, UNANSWERED)
        )


def purge_answers(database: Database, now_ms: int) -> int:
    """Drop the answers that are too old; how many."""
    with database.transaction() as connection:
        dropped = connection.execute(
            "DELETE FROM local_idempotency WHERE time_ms <= ?", (now_ms - ANSWER_KEPT_MS,)
        )
    return dropped.rowcount


# Whoever repeats a request does it the same day.
ANSWER_KEPT_MS: Final = 24 * 60 * 60 * 1000
# in place of a status: it was done, and what the answer was is not known (yet)
UNANSWERED: Final = 0
