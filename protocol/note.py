"""Note: a sealed word from one co-op to others about an offer: a question, an answer.

What it is about and whom it is for is clear, so that everyone can carry it; what it says opens only
to those. It never unseals anything by itself. SPEC section "Notes".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keylog import KeyLog
from protocol.keys import Network
from protocol.limits import RECIPIENTS_MAX
from protocol.sealed import Secrets, seal, unseal
from protocol.values import Fields, Hash, Text


class Note(Fields, frozen=True, kw_only=True):
    """Fields of `note/1`: the offer it is about, the first note of its thread, whom it is for."""

    about: Hash
    thread: Hash | None = None
    to: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=RECIPIENTS_MAX)]

    def check(self) -> None:
        """Co-ops ascending."""
        if list(self.to) != sorted(set(self.to)):
            raise Refusal("bad-field", "to not unique and ascending")


class NoteText(Fields, frozen=True, kw_only=True):
    """The sealed fields of `note/1`: what it says, by language."""

    text: Text


def seal_note(
    network: Network, said: NoteText, readers: Iterable[KeyLog], identity: bytes, secrets: Secrets
) -> bytes:
    """The sealed part for all these co-ops, the writer's own among them.

    `identity` is `sealed.identity_of` the record that will hold it.
    """
    return seal(network, encode(said), recipients_of(readers), identity, secrets)


def unseal_note(network: Network, data: bytes, private: bytes, identity: bytes) -> NoteText:
    """What a note says; refuses `sealed-to-others`, and what is no text as `decode_as` does."""
    return decode_as(_TEXT, unseal(network, data, private, identity))


def recipients_of(readers: Iterable[KeyLog]) -> list[bytes]:
    """Whose X25519 keys a note is sealed to: every live device, and as many sealing keys as fit.

    A device opens what it is there for; the sealing key opens it with the words, when all are lost.
    """
    logs = list(readers)
    keys = [device.noise for log in logs for device in log.live_devices()]
    sealing = [log.current.sealing for log in logs]
    room = max(0, RECIPIENTS_MAX - len(keys))
    return list(dict.fromkeys([*keys, *sealing[:room]]))


NOTE: Final = "note/1"
_TEXT: Final = msgspec.msgpack.Decoder(NoteText)
