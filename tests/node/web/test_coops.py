"""The pages of co-ops: who is here, one by itself, blocking and unblocking."""

from protocol.keys import COOP, to_text
from tests.node.served import OFFER_JSON, Login, Served, logged_in
from tests.node.web.looking import look, text

OTHER = {"coop": to_text(COOP, bytes([7]) * 32), "address": "http://127.0.0.1:9"}


async def send(one: Served, login: Login, path: str) -> int:
    done = await one.tcp.raw(
        "POST", path, data={"csrf": login.csrf}, cookies=login.cookies, headers={"Origin": one.url}
    )
    return done.status


async def test_everybody_is_listed_by_name(one: Served) -> None:
    await one.circle()
    await one.owner("POST", "/peers", json=OTHER)
    shown = text(await look(one, await logged_in(one), "/coops"))
    for part in ("Kahawa Co-op", "Kenya", "ours", f"/coops/{OTHER['coop']}", "waiting"):
        assert part in shown, part


async def test_one_shows_its_profile_and_what_it_offers(one: Served) -> None:
    circle = await one.circle("Kreis")
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    own = (await one.owner("GET", "/status")).json["coop"]
    shown = text(await look(one, await logged_in(one), f"/coops/{own}"))
    for part in ("Kahawa Co-op", "Kreis", "Washed coffee", own):
        assert part in shown, part
    assert "Block it" not in shown


async def test_what_blocking_does_is_said_and_it_is_undone(one: Served) -> None:
    await one.owner("POST", "/peers", json=OTHER)
    login = await logged_in(one)
    path = f"/coops/{OTHER['coop']}"
    assert "Blocking ends the link now" in text(await look(one, login, path))
    assert await send(one, login, f"{path}/block") == 303
    assert "It is blocked" in text(await look(one, login, path))
    assert await send(one, login, f"{path}/unblock") == 303
    assert "It is blocked" not in text(await look(one, login, path))


async def test_nobody_is_told_on_a_page(one: Served) -> None:
    found = await look(one, await logged_in(one), "/coops/coop1qqqqqqqq")
    assert (found.status, "[not-found]" in text(found)) == (404, True)
