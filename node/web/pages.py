"""Pages: the one page of the node, its login, and the files that they need.

Read-only for now: offers with a search, circles, peers and how the node stands. Whoever is not
logged in sees the login alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import hdrs, web

from node.gate import entry
from node.gate.bodies import read_form
from node.gate.keys import NODE, base_path
from node.gate.languages import languages_of, spoken
from node.gate.problems import Problem, http_problem, problem_of
from node.text import translator
from node.views import Connection, circles, offers, peers, read, status
from node.views.offers import Asker, Wanted, match_of
from node.web.shown import page
from protocol.errors import Refusal
from protocol.values import Country

OFFERS_SHOWN: Final = 50
STATIC: Final = Path(__file__).parent / "static"
HTML: Final = "text/html"


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Search(msgspec.Struct, frozen=True):
    """What the search form asks."""

    search: str = ""
    country: Country | None = None
    kind: str = ""
    after: str | None = None


def add_routes(app: web.Application, base: str) -> None:
    """Put the pages below a base path."""
    app.router.add_get(f"{base}/", show)
    app.router.add_get(f"{base}/login", login_form)
    app.router.add_post(f"{base}/login", log_in)
    app.router.add_post(f"{base}/logout", log_out)
    app.router.add_get(f"{base}/static/{{name}}", static)
    if base:
        app.router.add_get(base, to_start)


async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    caller = await entry.identify(request)
    if caller is None:
        return _see(request, "/login")
    node = request.app[NODE]
    query = _search(request)
    languages = languages_of(request)
    seen = await node.peers.states()
    asker = Asker(node.coop, node.clock.now_ms())
    wanted = Wanted(
        match=match_of(query.search),
        country=query.country,
        is_want={"offer": False, "want": True}.get(query.kind),
    )

    def view(reader: Connection) -> dict[str, Any]:
        shown_peers = peers.peers(reader, node.coop, seen)
        return {
            "page": offers.page(reader, wanted, asker, languages, query.after, OFFERS_SHOWN),
            "circles": circles.all_of(reader, node.coop, asker.now_ms).circles,
            "status": status.status(reader, node.coop, node.store.lag, asker.now_ms, shown_peers),
        }

    values = await read(node.store, view)
    following = values["page"].next
    csrf = caller.form_token if caller.principal.via == "session" else None
    return _html(
        request,
        "page.html",
        {
            **values,
            "query": query,
            "next": None if following is None else _link(query, following),
            "name": caller.principal.name,
            "csrf": csrf,
        },
    )


async def login_form(request: web.Request) -> web.StreamResponse:
    """The login, or the page for whoever is logged in."""
    if await entry.identify(request) is not None:
        return _see(request, "/")
    return _html(request, "login.html", {"problem": None, "name": ""})


async def log_in(request: web.Request) -> web.StreamResponse:
    """Try a name and a password."""
    form = await read_form(request)
    name = form.get("name", "")
    try:
        value = await entry.log_in(request, name, form.get("password", ""))
    except Refusal as refusal:
        problem = problem_of(refusal, translator(_language(request)), "POST /login")
        values = {"problem": problem, "name": name}
        return _html(request, "login.html", values, problem.status)
    response = _see(request, "/")
    entry.set_cookie(request, response, value)
    return response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session; its form has to prove that it is ours."""
    form = await read_form(request)
    response = _see(request, "/login")
    if await entry.identify(request) is not None:
        await entry.enter(request, "read", form.get("csrf"))
        await entry.log_out(request, response)
    return response


async def static(request: web.Request) -> web.StreamResponse:
    """A style or script of our own, which a browser asks for again only by its tag."""
    found = _files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    content, media_type, tag = found
    headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "no-cache"}
    if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=content, content_type=media_type, headers=headers)


async def to_start(request: web.Request) -> web.StreamResponse:
    """The base path without its slash."""
    return _see(request, "/")


async def told_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell on a page whatever a page's handler raises."""
    translate = translator(_language(request))
    try:
        return await handler(request)
    except web.HTTPException as fault:
        if fault.status < FIRST_REFUSING_STATUS:
            raise
        return _problem(request, http_problem(fault, translate))
    except (ConnectionError, asyncio.CancelledError):
        raise  # whoever asked is gone
    except Exception as fault:  # noqa: BLE001 - the edge of a request
        where = f"{request.method} {request.path}"
        return _problem(request, problem_of(fault, translate, where))


def _problem(request: web.Request, problem: Problem) -> web.Response:
    return _html(request, "problem.html", {"problem": problem}, problem.status)


def _html(
    request: web.Request, name: str, values: dict[str, Any], status_code: int = 200
) -> web.Response:
    text = page(name, _language(request), _base(request), values)
    return web.Response(status=status_code, text=text, content_type=HTML)


def _see(request: web.Request, path: str) -> web.Response:
    return web.Response(status=303, headers={hdrs.LOCATION: _base(request) + path})


def _base(request: web.Request) -> str:
    """What every link begins with; a browser sees it even where a proxy takes it off."""
    return base_path(request.app[NODE].settings)


def _language(request: web.Request) -> str:
    return spoken(languages_of(request))


def _search(request: web.Request) -> Search:
    given = {name: value for name, value in request.query.items() if value.strip()}
    if "country" in given:
        given["country"] = given["country"].strip().upper()
    try:
        return msgspec.convert(given, Search, strict=False)
    except msgspec.ValidationError as wrong:
        raise Refusal("bad-field", str(wrong).partition(" - at ")[0]) from None


def _link(query: Search, after: str) -> str:
    shown = {"search": query.search, "country": query.country, "kind": query.kind, "after": after}
    return "?" + urlencode({name: value for name, value in shown.items() if value})


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    """Name -> content, media type, tag."""
    found = {}
    for path in STATIC.iterdir():
        content = path.read_bytes()
        tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
        found[path.name] = (content, MEDIA_TYPES[path.suffix], tag)
    return found


MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FIRST_REFUSING_STATUS: Final = 400
