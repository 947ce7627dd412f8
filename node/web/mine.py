"""Mine: our own offers and wants, those over and taken back too, with what can be done to each."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from node.gate.checks import check_offer
from node.text import mark as _
from node.views import mine
from node.views.ids import whole
from node.views.market import Asker
from node.views.mine import PAGE_OFFERS
from node.web.once import fresh_nonce, see_once
from node.web.own_offer import own_offer
from node.web.visit import PageRoute, Visit
from protocol import trade
from protocol.errors import Refusal
from protocol.keys import CIRCLE, RECORD

DAY_MS: Final = 24 * 3_600_000
RENEW_DAYS: Final = (30, 90, 180)


async def show(visit: Visit) -> web.StreamResponse:
    """The list; the part that changes for a page that is open."""
    asker = Asker(visit.node.coop, visit.node.clock.now_ms())
    after = visit.request.query.get("after") or None
    page = await visit.read(
        lambda reader: mine.page(reader, asker, visit.languages, after, PAGE_OFFERS)
    )
    values: dict[str, Any] = {"page": page, "states": STATES, "after": after}
    return visit.page("mine.html", values, block="mine" if visit.is_htmx else None)


async def ask_renew(visit: Visit) -> web.StreamResponse:
    """For how long."""
    found = await own_offer(visit)
    return visit.page("renew.html", {"detail": found, "days": RENEW_DAYS, "nonce": fresh_nonce()})


async def renew(visit: Visit) -> web.StreamResponse:
    """Offer the same again, until another day."""
    found = await own_offer(visit)
    days = visit.form.get("days", "")
    if days not in {str(one) for one in RENEW_DAYS}:
        raise Refusal("bad-field", "choose for how long")
    now_ms = visit.node.clock.now_ms()
    assert found.offer is not None
    fields = msgspec.structs.replace(
        found.offer, valid_from_ms=None, valid_until_ms=now_ms + int(days) * DAY_MS
    )
    check_offer(fields, now_ms)

    async def work() -> str:
        await visit.node.add_offer(
            whole(CIRCLE, found.circle),
            trade.WANT if found.kind == "want" else trade.OFFER,
            fields,
            subject=whole(RECORD, found.id),
            role=visit.principal.role,
        )
        return f"/offers/{found.id}"

    return await see_once(visit, work, days)


STATES: Final = {
    "standing": _("stands"),
    "over": _("over"),
    "withdrawn": _("taken back"),
    "erased": _("erased"),
    "forgotten": _("forgotten"),
}
ROUTES: Final = (
    PageRoute("GET", "/mine", show),
    PageRoute("GET", "/offers/{offer}/renew", ask_renew, scope="write"),
    PageRoute("POST", "/offers/{offer}/renew", renew, scope="write"),
)
