"""Notes in the store: looked at once, counted until read, dropped when their day is over."""

import pytest

from node.store import notes
from node.store.notes import Kept
from protocol import note
from protocol.note import Note
from protocol.record import write_body
from tests.coops import NOW_MS, Coop


@pytest.fixture
def coop() -> Coop:
    return Coop("growers")


def said(coop: Coop, circle: bytes, name: str) -> bytes:
    body = write_body(coop.draw(16), Note(about=bytes(32), to=(name.encode().ljust(32, b"x"),)))
    return coop.say(circle, note.NOTE, body).ids[0]


def kept(coop: Coop, circle: bytes, identifier: bytes, *, thread: bytes | None = None) -> Kept:
    return Kept(
        identifier, circle, coop.id, bytes(32), thread or identifier, (b"x" * 32,), None, NOW_MS,
        None, is_read=False,
    )  # fmt: skip


def test_each_note_is_looked_at_once(coop: Coop) -> None:
    connection, circle = coop.database.connection, coop.found()
    assert not notes.is_behind(connection)
    ids = [said(coop, circle, name) for name in ("a", "b")]
    assert [one.id for one in notes.came(connection, 9)] == ids
    assert len(notes.came(connection, 1)) == 1
    notes.pass_over(coop.database, ids[0])
    notes.keep(coop.database, kept(coop, circle, ids[1]))
    assert not notes.is_behind(connection)
    assert notes.all_kept(connection, 9) == [kept(coop, circle, ids[1])]
    assert notes.find(connection, ids[0]) is None


def test_unread_ones_are_counted_until_they_are_read(coop: Coop) -> None:
    connection, circle = coop.database.connection, coop.found()
    ids = [said(coop, circle, name) for name in ("a", "b")]
    for one in ids:
        notes.keep(coop.database, kept(coop, circle, one, thread=ids[0]))
    assert notes.unread(connection) == 2
    notes.mark_read(coop.database, ids[:1])
    assert notes.unread(connection) == 1
    found = notes.find(connection, ids[0])
    assert found is not None
    assert found.is_read
    assert {one.id for one in notes.of_thread(connection, ids[0], 9)} == set(ids)


def test_what_does_not_count_any_more_is_not_shown(coop: Coop) -> None:
    connection, circle = coop.database.connection, coop.found()
    notes.keep(coop.database, kept(coop, circle, b"n" * 32))
    assert notes.all_kept(connection, 9) == []
    assert notes.unread(connection) == 0


def test_what_is_over_is_dropped(coop: Coop) -> None:
    connection, circle = coop.database.connection, coop.found()
    one = said(coop, circle, "a")
    notes.keep(coop.database, kept(coop, circle, one)._replace(expires_day=7))
    notes.forget(coop.database, 7)
    assert notes.find(connection, one) is not None
    notes.forget(coop.database, 8)
    assert notes.find(connection, one) is None
