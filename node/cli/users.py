"""Users: a new password for who lost theirs, and tokens for programs."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from node.cli.common import at
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

OWNER: Final = "owner"
_LINK: Final = _("give this link only to whom you mean; it works once: {link}")

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


@verb(user_app, "list")
async def show_people(call: Call) -> Answer:
    """List the people of this node, their roles, and when they were last here."""
    async with call.client() as client:
        found = await client.get("/users")
    return Answer(
        found,
        lambda screen: screen.table(
            [_("name"), _("role"), _("shut out"), _("logins"), _("last here")],
            [
                [
                    one["name"],
                    one["role"],
                    one["disabled"],
                    one["sessions"],
                    screen.moment(one.get("seen_ms")),
                ]
                for one in found["users"]
            ],
        ),
    )


@verb(user_app, "invite")
async def invite(
    call: Call,
    role: Annotated[
        str, typer.Option(help="The role: owner, trader, member or auditor.")
    ] = "member",
    days: Annotated[int, typer.Option(help="For how many days the link works.", min=1)] = 3,
) -> Answer:
    """Make a link by which one person makes an account of their own; it works once."""
    async with call.client() as client:
        made = await client.post("/users/invitations", {"role": role, "days": days})
    return Answer(made, lambda screen: screen.line(_LINK, link=made["link"]))


@verb(user_app, "invites")
async def show_invites(call: Call) -> Answer:
    """List the links that still work, without their secrets."""
    async with call.client() as client:
        found = await client.get("/users/invitations")
    return Answer(
        found,
        lambda screen: screen.table(
            [_("number"), _("role"), _("account"), _("expires")],
            [
                [one["number"], one["role"], one.get("name"), screen.moment(one["expires_ms"])]
                for one in found["invitations"]
            ],
        ),
    )


@verb(user_app, "uninvite")
async def revoke_invite(
    call: Call,
    number: Annotated[int, typer.Argument(help="Its number in the list.", min=1)],
) -> Answer:
    """Take a link back."""
    async with call.client() as client:
        ended = await client.delete(at("users", "invitations", str(number)))
    text = _("link {number} was taken back")
    return Answer(ended, lambda screen: screen.line(text, number=number))


@verb(user_app, "role")
async def set_role(
    call: Call,
    name: Annotated[str, typer.Argument(help="The account.")],
    role: Annotated[str, typer.Argument(help="owner, trader, member or auditor.")],
) -> Answer:
    """Give somebody another role; one owner stays."""
    async with call.client() as client:
        changed = await client.put(at("users", name, "role"), {"role": role})
    text = _("{name} has the role {role} now")
    return Answer(changed, lambda screen: screen.line(text, name=name, role=role))


@verb(user_app, "disable")
async def disable(call: Call, name: Annotated[str, typer.Argument(help="The account.")]) -> Answer:
    """Shut somebody out: every login ends, no new one starts, tokens rest."""
    async with call.client() as client:
        changed = await client.post(at("users", name, "disable"))
    return Answer(changed, lambda screen: screen.line(_("{name} is shut out"), name=name))


@verb(user_app, "enable")
async def enable(call: Call, name: Annotated[str, typer.Argument(help="The account.")]) -> Answer:
    """Let somebody in again."""
    async with call.client() as client:
        changed = await client.post(at("users", name, "enable"))
    return Answer(changed, lambda screen: screen.line(_("{name} may log in again"), name=name))


@verb(user_app, "remove")
async def remove(call: Call, name: Annotated[str, typer.Argument(help="The account.")]) -> Answer:
    """Remove somebody for good; the name goes out of every list of this node."""
    async with call.client() as client:
        changed = await client.delete(at("users", name))
    return Answer(changed, lambda screen: screen.line(_("{name} was removed"), name=name))


@verb(user_app, "reset-link")
async def reset_link(
    call: Call,
    name: Annotated[str, typer.Argument(help="The account.")],
    days: Annotated[int, typer.Option(help="For how many days the link works.", min=1)] = 3,
) -> Answer:
    """Make a link by which somebody chooses a new password; it works once."""
    async with call.client() as client:
        made = await client.post(at("users", name, "reset"), {"days": days})
    return Answer(made, lambda screen: screen.line(_LINK, link=made["link"]))


@verb(user_app, "sessions")
async def show_sessions(call: Call) -> Answer:
    """List everybody's logins that last."""
    async with call.client() as client:
        found = await client.get("/sessions", {"all": 1})
    return Answer(
        found,
        lambda screen: screen.table(
            [_("id"), _("account"), _("browser"), _("since"), _("last seen")],
            [
                [
                    one["id"],
                    one["name"],
                    one["browser"],
                    screen.moment(one["created_ms"]),
                    screen.moment(one["seen_ms"]),
                ]
                for one in found["sessions"]
            ],
        ),
    )


@verb(user_app, "end-session")
async def end_session(
    call: Call, session: Annotated[str, typer.Argument(help="Its id in the list.")]
) -> Answer:
    """End a login."""
    async with call.client() as client:
        ended = await client.delete(at("sessions", session))
    return Answer(ended, lambda screen: screen.line(_("the login is over")))


@verb(user_app, "audit")
async def audit(
    call: Call,
    limit: Annotated[int, typer.Option(help="How many lines.", min=1, max=1000)] = 50,
    before: Annotated[int | None, typer.Option(help="Those before this number.", min=1)] = None,
) -> Answer:
    """List who did what, the newest first; exit code 1 when somebody changed the list."""
    query = {"limit": limit} | ({} if before is None else {"before": before})
    async with call.client() as client:
        found = await client.get("/audit", query)
    columns = [_("number"), _("when"), _("who"), _("role"), _("deed"), _("whom"), _("about")]
    return Answer(
        found,
        lambda screen: screen.table(
            columns,
            [
                [one["n"], screen.moment(one["time_ms"])]
                + [one.get(name) for name in ("who", "role", "act", "whom", "about")]
                for one in found["deeds"]
            ],
        ),
        failed=found.get("broken") is not None,
    )


@verb(token_app, "create")
async def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="What it is for, such as the program's name.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: read, write, admin, audit; may be repeated."),
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
