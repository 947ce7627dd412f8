"""Offers: one offer by itself with its signature, and a co-op's own.

Shown as it was signed: prices, quantities and texts are those of the record. Open and over are
judged by the time that is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from node.store import offers as rows
from node.store import received
from node.store.market import Asker
from node.store.offers import Found
from node.store.reading import Connection
from node.views import people
from node.views.ids import text
from node.views.market import KINDS, ends_soon, fields_of
from node.views.names import names_of, pick
from node.views.people import WrittenView
from protocol import merge, trade
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP, LOG, RECORD
from protocol.record import Body, day_of, open_body
from protocol.values import Text

__all__ = ["OfferDetail", "OwnOffer", "detail", "own_after"]


class SignedView(msgspec.Struct, frozen=True):
    """How the newest version is signed: by which device of whom, in which log, under which head.

    Keys, hashes and the signature are hexadecimal. The chain leads from the record, by the `prev`
    of each header, to the head; without a head its signature is not here yet.
    """

    coop: str
    device: str
    key_event: str
    log: str
    seq: int
    record: str
    time_ms: int
    head: str | None
    head_seq: int | None
    signature: str | None


class VersionView(msgspec.Struct, frozen=True):
    """A version of an offer that is here."""

    record: str
    time_ms: int
    erased: bool
    by: WrittenView | None


class ReceivedView(msgspec.Struct, frozen=True):
    """From which co-op the newest version came here; it may be another one than signed it."""

    coop: str
    name: str
    time_ms: int


class OfferDetail(msgspec.Struct, frozen=True):
    """All of one offer; `offer` is None when its content was erased or forgotten.

    `received` is None for what was signed here, and for what came before that was noted.
    """

    id: str
    coop: str
    coop_name: str
    circle: str
    kind: str
    title: str
    offer: trade.Offer | None
    published_ms: int
    changed_ms: int | None
    expired: bool
    withdrawn: bool
    erased: bool
    mine: bool
    signed: SignedView | None
    received: ReceivedView | None
    versions: tuple[VersionView, ...]
    withdrawn_ms: int | None
    withdrawn_reason: Text
    ends_soon: bool


class OwnOffer(NamedTuple):
    """One of this co-op's own offers, as an import compares it with a file."""

    id: bytes
    kind: str
    hidden: bool
    fields: trade.Offer
    raw: bytes
    """The fields in their canonical bytes, as they were signed."""


def detail(
    connection: Connection, offer: bytes, asker: Asker, languages: Sequence[str]
) -> OfferDetail:
    """One offer, hidden or not; refuses `not-found`."""
    found = rows.find(connection, offer)
    if found is None:
        raise Refusal("not-found")
    signed = None if found.version is None else rows.signed(connection, found.version)
    is_erased = signed is not None and signed.id in found.erased
    fields = None if found.body is None or is_erased else fields_of(found.body)
    withdrawn_ms, reason = _withdrawal(connection, found)
    until_ms = None if fields is None else fields.valid_until_ms
    return OfferDetail(
        id=text(RECORD, found.id),
        coop=text(COOP, found.coop),
        coop_name=names_of(connection, [found.coop], asker.coop)[found.coop],
        circle=text(CIRCLE, found.circle),
        kind=KINDS[found.is_want],
        title="" if fields is None else pick(fields.title, languages),
        offer=fields,
        published_ms=found.published_ms,
        changed_ms=None if signed is None else signed.time_ms,
        expired=_is_over(found, fields, asker.now_ms),
        withdrawn=bool(found.hidden) and not is_erased,
        erased=is_erased,
        mine=found.coop == asker.coop,
        signed=None if signed is None else _signature(found.coop, signed),
        received=_received(connection, found.version, asker.coop),
        versions=_versions(connection, found),
        withdrawn_ms=withdrawn_ms,
        withdrawn_reason=reason,
        ends_soon=until_ms is not None and ends_soon(until_ms, asker.now_ms),
    )


def own_after(
    connection: Connection, circle: bytes, coop: bytes, root: int
) -> tuple[list[OwnOffer], int | None]:
    """A co-op's next offers in a circle behind a row number, and where to go on; None at the end.

    In the order in which they came here; withdrawn ones are among them.
    """
    found = rows.own(connection, circle, coop, root, OWN_AT_ONCE)
    offers = [
        OwnOffer(offer, KINDS[is_want], bool(hidden), fields, bytes(_BODY.decode(body).fields))
        for _, offer, is_want, hidden, body in found
        if (fields := fields_of(body)) is not None
    ]
    return offers, found[-1][0] if len(found) == OWN_AT_ONCE else None


def _withdrawal(connection: Connection, found: Found) -> tuple[int | None, Text]:
    """(when, why) it was taken back; (None, {}) when it was not."""
    if found.withdrawn is None or not found.hidden:
        return None, {}
    time_ms, body = rows.record(connection, found.withdrawn)
    try:
        fields = {} if body is None else merge.read_fields(trade.WITHDRAW, open_body(body)).reason
    except Refusal:
        fields = {}
    return time_ms, fields


def _versions(connection: Connection, found: Found) -> tuple[VersionView, ...]:
    known = rows.versions(connection, found)
    written = people.written_by(connection, [record for record, _ in known])
    return tuple(
        VersionView(text(RECORD, record), time_ms, record in found.erased, written.get(record))
        for record, time_ms in known
    )


def _received(connection: Connection, version: int | None, own: bytes) -> ReceivedView | None:
    found = None if version is None else received.source_of(connection, version)
    if found is None:
        return None
    names = names_of(connection, [found.coop], own)
    return ReceivedView(text(COOP, found.coop), names[found.coop], found.time_ms)


def _is_over(found: Found, fields: trade.Offer | None, now_ms: int) -> bool:
    until_ms = None if fields is None else fields.valid_until_ms
    day = found.expires_day
    return (until_ms is not None and until_ms < now_ms) or (
        day is not None and day < day_of(now_ms)
    )


def _signature(coop: bytes, signed: rows.Signed) -> SignedView:
    return SignedView(
        coop=text(COOP, coop),
        device=signed.device.hex(),
        key_event=signed.key_event.hex(),
        log=text(LOG, signed.log),
        seq=signed.seq,
        record=text(RECORD, signed.id),
        time_ms=signed.time_ms,
        head=None if signed.head is None else text(RECORD, signed.head),
        head_seq=signed.head_seq,
        signature=None if signed.signature is None else signed.signature.hex(),
    )


OWN_AT_ONCE: Final = 1_000
_BODY: Final = msgspec.msgpack.Decoder(Body)
