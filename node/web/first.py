"""First: the pages of a folder without a node: a co-op, its keys, its words, its owner.

An application of its own, since there is no node yet. It ends when the node can start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from node.gate.entry import give_cookie
from node.gate.headers import secure
from node.gate.keys import base_path
from node.gate.problems import Problem, response_of
from node.passwords import PASSWORD_CHARACTERS_MIN
from node.text import Message
from node.text import mark as _
from node.web import assets, choices, sessions
from node.web.first_visit import (
    FORM_BYTES_MAX,
    NOT_SET_UP,
    OPEN_LINK,
    FirstVisit,
    Handle,
    Port,
    answering,
)
from node.web.first_wizard import Wizard
from node.web.login_form import login_problems
from node.web.profile_form import Typed, read_profile, text_of
from node.web.visit import PageRoute, Visit


def application(wizard: Wizard, port: Port) -> web.Application:
    """All that is answered before there is a node; `port` tells the one that was opened."""
    app = web.Application(client_max_size=FORM_BYTES_MAX)
    for base in dict.fromkeys(["", base_path(wizard.settings)]):
        for method, path, handle, anybody in ROUTES:
            answer = answering(wizard, port, handle, anybody=anybody)
            app.router.add_route(method, base + path, answer)
        app.router.add_get(f"{base}/static/{{tag:[0-9a-f]{{16}}}}/{{name:.+}}", assets.serve)
        app.router.add_get(f"{base}/livez", live)
    app.router.add_route("*", "/{path:.*}", answering(wizard, port, not_set_up, anybody=True))
    app.on_response_prepare.append(secure)
    return app


async def live(request: web.Request) -> web.Response:
    """The process answers."""
    del request
    return web.Response(text="ok\n")


async def open_link(visit: FirstVisit) -> web.StreamResponse:
    """The link of the terminal: it opens the first run once."""
    if visit.is_known:
        return visit.see("/start")
    opened, value = visit.wizard.open(visit.request.match_info["token"])
    if opened == "unknown":
        return visit.told(WRONG_LINK, NEW_LINK, "link-unknown", 404)
    if opened == "before":
        return visit.told(USED_LINK, NEW_LINK, "link-used", 410)
    response = visit.see("/start")
    give_cookie(response, visit.cookie, value)
    return response


async def go_on(visit: FirstVisit) -> web.StreamResponse:
    """To where it stands."""
    return visit.see(f"/start/{visit.wizard.step}")


async def coop_form(visit: FirstVisit) -> web.StreamResponse:
    """Who the co-op is; what was told before can be mended until its words are confirmed."""
    if visit.wizard.is_confirmed:
        return visit.see("/start/owner")
    fields = visit.wizard.fields
    if fields is None:
        return _coop_page(visit, {"language": [visit.language.partition("-")[0]]}, {})
    typed: Typed = {
        "name": [fields.name],
        "country": [fields.country],
        "language": list(fields.languages),
        "sector": list(fields.sectors),
        "governance": [fields.governance or ""],
        "registration": [fields.registration or ""],
    }
    return _coop_page(visit, typed, {})


async def tell_coop(visit: FirstVisit) -> web.StreamResponse:
    """Take it, and show the words."""
    if visit.wizard.is_confirmed:
        return visit.see("/start/owner")
    fields, problems = read_profile(visit.typed)
    if fields is None:
        return _coop_page(visit, visit.typed, problems)
    visit.wizard.tell_coop(fields)
    return visit.see("/start/words")


async def show_words(visit: FirstVisit) -> web.StreamResponse:
    """The 24 words, as a sheet to print."""
    if visit.wizard.step != "words":
        return visit.see(f"/start/{visit.wizard.step}")
    return visit.page("first_words.html", {"wrong": []})


async def ask_words(visit: FirstVisit) -> web.StreamResponse:
    """Three of them are asked back."""
    if visit.wizard.step != "words":
        return visit.see(f"/start/{visit.wizard.step}")
    return visit.page("first_check.html")


async def check_words(visit: FirstVisit) -> web.StreamResponse:
    """Right: the co-op is kept. Wrong: the words again."""
    if visit.wizard.step != "words":
        return visit.see(f"/start/{visit.wizard.step}")
    typed = [text_of(visit.typed, f"word{place + 1}") for place in visit.wizard.asked]
    wrong = await visit.wizard.confirm(typed)
    if wrong:
        return visit.page("first_words.html", {"wrong": wrong}, 422)
    return visit.see("/start/owner")


async def owner_form(visit: FirstVisit) -> web.StreamResponse:
    """The first person who logs in here."""
    if visit.wizard.step != "owner":
        return visit.see(f"/start/{visit.wizard.step}")
    return _owner_page(visit, "", {})


async def make_owner(visit: FirstVisit) -> web.StreamResponse:
    """The account, and with it the node."""
    if visit.wizard.step != "owner":
        return visit.see(f"/start/{visit.wizard.step}")
    name = text_of(visit.typed, "name")
    password, again = (visit.typed.get(one, ("",))[-1] for one in ("password", "again"))
    problems = login_problems(name, password, again)
    if problems:
        return _owner_page(visit, name, problems)
    await visit.wizard.finish(name, password)
    return await visit.to_node()


async def choose_language(visit: FirstVisit) -> web.StreamResponse:
    """Keep the language for this browser, and show the page again."""
    wanted = text_of(visit.typed, "next")
    response = visit.see(wanted if sessions.is_own_path(wanted) else "/start")
    sessions.keep_language(response, text_of(visit.typed, "language"), visit.base)
    return response


async def not_set_up(visit: FirstVisit) -> web.StreamResponse:
    """Every other page says one thing."""
    if visit.here.startswith("/api/"):
        title = visit.translate(NOT_SET_UP)
        return response_of(Problem("about:blank", title, 503, "not-set-up", OPEN_LINK))
    if visit.is_known and visit.request.method == "GET":
        return visit.see("/start")
    return visit.not_set_up()


async def set_up_already(visit: Visit) -> web.StreamResponse:
    """A link of the first run, opened after it."""
    return visit.page("first_over.html", {}, status=410)


def _coop_page(
    visit: FirstVisit, typed: Typed, problems: Mapping[str, Message]
) -> web.StreamResponse:
    language = visit.language
    values = {
        "typed": typed,
        "problems": _said(visit, problems),
        "countries": choices.countries(language),
        "languages_known": choices.languages(language),
        "governances": choices.GOVERNANCE,
        "sectors": choices.SECTORS,
    }
    return visit.page("first_coop.html", values, 422 if problems else 200)


def _owner_page(
    visit: FirstVisit, name: str, problems: Mapping[str, Message]
) -> web.StreamResponse:
    least = PASSWORD_CHARACTERS_MIN
    values = {"name": name, "problems": _said(visit, problems), "least": least}
    return visit.page("first_owner.html", values, 422 if problems else 200)


def _said(visit: FirstVisit, problems: Mapping[str, Message]) -> dict[str, str]:
    return {field: one.say(visit.translate) for field, one in problems.items()}


WRONG_LINK: Final = _("This link is not the one that the terminal shows")
USED_LINK: Final = _("This link was used already")
NEW_LINK: Final = _(
    "Go on in the browser that opened it. If that was not you, or its page is gone: stop the node "
    "with Ctrl-C and start it again; the terminal shows a new link."
)
ROUTES: Final[tuple[tuple[str, str, Handle, bool], ...]] = (
    ("GET", "/start", go_on, False),
    ("GET", "/start/coop", coop_form, False),
    ("POST", "/start/coop", tell_coop, False),
    ("GET", "/start/words", show_words, False),
    ("GET", "/start/check", ask_words, False),
    ("POST", "/start/check", check_words, False),
    ("GET", "/start/owner", owner_form, False),
    ("POST", "/start/owner", make_owner, False),
    ("GET", "/start/{token}", open_link, True),
    ("POST", "/language", choose_language, True),
)
# of the node itself, once the first run is over
LATER_ROUTES: Final = (
    PageRoute("GET", "/start", set_up_already, stranger=True),
    PageRoute("GET", "/start/{step}", set_up_already, stranger=True),
)
