"""Pictures and papers that come with a form."""

from __future__ import annotations

from aiohttp import FormData

from protocol.limits import IMAGES_MAX
from tests.node.drawn import picture
from tests.node.served import Served, logged_in
from tests.node.web.looking import text
from tests.node.web.test_write import fields_of, opened

PDF = b"%PDF-1.7 a certificate"


async def sent(one: Served, files: list[tuple[str, bytes]], **typed: str) -> dict[str, str]:
    """What the form has after these files came along."""
    await one.circle()
    login = await logged_in(one)
    fields = await opened(one, login)
    form = FormData({**fields, **{name.replace("__", "."): said for name, said in typed.items()}})
    form.add_field("do", "add:images")
    for field, data in files:
        form.add_field(field, data, filename="a file")
    page = text(await one.tcp.raw("POST", "/write", data=form, cookies=login.cookies))
    return fields_of(page) | {"page": page}


async def test_papers_are_evidence_and_no_pictures(one: Served) -> None:
    files = [("fair.0.evidence.add", PDF), ("images.add", PDF)]
    kept = await sent(one, files, fair__0__scheme="fair")
    assert kept["fair.0.evidence.0.type"] == "application/pdf"
    assert "images.0.hash" not in kept
    assert "choose a picture" in kept["page"]


async def test_the_same_picture_twice_is_one_and_no_more_than_there_is_room_for(
    one: Served,
) -> None:
    many = [("images.add", picture("PNG", (one_px, 3))) for one_px in range(2, IMAGES_MAX + 3)]
    kept = await sent(one, [many[0], *many])
    hashes = [said for name, said in kept.items() if name.endswith(".hash")]
    assert len(hashes) == len(set(hashes)) == IMAGES_MAX
    assert "no room for another one" in kept["page"]


async def test_what_a_script_sent_before_is_taken_by_its_id(one: Served) -> None:
    made = (await one.owner("POST", "/blobs", data=picture())).json
    other = "images=blob1qqqq fair.0.scheme=x nonsense"
    kept = await sent(one, [], uploaded=f"images={made['blob']} {other}")
    assert (kept["images.0.hash"], kept["images.0.type"]) == (made["blob"], "image/png")
    assert "images.1.hash" not in kept


async def test_a_file_in_a_field_that_takes_none_is_left_out(one: Served) -> None:
    kept = await sent(one, [("title", picture()), ("prices.add", picture())])
    assert not [name for name in kept if name.endswith(".hash")]
