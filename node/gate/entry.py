"""Entry: who a request comes from, and whether it may.

The machine's own socket is the owner's; a token speaks for its account; a cookie is a person at a
page of ours, and must prove that for whatever changes something. It never answers a request.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from node import access
from node.access import Principal, Scope
from node.gate.accounts import OWNER
from node.gate.keys import ACCOUNTS, NODE
from node.proxies import HEADER, caller_address, networks
from node.publish import NOTED
from node.store import people
from node.store.database import Database
from protocol.errors import Refusal

CSRF_HEADER: Final = "X-CSRF-Token"
# as long as the lists of the store have it
SESSION_ID_BYTES: Final = 8


class Caller(NamedTuple):
    """Who asks; `csrf` is the random bytes behind the forms of a session, empty without one."""

    principal: Principal
    csrf: bytes = b""

    @property
    def form_token(self) -> str:
        """What a form of this session has to bring back."""
        return access.csrf_token(self.csrf)


async def enter(request: web.Request, scope: Scope, csrf: str | None = None) -> Caller:
    """The caller, if it may: else `not-logged-in`, `not-your-role`, `bad-token`, `bad-origin`.

    `csrf` is what a form brought; without one the header is looked at.
    """
    caller = await identify(request)
    access.require(None if caller is None else caller.principal, scope)
    assert caller is not None
    NOTED.set(partial(_note, caller.principal))
    if caller.principal.via == "session" and request.method not in access.SAFE_METHODS:
        check_site(request)
        access.check_csrf(caller.csrf, csrf or request.headers.get(CSRF_HEADER))
    return caller


async def identify(request: web.Request) -> Caller | None:
    """Who asks; None for a stranger. Refuses `bad-token`."""
    if is_own_socket(request):
        return Caller(access.make_principal(OWNER, OWNER, "socket"))
    accounts = request.app[ACCOUNTS]
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        return Caller(await accounts.token(authorization))
    value = request.cookies.get(_cookie(request).name)
    session = None if value is None else await accounts.session(value)
    return None if session is None else Caller(session.principal, session.csrf)


def check_site(request: web.Request) -> None:
    """Whether what changes something comes from a page of this node; else `bad-origin`."""
    check_site_of(request, request.app[NODE].address)


def check_site_of(request: web.Request, address: str) -> None:
    """The same for a node that answers at an address."""
    origin = access.origin_of(address)
    own = frozenset() if origin is None else frozenset({origin})
    access.check_origin(request.method, request.headers, own)


def check_own_socket(request: web.Request) -> None:
    """Whether the request came over the machine's own socket; else `not-your-role`."""
    if not is_own_socket(request):
        raise Refusal("not-your-role", "only on the machine itself: coop-node user reset")


def is_own_socket(request: web.Request) -> bool:
    """Whether it came over the unix socket, which only the machine's owner can open."""
    transport = request.transport
    found = None if transport is None else transport.get_extra_info("socket")
    return found is not None and found.family == socket.AF_UNIX


async def log_in(request: web.Request, name: str, password: str) -> str:
    """Start a session; the cookie's value, for `set_cookie`."""
    check_site(request)
    trusted = networks(request.app[NODE].settings.trusted_proxies)
    address = caller_address(request.remote, request.headers.getall(HEADER, []), trusted)
    agent = request.headers.get(hdrs.USER_AGENT, "")
    return await request.app[ACCOUNTS].log_in(name, password, address, agent)


def set_cookie(request: web.Request, response: web.StreamResponse, value: str) -> None:
    """Hand a session to a browser."""
    give_cookie(response, _cookie(request), value)


def give_cookie(response: web.StreamResponse, cookie: access.Cookie, value: str) -> None:
    """Hand a cookie to a browser."""
    response.set_cookie(
        cookie.name,
        value,
        path=cookie.path,
        secure=cookie.secure,
        httponly=cookie.httponly,
        samesite=cookie.samesite,
    )


def session_id(request: web.Request) -> str | None:
    """What lists call the session behind the request's cookie."""
    value = request.cookies.get(_cookie(request).name)
    secret = None if value is None else access.session_secret(value)
    return None if secret is None else access.hash_token(secret)[:SESSION_ID_BYTES].hex()


async def log_out(request: web.Request, response: web.StreamResponse) -> None:
    """End the session behind the request's cookie, and take the cookie back."""
    cookie = _cookie(request)
    value = request.cookies.get(cookie.name)
    if value is not None:
        await request.app[ACCOUNTS].log_out(value)
    response.del_cookie(
        cookie.name,
        path=cookie.path,
        secure=cookie.secure,
        httponly=cookie.httponly,
        samesite=cookie.samesite,
    )


def _note(by: Principal, database: Database, records: Sequence[bytes], now_ms: int) -> None:
    people.note_records(database, records, by.name, by.role, now_ms)


def _cookie(request: web.Request) -> access.Cookie:
    return access.session_cookie(request.app[NODE].address)
