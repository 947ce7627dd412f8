"""Inviting: links into a circle that this node gives out, as text and as a QR code."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.invites import DAYS_MAX, Given
from node.views import ids
from node.views.ids import text
from node.web import qr
from node.web.circles import circle_of, detail_of
from node.web.once import see_once
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal
from protocol.keys import CIRCLE
from protocol.limits import INVITE_USES_MAX


async def invite(visit: Visit) -> web.StreamResponse:
    """Make one."""
    circle = await circle_of(visit)
    uses = _number(visit.form.get("uses", ""), INVITE_USES_MAX)
    days = _number(visit.form.get("days", ""), DAYS_MAX)

    async def work() -> str:
        given = await visit.node.invite(circle, uses=uses, days=days)
        return f"/circles/{text(CIRCLE, circle)}/invites/{given.id.hex()}"

    return await see_once(visit, work)


async def show(visit: Visit) -> web.StreamResponse:
    """The link, to be given to whom it is meant for."""
    given = await _given(visit)
    circle = await detail_of(visit, given.circle)
    values = {"circle": circle, "invite": given, "now_ms": visit.node.clock.now_ms()}
    return visit.page("circle_invite.html", values)


async def picture(visit: Visit) -> web.StreamResponse:
    """The link as a QR code."""
    return qr.answer((await _given(visit)).link)


async def revoke(visit: Visit) -> web.StreamResponse:
    """Take it back."""
    given = await _given(visit)
    await visit.node.invites.revoke(given.id)
    return visit.see(f"/circles/{text(CIRCLE, given.circle)}")


async def _given(visit: Visit) -> Given:
    circle = await circle_of(visit)
    written = visit.request.match_info["invite"]
    identifier = await visit.read(lambda reader: ids.invite_id(reader, written))
    for one in await visit.node.invites.all():
        if one.id == identifier and one.circle == circle:
            return one
    raise Refusal("not-found")


def _number(written: str, most: int) -> int:
    try:
        number = int(written.strip())
    except ValueError:
        number = 0
    if not 1 <= number <= most:
        raise Refusal("bad-field", f"a whole number from 1 to {most}")
    return number


ROUTES: Final = (
    PageRoute("POST", "/circles/{circle}/invites", invite, "admin"),
    PageRoute("GET", "/circles/{circle}/invites/{invite}", show, "admin"),
    PageRoute("GET", "/circles/{circle}/invites/{invite}/qr.svg", picture, "admin"),
    PageRoute("POST", "/circles/{circle}/invites/{invite}/revoke", revoke, "admin"),
)
