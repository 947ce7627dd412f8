"""Withdraw: an offer or want of ours is taken back, after a page that says what that does."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.gate.forms import FormLimits
from node.gate.problems import problem_of
from node.views import writing
from node.views.ids import whole
from node.views.offers import OfferDetail
from node.web.form_fields import Reader
from node.web.offer_page import Form
from node.web.own_offer import own_offer
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal
from protocol.keys import RECORD
from protocol.limits import LANGUAGES_MAX, TEXT_BYTES_MAX


async def ask(visit: Visit) -> web.StreamResponse:
    """What it does, and whether it is meant."""
    found = await own_offer(visit, with_content=False)
    return await _page(visit, found, {})


async def withdraw(visit: Visit) -> web.StreamResponse:
    """Do it. Who sends it twice sees the same."""
    found = await own_offer(visit, with_content=False)
    reader = Reader(visit.form, visit.language)
    reason = reader.texts("reason", TEXT_BYTES_MAX)
    problems = {name: message.say(visit.translate) for name, message in reader.problems.items()}
    if problems:
        return await _page(visit, found, problems)
    try:
        await visit.node.withdraw(whole(RECORD, found.id), reason, role=visit.principal.role)
    except Refusal as refusal:
        if refusal.code != "already-withdrawn":
            problem = problem_of(refusal, visit.translate, visit.request.path)
            return await _page(visit, found, {"": f"{problem.title} [{problem.code}]"})
    return visit.see(f"/offers/{found.id}")


async def _page(visit: Visit, found: OfferDetail, problems: dict[str, str]) -> web.StreamResponse:
    known = await visit.read(lambda reader: writing.known(reader, visit.node.coop))
    written = () if found.offer is None else tuple(found.offer.title)
    spoken = dict.fromkeys([*known.languages, *written] or [visit.language.partition("-")[0]])
    values = {"languages": " ".join(spoken), **visit.form}
    form = Form(values, known, visit.language, visit.here)
    form.problems = problems
    status = 422 if problems else 200
    return visit.page("write_withdraw.html", {"found": found, "form": form}, status=status)


# A reason in every language there may be, each letter as nine.
LIMITS: Final = FormLimits(bytes_max=1024 * 1024, fields_max=LANGUAGES_MAX + 16)
ROUTES: Final = (
    PageRoute("GET", "/offers/{offer}/withdraw", ask, scope="write"),
    PageRoute("POST", "/offers/{offer}/withdraw", withdraw, scope="write", limits=LIMITS),
)
