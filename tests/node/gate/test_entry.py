"""Who may come in: the socket, tokens, sessions; and what another site cannot cause."""

from pathlib import Path
from typing import Any

import pytest

from node.login import ADDRESS_TRIES_FREE
from tests.node.served import Answer, Served, bearer, logged_in, make_home, served

CHANGE: dict[str, Any] = {"json": {"name": "A circle"}}


async def test_a_session_reads(one: Served) -> None:
    login = await logged_in(one)
    assert (await one.tcp("GET", "/status", cookies=login.cookies)).status == 200


async def test_the_cookie_is_for_this_node_and_no_script(one: Served) -> None:
    login = await logged_in(one)
    name = next(iter(login.cookies))
    assert name == f"coop_session_{one.port}"
    for part in ("HttpOnly", "Path=/", "SameSite=Strict"):
        assert part in login.set_cookie
    assert "Secure" not in login.set_cookie


async def test_a_session_changes_something_with_its_token_alone(one: Served) -> None:
    login = await logged_in(one)
    without = await one.tcp("POST", "/circles", cookies=login.cookies, **CHANGE)
    wrong = await one.tcp(
        "POST", "/circles", cookies=login.cookies, headers={"X-CSRF-Token": "0" * 64}, **CHANGE
    )
    right = await one.tcp(
        "POST", "/circles", cookies=login.cookies, headers=login.headers, **CHANGE
    )
    assert [one_.status for one_ in (without, wrong, right)] == [403, 403, 201]
    assert (without.code, wrong.code) == ("bad-origin", "bad-origin")


async def test_guessing_through_a_trusted_proxy_slows_down_the_guesser_alone(
    tmp_path: Path,
) -> None:
    flags = {"trusted_proxies": "127.0.0.1"}
    async with served(make_home(tmp_path / "proxied"), flags=flags) as one:
        made = await one.owner("POST", "/users/owner/password")

        async def tries(name: str, password: str, caller: str) -> Answer:
            form = {"name": name, "password": password}
            return await one.tcp(
                "POST", "/login", data=form, headers={"X-Forwarded-For": f"192.0.2.1, {caller}"}
            )

        guessed = [
            (await tries(f"guess {number}", "wrong" * 4, "203.0.113.7")).code
            for number in range(ADDRESS_TRIES_FREE + 1)
        ]
        assert guessed == ["bad-password"] * ADDRESS_TRIES_FREE + ["too-many-tries"]
        assert (await tries("owner", made.json["password"], "203.0.113.8")).status == 200
        assert (await tries("owner", made.json["password"], "203.0.113.7")).status == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://127.0.0.1:{port}"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Referer": "https://evil.example/x"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:{port}"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_another_site_cannot_use_a_session(
    one: Served, headers: dict[str, str], status: int
) -> None:
    login = await logged_in(one)
    sent = {name: value.format(port=one.port) for name, value in headers.items()}
    found = await one.tcp(
        "POST", "/circles", cookies=login.cookies, headers=login.headers | sent, **CHANGE
    )
    assert found.status == status


async def test_another_site_cannot_log_anybody_in(one: Served) -> None:
    made = await one.owner("POST", "/users/owner/password")
    form = {"name": "owner", "password": made.json["password"]}
    headers = {"Origin": "https://evil.example"}
    found = await one.tcp("POST", "/login", data=form, headers=headers)
    assert (found.status, found.code) == (403, "bad-origin")
    assert "Set-Cookie" not in found.headers


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [("read", [200, 403, 403]), ("read write", [200, 201, 403]), ("admin", [403, 403, 201])],
)
async def test_a_token_may_what_its_scopes_say(
    one: Served, scope: str, statuses: list[int]
) -> None:
    circle = await one.circle()
    headers = await bearer(one, scope)
    wish = {"circle": circle, "offer": {"title": {"en": "Coffee"}}}
    found = [
        await one.tcp("GET", "/status", headers=headers),
        await one.tcp("POST", "/offers", headers=headers, json=wish),
        await one.tcp("POST", "/circles", headers=headers, **CHANGE),
    ]
    assert [answer.status for answer in found] == statuses


async def test_a_token_needs_no_origin(one: Served) -> None:
    headers = await bearer(one, "admin") | {"Origin": "https://anywhere.example"}
    assert (await one.tcp("POST", "/circles", headers=headers, **CHANGE)).status == 201


async def test_a_wrong_token_is_told_even_beside_a_session(one: Served) -> None:
    login = await logged_in(one)
    headers = {"Authorization": "Bearer coop_" + "0" * 64}
    found = await one.tcp("GET", "/status", cookies=login.cookies, headers=headers)
    assert (found.status, found.code) == (401, "bad-token")


async def test_a_password_is_reset_on_the_machine_alone(one: Served) -> None:
    login = await logged_in(one)
    found = await one.tcp(
        "POST", "/users/owner/password", cookies=login.cookies, headers=login.headers
    )
    assert (found.status, found.code) == (403, "not-your-role")


async def test_a_session_that_was_ended_opens_nothing(one: Served) -> None:
    login = await logged_in(one)
    left = await one.tcp("POST", "/logout", cookies=login.cookies, headers=login.headers)
    after = await one.tcp("GET", "/status", cookies=login.cookies)
    assert (left.status, left.json, after.code) == (200, {"done": True}, "not-logged-in")
    assert "Max-Age=0" in left.headers["Set-Cookie"]
