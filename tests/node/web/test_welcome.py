"""Links for people: made by an owner, used once, told when they do not work any more."""

from __future__ import annotations

import pytest

from node.gate.people import DAYS_MAX
from tests.node.served import Served, logged_in
from tests.node.web.looking import look, send, text
from tests.node.web.persons import PASSWORD, entered, link_for, person, use

DAY_MS = 86_400_000


async def test_a_person_comes_in_by_a_link_and_it_is_used_up(one: Served) -> None:
    owner = await logged_in(one)
    made = await send(one, owner, "/people/links", {"role": "trader", "days": "2", "nonce": "n"})
    again = await send(one, owner, "/people/links", {"role": "trader", "days": "2", "nonce": "n"})
    assert (made.status, made.headers["Location"]) == (303, again.headers["Location"])
    shown = text(await look(one, owner, made.headers["Location"]))
    path = shown.partition(f"{one.url}/welcome/")[2].partition("<")[0].strip()
    code = await look(one, owner, made.headers["Location"] + "/qr.svg")
    assert (code.status, code.headers["Content-Type"]) == (200, "image/svg+xml")
    form = text(await one.tcp.raw("GET", f"/welcome/{path}"))
    assert "Kahawa Co-op" in form
    assert "trader" in form
    answer = await use(one, f"/welcome/{path}", " Amina ")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    amina = await entered(one, answer)
    assert ">Amina</bdi>" in text(await look(one, amina, "/people"))
    for reply in (
        await one.tcp.raw("GET", f"/welcome/{path}"),
        await use(one, f"/welcome/{path}", "Another"),
    ):
        assert (reply.status, "[invite-used]" in text(reply)) == (410, True)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "Owner"}, "name"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"again": "another sentence"}, "again"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field_and_the_link_still_works(
    one: Served, form: dict[str, str], field: str
) -> None:
    await logged_in(one)
    path = await link_for(one, "member")
    refused = await use(one, path, **{"name": "Amina", **form})
    assert refused.status == 422
    assert f'id="{field}-problem"' in text(refused)
    assert (await use(one, path, "Amina")).status == 303


async def test_a_link_that_was_taken_back_expired_or_changed_says_so(one: Served) -> None:
    owner = await logged_in(one)
    back, late = [await link_for(one, "member") for _ in range(2)]
    await send(one, owner, "/people/links/1/revoke", {})
    assert "[invite-revoked]" in text(await one.tcp.raw("GET", back))
    one.clock.advance(3 * DAY_MS)
    assert "[invite-expired]" in text(await one.tcp.raw("GET", late))
    assert "[invite-malformed]" in text(await one.tcp.raw("GET", late[:-1] + "g"))
    assert "[invite-malformed]" in text(await use(one, "/welcome/x", "Amina"))


async def test_a_new_password_comes_by_a_link_and_the_old_one_is_over(one: Served) -> None:
    owner, amina = await logged_in(one), await person(one, "Amina", "trader")
    made = await send(one, owner, "/people/of/amina/reset", {})
    shown = text(await look(one, owner, made.headers["Location"]))
    path = "/welcome/" + shown.partition(f"{one.url}/welcome/")[2].partition("<")[0].strip()
    assert "Amina" in text(await one.tcp.raw("GET", path))
    assert (await look(one, amina, "/people")).status == 200
    new = {"password": "quite another one", "again": "quite another one"}
    assert (await use(one, path, "ignored", **new)).status == 303
    assert (await look(one, amina, "/people")).status == 303
    old = await one.tcp.raw("POST", "/login", data={"name": "amina", "password": PASSWORD})
    assert old.status == 401


@pytest.mark.parametrize("days", ["0", str(DAYS_MAX + 1), "x", ""])
async def test_days_have_an_end(one: Served, days: str) -> None:
    owner = await logged_in(one)
    form = {"role": "member", "days": days, "nonce": "n"}
    assert (await send(one, owner, "/people/links", form)).status == 422
