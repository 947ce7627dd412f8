"""The page as an app: a manifest whose files are there, a worker, a silent offline page."""

import json

from tests.node.served import Served, logged_in
from tests.node.web.looking import look, text


async def test_the_manifest_names_what_is_there(one: Served) -> None:
    found = await one.tcp.raw("GET", "/manifest.webmanifest")
    told = json.loads(found.body)
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
    for icon in told["icons"]:
        got = await one.tcp.raw("GET", icon["src"])
        assert (got.status, got.headers["Content-Type"]) == (200, icon["type"])
    assert "Kahawa" not in text(found)


async def test_the_worker_is_asked_for_anew_each_time(one: Served) -> None:
    found = await one.tcp.raw("GET", "/worker.js")
    assert (found.status, found.headers["Cache-Control"]) == (200, "no-cache")
    assert found.headers["Content-Type"].startswith("text/javascript")


async def test_the_offline_page_shows_nobody(one: Served) -> None:
    login = await logged_in(one)
    found = await look(one, login, "/offline")
    assert found.status == 200
    assert 'name="csrf" content=""' in text(found)
    assert "owner" not in text(found)
