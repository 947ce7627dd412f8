"""The first run over a real connection: whose browser it is, what it asks, what it leaves."""

import re
from pathlib import Path

import pytest

from node import firstrun
from protocol.keys import Network
from tests.node.served import Served
from tests.node.web.firsts import COOP, OWNER, Browser, first_run
from tests.node.web.looking import text

NETWORK = Network("coop")


@pytest.mark.parametrize("path", ["/", "/circles", "/start", "/start/words", "/start/owner"])
async def test_who_has_not_opened_the_link_gets_one_sentence(browser: Browser, path: str) -> None:
    await browser.post("/start/coop", COOP)
    found = await browser.raw("GET", path)
    assert found.status == 503
    assert "This node is not set up yet" in text(found)
    assert browser.wizard.fields is None


async def test_programs_get_it_as_a_problem_and_the_process_is_live(browser: Browser) -> None:
    found = await browser("GET", "/status")
    assert (found.status, found.code) == (503, "not-set-up")
    assert (await browser.raw("GET", "/livez")).body == b"ok\n"


async def test_the_link_is_good_once_and_its_browser_goes_on(browser: Browser) -> None:
    assert (await browser.raw("GET", "/start/" + "0" * 32)).status == 404
    opened = await browser.open()
    assert (opened.status, opened.headers["Location"]) == (303, "/start")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert "SameSite=Strict" in opened.headers["Set-Cookie"]
    assert (await browser.open()).status == 303
    assert (await browser.raw("GET", "/")).headers["Location"] == "/start"
    browser.session.cookie_jar.clear()
    used = await browser.open()
    assert used.status == 410
    assert "[link-used]" in text(used).replace("<code>", "").replace("</code>", "")


async def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    await browser.open()
    found = await browser.post("/start/coop", COOP, headers={"Origin": "http://evil.example"})
    assert (found.status, "bad-origin" in text(found)) == (403, True)
    assert browser.wizard.fields is None


async def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(
    browser: Browser,
) -> None:
    await browser.open()
    found = await browser.post("/start/coop", COOP | {"country": "", "registration": "1" * 65})
    shown = text(found)
    assert found.status == 422
    assert 'value="Kahawa"' in shown
    assert 'id="country-problem"' in shown
    assert 'id="registration-problem"' in shown
    assert 'value="farming" checked' in shown


async def test_the_words_stay_the_same_while_the_co_op_is_mended(browser: Browser) -> None:
    await browser.open()
    await browser.post("/start/coop", COOP)
    words = browser.wizard.words
    assert 'value="Kahawa"' in text(await browser.raw("GET", "/start/coop"))
    await browser.post("/start/coop", COOP | {"name": "Kahawa Bora"})
    shown = text(await browser.raw("GET", "/start/words"))
    assert re.findall(r'class="word">(\w+)<', shown) == list(words)
    assert "Kahawa Bora" in shown
    assert len(words) == 24


async def test_wrong_words_are_named_and_others_are_asked(browser: Browser) -> None:
    await browser.open()
    await browser.post("/start/coop", COOP)
    asked = set(browser.wizard.asked)
    found = await browser.post("/start/check", browser.answers(right=False))
    assert found.status == 422
    assert "[bad-words]" in text(found)
    assert browser.wizard.words[0] in text(found)
    assert asked.isdisjoint(browser.wizard.asked)
    folder = browser.wizard.settings.home
    assert firstrun.standing(folder, NETWORK) == "nothing"


async def test_confirmed_words_are_shown_no_more(browser: Browser) -> None:
    await browser.confirm()
    for path in ("/start/words", "/start/check", "/start/coop"):
        assert (await browser.raw("GET", path)).headers["Location"] == "/start/owner"
    assert browser.wizard.words == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 1025, "again": "x" * 1025}, "password"),
        ({"again": "sea and soil 13"}, "again"),
    ],
)
async def test_an_owner_that_cannot_be_is_told_beside_the_field(
    browser: Browser, wrong: dict[str, str], field: str
) -> None:
    await browser.confirm()
    found = await browser.post("/start/owner", OWNER | wrong)
    assert found.status == 422
    assert f'id="{field}-problem"' in text(found)
    assert firstrun.standing(browser.wizard.settings.home, NETWORK) == "confirmed"


async def test_the_owner_is_sent_to_the_node_once_it_answers(browser: Browser) -> None:
    await browser.confirm()
    browser.wizard.taken_over.set()
    found = await browser.post("/start/owner", OWNER)
    assert (found.status, found.headers["Location"]) == (303, "/circles/first")
    assert found.headers["Connection"] == "close"
    names = [one.key for one in browser.session.cookie_jar]
    assert names == [f"coop_session_{browser.base.rpartition(':')[2]}"]
    assert firstrun.standing(browser.wizard.settings.home, NETWORK) == "made"


async def test_after_a_kill_confirmed_words_are_not_asked_again(tmp_path: Path) -> None:
    async with first_run(tmp_path / "home") as one:
        await one.confirm()
    async with first_run(tmp_path / "home") as one:
        await one.open()
        found = await one.raw("GET", "/start/owner")
        assert (found.status, "Kahawa" in text(found)) == (200, True)


async def test_a_base_path_stands_before_everything(tmp_path: Path) -> None:
    public_url = "http://coop.example/node/"
    async with first_run(tmp_path / "home", public_url=public_url) as one:
        opened = await one.raw("GET", f"/node/start/{one.wizard.link_token}")
        assert opened.headers["Location"] == "/node/start"
        assert "Path=/node" in opened.headers["Set-Cookie"]


async def test_a_language_can_be_chosen_before_anything_else(browser: Browser) -> None:
    found = await browser.post("/language", {"language": "ar", "next": "/start/coop"})
    assert found.headers["Location"] == "/start/coop"
    assert 'dir="rtl"' in text(await browser.raw("GET", "/"))


@pytest.mark.parametrize("path", ["/start", "/start/0123", "/start/owner"])
async def test_an_old_link_says_so_at_the_node(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    assert (found.status, "[link-used]" in text(found)) == (410, True)
