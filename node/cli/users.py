"""Users: a new password for who lost theirs, and tokens for programs."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from node.cli.common import at
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

OWNER: Final = "owner"

user_app = family("Accounts of people at this node.")
token_app = family("Tokens, by which programs use the node's API.")


@verb(user_app, "reset")
async def reset(
    call: Call,
    name: Annotated[str, typer.Argument(help="The account.")] = OWNER,
) -> Answer:
    """Give an account a new one-time password; it is shown once."""
    async with call.client() as client:
        made = await client.post(at("users", name, "password"))
    text = _("new password of {name}, shown this once: {password}")
    return Answer(made, lambda screen: screen.line(text, name=name, password=made["password"]))


@verb(token_app, "create")
async def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="What it is for, such as the program's name.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: read, write, admin; may be repeated."),
    ] = None,
) -> Answer:
    """Make a token; it is shown once."""
    wish = {"name": name, "scope": " ".join(scope or ["read"])}
    async with call.client() as client:
        made = await client.post("/tokens", wish)
    text = _("token, shown this once: {token}")
    return Answer(made, lambda screen: screen.line(text, token=made["token"]))


@verb(token_app, "list")
async def show_all(call: Call) -> Answer:
    """List all tokens, without their secrets."""
    async with call.client() as client:
        found = await client.get("/tokens")
    return Answer(
        found,
        lambda screen: screen.table(
            [_("number"), _("name"), _("scope"), _("account"), _("created"), _("revoked")],
            [
                [
                    one["n"],
                    one["name"],
                    one["scope"],
                    one.get("user"),
                    screen.moment(one.get("created_ms")),
                    one.get("revoked"),
                ]
                for one in found["tokens"]
            ],
        ),
    )


@verb(token_app, "revoke")
async def revoke(
    call: Call,
    number: Annotated[int, typer.Argument(help="Its number in the list.", min=1)],
) -> Answer:
    """End a token for good."""
    async with call.client() as client:
        await client.delete(at("tokens", str(number)))
    text = _("token {number} was revoked")
    return Answer({"revoked": number}, lambda screen: screen.line(text, number=number))
