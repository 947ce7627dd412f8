"""Catalogue: many offers at once from a file: looked at first, imported, mended; and out again.

What a file holds is known to `jobs`; here it is only shown and asked about.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web

from node import codes, importing
from node.catalogue import ENCODINGS, FORMATS, ROWS_MAX, Catalogue
from node.gate.bodies import scratch_file
from node.gate.forms import FormLimits
from node.gate.keys import JOBS
from node.job_files import Bad, Choices, Job
from node.jobs import Jobs
from node.text import Message
from node.text import mark as _
from node.views import Connection, names
from node.views.own import OwnCircle, own_circles
from node.web.choices import countries, currencies, languages
from node.web.signs import sign_of
from node.web.visit import PageRoute, Visit
from protocol.errors import REFUSALS, Refusal


class Cell(NamedTuple):
    """A cell of a bad row, as a field of a form."""

    field: str
    column: str
    value: str
    problems: list[str]


class BadRow(NamedTuple):
    """A bad row: what is wrong with it as a whole, the cells to mend, and the others."""

    number: int
    line: int
    title: str
    problems: list[str]
    wrong: list[Cell]
    others: list[Cell]


async def show_all(visit: Visit) -> web.StreamResponse:
    """Where a file is handed in, and those that were."""
    return await _start_page(visit)


async def hand_in(visit: Visit) -> web.StreamResponse:
    """Take a file and look through it."""
    given = [one for one in visit.uploads if one.field == "file"]
    if not given or not given[0].data:
        return await _start_page(visit, _("choose a file first; it has to have something in it"))
    circles, own = await visit.read(lambda reader: _known(reader, visit))
    if not circles:
        raise Refusal("unknown-circle", "found a circle or join one first")
    wanted = visit.form.get("circle", "")
    kept = importing.default_values(own, visit.language)
    choices = Choices(
        circle=wanted if wanted in {one.id for one in circles} else circles[0].id,
        currency=kept.currency,
        country=kept.country,
        language=kept.language,
    )
    who = visit.principal
    job = await _jobs(visit).add(given[0].name, given[0].data, choices, who.name, who.role)
    await _jobs(visit).settled(job.id, SETTLED_S)
    return visit.see(f"/catalogue/{job.id}")


async def show(visit: Visit) -> web.StreamResponse:
    """One file, as far as it is."""
    return await _job_page(visit, _jobs(visit).find(_id(visit)))


async def choose(visit: Visit) -> web.StreamResponse:
    """Look through it with other choices."""
    jobs, job = _jobs(visit), _jobs(visit).find(_id(visit))
    choices, problems = _chosen(visit, job)
    if problems:
        return await _job_page(visit, job, problems)
    await jobs.choose(job.id, choices)
    await jobs.settled(job.id, SETTLED_S)
    return visit.see(f"/catalogue/{job.id}")


async def start(visit: Visit) -> web.StreamResponse:
    """Import it; whoever changed a choice and did not look again sees first what it makes of it."""
    jobs, job = _jobs(visit), _jobs(visit).find(_id(visit))
    if job.state == "checked" and _chosen(visit, job)[0] != job.choices:
        return await choose(visit)
    await jobs.start(job.id, visit.principal.role)
    await jobs.settled(job.id, SHORT_S)
    return visit.see(f"/catalogue/{job.id}")


async def mend(visit: Visit) -> web.StreamResponse:
    """Try the bad rows again as they are in the form now."""
    jobs, job = _jobs(visit), _jobs(visit).find(_id(visit))
    cells: dict[tuple[int, int], str] = {}
    for field, value in visit.form.items():
        row, _dash, column = field.partition("-")
        if row.isdigit() and column.isdigit() and len(field) <= FIELD_CHARS_MAX:
            cells[int(row), int(column)] = value.replace("\r\n", "\n")
    await jobs.mend(job.id, cells, visit.principal.role)
    await jobs.settled(job.id, SETTLED_S)
    return visit.see(f"/catalogue/{job.id}")


async def remove(visit: Visit) -> web.StreamResponse:
    """Forget a file; what was published stays."""
    await _jobs(visit).remove(_id(visit))
    return visit.see("/catalogue")


async def bad_rows(visit: Visit) -> web.StreamResponse:
    """The bad rows as a file in the format they came in, with the reasons in one more column."""
    jobs, job = _jobs(visit), _jobs(visit).find(_id(visit))
    source = await jobs.opened(job)
    rows = await jobs.bad(job, 0, job.bad)
    async with scratch_file(visit.node.settings) as path:
        with source.rejects(where=path, translate=visit.translate) as rejects:
            for one in rows:
                rejects.write(one.cells, one.problems)
        body = await asyncio.to_thread(path.read_bytes)
    name = quote(f"{job.name.removesuffix('.csv')}.rejects.csv", safe="")
    told = f"attachment; filename=\"rejects.csv\"; filename*=UTF-8''{name}"
    headers = {hdrs.CONTENT_DISPOSITION: told}
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


async def _start_page(visit: Visit, problem: str = "") -> web.Response:
    circles, _own = await visit.read(lambda reader: _known(reader, visit))
    values = {
        "jobs": await _jobs(visit).all(),
        "circles": circles,
        "problem": problem and visit.translate(problem),
        "bytes_max": UPLOAD_BYTES_MAX,
        "rows_max": ROWS_MAX,
        "states": STATES,
    }
    block = "jobs" if visit.is_htmx else None
    return visit.page("catalogue.html", values, block=block, status=422 if problem else 200)


async def _job_page(visit: Visit, job: Job, problems: dict[str, str] | None = None) -> web.Response:
    """The page of a job; `problems` by field of the form of choices."""
    jobs = _jobs(visit)
    circles, _own = await visit.read(lambda reader: _known(reader, visit))
    page_number = _page_number(visit)
    values: dict[str, Any] = {
        "job": job,
        "choices": _as_form(job.choices) | (dict(visit.form) if problems else {}),
        "problems": problems or {},
        "refusal": _told(visit, job),
        "circles": circles,
        "formats": {name: one.title for name, one in FORMATS.items()},
        "encodings_told": [(name, name.upper()) for name in ENCODINGS],
        "countries_told": [(one.code, one.name) for one in countries(visit.language)],
        "currencies_told": [
            (one.code, f"{one.name} ({one.code})") for one in currencies(visit.language)
        ],
        "languages_told": [(one.code, one.name) for one in languages(visit.language)],
        "first": [],
        "bad": [],
        "page_number": page_number,
        "pages": 1,
    }
    if job.state in {"checked", "done"}:
        source = await jobs.opened(job)
        at_once = max(1, min(BAD_ROWS_SHOWN, MEND_FIELDS_MAX // (2 * max(1, len(source.header)))))
        bad = await jobs.bad(job, (page_number - 1) * at_once, at_once)
        begin = (page_number - 1) * at_once
        values["bad"] = [_bad_row(visit, begin + at, one, source) for at, one in enumerate(bad)]
        values["pages"] = max(1, -(-job.bad // at_once))
    if job.state == "checked":
        rows = await jobs.first_rows(job, FIRST_ROWS)
        values["first"] = [
            (row, sign_of(row.offer.mode, row.offer.item.hs)) for row in rows if row.offer
        ]
    block = "job" if visit.is_htmx else None
    return visit.page("job.html", values, block=block, status=422 if problems else 200)


def _bad_row(visit: Visit, number: int, bad: Bad, source: Catalogue) -> BadRow:
    """A bad row with each problem beside its cell, where it has one."""
    translate = visit.translate
    columns = [name.casefold() for name in source.header]
    by_column: dict[int, list[str]] = {}
    whole: list[str] = []
    for problem in bad.problems:
        name = problem.field.casefold()
        if name and name in columns:
            place = columns.index(name)
            by_column.setdefault(place, []).append(problem.message.say(translate))
        else:
            whole.append(problem.say(translate))
    cells = bad.cells + [""] * (len(columns) - len(bad.cells))
    wrong: list[Cell] = []
    others: list[Cell] = []
    for place, value in enumerate(cells):
        column = source.header[place] if place < len(columns) else ""
        told = by_column.get(place, [])
        is_wrong = bool(told) or place >= len(columns)
        if column or value:
            cell = Cell(f"{number}-{place}", column, value, told)
            (wrong if is_wrong else others).append(cell)
    return BadRow(number, bad.line, _title(columns, cells), whole, wrong, others)


def _title(columns: list[str], cells: list[str]) -> str:
    """What a row is best known by."""
    for name in ("title", "name", "sku", "custom_seller_identifier", "id"):
        for column, cell in zip(columns, cells, strict=False):
            if column.partition(":")[0] == name and cell.strip():
                return cell.strip()[:TITLE_CHARS]
    return next((cell.strip()[:TITLE_CHARS] for cell in cells if cell.strip()), "")


def _chosen(visit: Visit, job: Job) -> tuple[Choices, dict[str, str]]:
    """What the form says, and what is wrong with it by field."""
    form, old = visit.form, job.choices
    choices = Choices(
        circle=form.get("circle", old.circle),
        encoding=form.get("encoding", old.encoding),
        format=form.get("format", old.format),
        currency=form.get("currency", old.currency),
        country=form.get("country", old.country),
        language=form.get("language", old.language),
    )
    problems: dict[str, str] = {}
    for field in ("currency", "country"):
        code = getattr(choices, field)
        wrong = codes.check_code(field, field, code) if code else None
        if wrong is not None:
            problems[field] = wrong.message.say(visit.translate)
    if choices.language not in {one.code for one in languages(visit.language)}:
        problems["language"] = Message(CHOOSE, "bad-field").say(visit.translate)
    if choices.format and choices.format not in FORMATS:
        problems["format"] = Message(CHOOSE, "unknown-format").say(visit.translate)
    if choices.encoding and choices.encoding not in ENCODINGS:
        problems["encoding"] = Message(CHOOSE, "unknown-format").say(visit.translate)
    return choices, problems


def _as_form(choices: Choices) -> dict[str, str]:
    return {name: getattr(choices, name) for name in choices.__struct_fields__}


def _told(visit: Visit, job: Job) -> dict[str, str] | None:
    """Why a job stands still, as a problem is shown."""
    if job.refusal is None:
        return None
    code, detail = job.refusal
    return {"title": visit.translate(REFUSALS[code].sentence), "detail": detail, "code": code}


def _known(reader: Connection, visit: Visit) -> tuple[list[OwnCircle], Any]:
    node = visit.node
    return own_circles(reader, node.coop, node.clock.now_ms()), names.own_profile(reader)


def _jobs(visit: Visit) -> Jobs:
    return visit.request.app[JOBS]


def _id(visit: Visit) -> str:
    return visit.request.match_info["job"]


def _page_number(visit: Visit) -> int:
    written = visit.request.query.get("page", "1")
    is_number = written.isascii() and written.isdigit() and len(written) <= FIELD_CHARS_MAX
    return max(1, int(written)) if is_number else 1


CHOOSE: Final = _("choose one of the list")
STATES: Final = {
    "unread": _("cannot be read yet"),
    "checking": _("is being looked through"),
    "checked": _("looked through, not imported"),
    "importing": _("is being imported"),
    "stopped": _("stopped"),
    "done": _("imported"),
}
# One body in memory; a larger file goes in over the command line.
UPLOAD_BYTES_MAX: Final = 32 * 1024 * 1024
FIRST_ROWS: Final = 6
BAD_ROWS_SHOWN: Final = 20
MEND_FIELDS_MAX: Final = 4_000
MEND_BYTES_MAX: Final = 8 * 1024 * 1024
FIELD_CHARS_MAX: Final = 16
TITLE_CHARS: Final = 80
# A small file is looked through before the page is shown; others show how far they are.
SETTLED_S: Final = 2.0
SHORT_S: Final = 0.3

UPLOAD: Final = FormLimits(bytes_max=UPLOAD_BYTES_MAX + 16 * 1024)
MENDING: Final = FormLimits(bytes_max=MEND_BYTES_MAX, fields_max=2 * MEND_FIELDS_MAX)
ROUTES: Final = (
    PageRoute("GET", "/catalogue", show_all, "write"),
    PageRoute("POST", "/catalogue", hand_in, "write", limits=UPLOAD),
    PageRoute("GET", "/catalogue/{job}", show, "write"),
    PageRoute("POST", "/catalogue/{job}/choices", choose, "write"),
    PageRoute("POST", "/catalogue/{job}/import", start, "write"),
    PageRoute("POST", "/catalogue/{job}/rows", mend, "write", limits=MENDING),
    PageRoute("POST", "/catalogue/{job}/removal", remove, "write"),
    PageRoute("GET", "/catalogue/{job}/rejects.csv", bad_rows, "write"),
)
