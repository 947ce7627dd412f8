"""Audit: who did what, when, in which role: the list that is only added to."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.views import people
from node.web.role_words import DEEDS, OTHER_DEED, kinds_told, role_name
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal

DEEDS_SHOWN: Final = 50


async def show(visit: Visit) -> web.StreamResponse:
    """A page of it, the newest first."""
    written = visit.request.query.get("before", "")
    if written and not (written.isascii() and written.isdigit() and len(written) <= DIGITS_MAX):
        raise Refusal("bad-field", "before is the number of a line")
    before = int(written) if written else None
    page = await visit.read(lambda reader: people.deeds(reader, before, DEEDS_SHOWN))
    values = {
        "page": page,
        "sentences": DEEDS,
        "other": OTHER_DEED,
        "role_name": role_name,
        "about": {one.n: _about(visit, one) for one in page.deeds},
    }
    return visit.page("audit.html", values)


def _about(visit: Visit, deed: people.DeedView) -> str:
    if deed.act == "signed":
        return ", ".join(kinds_told(deed.about, visit.translate))
    if deed.act in {"role", "invited"}:
        return visit.translate(role_name(deed.about))
    return deed.about


DIGITS_MAX: Final = 15
ROUTES: Final = (PageRoute("GET", "/people/audit", show, "audit"),)
