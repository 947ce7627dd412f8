"""OpenAPI: the API's own description, made from the table of routes and the types of their values.

Version 3.1. Nothing in it is written twice: what a handler takes and gives is what stands here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from aiohttp import web

from node import __version__
from node.api.route import KEY_HEADER, PREFIX, Call, Route
from node.gate.problems import CONTENT_TYPE, Problem
from protocol.values import Decimal

Json = dict[str, Any]


def route(routes: Callable[[], Sequence[Route]]) -> Route:
    """The route that gives the description of all, itself included."""

    @cache
    def described() -> bytes:
        return msgspec.json.encode(document(routes()))

    async def show(call: Call) -> web.Response:
        """OpenAPI 3.1."""
        del call
        return web.Response(body=described(), content_type=MEDIA_TYPE)

    return Route(
        method="GET", path="/openapi.json", summary="This description", handle=show,
        answer=MEDIA_TYPE,
    )  # fmt: skip


def document(routes: Sequence[Route]) -> Json:
    """The whole description."""
    kinds = {
        kind
        for one in routes
        for kind in (one.query, one.wish, one.answer)
        if kind is not None and not isinstance(kind, str)
    }
    ordered = sorted(kinds | {Problem}, key=lambda kind: kind.__qualname__)
    schemas, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    components = {name: _told(schema) for name, schema in components.items()}
    components[Decimal.__name__] = DECIMAL
    schema_of = dict(zip(ordered, schemas, strict=True))
    paths: Json = {}
    for one in routes:
        operation = _operation(one, schema_of, components)
        paths.setdefault(one.path, {})[one.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "coop-node",
            "version": __version__,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY},
    }


def _operation(route: Route, schema_of: dict[Any, Json], components: Json) -> Json:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PATH_PART.findall(route.path)
    ]
    if route.query is not None:
        parameters += _query(components[route.query.__name__])
    if route.repeats:
        text = {"type": "string", "maxLength": 200}
        parameters.append({"name": KEY_HEADER, "in": "header", "schema": text})
    if isinstance(route.answer, str):
        content: Json = {route.answer: {}}
    else:
        content = {"application/json": {"schema": schema_of[route.answer]}}
    problem = {CONTENT_TYPE: {"schema": schema_of[Problem]}}
    operation: Json = {
        "operationId": f"{route.handle.__module__.rpartition('.')[2]}_{route.handle.__name__}",
        "summary": route.summary,
        "description": inspect.cleandoc(route.handle.__doc__ or ""),
        "parameters": parameters,
        "responses": {
            str(route.status): {"description": route.summary, "content": content},
            "default": {"description": "A refusal, by its code", "content": problem},
        },
    }
    if route.wish is not None:
        body = {"application/json": {"schema": schema_of[route.wish]}}
        operation["requestBody"] = {"required": True, "content": body}
    elif route.takes is not None:
        operation["requestBody"] = {"required": True, "content": {route.takes: {}}}
    if route.scope is None:
        operation["security"] = []
    else:
        operation["x-scope"] = route.scope
    return operation


def _query(schema: Json) -> list[Json]:
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": one}
        for name, one in schema["properties"].items()
    ]


def _told(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """A schema with ids as texts; msgspec takes bytes for base64."""
    if isinstance(schema, list):
        return [_told(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("contentEncoding") == "base64":
        return ID
    if str(schema.get("$ref", "")).endswith(f"/{Decimal.__name__}") and "default" in schema:
        return {**schema, "default": str(Decimal(*schema["default"]))}
    return {name: _told(one) for name, one in schema.items()}


MEDIA_TYPE: Final = "application/json"
PATH_PART: Final = re.compile(r"\{(\w+)\}")
DECIMAL: Final[Json] = {
    "title": Decimal.__name__,
    "description": "An exact number as text, with a point.",
    "type": "string",
    "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
    "examples": ["12.5"],
}
ID: Final[Json] = {
    "description": "A whole id in its text form (bech32m), or 64 hexadecimal digits.",
    "type": "string",
    "pattern": "^([a-z]+1[a-z0-9]{58}|[0-9a-fA-F]{64})$",
}
SECURITY: Final[Json] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "coop_session"},
}
