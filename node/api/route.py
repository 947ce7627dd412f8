"""Route: one row of the API's table, and how a request becomes a call of its handler.

Who asks, what the query and the body say and whether it was asked before is settled here, so that a
handler gets typed values and gives one back. It never knows what a route is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
from aiohttp import hdrs, web

from node.access import Principal, Scope
from node.api import offer_json
from node.app import Node
from node.gate.bodies import read_body
from node.gate.entry import check_own_socket, enter
from node.gate.keys import NODE, REPEATS
from node.gate.languages import languages_of
from node.gate.problems import http_problem, problem_of, response_of
from node.gate.repeats import Answer, request_hash
from node.text import translator
from node.views import Connection, read
from protocol.errors import Refusal

Method = Literal["GET", "POST", "PUT", "DELETE"]
PREFIX: Final = "/api/v1"
KEY_HEADER: Final = "Idempotency-Key"


class Call(msgspec.Struct, frozen=True):
    """A request that may: `wish` is its body and `query` its parameters, in the route's types."""

    node: Node
    principal: Principal
    request: web.Request
    languages: tuple[str, ...]
    query: Any = None
    wish: Any = None

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    async def read(self, function: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - its answer
        """A view of the store."""
        return await read(self.node.store, function)


Handler = Callable[[Call], Awaitable[Any]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A method and a path below `/api/v1`; `answer` is a view, or the media type of a stream."""

    method: Method
    path: str
    summary: str
    handle: Handler
    scope: Scope | None = "read"
    """What the caller must be allowed; None lets strangers in."""
    query: type[msgspec.Struct] | None = None
    wish: type[msgspec.Struct] | None = None
    answer: type[msgspec.Struct] | str
    status: int = 200
    takes: str | None = None
    """The media type of a body that the handler reads itself."""
    is_secret: bool = False
    """The answer is shown once: it is kept for no repetition."""
    is_own_socket: bool = False
    """Only over the machine's own socket."""

    @property
    def repeats(self) -> bool:
        """Whether its answer is kept for a request that is sent again."""
        plain = not isinstance(self.answer, str) and self.takes is None
        return self.method != "GET" and plain and not self.is_secret


class Nothing(msgspec.Struct, frozen=True):
    """An answer that says no more than that it was done."""


def handler_of(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a row."""

    async def handle(request: web.Request) -> web.StreamResponse:
        principal = STRANGER
        if route.scope is not None:
            principal = (await enter(request, route.scope)).principal
        if route.is_own_socket:
            check_own_socket(request)
        body = b""
        if route.method != "GET" and route.takes is None:
            limit = request.app[NODE].settings.limits.body_bytes
            body = await read_body(request, min(limit, JSON_BYTES_MAX))
        call = Call(
            node=request.app[NODE],
            principal=principal,
            request=request,
            languages=languages_of(request),
            query=_query(request, route.query),
            wish=_wish(request, body, route.wish),
        )
        key = request.headers.get(KEY_HEADER)
        if key is None or not route.repeats:
            return await _answer(call, route)
        hashed = request_hash(request.method, request.path_qs, body)

        async def work() -> Answer:
            return Answer(route.status, _encode(await route.handle(call)))

        answer, is_repeated = await request.app[REPEATS].once(principal.name, key, hashed, work)
        response = _json(answer.status, answer.body)
        if is_repeated:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    return handle


async def told_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Tell as a problem whatever an API handler raises."""
    translate = translator(languages_of(request)[0])
    try:
        return await handler(request)
    except web.HTTPException as fault:
        response = response_of(http_problem(fault, translate))
        if isinstance(fault, web.HTTPMethodNotAllowed):
            response.headers[hdrs.ALLOW] = ", ".join(sorted(fault.allowed_methods))
        return response
    except (ConnectionError, asyncio.CancelledError):
        raise  # whoever asked is gone
    except Exception as fault:  # noqa: BLE001 - the edge of a request
        return response_of(problem_of(fault, translate, f"{request.method} {request.path}"))


def is_api(request: web.Request) -> bool:
    """Whether a request is for the API, below the base path or without it."""
    return f"{PREFIX}/" in request.path + "/"


async def _answer(call: Call, route: Route) -> web.StreamResponse:
    value = await route.handle(call)
    if isinstance(value, web.StreamResponse):
        return value
    return _json(route.status, _encode(value))


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


def _encode(value: object) -> bytes:
    return msgspec.json.encode(offer_json.write(value))


def _query(request: web.Request, kind: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    given = {name: value for name, value in request.query.items() if value != ""}
    names = kind.__struct_fields__ if kind is not None else ()
    for name in given:
        if name not in names:
            raise offer_json.unknown_field(name, "the query", names)
    if kind is None:
        return None
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise offer_json.bad_field(str(wrong)) from None


def _wish(
    request: web.Request, body: bytes, kind: type[msgspec.Struct] | None
) -> msgspec.Struct | None:
    if kind is None:
        return None
    if request.content_type not in JSON_TYPES:
        raise Refusal("bad-field", f"a body of {JSON_TYPES[0]} is needed")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Refusal("bad-field", f"this is no JSON: {wrong}") from None
    return offer_json.read(value, kind)


# An offer with all its texts is 48 KiB; the rest is room for white space and escapes.
JSON_BYTES_MAX: Final = 2 * 1024 * 1024
STRANGER: Final = Principal("", "", frozenset(), "session")
# aiohttp gives the second one to a body without a type
JSON_TYPES: Final = ("application/json", "application/octet-stream")
