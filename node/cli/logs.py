"""Logs: a circle's signed records as one portable file, for a stick or a check elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.common import CircleOption, at, circle_of
from node.cli.verb import Answer, Call, error_of, family, refusal_of, tell, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("A circle's signed records as one file.")


@verb(app, "export")
async def give_out(
    call: Call,
    file: Annotated[Path, typer.Argument(help="Where to write it; - for standard output.")],
    circle: CircleOption = None,
) -> Answer:
    """Write every signed chunk and key log of a circle into a file."""
    from node.cli.files import save

    async with call.client() as client:
        where = await circle_of(client, circle)
        count = await save(file, client.pieces(at("circles", where, "export")))
    value = {"circle": where, "file": str(file), "bytes": count}
    text = _("written: {file} ({count} bytes)")
    return Answer(value, lambda screen: screen.line(text, file=file, count=count))


@verb(app, "import")
async def take_in(
    call: Call, file: Annotated[Path, typer.Argument(help="A file of `log export`.")]
) -> Answer:
    """Take such a file in; every record is checked as if a peer had sent it."""
    with file.open("rb") as content:
        async with call.client() as client:
            done = await client.post("/log-imports", file=content)
    return Answer(done, lambda screen: _show_taken(screen, done))


@verb(app, "verify")
async def check(
    call: Call, file: Annotated[Path, typer.Argument(help="A file of `log export`.")]
) -> Answer:
    """Check such a file with nothing but itself: every signature, count and the root."""
    from node.export import verify
    from protocol.errors import Refusal
    from protocol.keys import CIRCLE, to_text

    try:
        found = verify(file)
    except (Refusal, OSError) as fault:
        refusal = refusal_of(fault)
        tell(call, refusal)
        return Answer({"ok": False, "error": error_of(call, refusal)}, _no_more, failed=True)
    value = {
        "ok": True,
        "network": found.network,
        "circle": to_text(CIRCLE, found.circle),
        "coops": found.coops,
        "records": found.records,
        "root": found.root.hex(),
    }
    return Answer(value, lambda screen: _show(screen, value))


def _show_taken(screen: Screen, done: dict[str, Any]) -> None:
    text = _("{new} records were new, of {all} in the file")
    screen.line(text, new=done["records_new"], all=done["records"])
    if done["waiting"]:
        text = _("{count} parts of it do not count here yet: they build on what is not here")
        screen.line(text, count=done["waiting"])


def _show(screen: Screen, value: dict[str, Any]) -> None:
    screen.line(_("all signatures and the root are right"))
    screen.facts(
        [
            (_("circle"), value["circle"]),
            (_("co-ops"), value["coops"]),
            (_("records"), value["records"]),
            (_("root"), value["root"]),
        ]
    )


def _no_more(_screen: Screen) -> None:
    """Standard error has said it all."""
