"""Peers: the co-ops that this node talks to, listing more of them, blocking some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.common import IdArgument, at
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Co-ops that this node talks to.")


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List the peers and how the link to each stands."""
    async with call.client() as client:
        found = await client.get("/peers")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "add")
async def add(
    call: Call,
    coop: Annotated[str, typer.Argument(help="The co-op's whole id.")],
    address: Annotated[str, typer.Argument(help="Where it is, such as https://coop.example.")],
) -> Answer:
    """List a co-op with its address and dial it."""
    async with call.client() as client:
        done = await client.post("/peers", {"coop": coop, "address": address})
    text = _("{coop} is listed and will be dialled at {address}")
    value = {"coop": coop, "address": address, **done}
    return Answer(value, lambda screen: screen.line(text, coop=coop, address=address))


@verb(app, "block")
async def block(call: Call, coop: IdArgument) -> Answer:
    """Talk to a co-op no more, and cut the link to it."""
    return await _set(call, coop, "block", _("{coop} is blocked"))


@verb(app, "unblock")
async def unblock(call: Call, coop: IdArgument) -> Answer:
    """Talk to a blocked co-op again."""
    return await _set(call, coop, "unblock", _("{coop} is not blocked any more"))


async def _set(call: Call, coop: str, what: str, text: str) -> Answer:
    async with call.client() as client:
        done = await client.post(at("peers", coop, what))
    value = {"coop": coop, "blocked": what == "block", **done}
    return Answer(value, lambda screen: screen.line(text, coop=value["coop"]))


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("peer"), _("id"), _("state"), _("address"), _("last seen"), _("last error")],
        [
            [
                one["name"],
                short(one["coop"]),
                one["state"],
                one.get("address"),
                screen.moment(one.get("last_seen_ms")),
                one.get("last_error"),
            ]
            for one in found["peers"]
        ],
    )
