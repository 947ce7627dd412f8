"""Who did what: logins, people and publishing, seen by owner and auditor."""

from __future__ import annotations

import sqlite3

from node import home
from tests.node.served import OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, send, text
from tests.node.web.persons import person


async def test_deeds_are_listed_with_who_did_them(one: Served) -> None:
    circle = await one.circle()
    owner, amina = await logged_in(one), await person(one, "Amina", "trader")
    wish = {"circle": circle, "offer": OFFER_JSON}
    made = await one.tcp("POST", "/offers", json=wish, cookies=amina.cookies, headers=amina.headers)
    assert made.status == 201
    await send(one, owner, "/people/of/amina/role", {"role": "auditor"})
    shown = text(await look(one, amina, "/people/audit"))
    assert "<bdi>Amina</bdi> had signed: <bdi>offer</bdi>" in shown
    assert "<bdi>owner</bdi> gave <bdi>Amina</bdi> the role <bdi>auditor</bdi>" in shown
    assert "<bdi>Amina</bdi> came in by an invite" in shown
    detail = (await one.owner("GET", f"/offers/{made.json['offer']}")).json
    assert detail["versions"][0]["by"] == {"role": "trader", "name": "Amina", "is_removed": False}
    page = text(await look(one, owner, f"/offers/{made.json['offer']}"))
    assert "by <bdi>Amina</bdi>, <bdi>trader</bdi>" in page
    await send(one, owner, "/people/of/amina/remove", {})
    page = text(await look(one, owner, f"/offers/{made.json['offer']}"))
    assert "by somebody who has left, <bdi>trader</bdi>" in page


async def test_a_list_that_was_changed_says_so(one: Served) -> None:
    owner = await logged_in(one)
    assert "seal is broken" not in text(await look(one, owner, "/people/audit"))
    with sqlite3.connect(one.node.settings.home / home.DATABASE_NAME) as connection:
        connection.execute("DROP TRIGGER local_audit_unchanged")
        connection.execute("UPDATE local_audit SET role = 'member' WHERE n = 1")
    connection.close()
    assert "seal is broken" in text(await look(one, owner, "/people/audit"))


async def test_the_list_is_paged(one: Served) -> None:
    owner = await logged_in(one)
    for number in range(51):
        role = ("member", "trader")[number % 2]
        await one.owner("POST", "/users/invitations", json={"role": role})
    first = text(await look(one, owner, "/people/audit"))
    assert first.count("<li value=") == 50
    link = first.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    second = text(await look(one, owner, link))
    assert 'value="1"' in second
    assert (await look(one, owner, "/people/audit?before=x")).status == 422
