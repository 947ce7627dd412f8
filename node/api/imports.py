"""Imports: a catalogue in, row by row, and the own offers out again as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from aiohttp import hdrs, web

from node import home, importing
from node.api.checks import check_code
from node.api.offers import asker_of
from node.api.route import Call, Route
from node.api.streams import file_pieces, from_thread, send
from node.catalogue import Defaults, export
from node.catalogue.table import FILE_BYTES_MAX
from node.gate.bodies import saved_body, scratch_file
from node.gate.problems import problem_of
from node.importing import Progress, Report
from node.text import country_currency, translator
from node.views import Connection, circles, ids, offers
from node.views.ids import text
from node.views.offers import Wanted
from protocol.errors import Refusal
from protocol.keys import CIRCLE
from protocol.values import Country, Currency, Language

CSV: Final = "text/csv"
LINES: Final = "application/x-ndjson"


class ImportQuery(msgspec.Struct, frozen=True):
    """Where to, and what the file leaves open; without a format it is recognised."""

    circle: str
    format: str | None = None
    dry_run: bool = False
    currency: Currency | None = None
    country: Country | None = None
    language: Language | None = None


class CatalogueQuery(msgspec.Struct, frozen=True):
    """Whose offers, and in which circle; all circles when none is named."""

    circle: str | None = None
    mine: bool = False


async def take_in(call: Call) -> web.StreamResponse:
    """Answer line by line: how far it is, then what came of it, or the error that ended it."""
    query: ImportQuery = call.query
    circle = await _own_circle(call, query.circle)
    for kind, code in (("currency", query.currency), ("country", query.country)):
        if code is not None:
            check_code(kind, kind, code)
    defaults = await _defaults(call, query)
    wish = importing.Wish(circle, call.principal.role, query.dry_run)
    async with saved_body(call.request, FILE_BYTES_MAX) as path:
        source = await importing.opened(path, query.format, defaults)
        rejects = path.with_suffix(".rejects")
        try:
            steps = importing.run(call.node, source, wish, rejects)
            return await send(call.request, _lines(call, steps), {hdrs.CONTENT_TYPE: LINES})
        finally:
            rejects.unlink(missing_ok=True)


async def give_out(call: Call) -> web.StreamResponse:
    """The own CSV format, which reads back to the same offers."""
    query: CatalogueQuery = call.query
    asker = asker_of(call)
    async with scratch_file(call.node.settings) as path:

        def view(reader: Connection) -> int:
            circle = None if query.circle is None else ids.circle_id(reader, query.circle)
            wanted = Wanted(mine=query.mine, circle=circle)
            return export.write(path, offers.all_fields(reader, wanted, asker))

        await call.read(view)
        headers: dict[str, str] = {
            hdrs.CONTENT_TYPE: f"{CSV}; charset=utf-8",
            hdrs.CONTENT_DISPOSITION: 'attachment; filename="catalogue.csv"',
        }
        return await send(call.request, from_thread(file_pieces(path)), headers)


async def _lines(
    call: Call, steps: AsyncGenerator[Progress | Report, None]
) -> AsyncGenerator[bytes, None]:
    """Each step as a line of JSON; what ends the import early is the last line."""
    async with aclosing(steps):
        try:
            async for step in steps:
                yield msgspec.json.encode(step) + b"\n"
        except Exception as fault:  # noqa: BLE001 - the edge of a request
            translate = translator(call.languages[0])
            problem = problem_of(fault, translate, "POST /imports")
            yield msgspec.json.encode({"error": problem}) + b"\n"


async def _defaults(call: Call, query: ImportQuery) -> Defaults:
    """What the file leaves open: as asked for, else as the co-op's own profile has it."""
    kept = await call.node.store.write(home.kept_profile)
    country = query.country or (kept.country if kept else "")
    languages = kept.languages if kept else ()
    return Defaults(
        currency=query.currency or country_currency(country),
        country=country,
        language=query.language or (languages or (call.languages[0].partition("_")[0],))[0],
    )


async def _own_circle(call: Call, written: str) -> bytes:
    """A circle in which this co-op may publish; refuses `not-a-member`."""
    node = call.node

    def view(reader: Connection) -> bytes:
        circle = ids.circle_id(reader, written)
        shown = circles.all_of(reader, node.coop, node.clock.now_ms()).circles
        if not any(one.mine for one in shown if one.id == text(CIRCLE, circle)):
            raise Refusal("not-a-member")
        return circle

    circle: bytes = await call.read(view)
    return circle


ROUTES: Final = (
    Route(
        method="POST", path="/imports", summary="Publish a catalogue (CSV)", scope="write",
        handle=take_in, query=ImportQuery, takes=CSV, answer=LINES,
    ),
    Route(
        method="GET", path="/catalogue", summary="Offers as a catalogue (CSV)", handle=give_out,
        query=CatalogueQuery, answer=CSV,
    ),
)  # fmt: skip
