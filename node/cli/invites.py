"""Invites: links by which others join a circle, and joining by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.common import CircleOption, IdArgument, at, circle_of, named
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Links by which other co-ops join a circle.")
join_app = typer.Typer()


@verb(app, "create")
async def create(
    call: Call,
    circle: CircleOption = None,
    uses: Annotated[int | None, typer.Option(min=1, help="How many co-ops may join by it.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How many days it holds.")] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(help="Where the newcomer finds this node; may be repeated."),
    ] = None,
) -> Answer:
    """Make an invite link; on a terminal also as a QR code."""
    async with call.client() as client:
        wish = named({"circle": await circle_of(client, circle), "uses": uses, "days": days})
        if address:
            wish["addresses"] = address
        made = await client.post("/invites", wish)
    return Answer(made, lambda screen: _show(screen, made))


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List the invites that this node gave out."""
    async with call.client() as client:
        found = await client.get("/invites")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "revoke")
async def revoke(call: Call, invite: IdArgument) -> Answer:
    """Take an invite back; who has joined by it stays."""
    async with call.client() as client:
        await client.delete(at("invites", invite))
    text = _("the invite {invite} was taken back")
    return Answer({"revoked": invite}, lambda screen: screen.line(text, invite=invite))


@verb(app, "joining")
async def joining(
    call: Call,
    give_up: Annotated[
        str | None, typer.Option("--give-up", metavar="CIRCLE", help="Wait for it no longer.")
    ] = None,
) -> Answer:
    """List the circles that this node wishes to join, and how far each wish is."""
    async with call.client() as client:
        if give_up is not None:
            await client.delete(at("joins", give_up))
        found = await client.get("/joins")
    return Answer(found, lambda screen: _show_joins(screen, found))


@verb(join_app, "join")
async def join(call: Call, link: Annotated[str, typer.Argument(help="The invite link.")]) -> Answer:
    """Join a circle by an invite link."""
    async with call.client() as client:
        joined = await client.post("/joins", {"link": link})
    if joined.get("state") == "pending":
        text = _("asked to join {circle}; other members have to endorse it first")
    else:
        text = _("joined {circle}")
    return Answer(joined, lambda screen: screen.line(text, circle=joined["circle"]))


def _show(screen: Screen, made: dict[str, Any]) -> None:
    screen.text(made["link"])
    screen.qr(made["link"])
    if made.get("expires_ms"):
        text = _("good for {uses} uses until {moment}; give it only to those you trust")
        screen.line(text, uses=made.get("uses"), moment=screen.moment(made["expires_ms"]))


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("invite"), _("circle"), _("uses left"), _("until"), _("revoked")],
        [
            [
                str(one["id"])[:ID_CHARACTERS],
                short(one["circle"]),
                one.get("uses"),
                screen.moment(one.get("expires_ms")),
                one.get("revoked"),
            ]
            for one in found["invites"]
        ],
    )


def _show_joins(screen: Screen, found: dict[str, Any]) -> None:
    screen.table(
        [_("circle"), _("id"), _("through"), _("state"), _("reason")],
        [
            [one["name"], one["circle"], one["peer_name"], one["step"], one["code"]]
            for one in found["joins"]
        ],
    )


# hexadecimal: far more than it takes to tell some hundred invites apart
ID_CHARACTERS = 12
