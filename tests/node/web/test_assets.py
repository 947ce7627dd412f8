"""Files of the page: for everybody, kept for ever under their tag, as others made them."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from node.web import assets
from tests.node.served import Served

ROOT = Path(__file__).parents[3]
VENDORED = [ROOT / "node/web/static/vendor", ROOT / "tests/browser/vendor"]


@pytest.mark.parametrize(("name", "media_type"), [
    ("style.css", "text/css"), ("live.js", "text/javascript"), ("icons.svg", "image/svg+xml"),
    ("vendor/htmx.min.js", "text/javascript"),
])  # fmt: skip
async def test_a_file_is_kept_for_ever_under_its_tag(
    one: Served, name: str, media_type: str
) -> None:
    named = await one.tcp.raw("GET", assets.path_of(name))
    bare = await one.tcp.raw("GET", f"/static/{name}")
    old = await one.tcp.raw("GET", f"/static/{'0' * 16}/{name}")
    tag = {"If-None-Match": named.headers["ETag"]}
    again = await one.tcp.raw("GET", f"/static/{name}", headers=tag)
    assert named.headers["Content-Type"].partition(";")[0] == media_type
    assert (named.status, again.status) == (200, 304)
    assert "immutable" in named.headers["Cache-Control"]
    assert bare.headers["Cache-Control"] == old.headers["Cache-Control"] == "no-cache"
    assert bare.body == old.body == named.body == (assets.STATIC / name).read_bytes()


async def test_a_file_goes_packed_to_who_takes_it(one: Served) -> None:
    path = assets.path_of("vendor/pico.min.css")
    packed = await one.tcp.raw("GET", path, headers={"Accept-Encoding": "gzip"})
    plain = await one.tcp.raw("GET", path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) * 4 < int(plain.headers["Content-Length"])
    assert packed.body == plain.body


@pytest.mark.parametrize("folder", VENDORED, ids=lambda path: path.parts[-3])
def test_vendored_files_are_as_their_list_says(folder: Path) -> None:
    rows = re.findall(r"^\| (\S+) \| \S+@[\d.]+ \| \S+ \| ([0-9a-f]{64}) \|$",
                      (folder / "README.md").read_text(), re.MULTILINE)  # fmt: skip
    found = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "README.md"
    }
    assert dict(rows) == found
