"""Welcome: one-time links for people: an owner gives them out, and who was meant uses them."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import hdrs, web

from node.gate import entry
from node.gate.keys import PEOPLE, link_of
from node.gate.people import DAYS, DAYS_MAX, Welcome
from node.passwords import PASSWORD_CHARACTERS_MIN
from node.text import Message
from node.views import Connection, names, people
from node.web import qr
from node.web.login_form import login_problems
from node.web.once import see_once
from node.web.people import link_to
from node.web.role_words import ABOUT, role_name
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal


async def invite(visit: Visit) -> web.StreamResponse:
    """Make a link to a new account."""
    role, days = visit.form.get("role", ""), _days(visit)

    async def work() -> str:
        made = await visit.request.app[PEOPLE].invite(visit.principal, role, days)
        return f"/people/links/{made.n}"

    return await see_once(visit, work)


async def offer_reset(visit: Visit) -> web.StreamResponse:
    """Make a link to a new password."""
    name = visit.request.match_info["name"]
    made = await visit.request.app[PEOPLE].offer_reset(visit.principal, name, DAYS)
    return visit.see(f"/people/links/{made.n}")


async def show(visit: Visit) -> web.StreamResponse:
    """A link, to be given to whom it is meant for."""
    given = await _given(visit)
    values = {
        "given": given,
        "link": link_of(visit.node, given.secret),
        "role_name": role_name,
        "back": "/people" if given.name is None else link_to(given.name),
        "now_ms": visit.node.clock.now_ms(),
    }
    return visit.page("people_link.html", values)


async def picture(visit: Visit) -> web.StreamResponse:
    """The link as a QR code."""
    given = await _given(visit)
    return qr.answer(link_of(visit.node, given.secret))


async def revoke(visit: Visit) -> web.StreamResponse:
    """Take it back."""
    given = await _given(visit)
    await visit.request.app[PEOPLE].revoke(visit.principal, given.n)
    return visit.see("/people")


async def welcome(visit: Visit) -> web.StreamResponse:
    """What a link leads to: who invites, and the form for a name and a password."""
    given = await visit.request.app[PEOPLE].welcome(_token(visit))
    return await _form(visit, given, "", {})


async def enter(visit: Visit) -> web.StreamResponse:
    """Make the account, or set the new password; and in."""
    token, form = _token(visit), visit.form
    given = await visit.request.app[PEOPLE].welcome(token)
    name = form.get("name", "") if given.name is None else given.name
    password = form.get("password", "")
    problems = login_problems(name, password, form.get("again", ""))
    if problems:
        return await _form(visit, given, name, problems)
    agent = visit.request.headers.get(hdrs.USER_AGENT, "")
    try:
        cookie = await visit.request.app[PEOPLE].enter(token, name, password, agent)
    except Refusal as refusal:
        if refusal.code != "already-there":
            raise
        return await _form(visit, given, name, {"name": Message(refusal.detail)})
    response = visit.see("/")
    entry.set_cookie(visit.request, response, cookie)
    return response


async def _form(
    visit: Visit, given: Welcome, name: str, problems: dict[str, Message]
) -> web.StreamResponse:
    def view(reader: Connection) -> tuple[str, str]:
        shown = {one.name: one.shown for one in people.everybody(reader, given.created_ms)}
        own = names.own_profile(reader)
        return "" if own is None else own.name, shown.get(given.name or "", "")

    coop, whose = await visit.read(view)
    values: dict[str, Any] = {
        "given": given,
        "token": _token(visit),
        "coop": coop,
        "whose": whose,
        "name": name,
        "role_name": role_name,
        "about": ABOUT.get(given.role, ""),
        "least": PASSWORD_CHARACTERS_MIN,
        "problems": {field: one.say(visit.translate) for field, one in problems.items()},
    }
    return visit.page("welcome.html", values, status=422 if problems else 200)


async def _given(visit: Visit) -> Welcome:
    """The open link of a number; refuses `not-found`."""
    written = visit.request.match_info["number"]
    if not (written.isascii() and written.isdigit()) or len(written) > DIGITS_MAX:
        raise Refusal("not-found")
    found = await visit.request.app[PEOPLE].link(int(written))
    if found is None:
        raise Refusal("not-found", "this link is over")
    return found


def _token(visit: Visit) -> str:
    return visit.request.match_info["token"]


def _days(visit: Visit) -> int:
    written = visit.form.get("days", "").strip()
    is_number = written.isascii() and written.isdigit() and len(written) <= DIGITS_MAX
    if not is_number or not 1 <= int(written) <= DAYS_MAX:
        raise Refusal("bad-field", f"days: a whole number from 1 to {DAYS_MAX}")
    return int(written)


DIGITS_MAX: Final = 15
_LINK: Final = "/people/links/{number}"
ROUTES: Final = (
    PageRoute("POST", "/people/links", invite, "admin"),
    PageRoute("POST", "/people/of/{name}/reset", offer_reset, "admin"),
    PageRoute("GET", _LINK, show, "admin"),
    PageRoute("GET", f"{_LINK}/qr.svg", picture, "admin"),
    PageRoute("POST", f"{_LINK}/revoke", revoke, "admin"),
    PageRoute("GET", "/welcome/{token}", welcome, stranger=True),
    PageRoute("POST", "/welcome/{token}", enter, stranger=True),
)
