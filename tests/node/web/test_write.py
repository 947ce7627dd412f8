"""Writing over a real connection, as a browser without script: every button asks for the page."""

from __future__ import annotations

import html
import re

import pytest
from aiohttp import FormData

from node.pictures import cleaned
from node.web import write
from protocol.keys import COOP, to_text
from protocol.limits import TITLE_BYTES_MAX
from tests.node.drawn import picture
from tests.node.served import OFFER_JSON, Answer, Login, Served, bearer, logged_in
from tests.node.web.looking import look, text

FIELD = re.compile(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"')


async def opened(one: Served, login: Login, path: str = "/write") -> dict[str, str]:
    """The fields of a form as a browser would send them."""
    page = text(await look(one, login, path))
    assert 'id="writing"' in page
    return fields_of(page)


def fields_of(page: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r' name="([^"]*)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        is_off = re.search(r'type="(?:checkbox|radio)"', tag) and " checked" not in tag
        if name and not is_off and 'type="file"' not in tag:
            fields[name[1]] = html.unescape(value[1]) if value else "on"
    for name, body in re.findall(
        r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL
    ):
        fields[name] = html.unescape(body)
    for name, body in re.findall(
        r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        chosen = [value for value, selected in options if selected]
        fields[name] = (chosen or [options[0][0] if options else ""])[-1]
    return fields


async def press(
    one: Served, login: Login, fields: dict[str, str], button: str = "publish",
    path: str = "/write", **typed: str,
) -> Answer:  # fmt: skip
    """Send the form by a button."""
    told = {name.replace("__", "."): said for name, said in typed.items()}
    data = {**fields, **told, "do": button}
    return await one.tcp.raw("POST", path, data=data, cookies=login.cookies)


async def publish(one: Served, login: Login, **typed: str) -> str:
    """Write something and publish it; its id."""
    done = await press(one, login, await opened(one, login), **typed)
    assert done.status == 303, text(done)
    told = re.fullmatch(r"/offers/(rec1\w+)/published\?.*", done.headers["Location"])
    assert told is not None
    return told[1]


async def said(one: Served, offer: str) -> dict[str, object]:
    """The fields of an offer as the API has them."""
    found: dict[str, object] = (await one.owner("GET", f"/offers/{offer}")).json["offer"]
    return found


async def test_without_a_circle_there_is_nowhere_to_publish(one: Served) -> None:
    shown = text(await look(one, await logged_in(one), "/write"))
    assert "Found or join a circle" in shown
    assert 'id="writing"' not in shown


async def test_an_offer_is_written_and_published_once(one: Served) -> None:
    await one.circle("Hill")
    login = await logged_in(one)
    fields = await opened(one, login)
    assert (fields["where.country"], fields["prices.0.currency"]) == ("KE", "KES")
    typed = {
        "title__en": "Washed coffee", "prices__0__amount": "1,540.50", "prices__0__per": "60",
        "unit": "KGM", "quantity": "12.5", "text__en": "Two\r\nlines",
    }  # fmt: skip
    first = await press(one, login, fields, **typed)
    again = await press(one, login, fields, **typed)
    assert (first.status, again.headers["Location"]) == (303, first.headers["Location"])
    listed = (await one.owner("GET", "/offers")).json["offers"]
    assert len(listed) == 1
    made = await said(one, listed[0]["id"])
    assert (made["quantity"], made["unit"], made["text"]) == ("12.5", "KGM", {"en": "Two\nlines"})
    assert made["prices"] == [
        {"currency": "KES", "exponent": 2, "from_quantity": "0", "minor": 154_050, "per": "60"}
    ]
    assert made["where"] == {"country": "KE"}
    page = text(await look(one, login, first.headers["Location"]))
    for part in ("Published.", "Washed coffee", "KES", "Nobody else is in this circle yet"):
        assert part in page, part


async def test_another_text_under_the_same_form_is_told(one: Served) -> None:
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    await press(one, login, fields, title__en="One")
    second = await press(one, login, fields, title__en="Two")
    assert (second.status, "published before" in text(second)) == (422, True)
    kept = fields_of(text(second))
    assert kept["title.en"] == "Two"
    third = await press(one, login, kept)
    assert third.status == 303


async def test_what_is_wrong_stands_beside_its_field_and_all_stays(one: Served) -> None:
    await one.circle()
    login = await logged_in(one)
    typed = {
        "title__en": "x" * (TITLE_BYTES_MAX + 1), "text__en": "with \u202e turned </textarea>",
        "prices__0__amount": "many", "valid_until": "2020-01-01", "where__place": '"><b>Kiambu',
        "terms__payments__box__cash": "on",
    }  # fmt: skip
    found = await press(one, login, await opened(one, login), **typed)
    page = text(found)
    assert found.status == 422
    for name in ("title-en", "text-en", "prices-0-amount"):
        assert f'aria-describedby="f-{name}-problem"' in page, name
        assert f'id="f-{name}-problem"' in page, name
    assert "U+202E" in page
    assert "<b>Kiambu" not in page
    kept = fields_of(page)
    for name, there in typed.items():
        assert kept[name.replace("__", ".")] == there, name
    assert (await one.owner("GET", "/offers")).json["offers"] == []


async def test_rows_and_languages_come_and_go_without_script(one: Served) -> None:
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    added = fields_of(text(await press(one, login, fields, "add:prices", prices__0__amount="5")))
    assert (added["prices.0.amount"], added["prices.1.amount"]) == ("5", "")
    both = fields_of(text(await press(one, login, added, "speak:", new_language="sw")))
    assert "title.sw" in both
    found = text(await press(one, login, both, "find:hs", search__hs="coffee not roasted"))
    assert 'value="goods:090111"' in found
    assert "Coffee, tea, mat" in found
    chosen = fields_of(text(await press(one, login, fields_of(found), "goods:090111")))
    assert chosen["item.hs"] == "090111"
    units = text(await press(one, login, chosen, "find:unit", search__unit="bale"))
    rare = re.search(r'value="unit:(\w+)"', units)
    assert rare is not None
    assert fields_of(text(await press(one, login, chosen, f"unit:{rare[1]}")))["unit"] == rare[1]
    nothing = text(await press(one, login, chosen, "find:hs", search__hs="qqqq"))
    assert "Nothing is found by these words" in nothing


async def test_a_picture_comes_along_without_script_and_loses_where_it_was_taken(
    one: Served,
) -> None:
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    form = FormData({**fields, "title.en": "Coffee", "do": "add:images"})
    form.add_field("images.add", picture("JPEG", comment=b"a secret"), filename="a.jpg")
    form.add_field("images.add", b"no picture", filename="evil<b>.jpg")
    found = await one.tcp.raw("POST", "/write", data=form, cookies=login.cookies)
    page = text(found)
    assert "evil&lt;b&gt;.jpg" in page
    kept = fields_of(page)
    assert kept["title.en"] == "Coffee"
    blob = kept["images.0.hash"]
    data = (await one.owner("GET", f"/blobs/{blob}")).body
    assert data == cleaned(picture("JPEG"))
    assert b"secret" not in data
    done = await press(one, login, kept, images__0__alt__en="A sack")
    assert done.status == 303
    image = (await one.owner("GET", "/offers")).json["offers"][0]
    assert (image["picture"], image["picture_alt"]) == (blob, "A sack")


async def test_a_form_of_too_many_fields_is_refused(one: Served) -> None:
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    many = {f"prices.{row}.amount": "1" for row in range(write.LIMITS.fields_max)}
    found = await press(one, login, fields | many, "restore")
    assert (found.status, "[malformed]" in text(found)) == (422, True)


async def test_a_preview_shows_it_and_publishes_nothing(one: Served) -> None:
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    found = await press(
        one, login, fields, "preview", title__en="Coffee <b>", prices__0__amount="5", unit="KGM"
    )
    page = text(found)
    assert "As other co-ops will see it" in page
    assert "Coffee &lt;b&gt;" in page
    assert (await one.owner("GET", "/offers")).json["offers"] == []


async def test_an_edit_starts_with_what_stands_and_keeps_what_it_does_not_show(one: Served) -> None:
    circle = await one.circle()
    whole = OFFER_JSON | {
        "fair": [{"scheme": "own", "answers": {"odd one": {"checked": ["a"], "yes": True}}}],
        "recipients": [to_text(COOP, b"\x01" * 32)],
        "valid_until_ms": 1_900_000_000_123,
    }
    offer = (await one.owner("POST", "/offers", json={"circle": circle, "offer": whole})).json[
        "offer"
    ]
    login = await logged_in(one)
    path = f"/offers/{offer}/edit"
    before = await said(one, offer)
    done = await press(one, login, await opened(one, login, path), path=path)
    assert done.status == 303, text(done)
    assert await said(one, offer) == before


async def test_two_who_edit_at_once_see_both_and_choose(one: Served) -> None:
    login = await logged_in(one)
    await one.circle()
    offer = await publish(one, login, title__en="Coffee", quantity="5")
    path = f"/offers/{offer}/edit"
    mine, theirs = await opened(one, login, path), await opened(one, login, path)
    assert (await press(one, login, theirs, path=path, title__en="Their coffee")).status == 303
    newer = await look(one, login, f"/offers/{offer}/newer", params={"version": mine["version"]})
    assert "published a newer version" in text(newer)
    both = await press(one, login, mine, path=path, title__en="My coffee", quantity="7")
    page = text(both)
    assert both.status == 409
    assert ("My coffee" in page, "Their coffee" in page) == (True, True)
    chosen = fields_of(page)
    assert (chosen["take.title"], chosen["take.quantity"]) == ("mine", "mine")
    again = fields_of(
        text(await press(one, login, chosen | {"take.title": "theirs"}, "choose", path))
    )
    assert (again["title.en"], again["quantity"]) == ("Their coffee", "7")
    assert (await press(one, login, again, path=path)).status == 303
    assert (await said(one, offer))["quantity"] == "7"


async def test_a_similar_one_starts_from_what_another_says(one: Served) -> None:
    login = await logged_in(one)
    await one.circle()
    offer = await publish(one, login, title__en="Coffee", valid_until="2030-01-01")
    fields = await opened(one, login, f"/write?copy={offer}")
    assert (fields["title.en"], fields["valid_until"]) == ("Coffee", "")
    assert "version" not in fields or not fields["version"]


async def test_a_want_is_a_want(one: Served) -> None:
    login = await logged_in(one)
    await one.circle()
    fields = await opened(one, login, "/write?kind=want")
    await press(one, login, fields, title__en="Crates")
    assert (await one.owner("GET", "/offers")).json["offers"][0]["kind"] == "want"


async def test_who_is_not_logged_in_any_more_comes_back_after_the_login(one: Served) -> None:
    login = await logged_in(one)
    await one.circle()
    fields = await opened(one, login)
    found = await one.tcp.raw("POST", "/write?kind=want", data=fields)
    assert (found.status, found.headers["Location"]) == (303, "/login?next=/write%3Fkind%3Dwant")


async def test_who_may_only_read_may_not_write(one: Served) -> None:
    await one.circle()
    reader = await bearer(one, "read")
    found = await one.tcp.raw("GET", "/write", headers=reader)
    assert (found.status, "[not-your-role]" in text(found)) == (403, True)


@pytest.mark.parametrize("path", ["edit", "withdraw", "published", "newer"])
async def test_an_offer_that_is_not_here(one: Served, path: str) -> None:
    found = await look(one, await logged_in(one), f"/offers/rec1qqqqqqqq/{path}")
    assert found.status == 404
