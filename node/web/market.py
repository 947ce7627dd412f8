"""Market: the start page: what co-ops offer and want, found as one types, as cards.

The filters are those of the list's view and stand in the address: a page that is sent on, reloaded
or gone back to shows the same. It never decides what is found.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from node.codes import hs_name
from node.codes.search import search_hs
from node.text import locale_of, plural_translator
from node.text import mark as _
from node.views import Connection, circles, market, names
from node.views.market import ENDS_SOON_DAYS, Asker, Choices, Filters, OfferPage
from node.web.amounts import plain_number
from node.web.terms import CONDITIONS, FAIRNESS, MODES
from node.web.visit import PageRoute, Visit
from protocol.errors import Refusal

OFFERS_SHOWN: Final = 48


class Search(Filters, frozen=True, kw_only=True):
    """What the search form asks, and where its page begins."""

    after: str | None = None


class Chip(NamedTuple):
    """A filter that is on, in words, and the page without it."""

    words: str
    without: str
    is_said: bool = False
    """Whether the words are another co-op's own."""


class Found(NamedTuple):
    """What one look into the store gives."""

    page: OfferPage
    choices: Choices | None
    circles: dict[str, str]
    coop: str


async def show(visit: Visit) -> web.StreamResponse:
    """The list; a part of it for a page that is open."""
    query = search_of(visit)
    now_ms = visit.node.clock.now_ms()
    asker = Asker(visit.node.coop, now_ms)

    def view(reader: Connection) -> Found:
        wanted = market.wanted_of(reader, query, now_ms)
        found = market.page(reader, wanted, asker, visit.languages, query.after, OFFERS_SHOWN)
        choices = None if visit.is_htmx else market.choices(reader)
        named = {one.id: one.name for one in circles.all_of(reader, asker.coop, now_ms).circles}
        coop = ""
        if wanted.coop is not None:
            coop = names.names_of(reader, [wanted.coop], asker.coop)[wanted.coop]
        return Found(found, choices, named, coop)

    found = await visit.read(view)
    values: dict[str, Any] = {
        "page": found.page,
        "query": query,
        "choices": found.choices,
        "circles": found.circles,
        "chips": _chips(visit, query, found),
        "hints": _hints(query),
        "next": None if found.page.next is None else _link(query, after=found.page.next),
        "hs_name": hs_name,
        "soon_days": ENDS_SOON_DAYS,
        "modes": MODES,
        "conditions": CONDITIONS,
        "fairness": FAIRNESS,
        "currency_name": locale_of(visit.language).currencies.get,
    }
    return visit.page("market.html", values, block="results" if visit.is_htmx else None)


def search_of(visit: Visit) -> Search:
    """What the address asks for; fields that were left empty ask for nothing."""
    given = {name: value.strip() for name, value in visit.request.query.items() if value.strip()}
    for name in ("country", "currency"):
        if name in given:
            given[name] = given[name].upper()
    if "currency" not in given:  # an amount that waits for its currency is no fault
        given = {name: value for name, value in given.items() if name not in PRICES}
    for name in PRICES & given.keys():
        given[name] = _plain_price(given[name], visit.language)
    try:
        return msgspec.convert(given, Search, strict=False)
    except msgspec.ValidationError as wrong:
        raise Refusal("bad-field", str(wrong).partition(" - at ")[0]) from None


def _plain_price(written: str, language: str) -> str:
    found = plain_number(written, language)
    if found is None:
        raise Refusal("bad-field", f"not a number: {written[:PRICE_CHARS_SHOWN]!r}")
    return found


def _chips(visit: Visit, query: Search, found: Found) -> list[Chip]:
    """All filters but the words, which stand in their box."""
    chips = []
    for name in query.__struct_fields__:
        value = getattr(query, name)
        if name not in NO_CHIPS and value not in (None, False):
            words, is_said = _words(visit, name, query, found)
            gone: dict[str, Any] = {name: None, "after": None}
            if name == "currency":
                gone |= dict.fromkeys(PRICES)
            chips.append(Chip(words, _link(query, **gone), is_said))
    return chips


def _words(visit: Visit, name: str, query: Search, found: Found) -> tuple[str, bool]:
    """(a filter in words, whether they are another's own)."""
    translate, value = visit.translate, getattr(query, name)
    locale = locale_of(visit.language)
    match name:
        case "country":
            return locale.territories.get(value, value), False
        case "currency":
            return locale.currencies.get(value, value), False
        case "price_min" | "price_max":
            text = translate(SENTENCES[name])
            return text.format(amount=value, currency=query.currency), False
        case "hs":
            return hs_name(value) or value, False
        case "circle":
            full = next((one for one in found.circles if one.startswith(value)), value)
            return found.circles.get(full, value), True
        case "coop":
            return found.coop, True
        case "category":
            return value, True
        case "ends_within_days":
            ngettext = plural_translator(visit.language)
            text = ngettext("ends within {days} day", "ends within {days} days", value)
            return text.format(days=value), False
        case "mine":
            return translate(SENTENCES[name]), False
        case _:
            return translate(NAMED[name][value]), False


def _hints(query: Search) -> list[tuple[str, str]]:
    """(name, link) of kinds of goods that the words may mean, whatever language offers are in."""
    if not query.search or query.hs or len(query.search) < HINT_CHARS_MIN:
        return []
    hits = [one for one in search_hs(query.search, HINTS_LOOKED_AT) if len(one.code) <= HEADING]
    return [
        (one.name, _link(query, hs=one.code, search=None, after=None)) for one in hits[:HINTS_MAX]
    ]


def _link(query: Search, **changed: object) -> str:
    shown = msgspec.to_builtins(query) | changed
    asked = {name: 1 if value is True else value for name, value in shown.items()}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


PRICES: Final = frozenset({"price_min", "price_max"})
PRICE_CHARS_SHOWN: Final = 24
NO_CHIPS: Final = frozenset({"search", "sort", "after"})
KINDS: Final = {"offer": _("offers"), "want": _("wants")}
NAMED: Final = {"kind": KINDS, "mode": MODES, "condition": CONDITIONS, "fair": FAIRNESS}
SENTENCES: Final = {
    "mine": _("ours"),
    "price_min": _("from {amount} {currency}"),
    "price_max": _("up to {amount} {currency}"),
}
# A chapter has two digits, a heading four.
HEADING: Final = 4
HINTS_MAX: Final = 3
HINTS_LOOKED_AT: Final = 40
HINT_CHARS_MIN: Final = 3
ROUTES: Final = (PageRoute("GET", "/", show),)
