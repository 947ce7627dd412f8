"""The API's description holds exactly what the API does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api import table
from node.api.openapi import document
from node.api.route import PREFIX, Route
from node.api.table import ROUTES
from tests.node.served import Served

README = (Path(table.__file__).parent / "README.md").read_text(encoding="utf-8")
DOCUMENT = document(ROUTES)
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_each_route_stands_in_it_once() -> None:
    assert sorted(OPERATIONS) == sorted((route.method, route.path) for route in ROUTES)
    assert len(OPERATIONS) == len(ROUTES)


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
def test_parameters_bodies_and_answers_are_those_of_the_route(route: Route) -> None:
    operation = OPERATIONS[route.method, route.path]
    places: dict[str, set[str]] = {}
    for one in operation["parameters"]:
        places.setdefault(one["in"], set()).add(one["name"])
    assert places.get("path", set()) == set(re.findall(r"\{(\w+)\}", route.path))
    fields = route.query.__struct_fields__ if route.query else ()
    assert places.get("query", set()) == set(fields)
    assert ("header" in places) == route.repeats
    assert ("requestBody" in operation) == (route.wish is not None or route.takes is not None)
    assert set(operation["responses"]) == {str(route.status), "default"}
    assert operation["description"]
    assert operation["summary"]


def test_every_reference_leads_somewhere() -> None:
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= names


def test_decimals_and_ids_are_texts() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Decimal"]["type"] == "string"
    assert schemas["Price"]["properties"]["per"]["default"] == "1"
    assert schemas["Blob"]["properties"]["hash"]["type"] == "string"
    assert "base64" not in str(DOCUMENT)


async def test_the_node_gives_it(one: Served) -> None:
    found = await one.owner("GET", "/openapi.json")
    assert found.json["openapi"].startswith("3.1")
    assert found.json["servers"] == [{"url": PREFIX}]
    assert found.json["paths"].keys() == DOCUMENT["paths"].keys()


def test_the_readme_names_each_route_with_its_scope() -> None:
    rows = re.findall(r"^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| (\w+) \|", README, re.MULTILINE)
    assert sorted(rows) == sorted(
        (route.method, route.path, route.scope or "none") for route in ROUTES
    )
