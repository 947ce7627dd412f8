"""Catalogues on the page: handed in, looked at, imported, mended until every row is in."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from node.catalogue import table
from node.web import catalogue
from tests.node.served import Answer, Login, Served, logged_in, make_home, served
from tests.node.web.looking import look, text

GOODS = "sku,title,price\n1,Coffee,5.40\n2,Tea,x\n3,Ice,-1\n"
DATA = Path(__file__).parents[2] / "data"


async def send(one: Served, login: Login, path: str, **fields: str) -> Answer:
    """Fill in a form."""
    form = {"csrf": login.csrf, **fields}
    return await one.tcp.raw("POST", path, data=form, cookies=login.cookies)


async def hand_in(one: Served, login: Login, data: bytes, name: str = "goods.csv") -> str:
    """Hand in a file; the path of its page."""
    form = aiohttp.FormData()
    form.add_field("csrf", login.csrf)
    form.add_field("file", data, filename=name, content_type="text/csv")
    found = await one.tcp.raw("POST", "/catalogue", data=form, cookies=login.cookies)
    assert found.status == 303, text(found)
    return str(found.headers["Location"])


def fields_of(page: str) -> dict[str, str]:
    """The cells of bad rows that can be mended, as the form has them."""
    return dict(re.findall(r'<input name="(\d+-\d+)" value="([^"]*)"', page))


async def titles(one: Served) -> list[str]:
    """What is listed, once everything stored is in the lists."""
    while (await one.owner("GET", "/status")).json["lag"]:
        pass
    found = await one.owner("GET", "/offers", params={"mine": "1"})
    return sorted(str(offer["title"]) for offer in found.json["offers"])


async def settled(one: Served, login: Login, path: str) -> str:
    """The page once the node has done what it does for the file."""
    while True:
        shown = text(await look(one, login, path))
        if 'hx-trigger="every 1s"' not in shown:
            return shown


@pytest.fixture
async def login(one: Served) -> Login:
    await one.circle("Hills")
    return await logged_in(one)


async def test_a_file_is_shown_before_anything_is_published(one: Served, login: Login) -> None:
    path = await hand_in(one, login, GOODS.encode())
    shown = await settled(one, login, path)
    for part in ("coop-node, written in UTF-8, 3 rows", "2 rows have a problem", "Coffee"):
        assert part in shown, part
    assert re.search(r"<strong>1</strong> <span>will be created", shown)
    assert "&#39;x&#39; is not a number such as 12.50" in shown
    assert await titles(one) == []


async def test_rows_are_mended_on_the_page_until_none_is_left(one: Served, login: Login) -> None:
    path = await hand_in(one, login, GOODS.encode())
    await send(one, login, f"{path}/import")
    shown = await settled(one, login, path)
    assert "2 rows have a problem" in shown
    cells = fields_of(shown)
    assert cells == {
        "0-0": "2", "0-1": "Tea", "0-2": "x", "1-0": "3", "1-1": "Ice", "1-2": "-1",
    }  # fmt: skip
    await send(one, login, f"{path}/rows", **(cells | {"0-2": "3"}))
    shown = await settled(one, login, path)
    assert "1 row has a problem" in shown
    assert "Line 4" in shown, "the line of the file that was handed in"
    await send(one, login, f"{path}/rows", **(fields_of(shown) | {"0-2": "0.50"}))
    shown = await settled(one, login, path)
    assert "Every row is in." in shown
    assert re.search(r"<strong>3</strong> <span>created", shown)
    assert await titles(one) == ["Coffee", "Ice", "Tea"]


async def test_bad_rows_go_out_as_a_file_and_come_in_again(one: Served, login: Login) -> None:
    path = await hand_in(one, login, GOODS.encode(), "our goods.csv")
    await send(one, login, f"{path}/import")
    await settled(one, login, path)
    out = await look(one, login, f"{path}/rejects.csv")
    assert "our%20goods.rejects.csv" in out.headers["Content-Disposition"]
    head, *rows = list(csv.reader(io.StringIO(text(out).removeprefix("\ufeff"))))
    assert head == ["sku", "title", "price", "error"]
    assert [row[:3] for row in rows] == [["2", "Tea", "x"], ["3", "Ice", "-1"]]
    assert all("[bad-field]" in row[3] for row in rows)
    mended = out.body.replace(b"Tea,x", b"Tea,1").replace(b"-1", b"1")
    again = await hand_in(one, login, mended)
    await send(one, login, f"{again}/import")
    assert "Every row is in." in await settled(one, login, again)
    assert await titles(one) == ["Coffee", "Ice", "Tea"]


@pytest.mark.parametrize("codec", ["cp1252", "mac_roman", "iso8859_15"])
async def test_an_old_file_of_fairmondo_is_recognised_with_its_letters(
    one: Served, login: Login, codec: str
) -> None:
    content = (DATA / "fairmondo-71-columns.csv").read_text(encoding="utf-8")
    path = await hand_in(one, login, content.encode(codec, "replace"))
    shown = await settled(one, login, path)
    name = {"cp1252": "WINDOWS-1252", "mac_roman": "MACROMAN", "iso8859_15": "ISO-8859-15"}[codec]
    assert f"Recognised: Fairmondo, written in {name}" in shown
    assert "Bücher" in shown or "ü" in shown


async def test_where_the_letters_are_not_sure_a_person_is_asked(one: Served, login: Login) -> None:
    path = await hand_in(one, login, "title\nWürste\n".encode("cp1252"))
    shown = await settled(one, login, path)
    assert "name its encoding" in shown
    assert "[unknown-format]" in shown
    await send(one, login, f"{path}/choices", encoding="windows-1252")
    shown = await settled(one, login, path)
    assert "Würste" in shown


async def test_choices_are_seen_before_they_are_imported(one: Served, login: Login) -> None:
    path = await hand_in(one, login, b"title,price\nCoffee,5.40\n")
    assert "KES" in await settled(one, login, path)
    await send(one, login, f"{path}/import", currency="JPY")
    shown = await settled(one, login, path)
    assert "5.4 is finer than the 0 decimals of JPY" in shown
    assert await titles(one) == []
    wrong = await send(one, login, f"{path}/choices", currency="QQQ")
    assert (wrong.status, "[bad-code]" in text(wrong)) == (422, True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a,b\n1,2\n", "unknown-format"),
        (b'title\n"open\n', "bad-file"),
        ("title\nTea\n".encode("utf-16"), "unknown-format"),
        (b"PK\x03\x04" + bytes(400), "unknown-format"),
    ],
)
async def test_what_is_no_catalogue_is_told(
    one: Served, login: Login, data: bytes, code: str
) -> None:
    shown = await settled(one, login, await hand_in(one, login, data))
    assert f"[{code}]" in shown


async def test_a_file_as_long_as_can_be_is_taken_and_one_row_more_is_not(
    one: Served, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = b"title\n" + b"".join(b"Tea %d\n" % number for number in range(10_002))
    shown = await settled(one, login, await hand_in(one, login, long))
    assert "10,002 rows" in shown
    monkeypatch.setattr(table, "ROWS_MAX", 10_002)
    shown = await settled(one, login, await hand_in(one, login, long))
    assert "10,002 rows" in shown
    shown = await settled(one, login, await hand_in(one, login, long + b"Tea\n"))
    assert "more than 10,002 rows; split the file" in shown


async def test_no_file_and_one_too_large_are_told(one: Served, login: Login) -> None:
    form = aiohttp.FormData({"csrf": login.csrf})
    form.add_field("file", b"", filename="", content_type="application/octet-stream")
    empty = await one.tcp.raw("POST", "/catalogue", data=form, cookies=login.cookies)
    assert (empty.status, "choose a file first" in text(empty)) == (422, True)
    form = aiohttp.FormData({"csrf": login.csrf})
    form.add_field("file", io.BytesIO(bytes(catalogue.UPLOAD.bytes_max)), filename="x.csv")
    large = await one.tcp.raw("POST", "/catalogue", data=form, cookies=login.cookies)
    assert (large.status, "[too-large]" in text(large)) == (413, True)


async def test_a_file_can_be_forgotten(one: Served, login: Login) -> None:
    path = await hand_in(one, login, GOODS.encode())
    await settled(one, login, path)
    assert "goods.csv" in text(await look(one, login, "/catalogue"))
    await send(one, login, f"{path}/removal")
    assert "goods.csv" not in text(await look(one, login, "/catalogue"))
    assert (await look(one, login, path)).status == 404


async def test_in_no_circle_there_is_nothing_to_hand_in(tmp_path: Path) -> None:
    async with served(make_home(tmp_path / "home")) as one:
        shown = text(await look(one, await logged_in(one), "/catalogue"))
    assert "Found a circle or join one" in shown
    assert 'type="file"' not in shown


async def test_who_may_not_write_hands_nothing_in(one: Served) -> None:
    found: Any = await one.tcp.raw("POST", "/catalogue", data={"csrf": "x"})
    assert found.status == 401
