"""Co-ops: everybody in our circles, and one co-op by itself with what it offers."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.views import Connection, coops, ids, market
from node.views.ids import text
from node.views.market import Asker, Filters
from node.web import choices
from node.web.visit import PageRoute, Visit
from protocol.keys import BLOB, COOP

OFFERS_SHOWN: Final = 12


async def show_all(visit: Visit) -> web.StreamResponse:
    """All of them."""
    node = visit.node
    seen = await node.peers.states()
    now_ms = node.clock.now_ms()
    found = await visit.read(lambda reader: coops.coops(reader, node.coop, seen, now_ms))
    values = {"coops": found.coops, **_words()}
    return visit.page("coops.html", values, block="coops" if visit.is_htmx else None)


async def show(visit: Visit) -> web.StreamResponse:
    """One of them."""
    node = visit.node
    seen = await node.peers.states()
    asker = Asker(node.coop, node.clock.now_ms())

    def view(reader: Connection) -> dict[str, Any]:
        coop = ids.coop_id(reader, visit.request.match_info["coop"])
        detail = coops.detail(reader, coop, node.coop, seen, asker.now_ms)
        wanted = market.wanted_of(reader, Filters(coop=detail.id), asker.now_ms)
        offers = market.page(reader, wanted, asker, visit.languages, None, OFFERS_SHOWN)
        return {"coop": detail, "page": offers}

    values = await visit.read(view)
    picture = values["coop"].profile and values["coop"].profile.picture
    values["picture"] = text(BLOB, picture.hash) if picture else None
    values |= {"languages_of": visit.languages, **_words()}
    return visit.page("coop.html", values, block="coop" if visit.is_htmx else None)


async def block(visit: Visit) -> web.StreamResponse:
    """Talk to it no more."""
    return await _set_blocked(visit, blocked=True)


async def unblock(visit: Visit) -> web.StreamResponse:
    """Talk to it again."""
    return await _set_blocked(visit, blocked=False)


async def _set_blocked(visit: Visit, *, blocked: bool) -> web.StreamResponse:
    written = visit.request.match_info["coop"]
    coop = await visit.read(lambda reader: ids.coop_id(reader, written))
    await visit.node.peers.set_blocked(coop, blocked)
    return visit.see(f"/coops/{text(COOP, coop)}")


def _words() -> dict[str, Any]:
    return {"sector_name": choices.sector_name, "governance_name": choices.governance_name}


ROUTES: Final = (
    PageRoute("GET", "/coops", show_all),
    PageRoute("GET", "/coops/{coop}", show),
    PageRoute("POST", "/coops/{coop}/block", block, scope="admin"),
    PageRoute("POST", "/coops/{coop}/unblock", unblock, scope="admin"),
)
