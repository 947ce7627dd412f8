"""Notes: sealed questions to other co-ops about their offers, and the answers."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from node.api.route import Call, Nothing, Route
from node.gate.notes import mark_read, opened
from node.notes import Answering, Asking
from node.views import ids, notes
from node.views.ids import text
from node.views.notes import ThreadDetail, Threads
from protocol.errors import Refusal
from protocol.keys import RECORD
from protocol.values import Text

Said = Annotated[Text, msgspec.Meta(min_length=1)]


class NewNote(msgspec.Struct, frozen=True):
    """What to say, by language, and where: about an offer, or as an answer in a thread."""

    text: Said
    offer: str | None = None
    thread: str | None = None


class NoteMade(msgspec.Struct, frozen=True):
    """The id of the new note; the first one names its thread."""

    note: str


async def show_all(call: Call) -> Threads:
    """All threads, unread ones first."""
    await opened(call.node)
    found: Threads = await call.read(
        lambda reader: notes.threads(reader, call.node.coop, call.languages)
    )
    return found


async def show(call: Call) -> ThreadDetail:
    """One thread, by the id of its first note."""
    await opened(call.node)
    found: ThreadDetail = await call.read(
        lambda reader: notes.thread(
            reader, call.node.coop, ids.note_id(reader, call.part("thread")), call.languages
        )
    )
    return found


async def send(call: Call) -> NoteMade:
    """Ask or answer."""
    wish: NewNote = call.wish
    await opened(call.node)
    if wish.thread is not None and wish.offer is None:
        thread = await call.read(lambda reader: ids.note_id(reader, wish.thread or ""))
        said: Asking | Answering = Answering(thread, wish.text)
    elif wish.offer is not None and wish.thread is None:
        offer = await call.read(lambda reader: ids.offer_id(reader, wish.offer or ""))
        said = Asking(offer, wish.text)
    else:
        raise Refusal("bad-field", "name an offer or a thread, one of them")
    note = await call.node.send_note(said, role=call.principal.role)
    return NoteMade(text(RECORD, note))


async def read(call: Call) -> Nothing:
    """Note that a thread was read."""
    await opened(call.node)
    thread = await call.read(lambda reader: ids.note_id(reader, call.part("thread")))
    await mark_read(call.node, thread)
    return Nothing()


ROUTES: Final = (
    Route(
        method="GET", path="/notes", summary="Threads of notes, unread ones first",
        handle=show_all, answer=Threads,
    ),
    Route(
        method="POST", path="/notes", summary="Ask another co-op about its offer, or answer",
        scope="write", handle=send, wish=NewNote, answer=NoteMade, status=201,
    ),
    Route(
        method="GET", path="/notes/{thread}", summary="A thread with its notes", handle=show,
        answer=ThreadDetail,
    ),
    Route(
        method="POST", path="/notes/{thread}/reading", summary="Note that a thread was read",
        scope="write", handle=read, answer=Nothing,
    ),
)  # fmt: skip
