"""Notes: sending sealed ones to another co-op, and opening those that came.

Functions on the writer thread. It never shows a note; what one says is kept on this node alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from node.acts import Signing
from node.author import Draft, Published
from node.store import circles, keylogs, notes, offers
from node.store.database import Database
from node.store.notes import Came, Kept
from protocol import note
from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keylog import KeyLog
from protocol.limits import KEY_BYTES, SALT_BYTES
from protocol.merge import read_fields
from protocol.note import Note, NoteText
from protocol.record import Body, day_of, open_body, write_body
from protocol.sealed import Secrets, identity_of
from protocol.values import Text


class Asking(msgspec.Struct, frozen=True):
    """A first note about an offer of another co-op."""

    offer: bytes
    text: Text


class Answering(msgspec.Struct, frozen=True):
    """A further note in a thread."""

    thread: bytes
    text: Text


def send(database: Database, signing: Signing, wish: Asking | Answering) -> Published:
    """Seal and publish it; refuses `not-found`, `bad-field`, `unknown-coop`, `not-a-member`."""
    if not any(text.strip() for text in wish.text.values()):
        raise Refusal("bad-field", "write something first")
    own = signing.author.coop
    if isinstance(wish, Asking):
        circle, fields, after_ms = _first(database, own, wish)
    else:
        circle, fields, after_ms = _further(database, own, wish)
    _check_members(database, circle, fields.to)
    salt = signing.draw(SALT_BYTES)
    log = signing.author.log_in(database, circle, signing.instance)
    readers = [_key_log(database, coop) for coop in (own, *fields.to)]
    sealed = note.seal_note(
        database.network,
        NoteText(text=wish.text),
        readers,
        identity_of(database.network, own, log, note.NOTE, salt),
        Secrets(signing.draw(KEY_BYTES), signing.draw(KEY_BYTES), signing.draw(NONCE_BYTES)),
    )
    body = write_body(salt, fields, acting_role=signing.role, sealed=sealed)
    draft = Draft(note.NOTE, body, day_of(signing.now_ms) + NOTE_DAYS)
    return signing.publish(database, circle, [draft], after_ms=after_ms)


def open_some(database: Database, own: bytes, privates: Sequence[bytes]) -> int:
    """Look at some notes that came; how many. Opens what is for this co-op, as far as it can."""
    found = notes.came(database.connection, AT_ONCE)
    for one in found:
        body = open_body(one.body)
        fields = read_fields(note.NOTE, body)
        assert isinstance(fields, Note), "the fold takes no other"
        if own != one.coop and own not in fields.to:
            notes.pass_over(database, one.id)
            continue
        said = _opened(database, one, body, privates)
        notes.keep(
            database,
            Kept(
                one.id, one.circle, one.coop, fields.about, fields.thread or one.id, fields.to,
                None if said is None else encode(said), one.time_ms, one.expires_day,
                is_read=one.coop == own,
            ),
        )  # fmt: skip
    return len(found)


def said_in(kept: Kept) -> Text | None:
    """What a kept note says, by language; None when this node cannot open it."""
    return None if kept.text is None else decode_as(_TEXT, kept.text).text


def belongs(first: Kept, other: Kept) -> bool:
    """Whether a note that names a thread was written by one of those who are in it."""
    return other.coop == first.coop or other.coop in first.recipients


def _first(database: Database, own: bytes, wish: Asking) -> tuple[bytes, Note, int]:
    found = offers.find(database.connection, wish.offer)
    if found is None:
        raise Refusal("not-found", "no offer with this id is here")
    if found.coop == own:
        raise Refusal("bad-field", "this offer is your own co-op's")
    return found.circle, Note(about=found.id, to=(found.coop,)), -1


def _further(database: Database, own: bytes, wish: Answering) -> tuple[bytes, Note, int]:
    """Circle, fields, and the time of the last note that it answers, whatever the clocks say."""
    first = notes.find(database.connection, wish.thread)
    if first is None:
        raise Refusal("not-found", "no such thread of notes is here")
    talk = notes.of_thread(database.connection, first.id, THREAD_NOTES_MAX)
    last_ms = max(one.time_ms for one in (first, *talk) if belongs(first, one))
    others = tuple(sorted({first.coop, *first.recipients} - {own}))
    return first.circle, Note(about=first.about, thread=first.id, to=others), last_ms


def _check_members(database: Database, circle: bytes, to: Sequence[bytes]) -> None:
    """Whoever is out of the circle would never get it."""
    state = circles.load(database, circle).state
    if state is None or not all(state.is_member(coop) for coop in to):
        raise Refusal("not-a-member", "the other co-op left this circle, so no note reaches it")


def _key_log(database: Database, coop: bytes) -> KeyLog:
    found = keylogs.key_log(database, coop)
    if found is None:
        raise Refusal("unknown-coop")
    return found


def _opened(
    database: Database, one: Came, body: Body, privates: Sequence[bytes]
) -> NoteText | None:
    """What a note says, by the first key that opens it."""
    if body.sealed is None:
        return None
    identity = identity_of(database.network, one.coop, one.log, note.NOTE, body.salt)
    for private in privates:
        try:
            return note.unseal_note(database.network, body.sealed, private, identity)
        except Refusal:
            continue  # sealed to another key, or no note at all
    return None


# A note that nobody needs any more is forgotten everywhere after a year.
NOTE_DAYS: Final = 365
# One transaction of opening.
AT_ONCE: Final = 200
# A talk that is longer goes on in a new thread.
THREAD_NOTES_MAX: Final = 1_000
NONCE_BYTES: Final = 24
_TEXT: Final = msgspec.msgpack.Decoder(NoteText)
