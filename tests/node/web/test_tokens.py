"""Tokens on the page: shown once, with the scopes that were ticked, and ended."""

from __future__ import annotations

import re

import pytest

from tests.node.served import Served, logged_in
from tests.node.web.looking import look, send, text


async def test_a_token_is_shown_once_works_and_is_ended(one: Served) -> None:
    owner = await logged_in(one)
    made = await send(one, owner, "/people/tokens", {"name": "the shop", "read": "1"})
    token = re.search(r"coop_[0-9a-f]{64}", text(made))
    assert token is not None
    assert made.headers["Cache-Control"] == "no-store"
    listed = text(await look(one, owner, "/people/tokens"))
    assert "<bdi>the shop</bdi>" in listed
    assert "coop_" not in listed
    headers = {"Authorization": f"Bearer {token[0]}"}
    assert (await one.tcp("GET", "/status", headers=headers)).status == 200
    assert (await one.tcp("POST", "/rebuild", headers=headers)).status == 403
    await send(one, owner, "/people/tokens/end", {"number": "1"})
    assert (await one.tcp("GET", "/status", headers=headers)).code == "bad-token"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "", "read": "1"}, "name-problem"),
        ({"name": "x" * 65, "read": "1"}, "name-problem"),
        ({"name": "x"}, "[bad-field]"),
    ],
)
async def test_a_token_without_a_name_or_a_scope_is_none(
    one: Served, form: dict[str, str], code: str
) -> None:
    owner = await logged_in(one)
    refused = await send(one, owner, "/people/tokens", form)
    assert (refused.status, code in text(refused)) == (422, True)
