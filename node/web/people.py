"""People: who uses this node, in which role, where they are logged in; and what an owner may do.

Every change is made by `gate.people`, which the API uses too; a scope is asked at each form.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import web

from node.access import ROLES, account_name
from node.gate import entry
from node.gate.keys import PEOPLE
from node.gate.people import DAYS, DAYS_MAX
from node.gate.problems import problem_of
from node.views import Connection, people
from node.views.people import PersonView, SessionView, WelcomeView
from node.web.once import fresh_nonce
from node.web.role_words import ABOUT, NAMES, duties_of, role_name
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal


class Found(NamedTuple):
    """What the page shows."""

    everybody: list[PersonView]
    own_sessions: list[SessionView]
    links: list[WelcomeView]


async def show_all(visit: Visit) -> web.StreamResponse:
    """Everybody, the roles, and where oneself is logged in."""
    now_ms = visit.node.clock.now_ms()

    def view(reader: Connection) -> Found:
        return Found(
            people.everybody(reader, now_ms),
            people.sessions(reader, visit.principal.name, now_ms),
            people.open_links(reader, now_ms) if visit.may("admin") else [],
        )

    found = await visit.read(view)
    values = {
        "found": found,
        "this_session": entry.session_id(visit.request),
        "roles": ROLE_CHOICES,
        "role_name": role_name,
        "duties": {role: duties_of(role) for role in ROLES},
        "days": DAYS,
        "days_max": DAYS_MAX,
        "nonce": fresh_nonce(),
        "link_to": link_to,
    }
    return visit.page("people.html", values)


async def show(visit: Visit) -> web.StreamResponse:
    """One person, with everything that an owner can do for them."""
    return await _person_page(visit)


async def set_role(visit: Visit) -> web.StreamResponse:
    """Give them another role."""
    try:
        role = visit.form.get("role", "")
        await visit.request.app[PEOPLE].set_role(visit.principal, _name(visit), role)
    except Refusal as refusal:
        return await _person_page(visit, refusal)
    return visit.see(link_to(_name(visit)))


async def set_disabled(visit: Visit) -> web.StreamResponse:
    """Shut them out, or let them in again."""
    is_out = visit.form.get("out", "") == "yes"
    try:
        await visit.request.app[PEOPLE].set_disabled(visit.principal, _name(visit), disabled=is_out)
    except Refusal as refusal:
        return await _person_page(visit, refusal)
    return visit.see(link_to(_name(visit)))


async def ask_remove(visit: Visit) -> web.StreamResponse:
    """What removing does, before it is done."""
    return await _person_page(visit, template="person_remove.html")


async def remove(visit: Visit) -> web.StreamResponse:
    """Remove them."""
    try:
        await visit.request.app[PEOPLE].remove(visit.principal, _name(visit))
    except Refusal as refusal:
        return await _person_page(visit, refusal)
    return visit.see("/people")


async def end_session(visit: Visit) -> web.StreamResponse:
    """End a login: one's own, or anybody's for an owner; and back to where it was shown."""
    whose = visit.form.get("of", "")
    await visit.request.app[PEOPLE].end_session(visit.principal, visit.form.get("session", ""))
    return visit.see(link_to(whose) if whose and visit.may("admin") else "/people")


def link_to(name: str) -> str:
    """The page of a person."""
    return f"/people/of/{quote(name, safe='')}"


async def _person_page(
    visit: Visit, refusal: Refusal | None = None, template: str = "person.html"
) -> web.StreamResponse:
    name, now_ms = _name(visit), visit.node.clock.now_ms()

    def view(reader: Connection) -> tuple[PersonView | None, list[SessionView]]:
        known = {one.name: one for one in people.everybody(reader, now_ms)}
        return known.get(name), people.sessions(reader, name, now_ms)

    person, sessions = await visit.read(view)
    if person is None:
        raise Refusal("not-found", f"there is no account {name}")
    problem = None if refusal is None else problem_of(refusal, visit.translate, visit.here)
    values: dict[str, Any] = {
        "person": person,
        "sessions": sessions,
        "this_session": entry.session_id(visit.request),
        "roles": ROLE_CHOICES,
        "role_name": role_name,
        "link": link_to(name),
        "problem": problem,
    }
    return visit.page(template, values, status=200 if problem is None else problem.status)


def _name(visit: Visit) -> str:
    return account_name(visit.request.match_info["name"])


ROLE_CHOICES: Final = [(role, NAMES[role], ABOUT[role]) for role in ROLES]
_PERSON: Final = "/people/of/{name}"
ROUTES: Final = (
    PageRoute("GET", "/people", show_all),
    PageRoute("POST", "/people/sessions", end_session),
    PageRoute("GET", _PERSON, show, "admin"),
    PageRoute("POST", f"{_PERSON}/role", set_role, "admin"),
    PageRoute("POST", f"{_PERSON}/out", set_disabled, "admin"),
    PageRoute("GET", f"{_PERSON}/remove", ask_remove, "admin"),
    PageRoute("POST", f"{_PERSON}/remove", remove, "admin"),
)
