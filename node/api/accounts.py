"""Accounts: logging in and out, tokens for programs, a new password for who lost theirs."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from node.access import read_scopes, scopes_text
from node.api.route import Call, Route
from node.gate import entry
from node.gate.bodies import read_form
from node.gate.keys import ACCOUNTS
from protocol.errors import Refusal

FORM: Final = "application/x-www-form-urlencoded"


class LoggedIn(msgspec.Struct, frozen=True):
    """Who it is; `csrf` goes into the header X-CSRF-Token of whatever changes something."""

    name: str
    role: str
    csrf: str


class LoggedOut(msgspec.Struct, frozen=True):
    """The session is over."""

    done: bool


class NewToken(msgspec.Struct, frozen=True):
    """What it is for, and its scopes as words: read, write, admin, audit."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    scope: str = "read"


class TokenMade(msgspec.Struct, frozen=True):
    """The token is shown this once."""

    n: int
    token: str
    scope: str


class TokenLine(msgspec.Struct, frozen=True):
    """A token without its secret; `user` is whose rights it has."""

    n: int
    name: str
    scope: str
    user: str
    created_ms: int
    expires_ms: int | None
    revoked: bool


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of all accounts, the newest first."""

    tokens: tuple[TokenLine, ...]


class TokenRevoked(msgspec.Struct, frozen=True):
    """The number of what was ended."""

    revoked: int


class PasswordMade(msgspec.Struct, frozen=True):
    """A password to be told to its owner; all sessions of the account are over."""

    name: str
    password: str


async def log_in(call: Call) -> web.Response:
    """Start a session in a cookie."""
    form = await read_form(call.request)
    value = await entry.log_in(call.request, form.get("name", ""), form.get("password", ""))
    session = await call.request.app[ACCOUNTS].session(value)
    if session is None:
        raise Refusal("not-logged-in")
    who = session.principal
    shown = LoggedIn(who.name, who.role, entry.Caller(who, session.csrf).form_token)
    response = web.Response(body=msgspec.json.encode(shown), content_type="application/json")
    entry.set_cookie(call.request, response, value)
    return response


async def log_out(call: Call) -> web.Response:
    """End the session."""
    shown = LoggedOut(done=True)
    response = web.Response(body=msgspec.json.encode(shown), content_type="application/json")
    await entry.log_out(call.request, response)
    return response


async def show_all(call: Call) -> Tokens:
    """All tokens."""
    return Tokens(
        tuple(
            TokenLine(
                one.n, one.label, one.scope, one.name, one.created_ms, one.expires_ms, one.revoked
            )
            for one in await call.request.app[ACCOUNTS].tokens()
        )
    )


async def make_token(call: Call) -> TokenMade:
    """Make one for the own account."""
    wish: NewToken = call.wish
    scopes = read_scopes(wish.scope.split())
    number, token = await call.request.app[ACCOUNTS].make_token(call.principal, wish.name, scopes)
    return TokenMade(number, token, scopes_text(scopes))


async def revoke_token(call: Call) -> TokenRevoked:
    """End one."""
    number = call.part("number")
    if not NUMBER.fullmatch(number):
        raise Refusal("bad-id", "the number of a token is needed")
    await call.request.app[ACCOUNTS].revoke_token(call.principal, int(number))
    return TokenRevoked(int(number))


async def reset_password(call: Call) -> PasswordMade:
    """Give an account a new password."""
    name = call.part("name")
    return PasswordMade(name, await call.request.app[ACCOUNTS].reset_password(name))


NUMBER: Final = re.compile("[0-9]{1,15}")
ROUTES: Final = (
    Route(
        method="POST", path="/login", summary="Log in with a form: name, password", scope=None,
        handle=log_in, takes=FORM, answer=LoggedIn, is_secret=True,
    ),
    Route(
        method="POST", path="/logout", summary="End the session", handle=log_out,
        answer=LoggedOut, is_secret=True,
    ),
    Route(
        method="GET", path="/tokens", summary="Tokens of programs", scope="admin",
        handle=show_all, answer=Tokens,
    ),
    Route(
        method="POST", path="/tokens", summary="Make a token, shown once", scope="admin",
        handle=make_token, wish=NewToken, answer=TokenMade, status=201, is_secret=True,
    ),
    Route(
        method="DELETE", path="/tokens/{number}", summary="End a token for good", scope="admin",
        handle=revoke_token, answer=TokenRevoked,
    ),
    Route(
        method="POST", path="/users/{name}/password", summary="A new password, shown once",
        scope="admin", handle=reset_password, answer=PasswordMade, is_secret=True,
        is_own_socket=True,
    ),
)  # fmt: skip
