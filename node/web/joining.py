"""Joining: following another co-op's invite, and watching how far it is."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.gate.headers import SECURITY_HEADERS
from node.gate.problems import problem_of
from node.views import Connection, circles, ids, joins
from node.views.ids import text
from node.web.visit import PageRoute, Visit
from protocol.errors import REFUSALS, Refusal
from protocol.keys import CIRCLE


async def form(visit: Visit) -> web.StreamResponse:
    """Paste an invite, or scan it."""
    return _form(visit, "")


async def join(visit: Visit) -> web.StreamResponse:
    """Follow it."""
    link = visit.form.get("link", "")
    try:
        circle = visit.node.begin_join(link)
    except Refusal as refusal:
        return _form(visit, link, refusal)
    return visit.see(f"/join/{text(CIRCLE, circle)}")


async def progress(visit: Visit) -> web.StreamResponse:
    """How far it is; whoever is in sees the circle."""
    circle = _circle_of(visit)
    node = visit.node
    wishes = await node.peers.joins.wishes.all()

    def view(reader: Connection) -> dict[str, Any]:
        found = joins.joins(reader, node.coop, wishes).joins
        wish = next((one for one in found if one.circle == text(CIRCLE, circle)), None)
        return {"wish": wish, "is_in": circles.is_member(reader, circle, node.coop)}

    values = await visit.read(view)
    wish = values["wish"]
    if wish is None:
        if values["is_in"]:
            return visit.see(f"/circles/{text(CIRCLE, circle)}")
        raise Refusal("not-found")
    values["reason"] = visit.translate(REFUSALS[wish.code].sentence) if wish.code else ""
    values["place"] = PLACES[wish.step]
    return visit.page("join_progress.html", values, block="progress" if visit.is_htmx else None)


async def give_up(visit: Visit) -> web.StreamResponse:
    """Wait no longer."""
    await visit.node.peers.joins.wishes.give_up(_circle_of(visit))
    return visit.see("/circles")


def with_camera(response: web.Response) -> web.Response:
    """Let this page alone use the camera, to read a QR code."""
    others = SECURITY_HEADERS["Permissions-Policy"]
    response.headers["Permissions-Policy"] = others.replace("camera=()", "camera=(self)")
    return response


def _form(visit: Visit, link: str, refusal: Refusal | None = None) -> web.Response:
    where = f"{visit.request.method} {visit.request.path}"
    problem = None if refusal is None else problem_of(refusal, visit.translate, where)
    values = {"link": link, "problem": problem}
    status = 200 if problem is None else problem.status
    return with_camera(visit.page("join.html", values, status=status))


def _circle_of(visit: Visit) -> bytes:
    return ids.whole(CIRCLE, visit.request.match_info["circle"])


# which of the steps on the page is under way
PLACES: Final = {
    "connecting": 0, "asked": 1, "waiting": 2, "admitted": 3, "joined": 4, "refused": -1,
}  # fmt: skip
ROUTES: Final = (
    PageRoute("GET", "/join", form, "admin"),
    PageRoute("POST", "/join", join, "admin"),
    PageRoute("GET", "/join/{circle}", progress, "admin"),
    PageRoute("POST", "/join/{circle}/give-up", give_up, "admin"),
)
