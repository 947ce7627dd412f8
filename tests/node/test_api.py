"""What all routes of the API have in common."""

import re
from typing import Any

import pytest

from node.access import ROLES
from node.api.route import PREFIX, Route
from node.api.table import ROUTES
from tests.node.served import Served, bearer


def filled(route: Route) -> str:
    return re.sub(r"\{\w+\}", "1", route.path)


CLOSED = [route for route in ROUTES if route.scope is not None]


def by_name(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_one_route_alone_lets_strangers_in() -> None:
    assert [by_name(route) for route in ROUTES if route.scope is None] == ["POST /login"]


def test_whatever_changes_something_is_not_for_readers() -> None:
    reading = {by_name(one) for one in CLOSED if one.method != "GET" and one.scope == "read"}
    # Whoever may read may end own logins too.
    assert reading == {"POST /logout", "DELETE /sessions/{session}"}
    assert ROLES["auditor"] == {"read", "audit"}


async def test_no_stranger_gets_an_answer_anywhere(one: Served) -> None:
    codes = {by_name(route): await asked(one, route, {}) for route in CLOSED}
    assert set(codes.values()) == {(401, "not-logged-in")}, codes


async def test_no_reader_may_do_what_is_not_for_readers(one: Served) -> None:
    headers = await bearer(one, "read")
    beyond = [route for route in CLOSED if route.scope != "read"]
    codes = {by_name(route): await asked(one, route, headers) for route in beyond}
    assert set(codes.values()) == {(403, "not-your-role")}, codes


async def asked(one: Served, route: Route, headers: dict[str, str]) -> tuple[int, str]:
    found = await one.tcp(route.method, filled(route), headers=headers)
    return found.status, found.code


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "", 404, "not-found"),
        ("GET", "/circles/x/y/z", 404, "not-found"),
        ("DELETE", "/status", 405, "not-found"),
        ("PATCH", "/offers", 405, "not-found"),
    ],
)
async def test_what_is_no_route_is_told_as_a_problem(
    one: Served, method: str, path: str, status: int, code: str
) -> None:
    found = await one.owner(method, path)
    assert (found.status, found.code) == (status, code)
    assert found.headers["Content-Type"].startswith("application/problem+json")
    assert found.json.keys() == {"type", "title", "status", "code", "detail"}


async def test_another_method_is_told_which_ones_there_are(one: Served) -> None:
    found = await one.owner("DELETE", "/offers")
    assert found.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"data": b"{"}, "this is no JSON"),
        ({"data": b""}, "this is no JSON"),
        ({"data": b"\xff"}, "this is no JSON"),
        ({"data": b"[" * 100_000}, "this is no JSON"),
        ({"data": b"[]"}, "Expected `object`"),
        ({"data": b"{}"}, "missing required field `name`"),
        ({"data": b'{"name":"x","publik":true}'}, "did you mean public?"),
        ({"data": b'{"name":7}'}, "name: Expected `str`"),
        ({"data": b'{"name":""}'}, "name: Expected `str` of length >= 1"),
    ],
)
async def test_a_body_that_does_not_fit_is_told(
    one: Served, wish: dict[str, Any], told: str
) -> None:
    headers = {"Content-Type": "application/json"}
    found = await one.owner("POST", "/circles", headers=headers, **wish)
    assert (found.status, found.code) == (422, "bad-field")
    assert told in found.json["detail"]


async def test_a_form_is_no_json(one: Served) -> None:
    found = await one.owner("POST", "/circles", data={"name": "x"})
    assert (found.status, found.code) == (422, "bad-field")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"serch": "x"}, "did you mean search?"),
        ({"limit": "0"}, "limit: Expected `int` >= 1"),
        ({"limit": "1001"}, "limit: Expected `int` <= 1000"),
        ({"limit": "x"}, "limit: Expected `int`"),
        ({"mine": "maybe"}, "mine: Expected `bool`"),
        ({"kind": "offers"}, "kind: Invalid enum value"),
        ({"country": "kenya"}, "country: Expected"),
    ],
)
async def test_a_query_that_does_not_fit_is_told(
    one: Served, query: dict[str, str], told: str
) -> None:
    found = await one.owner("GET", "/offers", params=query)
    assert (found.status, found.code) == (422, "bad-field")
    assert told in found.json["detail"]


async def test_a_route_without_a_query_takes_none(one: Served) -> None:
    assert (await one.owner("GET", "/status", params={"x": "1"})).code == "bad-field"


async def test_a_write_with_a_key_is_done_once(one: Served) -> None:
    headers = {"Idempotency-Key": "once"}
    asked_ = {"json": {"name": "A circle"}, "headers": headers}
    first = await one.owner("POST", "/circles", **asked_)
    again = await one.owner("POST", "/circles", **asked_)
    other = await one.owner("POST", "/circles", json={"name": "Another"}, headers=headers)
    circles = (await one.owner("GET", "/circles")).json["circles"]
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (other.status, other.code) == (422, "key-reused")
    assert [one_["name"] for one_ in circles] == ["A circle"]


async def test_a_secret_is_kept_for_no_repetition(one: Served) -> None:
    await one.owner("POST", "/users/owner/password")
    asked_ = {"json": {"name": "a"}, "headers": {"Idempotency-Key": "once"}}
    first = await one.owner("POST", "/tokens", **asked_)
    again = await one.owner("POST", "/tokens", **asked_)
    assert first.json["token"] != again.json["token"]


async def test_the_api_answers_below_its_prefix_alone(one: Served) -> None:
    assert PREFIX == "/api/v1"
    assert (await one.owner.raw("GET", "/api/v2/status")).status == 404
