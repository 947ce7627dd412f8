"""Visit: one request for a page: who asks, in which language, and the answers that pages give.

`PageRoute` is a row in a page module's table; `answering` makes a handler of it that lets in only
whom its scope lets in and takes no form that is not ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from aiohttp import hdrs, web

from node.access import Principal, Scope
from node.app import Node
from node.gate import entry
from node.gate.forms import Form, FormLimits, Upload, is_form, read_form
from node.gate.keys import NODE, base_path
from node.gate.languages import languages_of, spoken
from node.text import Translate, translator
from node.views import Connection, read
from node.web.shown import page

T = TypeVar("T")
HTML: Final = "text/html"


class Visit:
    """A request for a page, by someone who may see it; `principal` is None for a stranger."""

    def __init__(
        self,
        request: web.Request,
        caller: entry.Caller | None,
        form: Mapping[str, str],
        uploads: Sequence[Upload] = (),
    ) -> None:
        self.request = request
        self.node: Node = request.app[NODE]
        self.last_event = self.node.events.last_id
        """What the page shows is at least as new: an open page follows from here on."""
        self.form = form
        self.uploads = uploads
        """The files that the form brought."""
        self.languages = languages_of(request)
        self.language = spoken(self.languages)
        self.base = base_path(self.node.settings)
        """What every link begins with; a browser sees it even where a proxy takes it off."""
        self._caller = caller

    @property
    def principal(self) -> Principal:
        """Who is logged in; only for pages that no stranger sees."""
        assert self._caller is not None, "a page for strangers knows nobody"
        return self._caller.principal

    @property
    def is_htmx(self) -> bool:
        """Whether a part of a page is asked for, to be put into the one that is open."""
        headers = self.request.headers
        return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers

    @property
    def here(self) -> str:
        """The page that is asked for, below the base path."""
        return _wanted(self.request)

    @property
    def section(self) -> str:
        """Which part of the navigation this page belongs to: the first part of its path."""
        return "/" + self.here.partition("?")[0].split("/")[1]

    @property
    def translate(self) -> Translate:
        """The sentences of the page's language."""
        return translator(self.language)

    def may(self, scope: Scope) -> bool:
        """Whether who is logged in may do what needs this scope."""
        return self._caller is not None and scope in self._caller.principal.scopes

    async def read(self, view: Callable[[Connection], T]) -> T:
        """What a view sees, in one moment of the store."""
        return await read(self.node.store, view)

    def page(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        block: str | None = None,
        status: int = 200,
    ) -> web.Response:
        """A template filled in, or one block of it."""
        told = {"visit": self, "here": self.here, "csrf": self._csrf, **values}
        text = page(template, self.language, self.base, told, block)
        headers = {hdrs.VARY: "HX-Request, Accept-Language, Accept-Encoding, Cookie"}
        response = web.Response(status=status, text=text, content_type=HTML, headers=headers)
        if "gzip" in self.request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            # Another site cannot measure it: its requests come without the session's cookie.
            response.enable_compression(web.ContentCoding.gzip)
        return response

    def see(self, path: str, **query: str) -> web.Response:
        """Send the browser on; a form that htmx sent is answered so that the whole page changes."""
        target = self.base + path + (f"?{urlencode(query)}" if query else "")
        if self.is_htmx:
            return web.Response(status=204, headers={"HX-Redirect": target})
        return web.Response(status=303, headers={hdrs.LOCATION: target})

    @property
    def _csrf(self) -> str:
        is_session = self._caller is not None and self._caller.principal.via == "session"
        return self._caller.form_token if self._caller is not None and is_session else ""


Handle = Callable[[Visit], Awaitable[web.StreamResponse]]


class PageRoute(msgspec.Struct, frozen=True):
    """A page or a form. For `stranger` ones no login is needed, and forms are checked by origin."""

    method: Literal["GET", "POST"]
    path: str
    handle: Handle
    scope: Scope = "read"
    stranger: bool = False
    limits: FormLimits = FormLimits()
    """How much its form may bring; only who is logged in may bring more than the least."""
    is_kept: bool = False
    """The open page keeps what was typed: who is not logged in any more may come back to it."""


def answering(route: PageRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of a route."""

    async def answer(request: web.Request) -> web.StreamResponse:
        caller = await entry.identify(request)
        if caller is None and not route.stranger and (route.method == "GET" or route.is_kept):
            return Visit(request, None, {}).see(f"/login?next={quote(_wanted(request))}")
        limits = FormLimits() if caller is None else route.limits
        has_form = route.method == "POST" and is_form(request)
        fields, uploads = await read_form(request, limits) if has_form else Form({})
        if route.stranger:
            if route.method == "POST":
                entry.check_site(request)
            return await route.handle(Visit(request, caller, fields, uploads))
        caller = await entry.enter(request, route.scope, fields.get("csrf"))
        return await route.handle(Visit(request, caller, fields, uploads))

    return answer


def _wanted(request: web.Request) -> str:
    """The page that was asked for, below the base path."""
    base = base_path(request.app[NODE].settings)
    return request.path_qs.removeprefix(base) or "/"
