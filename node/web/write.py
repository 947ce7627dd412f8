"""Write: offers and wants are written, seen as others will see them, published, changed.

One form, sent to the page that it is on; the button says what for. Whatever is wrong is told beside
its field and all that was typed stays. Withdrawing is `withdraw`.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from node.codes.search import search_hs, search_units
from node.gate.checks import check_pictures
from node.gate.forms import FormLimits
from node.gate.problems import problem_of
from node.text import mark as _
from node.views import ids, names, writing
from node.views.ids import text, whole
from node.views.offers import OfferDetail
from node.web import offer_conflict, offer_page, offer_shown
from node.web.offer_form import Read, read_offer
from node.web.offer_page import Form, Found
from node.web.offer_pictures import with_uploads
from node.web.offer_rows import languages_in, press
from node.web.offer_shown import ShownOffer
from node.web.offer_typed import typed
from node.web.once import fresh_nonce, see_once
from node.web.own_offer import offer_at, own_offer
from node.web.visit import PageRoute, Visit
from protocol import trade
from protocol.errors import Refusal
from protocol.keys import RECORD
from protocol.limits import BLOB_BYTES_MAX


async def begin(visit: Visit) -> web.StreamResponse:
    """An empty form, or one with what another offer says."""
    known = await _known(visit)
    kind = "want" if visit.request.query.get("kind") == "want" else "offer"
    copied = visit.request.query.get("copy")
    values = {"kind": kind}
    if copied is None:
        spoken = known.languages or (visit.language.partition("-")[0],)
        values |= {"languages": " ".join(spoken), "where.country": known.country}
    else:
        values |= _copied(await offer_at(visit, copied), visit.language)
    if known.circles:
        values["circle"] = known.circles[0].id
    values |= {"nonce": fresh_nonce(), "language": visit.language}
    return _page(visit, Form(values, known, visit.language, visit.here))


async def change(visit: Visit) -> web.StreamResponse:
    """The form of an offer of ours."""
    found = await own_offer(visit)
    return _page(visit, await _form_of(visit, found))


async def send(visit: Visit) -> web.StreamResponse:
    """What a button of the form of something new does."""
    return await _answer(visit, None)


async def send_change(visit: Visit) -> web.StreamResponse:
    """What a button of the form of an offer of ours does."""
    return await _answer(visit, await own_offer(visit))


async def published(visit: Visit) -> web.StreamResponse:
    """What was published, as others see it, and who will."""
    found = await own_offer(visit)
    assert found.offer is not None
    known = await _known(visit)
    circle = next((one for one in known.circles if one.id == found.circle), None)
    values = {
        "found": found,
        "circle": circle,
        "draft": f"{visit.principal.name}:{visit.request.query.get('draft', '')}",
        "it": await _shown(visit, found.offer),
        **offer_shown.helpers(visit.language),
    }
    return visit.page("write_published.html", values)


async def newer(visit: Visit) -> web.StreamResponse:
    """Whether somebody published a newer version while one writes."""
    found = await own_offer(visit)
    version = visit.request.query.get("version", "")
    values = {"version": version, "is_newer": _version(found) != version, "found": found}
    return visit.page("write_newer.html", values)


async def _answer(visit: Visit, found: OfferDetail | None) -> web.StreamResponse:
    """Do what the button says."""
    button = visit.form.get("do", "publish")
    values = {name: said for name, said in visit.form.items() if name not in UNKEPT}
    values, refused = await with_uploads(visit, values)
    known = await _known(visit)
    language = values.get("language") or visit.language
    form = Form(values, known, visit.language, visit.here, refused)
    now_ms = visit.node.clock.now_ms()
    if button.startswith("find:"):
        return _page(visit, _finding(form, button))
    if button == "choose" and found is not None:
        return _page(visit, _chosen(visit, form, found))
    if refused or button not in ("publish", "preview"):
        pressed = press(values, button)
        form = Form(pressed.values, known, visit.language, visit.here, refused, pressed.focus)
        return _page(visit, form, is_restored=button == "restore")
    read = read_offer(values, language, now_ms)
    if read.offer is None:
        form = Form(values, known, visit.language, visit.here, read.problems)
        return _page(visit, form, status=UNPROCESSABLE)
    if button == "preview":
        form.focus = "preview"
        return _page(visit, form, preview=await _shown(visit, read.offer))
    return await _publish(visit, form, read, found)


async def _publish(
    visit: Visit, form: Form, read: Read, found: OfferDetail | None
) -> web.StreamResponse:
    """Publish it once, however often it is sent, and show what came of it."""
    offer = read.offer
    assert offer is not None
    role = visit.principal.role
    kind = trade.WANT if form.kind == "want" else trade.OFFER
    language = form.value("language") or visit.language

    async def work() -> str:
        await visit.read(lambda reader: check_pictures(reader, offer.images))
        if found is not None:
            over = whole(RECORD, form.version)
            await visit.node.edit_offer(whole(RECORD, found.id), offer, over=over, role=role)
            return _done(found.id, visit)
        circle = await visit.read(lambda reader: ids.circle_id(reader, form.value("circle")))
        record = await visit.node.add_offer(circle, kind, offer, role=role)
        return _done(text(RECORD, record), visit)

    try:
        content = "\n".join(f"{name}={said}" for name, said in sorted(form.values.items()))
        return await see_once(visit, work, content)
    except Refusal as refusal:
        if refusal.code == "changed-meanwhile" and found is not None:
            return _conflict(visit, form, typed(offer, language), found)
        if refusal.code == "key-reused":
            form.values["nonce"] = fresh_nonce()
            form.problems[""] = visit.translate(SENT_BEFORE)
        else:
            problem = problem_of(refusal, visit.translate, visit.request.path)
            detail = f": {problem.detail}" if problem.detail else ""
            form.problems[""] = f"{problem.title}{detail} [{problem.code}]"
        return _page(visit, form, status=UNPROCESSABLE)


def _conflict(
    visit: Visit, form: Form, mine: dict[str, str], found: OfferDetail
) -> web.StreamResponse:
    """Both versions side by side, for a person to choose."""
    language = form.value("language") or visit.language
    theirs = {} if found.offer is None else typed(found.offer, language)
    values = {
        "form": form,
        "found": found,
        "mine": {**mine, **_carried(form.values)},
        "differences": offer_conflict.differences(mine, theirs, form.value("was")),
        "newest": _version(found),
        **offer_page.words(visit.language),
    }
    return _part(visit, "write_conflict.html", values, CONFLICT)


def _chosen(visit: Visit, form: Form, found: OfferDetail) -> Form:
    """The form with what was chosen of both, to be looked over and published."""
    language = form.value("language") or visit.language
    theirs = {} if found.offer is None else typed(found.offer, language)
    take = {
        name.removeprefix("take."): said
        for name, said in form.values.items()
        if name.startswith("take.")
    }
    carried = _carried(form.values)
    mine = {
        name: said
        for name, said in form.values.items()
        if name not in carried and not name.startswith("take.")
    }
    values = offer_conflict.together(mine, theirs, take)
    values |= carried | _marks(found, language)
    return Form(values, form.known, visit.language, form.at)


def _finding(form: Form, button: str) -> Form:
    """The form with what a search found."""
    what = button.removeprefix("find:")
    asked = form.value(f"search.{what}").strip()
    form.focus = f"search.{what}"
    if what == "hs":
        form.goods = Found(search_hs(asked, HITS_MAX), asked)
    else:
        form.units = Found(search_units(asked, HITS_MAX), asked)
    return form


async def _form_of(visit: Visit, found: OfferDetail) -> Form:
    assert found.offer is not None
    values = {**typed(found.offer, visit.language), **_marks(found, visit.language)}
    values |= {
        "kind": found.kind,
        "circle": found.circle,
        "nonce": fresh_nonce(),
        "language": visit.language,
        "languages": " ".join(languages_in(values)),
    }
    return Form(values, await _known(visit), visit.language, visit.here)


def _page(
    visit: Visit,
    form: Form,
    *,
    preview: ShownOffer | None = None,
    is_restored: bool = False,
    status: int = 200,
) -> web.Response:
    title = form.value(f"title.{form.languages[0]}")
    values: dict[str, Any] = {
        "form": form,
        "preview": preview,
        "is_restored": is_restored,
        "is_first": visit.request.method == "GET",
        "title": title,
        "draft": f"{visit.principal.name}:{form.at}",
        **offer_page.words(visit.language),
        **offer_shown.helpers(visit.language),
    }
    return _part(visit, "write.html", values, status)


def _part(visit: Visit, template: str, values: dict[str, Any], status: int) -> web.Response:
    """The page; for one that is open the form alone, which is no failure there."""
    if visit.is_htmx:
        return visit.page(template, values, block="writing")
    return visit.page(template, values, status=status)


async def _known(visit: Visit) -> writing.Known:
    return await visit.read(lambda reader: writing.known(reader, visit.node.coop))


async def _shown(visit: Visit, offer: trade.Offer) -> ShownOffer:
    """What an offer says, with the names of the co-ops in it."""
    coops = offer_shown.coops_in(offer)
    named = await visit.read(lambda reader: names.names_of(reader, coops, visit.node.coop))
    return ShownOffer(offer, visit.languages, named)


def _copied(found: OfferDetail, language: str) -> dict[str, str]:
    """What another offer says, without its days, its readers and its marks."""
    if found.offer is None:
        raise Refusal("not-found", "its content was erased")
    values = typed(found.offer, language)
    left = ("valid_from", "valid_until", "cycle", "recipients", "lot")
    return {name: said for name, said in values.items() if name.partition(".")[0] not in left}


def _marks(found: OfferDetail, language: str) -> dict[str, str]:
    """From which version a form was made, and how each part of it was."""
    theirs = {} if found.offer is None else typed(found.offer, language)
    return {"version": _version(found), "was": offer_conflict.marks_of(theirs)}


def _carried(values: dict[str, str]) -> dict[str, str]:
    """The fields that are no part of an offer."""
    return {name: said for name, said in values.items() if name in CARRIED}


def _done(offer: str, visit: Visit) -> str:
    """Where one sees what was published; its draft is over then."""
    return f"/offers/{offer}/published?{urlencode({'draft': visit.here})}"


def _version(found: OfferDetail) -> str:
    return "" if found.signed is None else found.signed.record


HITS_MAX: Final = 12
UNPROCESSABLE: Final = 422
CONFLICT: Final = 409
# An offer has 48 KiB of texts; in a form each letter may take nine. The rest is pictures, sent
# along where no script makes them smaller first.
LIMITS: Final = FormLimits(bytes_max=BLOB_BYTES_MAX + 1024 * 1024, fields_max=6_000)
UNKEPT: Final = frozenset({"csrf", "do", "uploaded"})
CARRIED: Final = frozenset({"kind", "circle", "nonce", "language", "languages", "version", "was"})
SENT_BEFORE: Final = _(
    "this was published before, as it stood then; look under Our offers before you publish again"
)
ROUTES: Final = (
    PageRoute("GET", "/write", begin, scope="write"),
    PageRoute("POST", "/write", send, scope="write", limits=LIMITS, is_kept=True),
    PageRoute("GET", "/offers/{offer}/edit", change, scope="write"),
    PageRoute(
        "POST", "/offers/{offer}/edit", send_change, scope="write", limits=LIMITS, is_kept=True
    ),
    PageRoute("GET", "/offers/{offer}/published", published),
    PageRoute("GET", "/offers/{offer}/newer", newer, scope="write"),
)
