"""Notes over the API: between two real nodes, sealed, counted, and refused where they cannot be."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import TEXT_BYTES_MAX
from tests.node.pairs import paired, until
from tests.node.served import Served, bearer


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Served, Served, str]]:
    async with paired(tmp_path) as two:
        yield two


async def test_a_question_is_answered(pair: tuple[Served, Served, str]) -> None:
    one, other, offer = pair
    wish: dict[str, Any] = {"offer": offer, "text": {"de": "Ist er gewaschen?"}}
    made = await other.owner("POST", "/notes", json=wish)
    assert made.status == 201, made.json
    found = await until(one, "/notes", lambda told: told["unread"] == 1)
    (thread,) = found["threads"]
    assert thread["id"] == made.json["note"]
    assert (thread["title"], thread["other_names"]) == ("Washed coffee", ["Fischer eG"])
    assert thread["last"]["text"] == "Ist er gewaschen?"
    said = {"thread": thread["id"], "text": {"en": "Fully washed."}}
    assert (await one.owner("POST", "/notes", json=said)).status == 201
    path = f"/notes/{thread['id']}"
    detail = await until(other, path, lambda told: told["thread"]["count"] == 2)
    assert [(note["mine"], note["text"]) for note in detail["notes"]] == [
        (True, "Ist er gewaschen?"),
        (False, "Fully washed."),
    ]
    assert detail["thread"]["unread"] == 1
    await other.owner("POST", f"{path}/reading", json={})
    assert (await other.owner("GET", "/notes")).json["unread"] == 0


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"text": {"en": "x"}}, "bad-field"),
        ({"text": {}}, "bad-field"),
        ({"text": {"en": " "}}, "bad-field"),
        ({"text": {"en": "x" * (TEXT_BYTES_MAX + 1)}}, "bad-field"),
        ({"text": {"English": "x"}}, "bad-field"),
        ({"text": {"en": "x"}, "thread": "record1qqqqqq"}, "bad-field"),
    ],
)
async def test_what_is_no_note_is_told(
    pair: tuple[Served, Served, str], wish: dict[str, Any], code: str
) -> None:
    _, other, offer = pair
    named = {} if wish == {"text": {"en": "x"}} else {"offer": offer}
    found = await other.owner("POST", "/notes", json={**named, **wish})
    assert (found.status, found.code) == (422, code)


async def test_the_longest_note_fits_a_record(pair: tuple[Served, Served, str]) -> None:
    _, other, offer = pair
    longest = {"offer": offer, "text": {"en": "\U0001f33e" * TEXT_BYTES_MAX}}
    assert (await other.owner("POST", "/notes", json=longest)).status == 201


async def test_who_may_only_read_sends_nothing(one: Served) -> None:
    headers = await bearer(one, "read")
    wish = {"offer": "record1qqqqqq", "text": {"en": "x"}}
    found = await one.tcp("POST", "/notes", json=wish, headers=headers)
    assert (found.status, found.code) == (403, "not-your-role")
