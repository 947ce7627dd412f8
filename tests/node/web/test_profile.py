"""The co-op's own profile: changed in one form, shown to all, picture and contact with it."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from protocol.keys import COOP, to_text
from tests.node.served import Answer, Login, Served, logged_in
from tests.node.web.looking import look, text
from tests.node.web.persons import person

FORM = {
    "name": "Mlima Kahawa",
    "country": "KE",
    "language.0": "sw",
    "language.1": "en",
    "sector.box.farming": "1",
    "governance": "producer",
    "registration": "CS/1",
    "website": "https://mlima.example/",
    "description.sw": "Wakulima 340.",
    "description.en": "340 growers.\r\nOne slope.",
    "person": "Wanjiru",
    "phone": "+254 700 000000",
}


def png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(data, "PNG")
    return data.getvalue()


async def send(one: Served, login: Login, form: dict[str, str], picture: bytes = b"") -> Answer:
    fields = aiohttp.FormData(default_to_multipart=True)
    for name, value in {"csrf": login.csrf, **form}.items():
        fields.add_field(name, value)
    fields.add_field("picture", picture, filename="x.png" if picture else "")
    return await one.tcp.raw("POST", "/profile", data=fields, cookies=login.cookies)


async def kept(one: Served) -> dict[str, Any]:
    profile: dict[str, Any] = (await one.owner("GET", "/profile")).json
    return profile


async def test_what_is_typed_is_kept_and_shown(one: Served) -> None:
    await one.circle()
    owner = await logged_in(one)
    changed = await send(one, owner, FORM | {"alt.en": "A bean"}, png())
    place = f"/coops/{to_text(COOP, one.node.coop)}"
    assert (changed.status, changed.headers["Location"]) == (303, place)
    profile = await kept(one)
    assert profile["description"] == {"sw": "Wakulima 340.", "en": "340 growers.\nOne slope."}
    assert (profile["sectors"], profile["governance"]) == (["farming"], "producer")
    assert profile["picture"]["alt"] == {"en": "A bean"}
    assert (await one.owner("GET", "/contact")).json["person"] == "Wanjiru"
    assert "Wanjiru" in text(await look(one, owner, place))
    form = text(await look(one, owner, "/profile"))
    for value in FORM.values():
        assert value.partition("\r")[0] in form


async def test_a_picture_stays_until_it_is_taken_away(one: Served) -> None:
    owner = await logged_in(one)
    await send(one, owner, FORM, png())
    await send(one, owner, FORM)
    assert (await kept(one))["picture"] is not None
    await send(one, owner, FORM | {"no-picture": "1"})
    assert not (await kept(one)).get("picture")


@pytest.mark.parametrize(
    ("form", "picture", "field"),
    [
        ({"name": ""}, b"", "name"),
        ({"name": "x" * 201}, b"", "name"),
        ({"country": "XX"}, b"", "country"),
        ({"website": "javascript:alert(1)"}, b"", "website"),
        ({"website": "https://x.example/" + "y" * 2000}, b"", "website"),
        ({"description.sw": "a\u202eb"}, b"", "description.sw"),
        ({"description.sw": "x" * 10_001}, b"", "description.sw"),
        ({"phone": "1" * 65}, b"", "phone"),
        ({"email": "x" * 201}, b"", "email"),
        ({"alt.en": "x" * 301}, b"", "alt.en"),
        ({}, b"%PDF-1.7 ", "picture"),
        ({}, b"\x89PNG\r\n\x1a\nrubbish", "picture"),
    ],
)
async def test_a_mistake_is_told_beside_its_field_and_all_stays_typed(
    one: Served, form: dict[str, str], picture: bytes, field: str
) -> None:
    owner = await logged_in(one)
    before = await kept(one)
    refused = await send(one, owner, FORM | form, picture)
    assert refused.status == 422
    shown = text(refused)
    assert f'id="{field}-problem"' in shown
    assert "+254 700 000000" in shown or "phone" in form
    assert await kept(one) == before


async def test_a_field_may_be_as_long_as_its_limit(one: Served) -> None:
    owner = await logged_in(one)
    longest = {
        "name": "x" * 200,
        "description.sw": "y" * 10_000,
        "phone": "1" * 64,
        "registration": "r" * 64,
    }
    assert (await send(one, owner, FORM | longest)).status == 303


async def test_who_may_not_change_it_sees_the_co_op_s_page(one: Served) -> None:
    member = await person(one, "Amina", "member")
    found = await look(one, member, "/profile")
    assert (found.status, "/coops/" in found.headers["Location"]) == (303, True)
