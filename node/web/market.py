"""Market: the start page: what co-ops offer and want, found as one types, as cards."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from node.views import Connection, offers
from node.views.offers import Asker, Wanted, match_of
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal
from protocol.values import Country

OFFERS_SHOWN: Final = 48


class Search(msgspec.Struct, frozen=True):
    """What the search form asks."""

    search: str = ""
    country: Country | None = None
    kind: str = ""
    after: str | None = None


async def show(visit: Visit) -> web.StreamResponse:
    """The list; a part of it for a page that is open."""
    query = _search(visit)
    asker = Asker(visit.node.coop, visit.node.clock.now_ms())
    wanted = Wanted(
        match=match_of(query.search),
        country=query.country,
        is_want={"offer": False, "want": True}.get(query.kind),
    )

    def view(reader: Connection) -> offers.OfferPage:
        return offers.page(reader, wanted, asker, visit.languages, query.after, OFFERS_SHOWN)

    found = await visit.read(view)
    following = None if found.next is None else _link(query, found.next)
    values: dict[str, Any] = {"page": found, "query": query, "next": following}
    return visit.page("market.html", values, block="results" if visit.is_htmx else None)


def _search(visit: Visit) -> Search:
    given = {name: value for name, value in visit.request.query.items() if value.strip()}
    if "country" in given:
        given["country"] = given["country"].strip().upper()
    try:
        return msgspec.convert(given, Search, strict=False)
    except msgspec.ValidationError as wrong:
        raise Refusal("bad-field", str(wrong).partition(" - at ")[0]) from None


def _link(query: Search, after: str) -> str:
    shown = {"search": query.search, "country": query.country, "kind": query.kind, "after": after}
    return "?" + urlencode({name: value for name, value in shown.items() if value})


ROUTES: Final = (PageRoute("GET", "/", show),)
