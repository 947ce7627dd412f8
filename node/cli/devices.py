"""Devices: the co-op's own machines and its keys, changed by the recovery words.

The words are asked for, or read from standard input; never an argument, which others could see.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("The co-op's own machines.")
key_app = family("The co-op's own keys.")
dispute_app = family("Records that were signed beyond the cut of a key log.")

# 24 words of at most 8 letters, with room for line ends
WORDS_CHARACTERS_MAX: Final = 1000


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List the machines that may sign for the co-op, and those that may not any more."""
    async with call.client() as client:
        found = await client.get("/devices")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "add")
async def add(
    call: Call,
    device: Annotated[str, typer.Argument(help="The signing key of the machine.")],
    noise: Annotated[str, typer.Argument(help="Its key for links.")],
) -> Answer:
    """Let a further machine sign for the co-op; asks for the recovery words."""
    wish = {"device": device, "noise": noise, "words": _asked_words(call)}
    async with call.client() as client:
        await client.post("/devices", wish)
    text = _("the machine {device} may sign for the co-op now")
    return Answer({"device": device}, lambda screen: screen.line(text, device=device[:16]))


@verb(app, "revoke")
async def revoke(
    call: Call,
    device: Annotated[str, typer.Argument(help="Its signing key, or a unique beginning of it.")],
    until: Annotated[
        datetime | None,
        typer.Option(help="Until when it was in good hands; what it dated later is disputed."),
    ] = None,
) -> Answer:
    """Take a machine out, such as a stolen one; asks for the recovery words."""
    wish: dict[str, Any] = {"device": device}
    if until is not None:
        wish["until_ms"] = int(until.timestamp() * 1000)
    async with call.client() as client:
        await client.post("/devices/revocations", {**wish, "words": _asked_words(call)})
    text = _(
        "the machine {device} signs no more; see what is disputed with: coop-node dispute list"
    )
    return Answer(wish, lambda screen: screen.line(text, device=device[:16]))


@verb(key_app, "rotate")
async def rotate(call: Call) -> Answer:
    """Change to the next keys of the co-op; asks for the recovery words, which stay the same."""
    async with call.client() as client:
        await client.post("/key-rotations", {"words": _asked_words(call)})
    text = _("the next keys are in force; machines that were taken out are out for good")
    return Answer({}, lambda screen: screen.line(text))


@verb(dispute_app, "list")
async def show_disputes(call: Call) -> Answer:
    """List what was signed beyond the cut of a key log; it has no effect."""
    async with call.client() as client:
        found = await client.get("/disputes")
    return Answer(found, lambda screen: _show_disputes(screen, found))


@verb(dispute_app, "affirm")
async def affirm(
    call: Call,
    records: Annotated[list[str], typer.Argument(metavar="ID...", help="Records of this co-op.")],
) -> Answer:
    """Take disputed records as the co-op's own again; they count everywhere."""
    async with call.client() as client:
        done = await client.post("/disputes/affirmations", {"records": records})
    text = _("affirmed: {count}; they count again")
    return Answer(done, lambda screen: screen.line(text, count=len(done["records"])))


def _asked_words(call: Call) -> str:
    """The recovery words, from a hidden prompt or from standard input."""
    if sys.stdin.isatty():
        screen = call.screen()
        return str(typer.prompt(screen.say(_("the 24 recovery words")), hide_input=True))
    return sys.stdin.read(WORDS_CHARACTERS_MAX)


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    screen.table(
        [_("machine"), _("may sign"), _("this one")],
        [
            [
                one["device"][:16],
                screen.say(_("yes")) if one["live"] else screen.say(_("no")),
                screen.say(_("yes")) if one["this"] else None,
            ]
            for one in found["devices"]
        ],
    )


def _show_disputes(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    if not found["disputes"]:
        screen.line(_("nothing is disputed"))
        return
    screen.table(
        [_("record"), _("co-op"), _("kind"), _("dated"), _("of this co-op")],
        [
            [
                short(one["record"]),
                short(one["coop"]),
                one["kind"],
                screen.moment(one["time_ms"]),
                screen.say(_("yes")) if one["mine"] else None,
            ]
            for one in found["disputes"]
        ],
    )
