"""Disputes: what was signed beyond the cut of a key log, as API and command line show it."""

from __future__ import annotations

import msgspec

from node.store import disputes
from node.store.reading import Connection
from node.views import ids
from node.views.ids import text
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP, RECORD


class DisputeView(msgspec.Struct, frozen=True):
    """A disputed record; `mine`: it is this co-op's, which may affirm it."""

    record: str
    coop: str
    circle: str
    kind: str
    time_ms: int
    mine: bool


def listed(connection: Connection, own: bytes) -> tuple[DisputeView, ...]:
    """The newest ones first."""
    return tuple(
        DisputeView(
            text(RECORD, found.id),
            text(COOP, found.coop),
            text(CIRCLE, found.circle),
            found.kind,
            found.time_ms,
            found.coop == own,
        )
        for found in disputes.listed(connection)
    )


def own_records(
    connection: Connection, own: bytes, written: tuple[str, ...]
) -> tuple[bytes, list[bytes]]:
    """(circle, records) that are meant; refuses what is not disputed, or another co-op's."""
    found = [disputes.one(connection, ids.dispute_id(connection, one)) for one in written]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        raise Refusal("not-found", "no disputed record")
    if any(one.coop != own for one in known):
        raise Refusal("not-yours")
    if len({one.circle for one in known}) > 1:
        raise Refusal("not-found", "these records are not all in one circle")
    return known[0].circle, [one.id for one in known]
