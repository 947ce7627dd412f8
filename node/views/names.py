"""Names: what co-ops call themselves, and texts in the language that was asked for.

A co-op that showed no profile here goes by the beginning of its id. Never trusted: two co-ops may
choose one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from node.store import overview
from node.store.reading import Connection
from node.views.ids import short
from protocol import merge, profile
from protocol.codec import decode_as
from protocol.errors import Refusal
from protocol.keys import COOP
from protocol.record import open_body


def profiles_of(
    connection: Connection, coops: Iterable[bytes], own: bytes
) -> dict[bytes, profile.Profile]:
    """The newest profile of each co-op that showed one; of our own co-op the one it keeps."""
    wanted = set(coops)
    found = {
        coop: fields
        for coop, body in overview.profile_bodies(connection, wanted).items()
        if (fields := _fields(body)) is not None
    }
    kept = own_profile(connection) if own in wanted else None
    if kept is not None:
        found[own] = kept
    return found


def names_of(connection: Connection, coops: Iterable[bytes], own: bytes) -> dict[bytes, str]:
    """A name for each co-op: its profile's, or the beginning of its id."""
    wanted = set(coops)
    known = profiles_of(connection, wanted, own)
    return {coop: known[coop].name if coop in known else short(COOP, coop) for coop in wanted}


def own_profile(connection: Connection) -> profile.Profile | None:
    """The profile that this node keeps for its co-op."""
    kept = overview.kept_profile(connection)
    return decode_as(_PROFILE, kept) if isinstance(kept, bytes) else None


def own_contact(connection: Connection) -> profile.Contact:
    """How people reach the co-op, as this node keeps it; empty when that was never said."""
    kept = overview.kept_contact(connection)
    return decode_as(_CONTACT, kept) if isinstance(kept, bytes) else profile.Contact()


def pick(texts: Mapping[str, str], languages: Sequence[str]) -> str:
    """The text in the first language that there is, `pt` standing in for `pt-BR`; else any."""
    for language in (*languages, "en"):
        if language in texts:
            return texts[language]
        base = language.partition("-")[0].lower()
        for tag, text in texts.items():
            if tag.partition("-")[0] == base:
                return text
    return next(iter(texts.values()), "")


def _fields(body: bytes) -> profile.Profile | None:
    try:
        fields = merge.read_fields(profile.PROFILE, open_body(body))
    except Refusal:
        return None
    assert isinstance(fields, profile.Profile)
    return fields


_CONTACT = msgspec.msgpack.Decoder(profile.Contact)
_PROFILE = msgspec.msgpack.Decoder(profile.Profile)
