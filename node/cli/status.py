"""Status: how the node stands, its rows made anew, and which version this is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from node.cli.verb import Answer, Call, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = typer.Typer()


@verb(app, "status")
async def status(call: Call) -> Answer:
    """Show the node's circles and peers, and how far its lists are."""
    async with call.client() as client:
        found = await client.get("/status")
    return Answer(found, lambda screen: _show_status(screen, found))


@verb(app, "rebuild")
async def rebuild(call: Call) -> Answer:
    """Drop all rows and make them anew from the signed records; prints both digests."""
    from node.cli.client import Refused

    try:
        async with call.client() as client:
            digests = await client.post("/rebuild")
    except Refused as refused:
        if refused.code != "not-running":
            raise
        from node.cli import offline

        digests = offline.rebuild(call.settings)
    return Answer(digests, lambda screen: _show_rebuild(screen, digests))


@verb(app, "version")
async def version(_call: Call) -> Answer:
    """Print the version of this program."""
    from node import __version__

    return Answer({"version": __version__}, lambda screen: screen.text(f"coop-node {__version__}"))


def _show_status(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.facts(
        [
            (_("co-op"), found["name"]),
            (_("id"), found["coop"]),
            (_("version"), found.get("version")),
            (_("records"), found["records"]),
            (_("not in the lists yet"), found["lag"] or None),
            (_("digest"), found["digest"]),
            (_("disputed records"), found.get("disputed") or None),
            (_("no copy last night"), found.get("copy_error")),
        ]
    )
    for hint in found.get("hints", []):
        if hint["level"] != "good":
            screen.line(hint["text"], **hint["values"])
    if found["circles"]:
        screen.blank()
        screen.table(
            [_("circle"), _("id"), _("members"), _("records"), _("root"), _("digest")],
            [
                [
                    one["name"],
                    short(one["id"]),
                    one["members"],
                    one["records"],
                    one["root"][:DIGEST_CHARACTERS],
                    one["digest"][:DIGEST_CHARACTERS],
                ]
                for one in found["circles"]
            ],
        )
    if found["peers"]:
        screen.blank()
        screen.table(
            [_("peer"), _("id"), _("state"), _("address"), _("last error")],
            [
                [
                    one["name"],
                    short(one["coop"]),
                    one["state"],
                    one.get("address"),
                    one.get("last_error"),
                ]
                for one in found["peers"]
            ],
        )
    for fork in found.get("forks", []):
        text = _("the log {log} of {coop} has branches: copies of its keys wrote apart")
        screen.line(text, log=short(fork.get("log")), coop=short(fork.get("coop")))


def _show_rebuild(screen: Screen, digests: dict[str, Any]) -> None:
    screen.facts([(_("before"), digests["before"]), (_("after"), digests["after"])])
    if digests["before"] == digests["after"]:
        screen.line(_("the rows were right; they were made anew all the same"))
    else:
        screen.line(_("the rows were not what the records say; now they are"))


# enough to see whether two nodes show the same; --json has all of it
DIGEST_CHARACTERS = 12
