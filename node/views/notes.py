"""Notes: the threads in which this co-op and another one write to each other about an offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from node import notes
from node.store import notes as rows
from node.store import offers
from node.store.notes import Kept
from node.store.reading import Connection
from node.views.ids import text
from node.views.market import fields_of
from node.views.names import names_of, pick
from protocol.errors import Refusal
from protocol.keys import COOP, RECORD


class NoteView(msgspec.Struct, frozen=True):
    """One note; `text` is the one of `texts` in the language asked for, None when unopened."""

    id: str
    coop: str
    coop_name: str
    mine: bool
    read: bool
    time_ms: int
    text: str | None
    texts: dict[str, str]


class ThreadView(msgspec.Struct, frozen=True):
    """A talk about an offer: with whom, how many notes, how many unread, and the last one.

    `title` is the offer's, empty when its content is not here any more.
    """

    id: str
    offer: str
    title: str
    others: tuple[str, ...]
    other_names: tuple[str, ...]
    mine: bool
    """Whether this co-op began it."""
    count: int
    unread: int
    last: NoteView


class Threads(msgspec.Struct, frozen=True):
    """All threads, those with unread notes first, then the latest."""

    unread: int
    threads: tuple[ThreadView, ...]


class ThreadDetail(msgspec.Struct, frozen=True):
    """A thread with its notes, the oldest first."""

    thread: ThreadView
    notes: tuple[NoteView, ...]


def threads(connection: Connection, own: bytes, languages: Sequence[str]) -> Threads:
    """The threads of the latest notes that are here."""
    by_thread: dict[bytes, list[Kept]] = {}
    kept = rows.all_kept(connection, NOTES_SHOWN_MAX)
    known = {one.id: one for one in kept}
    for one in reversed(kept):
        by_thread.setdefault(_thread_of(one, known.get(one.thread)), []).append(one)
    shown = [_thread(connection, own, some, languages) for some in by_thread.values()]
    shown.sort(key=lambda one: (not one.unread, -one.last.time_ms, one.id))
    return Threads(sum(one.unread for one in shown), tuple(shown))


def thread(
    connection: Connection, own: bytes, identifier: bytes, languages: Sequence[str]
) -> ThreadDetail:
    """One thread; refuses `not-found`."""
    some = in_thread(connection, identifier)
    if not some:
        raise Refusal("not-found")
    names = names_of(connection, {one.coop for one in some}, own)
    return ThreadDetail(
        _thread(connection, own, some, languages),
        tuple(_note(one, own, names, languages) for one in some),
    )


def in_thread(connection: Connection, identifier: bytes) -> list[Kept]:
    """The notes of a thread, by those who are in it, the oldest first."""
    first = rows.find(connection, identifier)
    if first is None:
        return []
    some = rows.of_thread(connection, identifier, notes.THREAD_NOTES_MAX)
    return [first, *(one for one in some if one.id != first.id and notes.belongs(first, one))]


def unread(connection: Connection) -> int:
    """How many notes of others nobody here has read."""
    return rows.unread(connection)


def is_behind(connection: Connection) -> bool:
    """Whether notes came that were not opened yet: `Node.open_notes` does it."""
    return rows.is_behind(connection)


def _thread_of(one: Kept, first: Kept | None) -> bytes:
    """The thread that a note is shown in: its own where it is no part of the one it names."""
    return one.thread if first is not None and notes.belongs(first, one) else one.id


def _thread(
    connection: Connection, own: bytes, some: Sequence[Kept], languages: Sequence[str]
) -> ThreadView:
    first, last = some[0], some[-1]
    others = sorted({first.coop, *first.recipients} - {own})
    names = names_of(connection, {*others, last.coop}, own)
    found = offers.find(connection, first.about)
    fields = None if found is None or found.body is None else fields_of(found.body)
    is_erased = found is not None and bool(found.erased)
    return ThreadView(
        id=text(RECORD, first.id),
        offer=text(RECORD, first.about),
        title="" if fields is None or is_erased else pick(fields.title, languages),
        others=tuple(text(COOP, one) for one in others),
        other_names=tuple(names[one] for one in others),
        mine=first.coop == own,
        count=len(some),
        unread=sum(not one.is_read for one in some),
        last=_note(last, own, names, languages),
    )


def _note(one: Kept, own: bytes, names: dict[bytes, str], languages: Sequence[str]) -> NoteView:
    texts = notes.said_in(one)
    return NoteView(
        id=text(RECORD, one.id),
        coop=text(COOP, one.coop),
        coop_name=names[one.coop],
        mine=one.coop == own,
        read=one.is_read,
        time_ms=one.time_ms,
        text=None if texts is None else pick(texts, languages),
        texts=texts or {},
    )


# What a page lists; older threads are found by their offer.
NOTES_SHOWN_MAX: Final = 2_000
