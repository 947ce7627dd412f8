"""Notes on the page: asked from an offer, answered in a thread, counted in the navigation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.web.notes import NOTE
from protocol.limits import TEXT_BYTES_MAX
from tests.node.pairs import paired, until
from tests.node.served import Answer, Login, Served, logged_in
from tests.node.web.looking import look, text

EVIL = "<img src=x onerror=alert(1)>\u202e and\nmore"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Served, Served, str]]:
    async with paired(tmp_path) as two:
        yield two


async def send(one: Served, login: Login, path: str, **fields: str) -> Answer:
    """Fill in a form."""
    form = {"csrf": login.csrf, "nonce": "n1", **fields}
    return await one.tcp.raw("POST", path, data=form, cookies=login.cookies)


async def test_a_question_goes_to_the_other_node_and_its_answer_comes_back(
    pair: tuple[Served, Served, str],
) -> None:
    one, other, offer = pair
    asker, answerer = await logged_in(other), await logged_in(one)
    form = text(await look(other, asker, f"/notes/new?offer={offer}"))
    assert "Washed coffee" in form
    sent = await send(other, asker, "/notes", offer=offer, text=EVIL)
    again = await send(other, asker, "/notes", offer=offer, text=EVIL)
    thread = str(sent.headers["Location"])
    assert again.headers["Location"] == thread, "a double click is one note"
    await until(one, "/notes", lambda told: told["unread"] == 1)
    assert "1 unread note" in text(await look(one, answerer, "/notes/unread"))
    listed = text(await look(one, answerer, "/notes"))
    assert ("1 unread" in listed, "Fischer eG" in listed) == (True, True)
    shown = text(await look(one, answerer, thread))
    assert "&lt;img src=x onerror=alert(1)&gt; and\nmore" in shown
    assert "\u202e" not in shown
    assert "hidden" in text(await look(one, answerer, "/notes/unread"))
    done = await send(one, answerer, thread, text="Fully washed.")
    assert done.headers["Location"] == thread
    await until(other, "/notes", lambda told: told["unread"] == 1)
    assert "Fully washed." in text(await look(other, asker, thread))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (" \r\n", "write something first"),
        ("x" * (TEXT_BYTES_MAX + 1), "a note has at most 10000 characters, this one has 10001"),
    ],
)
async def test_what_cannot_be_sent_is_told_beside_the_field_and_kept(
    pair: tuple[Served, Served, str], written: str, told: str
) -> None:
    _, other, offer = pair
    login = await logged_in(other)
    found = await send(other, login, "/notes", offer=offer, text=written)
    assert (found.status, told in text(found)) == (422, True)
    assert 'aria-describedby="text-help text-problem"' in text(found)
    assert written.strip() in text(found)


async def test_the_longest_note_comes_through_its_form(pair: tuple[Served, Served, str]) -> None:
    _, other, offer = pair
    login = await logged_in(other)
    found = await send(other, login, "/notes", offer=offer, text="\U0001f33e" * TEXT_BYTES_MAX)
    assert found.status == 303
    large = await send(other, login, "/notes", offer=offer, text="x" * NOTE.bytes_max)
    assert (large.status, "[too-large]" in text(large)) == (413, True)


async def test_one_s_own_offer_is_not_asked_about(pair: tuple[Served, Served, str]) -> None:
    one, _, offer = pair
    login = await logged_in(one)
    assert "This offer is your own" in text(await look(one, login, f"/notes/new?offer={offer}"))
    found = await send(one, login, "/notes", offer=offer, text="x")
    assert found.status == 422


async def test_without_notes_the_page_says_what_to_do(one: Served) -> None:
    login = await logged_in(one)
    assert "Find an offer of another co-op" in text(await look(one, login, "/notes"))
    assert (await look(one, login, "/notes/record1qqqqqqqq")).status in {404, 422}


async def test_an_open_page_gets_its_parts_alone(pair: tuple[Served, Served, str]) -> None:
    _, other, offer = pair
    login = await logged_in(other)
    sent = await send(other, login, "/notes", offer=offer, text="Is it washed?")
    part = {"HX-Request": "true"}
    listed = text(await look(other, login, "/notes", headers=part))
    talk = text(await look(other, login, str(sent.headers["Location"]), headers=part))
    assert (listed.strip()[:17], talk.strip()[:14]) == ('<div id="threads"', '<ol id="notes"')
