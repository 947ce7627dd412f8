"""Catalogues: many offers at once from a CSV file, and one's own as a CSV file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer

from node.cli.common import CircleOption, circle_of, named
from node.cli.verb import Answer, Call, verb
from node.cli.words import mark as _
from node.cli.words import told

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.progress import Progress

    from node.cli.client import Client, Json
    from node.cli.show import Screen

app = typer.Typer()

# rejects of one catalogue beside each other; more are a sign of something else
NAMES_MAX: Final = 1000


@verb(app, "import")
async def take_in(  # noqa: PLR0913 - an option each
    call: Call,
    file: Annotated[Path, typer.Argument(help="The catalogue, a CSV file.")],
    *,
    circle: CircleOption = None,
    layout: Annotated[
        str | None, typer.Option("--format", help="Its format; recognised by itself otherwise.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the rows; publish nothing.")
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="Currency where the file names none, such as EUR.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Country where the file names none, such as DE.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of its texts, such as en.")] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            help="Its character set, where it is not recognised: utf-8, windows-1252, macroman "
            "or iso-8859-15."
        ),
    ] = None,
) -> Answer:
    """Publish a catalogue; rows that are refused come back as a file with the reasons."""
    with file.open("rb") as content:
        async with call.client() as client:
            wish = {
                "circle": await circle_of(client, circle),
                "format": layout,
                "dry_run": 1 if dry_run else None,
                "currency": currency.upper() if currency else None,
                "country": country.upper() if country else None,
                "language": language,
                "encoding": encoding,
            }
            with _bar(call) as progress:
                done = await _upload(client, named(wish), content, progress)
    rejects = done.pop("rejects_csv", None)
    done["rejects_file"] = None if rejects is None else str(_write_rejects(file, rejects))
    done["dry_run"] = dry_run
    return Answer(done, lambda screen: _show(screen, done))


@verb(app, "export")
async def give_out(
    call: Call,
    file: Annotated[Path, typer.Argument(help="Where to write it; - for standard output.")],
    *,
    circle: CircleOption = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="What every member offers, not only one's own.")
    ] = False,
) -> Answer:
    """Write a circle's offers as a CSV file, which `offer import` reads back."""
    from node.cli.files import save

    async with call.client() as client:
        query = named({"circle": await circle_of(client, circle), "mine": 0 if everyone else 1})
        count = await save(file, client.pieces("/catalogue", query))
    value = {"file": str(file), "bytes": count}
    text = _("written: {file} ({count} bytes)")
    return Answer(value, lambda screen: screen.line(text, file=file, count=count))


async def _upload(
    client: Client, query: Json, content: BinaryIO, progress: Progress | None
) -> Json:
    """Send the file and follow the answer to its last line, the result."""
    from contextlib import aclosing

    last: Json | None = None
    task = None
    lines = client.stream_lines("/imports", query=query, file=content)
    async with aclosing(lines):
        async for line in lines:
            if "progress" not in line:
                last = line
                continue
            if progress is not None:
                if task is None:
                    task = progress.add_task("")
                progress.update(task, completed=line["progress"], total=line.get("total"))
    if last is None:
        text = _("the node ended in the middle of the import; import the file again")
        raise told(text, "connection-lost")
    return last


def _bar(call: Call) -> AbstractContextManager[Progress | None]:
    """A progress bar on standard error, where a person can see it."""
    if call.as_json or not sys.stderr.isatty():
        return nullcontext()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = call.screen(is_error=True).console
    return Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console)


def _write_rejects(source: Path, content: str) -> Path:
    """Write the refused rows beside the catalogue, or here where that cannot be written to."""
    try:
        return _write_new(source.parent, source.stem, content)
    except PermissionError:
        return _write_new(Path.cwd(), source.stem, content)


def _write_new(folder: Path, stem: str, content: str) -> Path:
    """A file that is there may hold rows that someone is mending: it stays."""
    for number in range(1, NAMES_MAX + 1):
        tail = "" if number == 1 else f"-{number}"
        path = folder / f"{stem}.rejects{tail}.csv"
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(content)
        except FileExistsError:
            continue
        return path
    text = _("there are {most} files of refused rows beside {file}; remove some")
    raise told(text, "already-there", most=NAMES_MAX, file=str(folder / stem))


def _show(screen: Screen, done: dict[str, Any]) -> None:
    if done["dry_run"]:
        screen.line(_("a dry run: nothing was published; this is what would come of it"))
    screen.facts(
        [
            (_("format"), done.get("format")),
            (_("published"), done["published"]),
            (_("changed"), done.get("updated")),
            (_("withdrawn"), done.get("withdrawn")),
            (_("erased"), done.get("erased")),
            (_("nothing to do"), done.get("skipped")),
            (_("refused"), done["rejected"]),
        ]
    )
    if done["rejects_file"]:
        text = _("the refused rows with their reasons: {file}; mend them and import that file")
        screen.line(text, file=done["rejects_file"])
