"""Sessions: the login, its end, and the language that a browser wants the page in."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.gate import entry
from node.gate.languages import COOKIE, LANGUAGES
from node.gate.problems import problem_of
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal

YEAR_S: Final = 365 * 24 * 3600


async def login_form(visit: Visit) -> web.StreamResponse:
    """The login, or the page for whoever is logged in."""
    if await entry.identify(visit.request) is not None:
        return visit.see("/")
    return _login(visit, visit.request.query.get("next", ""), "")


async def log_in(visit: Visit) -> web.StreamResponse:
    """Try a name and a password, and go on to the page that was wanted."""
    name, wanted = visit.form.get("name", ""), visit.form.get("next", "")
    try:
        value = await entry.log_in(visit.request, name, visit.form.get("password", ""))
    except Refusal as refusal:
        return _login(visit, wanted, name, refusal)
    response = visit.see(wanted if is_own_path(wanted) else "/")
    entry.set_cookie(visit.request, response, value)
    return response


async def log_out(visit: Visit) -> web.StreamResponse:
    """End the session; its form has to prove that it is ours."""
    response = visit.see("/login")
    if await entry.identify(visit.request) is not None:
        await entry.enter(visit.request, "read", visit.form.get("csrf"))
        await entry.log_out(visit.request, response)
    return response


async def choose_language(visit: Visit) -> web.StreamResponse:
    """Keep the language for this browser, and show the page again."""
    wanted = visit.form.get("next", "")
    response = visit.see(wanted if is_own_path(wanted) else "/")
    keep_language(response, visit.form.get("language", ""), visit.base)
    return response


def keep_language(response: web.StreamResponse, language: str, base: str) -> None:
    """Have a browser remember the language, when it is one of ours."""
    if language in LANGUAGES:
        path = base or "/"
        response.set_cookie(COOKIE, language, max_age=YEAR_S, path=path, samesite="Lax")


def is_own_path(path: str) -> bool:
    """Whether a path leads to a page of this node and nowhere else."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path


def _login(visit: Visit, wanted: str, name: str, refusal: Refusal | None = None) -> web.Response:
    where = f"{visit.request.method} {visit.request.path}"
    problem = None if refusal is None else problem_of(refusal, visit.translate, where)
    values = {"problem": problem, "name": name, "next": wanted}
    status = 200 if problem is None else problem.status
    return visit.page("login.html", values, status=status)


ROUTES: Final = (
    PageRoute("GET", "/login", login_form, stranger=True),
    PageRoute("POST", "/login", log_in, stranger=True),
    PageRoute("POST", "/logout", log_out, stranger=True),
    PageRoute("POST", "/language", choose_language, stranger=True),
)
