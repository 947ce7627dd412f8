"""Invites on the page: made, shown as link and code, taken back."""

from __future__ import annotations

import pytest

from tests.node.served import Served, logged_in
from tests.node.web.looking import look, send, text


async def test_an_invite_is_made_shown_and_taken_back(one: Served) -> None:
    place = f"/circles/{await one.circle('Sea')}"
    login = await logged_in(one)
    made = await send(one, login, f"{place}/invites", {"uses": "3", "days": "2", "nonce": "n"})
    shown = text(await look(one, login, made.headers["Location"]))
    assert "coopinvite:" in shown
    assert "Good for 3 more co-ops" in shown
    code = await look(one, login, made.headers["Location"] + "/qr.svg")
    assert (code.status, code.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "3 more co-ops" in text(await look(one, login, place))
    await send(one, login, made.headers["Location"] + "/revoke", {})
    assert "taken back" in text(await look(one, login, place))
    assert "coopinvite:" not in text(await look(one, login, made.headers["Location"]))


@pytest.mark.parametrize(
    ("uses", "days"), [("0", "1"), ("1001", "1"), ("1", "0"), ("1", "366"), ("many", "1"), ("", "")]
)
async def test_uses_and_days_have_their_limits(one: Served, uses: str, days: str) -> None:
    place = f"/circles/{await one.circle('Sea')}"
    form = {"uses": uses, "days": days, "nonce": "n"}
    found = await send(one, await logged_in(one), f"{place}/invites", form)
    assert (found.status, "[bad-field]" in text(found)) == (422, True)
    assert (await one.owner("GET", "/invites")).json["invites"] == []


async def test_an_invite_of_another_circle_is_not_here(one: Served) -> None:
    first, second = await one.circle("Sea"), await one.circle("Soil")
    login = await logged_in(one)
    form = {"uses": "1000", "days": "365", "nonce": "n"}
    made = await send(one, login, f"/circles/{first}/invites", form)
    identifier = made.headers["Location"].rpartition("/")[2]
    assert (await look(one, login, f"/circles/{second}/invites/{identifier}")).status == 404
