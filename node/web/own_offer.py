"""Own offer: the offer of a page's path, where it is this co-op's own to change.

It reads, and refuses; never writes.
"""

from __future__ import annotations

from node.views import Connection, ids, offers
from node.views.market import Asker
from node.views.offers import OfferDetail
from node.web.visit import Visit
from protocol.errors import Refusal


async def offer_at(visit: Visit, written: str) -> OfferDetail:
    """An offer by its id or the beginning of it; refuses `not-found`."""
    asker = Asker(visit.node.coop, visit.node.clock.now_ms())

    def view(reader: Connection) -> OfferDetail:
        return offers.detail(reader, ids.offer_id(reader, written), asker, visit.languages)

    return await visit.read(view)


async def own_offer(visit: Visit, *, with_content: bool = True) -> OfferDetail:
    """The offer of the path, ours and with its content here; refuses `not-yours`, `not-found`."""
    found = await offer_at(visit, visit.request.match_info["offer"])
    if not found.mine:
        raise Refusal("not-yours")
    if with_content and found.offer is None:
        raise Refusal("not-found", "its content was erased")
    return found
