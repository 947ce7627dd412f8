"""Circles: who belongs together, founding one, and deciding together who is in."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from aiohttp import web

from node.gate.problems import problem_of
from node.views import Connection, circles, ids, joins
from node.views.ids import text
from node.web.joining import with_camera
from node.web.once import fresh_nonce, see_once
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP
from protocol.limits import NAME_BYTES_MAX


async def show_all(visit: Visit) -> web.StreamResponse:
    """The circles that are here, and those on their way."""
    node = visit.node
    wishes = await node.peers.joins.wishes.all()

    def view(reader: Connection) -> dict[str, Any]:
        found = circles.all_of(reader, node.coop, node.clock.now_ms()).circles
        under_way = joins.joins(reader, node.coop, wishes).joins
        return {"circles": found, "joins": [one for one in under_way if one.step != "joined"]}

    values = await visit.read(view)
    values["waiting"] = await node.store.write(partial(circles.waiting, own=node.coop))
    return visit.page("circles.html", values, block="circles" if visit.is_htmx else None)


async def show(visit: Visit) -> web.StreamResponse:
    """One circle: people, rules, what waits, invites."""
    circle = await circle_of(visit)
    seen = {text(COOP, one.coop): one.state for one in await visit.node.peers.states()}
    given = await visit.node.invites.all() if visit.may("admin") else []
    now_ms = visit.node.clock.now_ms()
    values = {
        "circle": await detail_of(visit, circle),
        "links": seen,
        "invites": [one for one in given if one.circle == circle],
        "now_ms": now_ms,
        "defaults": visit.node.settings.invite,
        "nonce": fresh_nonce(),
    }
    return visit.page("circle.html", values, block="circle" if visit.is_htmx else None)


async def first(visit: Visit) -> web.StreamResponse:
    """What to do with a node that is new: found a circle, join one, or later."""
    return with_camera(visit.page("circle_first.html", _founding()))


async def found_form(visit: Visit) -> web.StreamResponse:
    """Name a circle, and say who may read in it."""
    return visit.page("circle_new.html", _founding())


async def found(visit: Visit) -> web.StreamResponse:
    """Found it."""
    name, is_public = visit.form.get("name", "").strip(), visit.form.get("read") == "public"
    fault = ""
    if not name:
        fault = visit.translate("write a name for the circle")
    elif len(name.encode("utf-8", "surrogatepass")) > NAME_BYTES_MAX:
        fault = visit.translate("this name is too long; shorten it")
    if fault:
        values = _founding(visit.form.get("name", ""), fault, is_public=is_public)
        return visit.page("circle_new.html", values, status=422)

    async def work() -> str:
        role = visit.principal.role
        circle = await visit.node.found_circle(name, public=is_public, role=role)
        return f"/circles/{text(CIRCLE, circle)}"

    return await see_once(visit, work)


async def endorse(visit: Visit) -> web.StreamResponse:
    """Say yes to a proposal."""
    circle = await circle_of(visit)
    written = visit.form.get("digest", "")
    find = partial(circles.proposal_digest, circle=circle, written=written)
    digest = await visit.node.store.write(find)
    await visit.node.endorse(circle, digest, role=visit.principal.role)
    return visit.see(f"/circles/{text(CIRCLE, circle)}")


async def remove_form(visit: Visit) -> web.StreamResponse:
    """What removing a co-op, or leaving, does; before it is done."""
    circle, coop = await circle_of(visit), await _coop_of(visit, visit.request.query)
    return await _remove_page(visit, circle, coop)


async def remove(visit: Visit) -> web.StreamResponse:
    """Remove a co-op, or propose that; leave, with the own id."""
    circle, coop = await circle_of(visit), await _coop_of(visit, visit.form)
    try:
        await visit.node.remove(circle, coop, role=visit.principal.role)
    except Refusal as refusal:
        return await _remove_page(visit, circle, coop, refusal)
    is_leaving = coop == visit.node.coop
    return visit.see("/circles" if is_leaving else f"/circles/{text(CIRCLE, circle)}")


async def circle_of(visit: Visit) -> bytes:
    """The circle in the path."""
    written = visit.request.match_info["circle"]
    return await visit.read(lambda reader: ids.circle_id(reader, written))


async def detail_of(visit: Visit, circle: bytes) -> circles.CircleDetail:
    """What there is to see of it."""
    node = visit.node
    return await node.store.write(
        lambda database: circles.detail(database, circle, node.coop, node.clock.now_ms())
    )


async def _coop_of(visit: Visit, given: Any) -> bytes:  # noqa: ANN401 - a form or a query
    written = given.get("coop", "")
    return await visit.read(lambda reader: ids.coop_id(reader, written))


async def _remove_page(
    visit: Visit, circle: bytes, coop: bytes, refusal: Refusal | None = None
) -> web.Response:
    detail = await detail_of(visit, circle)
    member = next((one for one in detail.members if one.coop == text(COOP, coop)), None)
    if member is None or member.state == "removed":
        raise refusal or Refusal("not-found")
    problem = None
    if refusal is not None:
        where = f"{visit.request.method} {visit.request.path}"
        problem = problem_of(refusal, visit.translate, where)
    values = {"circle": detail, "member": member, "problem": problem}
    return visit.page("circle_remove.html", values, status=problem.status if problem else 200)


def _founding(name: str = "", fault: str = "", *, is_public: bool = False) -> dict[str, Any]:
    return {"name": name, "fault": fault, "is_public": is_public, "nonce": fresh_nonce()}


ROUTES: Final = (
    PageRoute("GET", "/circles", show_all),
    PageRoute("GET", "/circles/first", first, "admin"),
    PageRoute("GET", "/circles/new", found_form, "admin"),
    PageRoute("POST", "/circles/new", found, "admin"),
    PageRoute("GET", "/circles/{circle}", show),
    PageRoute("POST", "/circles/{circle}/endorse", endorse, "admin"),
    PageRoute("GET", "/circles/{circle}/remove", remove_form, "admin"),
    PageRoute("POST", "/circles/{circle}/remove", remove, "admin"),
)
