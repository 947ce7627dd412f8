"""Pictures and documents over the API: kept by their hash, given out without any power."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from protocol.keys import BLOB, to_text
from protocol.limits import BLOB_BYTES_MAX
from tests.node.served import Served, make_home, served


def picture() -> bytes:
    """A picture of noise, larger than one piece."""
    out = io.BytesIO()
    noise = random.Random(7).randbytes(3 * 200 * 200)
    Image.frombytes("RGB", (200, 200), noise).save(out, "PNG")
    return out.getvalue()


PNG = picture()


def pixels(data: bytes) -> bytes:
    """What is on a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


async def test_a_picture_is_kept_and_given_out(one: Served) -> None:
    put = await one.owner("POST", "/blobs", data=PNG)
    again = await one.owner("POST", "/blobs", data=PNG)
    got = await one.owner("GET", f"/blobs/{put.json['blob']}")
    assert (put.status, put.json["type"]) == (201, "image/png")
    assert again.json == put.json
    assert (len(got.body), got.headers["Content-Type"]) == (put.json["bytes"], "image/png")
    assert pixels(got.body) == pixels(PNG)
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Disposition" not in got.headers


async def test_a_picture_is_asked_for_once(one: Served) -> None:
    put = await one.owner("POST", "/blobs", data=PNG)
    where = f"/blobs/{put.json['blob']}"
    tag = (await one.owner("GET", where)).headers["ETag"]
    again = await one.owner("GET", where, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


async def test_a_document_is_saved_and_not_shown(one: Served) -> None:
    put = await one.owner("POST", "/blobs", data=b"%PDF-1.7 and so on")
    got = await one.owner("GET", f"/blobs/{put.json['blob']}")
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-a-picture"),
        (b"<svg onload=alert(1)>", "not-a-picture"),
        (b"GIF89a", "not-a-picture"),
        (b"\xff\xd8\xff" + bytes(BLOB_BYTES_MAX - 2), "too-large"),
    ],
    ids=["empty", "svg", "gif", "too-large"],
)
async def test_what_is_no_picture_is_refused(one: Served, data: bytes, code: str) -> None:
    assert (await one.owner("POST", "/blobs", data=io.BytesIO(data))).code == code


async def test_the_largest_file_is_taken(one: Served) -> None:
    data = io.BytesIO(b"%PDF-" + bytes(BLOB_BYTES_MAX - 5))
    put = await one.owner("POST", "/blobs", data=data)
    assert (put.status, put.json["bytes"]) == (201, BLOB_BYTES_MAX)


@pytest.mark.parametrize(
    ("blob", "code"), [(to_text(BLOB, bytes(32)), "not-found"), ("blob1qq", "bad-id")]
)
async def test_a_file_that_nobody_has(one: Served, blob: str, code: str) -> None:
    assert (await one.owner("GET", f"/blobs/{blob}")).code == code


async def test_a_picture_is_fetched_from_a_peer(one: Served, tmp_path: Path) -> None:
    circle = await one.circle()
    blob = (await one.owner("POST", "/blobs", data=PNG)).json["blob"]
    link = (await one.owner("POST", "/invites", json={"circle": circle})).json["link"]
    async with served(make_home(tmp_path / "other", "Fischer", "DE")) as other:
        await other.owner("POST", "/joins", json={"link": link})
        got = await other.owner("GET", f"/blobs/{blob}")
    assert pixels(got.body) == pixels(PNG)
