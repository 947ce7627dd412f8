"""Notes: sealed questions and answers about offers, as threads; and how many are unread."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from aiohttp import web

from node.gate.forms import FormLimits
from node.gate.notes import mark_read, opened
from node.gate.problems import problem_of
from node.notes import Answering, Asking
from node.text import mark as _
from node.views import Connection, ids, notes, offers
from node.views.ids import text
from node.views.market import Asker
from node.web.once import fresh_nonce, see_once
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal
from protocol.keys import RECORD
from protocol.limits import TEXT_BYTES_MAX


async def show_all(visit: Visit) -> web.StreamResponse:
    """All threads, unread ones first."""
    await opened(visit.node)
    found = await visit.read(lambda reader: notes.threads(reader, visit.node.coop, visit.languages))
    block = "threads" if visit.is_htmx else None
    return visit.page("notes.html", {"found": found}, block=block)


async def show(visit: Visit) -> web.StreamResponse:
    """A thread; whoever may answer has read it then."""
    await opened(visit.node)
    return await _thread_page(visit, "")


async def ask(visit: Visit) -> web.StreamResponse:
    """The form for a first note about an offer."""
    return await _new_page(visit, visit.request.query.get("offer", ""), "")


async def send_first(visit: Visit) -> web.StreamResponse:
    """Ask the co-op whose offer it is."""
    offer, said = visit.form.get("offer", ""), _said(visit)
    if problem := _problem(visit, said):
        return await _new_page(visit, offer, problem)
    identifier = await visit.read(lambda reader: ids.offer_id(reader, offer))
    wish = Asking(identifier, {_language(visit): said})
    try:
        return await see_once(visit, partial(_sent, visit, wish), said)
    except Refusal as refusal:
        return await _new_page(visit, offer, _sentence(visit, refusal))


async def answer(visit: Visit) -> web.StreamResponse:
    """Answer in a thread."""
    said = _said(visit)
    if problem := _problem(visit, said):
        return await _thread_page(visit, problem)
    identifier = await _id(visit)
    wish = Answering(identifier, {_language(visit): said})
    try:
        return await see_once(visit, partial(_sent, visit, wish), said)
    except Refusal as refusal:
        return await _thread_page(visit, _sentence(visit, refusal))


async def count(visit: Visit) -> web.StreamResponse:
    """How many notes are unread, as the navigation shows it."""
    await opened(visit.node)
    found = await visit.read(notes.unread)
    return visit.page("unread.html", {"unread": found})


async def _thread_page(visit: Visit, problem: str) -> web.Response:
    node = visit.node
    identifier = await _id(visit)
    found = await visit.read(
        lambda reader: notes.thread(reader, node.coop, identifier, visit.languages)
    )
    if visit.may("write"):
        await mark_read(node, identifier)
    values: dict[str, Any] = {
        "found": found,
        "problem": problem,
        "said": visit.form.get("text", ""),
        "nonce": fresh_nonce(),
        "most": TEXT_BYTES_MAX,
    }
    is_part = visit.is_htmx and visit.request.method == "GET"
    status = 422 if problem else 200
    return visit.page("thread.html", values, block="notes" if is_part else None, status=status)


async def _new_page(visit: Visit, offer: str, problem: str) -> web.Response:
    node = visit.node
    asker = Asker(node.coop, node.clock.now_ms())

    def view(reader: Connection) -> offers.OfferDetail:
        return offers.detail(reader, ids.offer_id(reader, offer), asker, visit.languages)

    values = {
        "detail": await visit.read(view),
        "problem": problem,
        "said": visit.form.get("text", ""),
        "nonce": fresh_nonce(),
        "most": TEXT_BYTES_MAX,
    }
    return visit.page("note_new.html", values, status=422 if problem else 200)


async def _sent(visit: Visit, wish: Asking | Answering) -> str:
    note = await visit.node.send_note(wish, role=visit.principal.role)
    thread = wish.thread if isinstance(wish, Answering) else note
    return f"/notes/{text(RECORD, thread)}"


async def _id(visit: Visit) -> bytes:
    written = visit.request.match_info["thread"]
    return await visit.read(lambda reader: ids.note_id(reader, written))


def _said(visit: Visit) -> str:
    return visit.form.get("text", "").replace("\r\n", "\n").strip()


def _language(visit: Visit) -> str:
    return visit.language.partition("-")[0]


def _problem(visit: Visit, said: str) -> str:
    """What is wrong with what was written, before anything is sealed."""
    if not said:
        return visit.translate(EMPTY)
    if len(said) > TEXT_BYTES_MAX:
        return visit.translate(LONG).format(most=TEXT_BYTES_MAX, count=len(said))
    return ""


def _sentence(visit: Visit, refusal: Refusal) -> str:
    where = f"{visit.request.method} {visit.request.path}"
    problem = problem_of(refusal, visit.translate, where)
    detail = f": {problem.detail}" if problem.detail else ""
    return f"{problem.title}{detail} [{problem.code}]"


EMPTY: Final = _("write something first")
LONG: Final = _("a note has at most {most} characters, this one has {count}; shorten it")
# a text at its limit, every character written as %XX four times over, and as much again
NOTE: Final = FormLimits(bytes_max=32 * TEXT_BYTES_MAX)
ROUTES: Final = (
    PageRoute("GET", "/notes", show_all),
    PageRoute("GET", "/notes/new", ask, "write"),
    PageRoute("POST", "/notes", send_first, "write", limits=NOTE, is_kept=True),
    PageRoute("GET", "/notes/unread", count),
    PageRoute("GET", "/notes/{thread}", show),
    PageRoute("POST", "/notes/{thread}", answer, "write", limits=NOTE, is_kept=True),
)
