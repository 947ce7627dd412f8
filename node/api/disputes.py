"""Disputes: records beyond the cut of a key log, and taking own ones as one's own again."""

from __future__ import annotations

from typing import Final

import msgspec

from node.api.route import Call, Route
from node.views import disputes
from node.views.ids import text
from protocol.keys import RECORD


class Disputes(msgspec.Struct, frozen=True):
    """What is disputed, the newest first; at most 200."""

    disputes: tuple[disputes.DisputeView, ...]


class Affirmation(msgspec.Struct, frozen=True):
    """Own disputed records of one circle, by id or a unique beginning of it; at most 64."""

    records: tuple[str, ...]


class Affirmed(msgspec.Struct, frozen=True):
    """They count again, everywhere."""

    records: tuple[str, ...]


async def show_all(call: Call) -> Disputes:
    """All of them."""
    return Disputes(await call.read(lambda reader: disputes.listed(reader, call.node.coop)))


async def affirm(call: Call) -> Affirmed:
    """Take some as one's own again."""
    wish: Affirmation = call.wish
    circle, records = await call.read(
        lambda reader: disputes.own_records(reader, call.node.coop, wish.records)
    )
    await call.node.affirm(circle, records, role=call.principal.role)
    return Affirmed(tuple(text(RECORD, one) for one in records))


ROUTES: Final = (
    Route(
        method="GET", path="/disputes", summary="Records beyond the cut of a key log",
        handle=show_all, answer=Disputes,
    ),
    Route(
        method="POST", path="/disputes/affirmations", scope="admin",
        summary="Take own disputed records as one's own again", handle=affirm, wish=Affirmation,
        answer=Affirmed,
    ),
)  # fmt: skip
