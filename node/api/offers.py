"""Offers: listing, showing, publishing, changing and withdrawing offers and wants."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from node.api.route import Call, Route
from node.gate.checks import check_offer, check_pictures
from node.views import Connection, ids, market, mine, offers
from node.views.ids import text, whole
from node.views.market import Asker, Filters, OfferPage
from node.views.mine import OwnPage
from node.views.offers import OfferDetail
from protocol import trade
from protocol.keys import CIRCLE, RECORD
from protocol.values import Text

PAGE_OFFERS: Final = 50
PAGE_OFFERS_MAX: Final = 1_000


class OfferQuery(Filters, frozen=True, kw_only=True):
    """Filters, the size of a page, and `next` of the page before as `after`."""

    limit: Annotated[int, Meta(ge=1, le=PAGE_OFFERS_MAX)] = PAGE_OFFERS
    after: str | None = None
    language: str | None = None


class OwnQuery(msgspec.Struct, frozen=True):
    """The size of a page, and `next` of the page before as `after`."""

    limit: Annotated[int, Meta(ge=1, le=PAGE_OFFERS_MAX)] = PAGE_OFFERS
    after: str | None = None


class NewOffer(msgspec.Struct, frozen=True):
    """An offer or want to be published in a circle."""

    circle: str
    offer: trade.Offer
    kind: Literal["offer", "want"] = "offer"


class OfferMade(msgspec.Struct, frozen=True):
    """The id by which the offer is known from now on."""

    offer: str
    circle: str


class OfferChange(msgspec.Struct, frozen=True):
    """The whole new content: what it leaves out is gone.

    `over` is the version that it was made from: if another one stands there now, it is refused.
    """

    offer: trade.Offer
    over: str | None = None


class OfferChanged(msgspec.Struct, frozen=True):
    """The offer, and the record that is its newest version."""

    offer: str
    version: str


class Withdrawal(msgspec.Struct, frozen=True):
    """Why, by language; may be empty."""

    reason: Text = {}


class Withdrawn(msgspec.Struct, frozen=True):
    """The offer, and the record that withdraws it."""

    offer: str
    withdrawal: str


async def show_all(call: Call) -> OfferPage:
    """A page of the list."""
    query: OfferQuery = call.query
    asker = asker_of(call)
    languages = call.languages if query.language is None else (query.language, *call.languages)

    def view(reader: Connection) -> OfferPage:
        wanted = market.wanted_of(reader, query, asker.now_ms)
        return market.page(reader, wanted, asker, languages, query.after, query.limit)

    found: OfferPage = await call.read(view)
    return found


async def show_own(call: Call) -> OwnPage:
    """This co-op's own, however they stand."""
    query: OwnQuery = call.query
    found: OwnPage = await call.read(
        lambda reader: mine.page(reader, asker_of(call), call.languages, query.after, query.limit)
    )
    return found


async def show(call: Call) -> OfferDetail:
    """All of one."""
    asker = asker_of(call)

    def view(reader: Connection) -> OfferDetail:
        offer = ids.offer_id(reader, call.part("offer"))
        return offers.detail(reader, offer, asker, call.languages)

    found: OfferDetail = await call.read(view)
    return found


async def add(call: Call) -> OfferMade:
    """Publish one."""
    wish: NewOffer = call.wish
    check_offer(wish.offer, call.node.clock.now_ms())

    def view(reader: Connection) -> bytes:
        check_pictures(reader, wish.offer.images)
        return ids.circle_id(reader, wish.circle)

    circle: bytes = await call.read(view)
    kind = KINDS[wish.kind]
    record = await call.node.add_offer(circle, kind, wish.offer, role=call.principal.role)
    return OfferMade(text(RECORD, record), text(CIRCLE, circle))


async def change(call: Call) -> OfferChanged:
    """Publish a new version in its place."""
    wish: OfferChange = call.wish
    check_offer(wish.offer, call.node.clock.now_ms())

    def view(reader: Connection) -> bytes:
        check_pictures(reader, wish.offer.images)
        return ids.offer_id(reader, call.part("offer"))

    offer: bytes = await call.read(view)
    over = None if wish.over is None else whole(RECORD, wish.over)
    record = await call.node.edit_offer(offer, wish.offer, over=over, role=call.principal.role)
    return OfferChanged(text(RECORD, offer), text(RECORD, record))


async def withdraw(call: Call) -> Withdrawn:
    """Take one back."""
    wish: Withdrawal = call.wish
    offer: bytes = await call.read(lambda reader: ids.offer_id(reader, call.part("offer")))
    record = await call.node.withdraw(offer, wish.reason, role=call.principal.role)
    return Withdrawn(text(RECORD, offer), text(RECORD, record))


def asker_of(call: Call) -> Asker:
    """For whom and when something is shown."""
    return Asker(call.node.coop, call.node.clock.now_ms())


KINDS: Final = {"offer": trade.OFFER, "want": trade.WANT}
ROUTES: Final = (
    Route(
        method="GET", path="/offers", summary="Offers and wants, the newest first",
        handle=show_all, query=OfferQuery, answer=OfferPage,
    ),
    Route(
        method="POST", path="/offers", summary="Publish an offer or want", scope="write",
        handle=add, wish=NewOffer, answer=OfferMade, status=201,
    ),
    Route(
        method="GET", path="/own-offers", summary="Our own, those over and taken back too",
        handle=show_own, query=OwnQuery, answer=OwnPage,
    ),
    Route(
        method="GET", path="/offers/{offer}", summary="All of an offer, and how it is signed",
        handle=show, answer=OfferDetail,
    ),
    Route(
        method="PUT", path="/offers/{offer}", summary="Publish a new version of it",
        scope="write", handle=change, wish=OfferChange, answer=OfferChanged,
    ),
    Route(
        method="POST", path="/offers/{offer}/withdrawal", summary="Take it back", scope="write",
        handle=withdraw, wish=Withdrawal, answer=Withdrawn,
    ),
)  # fmt: skip
