"""Every page, form and route of the API asks for its scope, whatever a page shows."""

from __future__ import annotations

import re

import pytest

from node.access import ROLES
from node.api.table import ROUTES as API_ROUTES
from node.web.pages import ROUTES
from tests.node.served import Login, Served
from tests.node.web.looking import look, send
from tests.node.web.persons import person

PATHS = {"offer": "rec1" + "q" * 58, "name": "nobody", "number": "1", "place": "1"}


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)(:[^}]*)?\}", lambda part: PATHS.get(part[1], "x" * 8), path)


@pytest.mark.parametrize("role", ROLES)
async def test_no_page_lets_in_whom_its_scope_keeps_out(one: Served, role: str) -> None:
    who = await person(one, "Amina", role)
    for route in ROUTES:
        if route.stranger:
            continue
        path = filled(route.path)
        answer = await (look(one, who, path) if route.method == "GET" else send(one, who, path, {}))
        is_kept_out = answer.status == 403 and "[not-your-role]" in answer.body.decode()
        assert is_kept_out == (route.scope not in ROLES[role]), (route.method, route.path)


@pytest.mark.parametrize("role", ROLES)
async def test_no_route_of_the_api_lets_in_whom_its_scope_keeps_out(one: Served, role: str) -> None:
    who = await person(one, "Amina", role)
    for route in API_ROUTES:
        if route.scope is None or route.path in SKIPPED or route.is_own_socket:
            continue
        answer = await ask(one, who, route.method, filled(route.path))
        is_kept_out = answer == (403, "not-your-role")
        assert is_kept_out == (route.scope not in ROLES[role]), (route.method, route.path)


async def ask(one: Served, who: Login, method: str, path: str) -> tuple[int, str]:
    """Status and code of the answer to an empty wish."""
    wish = {} if method == "GET" else {"headers": who.headers}
    answer = await one.tcp(method, path, cookies=who.cookies, **wish)
    is_problem = answer.status >= 400 and answer.json is not None
    return answer.status, answer.code if is_problem else ""


# a stream without an end, and the end of the session itself
SKIPPED = {"/events", "/logout"}
