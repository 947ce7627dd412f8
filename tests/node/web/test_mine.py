"""Our own offers: how each stands, and offering one again."""

import pytest

from tests.node.served import NOW_MS, OFFER_JSON, Served, logged_in
from tests.node.web.looking import look, text

DAY_MS = 86_400_000


async def add(one: Served, circle: str, title: str, **fields: object) -> str:
    wish = {"circle": circle, "offer": OFFER_JSON | {"title": {"en": title}, **fields}}
    return str((await one.owner("POST", "/offers", json=wish)).json["offer"])


async def test_all_are_listed_with_their_state(one: Served) -> None:
    circle = await one.circle()
    gone = await add(one, circle, "Gone")
    await add(one, circle, "Short", valid_until_ms=NOW_MS + 1000)
    await add(one, circle, "Here")
    await one.owner("POST", f"/offers/{gone}/withdrawal", json={"reason": {}})
    one.clock.advance(2000)
    shown = text(await look(one, await logged_in(one), "/mine"))
    for title, state in (("Gone", "withdrawn"), ("Short", "over"), ("Here", "standing")):
        row = next(part for part in shown.split("<li") if f"<bdi>{title}</bdi>" in part)
        assert f'class="own {state}"' in row, title


async def test_without_any_it_says_what_to_do(one: Served) -> None:
    assert "Write the first offer" in text(await look(one, await logged_in(one), "/mine"))


async def test_one_is_offered_again_once_however_often_it_is_sent(one: Served) -> None:
    circle = await one.circle()
    offer = await add(one, circle, "Gone")
    await one.owner("POST", f"/offers/{offer}/withdrawal", json={"reason": {}})
    login = await logged_in(one)
    form = text(await look(one, login, f"/offers/{offer}/renew"))
    nonce = form.partition('name="nonce" value="')[2].partition('"')[0]
    wish = {"csrf": login.csrf, "nonce": nonce, "days": "90"}
    for _ in range(2):
        done = await one.tcp.raw(
            "POST", f"/offers/{offer}/renew", data=wish, cookies=login.cookies,
            headers={"Origin": one.url},
        )  # fmt: skip
        assert (done.status, done.headers["Location"]) == (303, f"/offers/{offer}")
    shown = (await one.owner("GET", f"/offers/{offer}")).json
    assert (shown["withdrawn"], len(shown["versions"])) == (False, 2)
    assert shown["offer"]["valid_until_ms"] >= NOW_MS + 90 * DAY_MS


@pytest.mark.parametrize("days", ["", "1", "-30", "30.0"])
async def test_another_time_is_refused(one: Served, days: str) -> None:
    offer = await add(one, await one.circle(), "Here")
    login = await logged_in(one)
    done = await one.tcp.raw(
        "POST", f"/offers/{offer}/renew", data={"csrf": login.csrf, "nonce": "x", "days": days},
        cookies=login.cookies, headers={"Origin": one.url},
    )  # fmt: skip
    assert (done.status, "[bad-field]" in text(done)) == (422, True)
