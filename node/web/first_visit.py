"""First visit: one request of a first run, and the answers that its pages give.

Only the browser that opened the link of the terminal is known; others get one sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from node import access
from node.config import public_url
from node.gate.entry import check_site_of, give_cookie
from node.gate.keys import base_path
from node.gate.languages import asked_languages, spoken
from node.gate.problems import problem_of
from node.text import mark as _
from node.text import translator
from node.web.first_wizard import Wizard
from node.web.profile_form import Typed
from node.web.shown import page


class FirstVisit:
    """One request of the first run."""

    def __init__(self, request: web.Request, wizard: Wizard, port: int, typed: Typed) -> None:
        self.request = request
        self.wizard = wizard
        self.typed = typed
        self.base = base_path(wizard.settings)
        self.language = spoken(asked_languages(request, wizard.settings.language))
        self.translate = translator(self.language)
        self._address = public_url(wizard.settings, port)

    @property
    def cookie(self) -> access.Cookie:
        """The attributes of the cookie that stands in for the link."""
        session = access.session_cookie(self._address)
        return access.Cookie(f"{session.name}_first", session.path, session.secure)

    @property
    def session_cookie(self) -> access.Cookie:
        """The attributes of the cookie of a login."""
        return access.session_cookie(self._address)

    @property
    def is_known(self) -> bool:
        """Whether it comes from the browser that opened the link."""
        return self.wizard.knows(self.request.cookies.get(self.cookie.name))

    def page(
        self, template: str, values: Mapping[str, Any] | None = None, status: int = 200
    ) -> web.Response:
        """A page of the first run."""
        told = {"wizard": self.wizard, "here": self.here, "typed": self.typed, **(values or {})}
        text = page(template, self.language, self.base, told)
        headers = {hdrs.VARY: "Accept-Language, Cookie"}
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)

    def told(self, heading: str, sentence: str, code: str, status: int) -> web.Response:
        """A page with one sentence."""
        said = self.translate
        values = {"heading": said(heading), "sentence": said(sentence), "code": code}
        return self.page("first_told.html", values, status)

    def see(self, path: str) -> web.Response:
        """Send the browser on."""
        return web.Response(status=303, headers={hdrs.LOCATION: self.base + path})

    async def to_node(self) -> web.Response:
        """Once the node itself answers: send the browser to it, the owner's with a login."""
        await self.wizard.taken_over.wait()
        is_owner = self.request.method == "POST" and self.is_known
        response = self.see("/circles/first" if is_owner else self.here)
        response.force_close()  # so that it does not ask here again
        if is_owner:
            give_cookie(response, self.session_cookie, self.wizard.session)
            response.del_cookie(self.cookie.name, path=self.cookie.path)
        return response

    def not_set_up(self) -> web.Response:
        """The one sentence for everybody else."""
        return self.told(NOT_SET_UP, OPEN_LINK, "not-set-up", 503)

    @property
    def here(self) -> str:
        """The page that is asked for, below the base path."""
        return self.request.path.removeprefix(self.base) or "/"

    def check_site(self) -> None:
        """Whether a form comes from a page of this node; else `bad-origin`."""
        check_site_of(self.request, self._address)


Handle = Callable[[FirstVisit], Awaitable[web.StreamResponse]]
Port = Callable[[], int]


def answering(
    wizard: Wizard, port: Port, handle: Handle, *, anybody: bool = False
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of a page of the first run; a fault is told on a page too."""

    async def answer(request: web.Request) -> web.StreamResponse:
        visit = FirstVisit(request, wizard, port(), {})
        try:
            if wizard.finished.is_set():
                return await visit.to_node()
            if not anybody and not visit.is_known:
                return visit.not_set_up()
            if request.method == "POST":
                visit.check_site()
                visit.typed = await _read_form(request)
            return await handle(visit)
        except (web.HTTPException, ConnectionError, asyncio.CancelledError):
            raise
        except Exception as fault:  # noqa: BLE001 - the edge of a request
            where = f"{request.method} {request.path}"
            problem = problem_of(fault, visit.translate, where)
            return visit.told(_("That did not work"), problem.title, problem.code, problem.status)

    return answer


async def _read_form(request: web.Request) -> Typed:
    """The fields of a form, each with all its values."""
    try:
        async with asyncio.timeout(FORM_S_MAX):
            body = await request.read()
        return parse_qs(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX
        )
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValueError:
        raise web.HTTPBadRequest from None


NOT_SET_UP: Final = _("This node is not set up yet")
OPEN_LINK: Final = _("Open the link that the terminal shows.")
# a co-op's name, its choices and a password; beyond it no form of ours was sent
FORM_BYTES_MAX: Final = 16 * 1024
FORM_FIELDS_MAX: Final = 100
FORM_S_MAX: Final = 30
