"""Notes: sealed questions to other co-ops about their offers, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.common import IdArgument, at, texts_of
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _
from node.cli.words import told

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Sealed notes to other co-ops about their offers.")


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List the threads, those with unread notes first."""
    async with call.client() as client:
        found = await client.get("/notes")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "show")
async def show(call: Call, thread: IdArgument) -> Answer:
    """Show a thread with its notes, which are read then."""
    async with call.client() as client:
        found = await client.get(at("notes", thread))
        await client.post(at("notes", thread, "reading"), {})
    return Answer(found, lambda screen: _show(screen, found))


@verb(app, "send")
async def send(
    call: Call,
    text: Annotated[list[str], typer.Argument(help="What to say; several: pt=Bom dia en=Hello.")],
    *,
    offer: Annotated[
        str | None, typer.Option(help="Ask the co-op that has this offer or want.")
    ] = None,
    thread: Annotated[str | None, typer.Option(help="Answer in this thread.")] = None,
) -> Answer:
    """Ask another co-op about its offer, or answer; only the two can read it."""
    if (offer is None) == (thread is None):
        raise told(_("name an offer with --offer, or a thread with --thread"), "bad-field")
    async with call.client() as client:
        wish: dict[str, Any] = {"text": texts_of(text, call.language)}
        wish |= {"offer": offer} if thread is None else {"thread": thread}
        made = await client.post("/notes", wish)
    sent = _("the note was sealed and sent: {note}")
    return Answer(made, lambda screen: screen.line(sent, note=made["note"]))


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    if not found["threads"]:
        screen.line(_("no notes yet; ask with: coop-node note send --offer ID TEXT"))
        return
    columns = (_("thread"), _("about"), _("with"), _("unread"), _("last"))
    screen.table(
        columns,
        [
            (
                short(one["id"]),
                one["title"] or short(one["offer"]),
                ", ".join(one["other_names"]),
                one["unread"],
                screen.moment(one["last"]["time_ms"]),
            )
            for one in found["threads"]
        ],
    )


def _show(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import plain

    thread = found["thread"]
    screen.facts(
        [
            (_("about"), thread["title"] or thread["offer"]),
            (_("with"), ", ".join(thread["other_names"])),
        ]
    )
    for one in found["notes"]:
        screen.blank()
        screen.text(f"{plain(one['coop_name'])}, {screen.moment(one['time_ms'])}")
        if one["text"] is None:
            screen.line(_("this machine has no key that opens this note"))
        else:
            screen.text(one["text"])
