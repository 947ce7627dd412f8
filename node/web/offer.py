"""Offer: one offer or want by itself: what it says, how it stands, and the way of its signature."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aiohttp import web

from node.views import Connection, circles, ids, names, offers
from node.views.ids import whole
from node.views.market import Asker
from node.views.offers import OfferDetail
from node.web import offer_shown
from node.web.offer_shown import ShownOffer
from node.web.visit import PageRoute, Visit
from protocol.keys import COOP


class Found(NamedTuple):
    """What one look into the store gives."""

    detail: OfferDetail
    circle: str
    names: dict[bytes, str]


async def show(visit: Visit) -> web.StreamResponse:
    """All of it; the part that changes for a page that is open."""
    node = visit.node
    asker = Asker(node.coop, node.clock.now_ms())

    def view(reader: Connection) -> Found:
        offer = ids.offer_id(reader, visit.request.match_info["offer"])
        detail = offers.detail(reader, offer, asker, visit.languages)
        named = {} if detail.offer is None else offer_shown.coops_in(detail.offer)
        known = circles.all_of(reader, node.coop, asker.now_ms).circles
        circle = next((one.name for one in known if one.id == detail.circle), "")
        return Found(detail, circle, names.names_of(reader, named, node.coop))

    found = await visit.read(view)
    detail = found.detail
    shown = None
    if detail.offer is not None and _may_see(detail, node.coop):
        shown = ShownOffer(detail.offer, visit.languages, found.names)
    values: dict[str, Any] = {
        "detail": detail,
        "circle": found.circle,
        "it": shown,
        "now_ms": asker.now_ms,
        "url": f"{node.address}/offers/{detail.id}",
        **offer_shown.helpers(visit.language),
    }
    return visit.page("offer.html", values, block="offer" if visit.is_htmx else None)


def _may_see(detail: OfferDetail, own: bytes) -> bool:
    """Whether an offer is for us: one that names its recipients is for them and its own co-op."""
    assert detail.offer is not None
    recipients = detail.offer.recipients
    return not recipients or own in recipients or whole(COOP, detail.coop) == own


ROUTES: Final = (PageRoute("GET", "/offers/{offer}", show),)
