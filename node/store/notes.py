"""Notes in the store: those that came, and what those for this co-op say.

What a note says stands in no row that replicates. It never opens one: that needs a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from node.store.database import Database
from node.store.reading import Connection
from protocol.codec import decode, encode


class Came(NamedTuple):
    """A note that nobody has looked at yet, as it lies in its log."""

    id: bytes
    circle: bytes
    coop: bytes
    log: bytes
    time_ms: int
    expires_day: int | None
    body: bytes


class Kept(NamedTuple):
    """A note of or for this co-op; `text` is the canonical sealed fields, None when unopened."""

    id: bytes
    circle: bytes
    coop: bytes
    about: bytes
    thread: bytes
    """The first note of its thread; itself for that one."""
    recipients: tuple[bytes, ...]
    text: bytes | None
    time_ms: int
    expires_day: int | None
    is_read: bool


def is_behind(connection: Connection) -> bool:
    """Whether notes came that nobody has looked at."""
    return connection.execute(f"SELECT 1 {_CAME} LIMIT 1").fetchone() is not None


def came(connection: Connection, most: int) -> list[Came]:
    """Some notes that nobody has looked at."""
    rows = connection.execute(
        "SELECT record.id, circle.id, coop.id, log.id, record.time_ms, record.expires_day, "
        f"record.body {_CAME} LIMIT ?",
        (most,),
    )
    return [Came(*row) for row in rows]


def keep(database: Database, one: Kept) -> None:
    """Keep a note that is of or for this co-op."""
    with database.transaction():
        database.connection.execute(
            "INSERT INTO local_note (id, circle, coop, about, thread, recipients, text, time_ms, "
            "expires_day, is_read) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            one._replace(recipients=encode(list(one.recipients))),  # type: ignore[arg-type]
        )


def pass_over(database: Database, identifier: bytes) -> None:
    """Note that a note is for others."""
    with database.transaction():
        database.connection.execute("INSERT INTO local_note (id) VALUES (?)", (identifier,))


def all_kept(connection: Connection, most: int) -> list[Kept]:
    """The latest notes, the newest first, as far as they count still."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} WHERE note.coop NOT NULL AND {_COUNTS} "
        "ORDER BY note.time_ms DESC, note.id LIMIT ?",
        (most,),
    )
    return [_kept(row) for row in rows]


def of_thread(connection: Connection, thread: bytes, most: int) -> list[Kept]:
    """The notes of a thread, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} WHERE note.thread = ? AND {_COUNTS} "
        "ORDER BY note.time_ms, note.id LIMIT ?",
        (thread, most),
    )
    return [_kept(row) for row in rows]


def find(connection: Connection, identifier: bytes) -> Kept | None:
    """A note of or for this co-op, as far as it counts still."""
    row = connection.execute(
        f"SELECT {_COLUMNS} WHERE note.id = ? AND note.coop NOT NULL AND {_COUNTS}", (identifier,)
    ).fetchone()
    return None if row is None else _kept(row)


def ids_between(connection: Connection, low: bytes, high: bytes) -> list[bytes]:
    """Ids of kept notes within a range, at most two."""
    rows = connection.execute(
        "SELECT id FROM local_note WHERE id BETWEEN ? AND ? AND coop NOT NULL ORDER BY id LIMIT 2",
        (low, high),
    )
    return [row[0] for row in rows]


def unread(connection: Connection) -> int:
    """How many notes of others nobody here has read."""
    row = connection.execute(
        f"SELECT count(*) FROM local_note AS note WHERE is_read = 0 AND coop NOT NULL AND {_COUNTS}"
    ).fetchone()
    return int(row[0])


def mark_read(database: Database, some: Sequence[bytes]) -> None:
    """Note that these were read."""
    with database.transaction():
        database.connection.executemany(
            "UPDATE local_note SET is_read = 1 WHERE id = ?", [(one,) for one in some]
        )


def forget(database: Database, day: int) -> None:
    """Drop what those say whose day is over."""
    with database.transaction():
        database.connection.execute("DELETE FROM local_note WHERE expires_day < ?", (day,))


def _kept(row: tuple[bytes, ...]) -> Kept:
    one = Kept(*row)  # type: ignore[arg-type]
    listed: Any = decode(one.recipients)  # type: ignore[arg-type]
    return one._replace(recipients=tuple(listed), is_read=bool(one.is_read))


_CAME: Final = (
    "FROM circle JOIN standing ON standing.circle = circle.n AND standing.family = 'note' "
    "JOIN record ON record.n = standing.version JOIN branch ON branch.n = record.branch "
    "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE record.body NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM local_note WHERE local_note.id = record.id)"
)
_COLUMNS: Final = (
    "note.id, note.circle, note.coop, note.about, note.thread, note.recipients, note.text, "
    "note.time_ms, note.expires_day, note.is_read FROM local_note AS note"
)
# one whose log was cut before it says nothing any more
_COUNTS: Final = (
    "EXISTS (SELECT 1 FROM standing JOIN circle ON circle.n = standing.circle "
    "WHERE circle.id = note.circle AND standing.family = 'note' AND standing.subject = note.id)"
)
