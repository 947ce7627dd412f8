"""Imports: a catalogue in, row by row, and the own offers out again as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from aiohttp import hdrs, web

from node import importing
from node.api.offers import asker_of
from node.api.route import Call, Route
from node.api.streams import file_pieces, from_thread, send
from node.catalogue import Defaults, export
from node.catalogue.table import FILE_BYTES_MAX
from node.gate.bodies import saved_body, scratch_file
from node.gate.checks import check_code
from node.gate.problems import problem_of
from node.importing import Progress, Report
from node.text import country_currency, translator
from node.views import Connection, ids, market, names
from node.views.market import Wanted
from node.views.own import own_circle
from protocol.errors import Refusal
from protocol.values import Country, Currency, Language

CSV: Final = "text/csv"
LINES: Final = "application/x-ndjson"


class ImportQuery(msgspec.Struct, frozen=True):
    """Where to, and what the file leaves open; format and encoding are recognised unless named."""

    circle: str
    format: str | None = None
    dry_run: bool = False
    currency: Currency | None = None
    country: Country | None = None
    language: Language | None = None
    encoding: str | None = None


class CatalogueQuery(msgspec.Struct, frozen=True):
    """Whose offers, and in which circle; all circles when none is named."""

    circle: str | None = None
    mine: bool = False


async def take_in(call: Call) -> web.StreamResponse:
    """Answer line by line: how far it is, then what came of it, or the error that ended it."""
    query: ImportQuery = call.query
    node = call.node
    now_ms = node.clock.now_ms()
    circle = await call.read(lambda reader: own_circle(reader, node.coop, now_ms, query.circle))
    for kind, code in (("currency", query.currency), ("country", query.country)):
        if code is not None:
            check_code(kind, kind, code)
    defaults = await _defaults(call, query)
    wish = importing.Wish(circle, call.principal.role, query.dry_run)
    async with saved_body(call.request, FILE_BYTES_MAX) as path:
        source = await importing.opened(path, query.format, defaults, query.encoding)
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
            return export.write(path, market.all_fields(reader, wanted, asker))

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
        except (Refusal, OSError) as fault:
            translate = translator(call.languages[0])
            problem = problem_of(fault, translate, "POST /imports")
            yield msgspec.json.encode({"error": problem}) + b"\n"


async def _defaults(call: Call, query: ImportQuery) -> Defaults:
    """What the file leaves open: as asked for, else as the co-op's own profile has it."""
    kept = importing.default_values(await call.read(names.own_profile), call.languages[0])
    country = query.country or kept.country
    return Defaults(
        currency=query.currency or country_currency(country),
        country=country,
        language=query.language or kept.language,
    )


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
