"""Bodies: as large and as slow as allowed, and one past it; over real connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.gate import bodies
from tests.node.served import Served, bearer, make_home, served


async def ask(one: Served, head: str, *parts: bytes, after: str = "") -> tuple[int, str]:
    """Send a request byte for byte; status and the code of the refusal."""
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    try:
        writer.write(f"{head}\r\nHost: 127.0.0.1\r\n{after}\r\n".encode())
        for part in parts:
            writer.write(part)
            await writer.drain()
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return status, str(json.loads(await reader.readexactly(length)).get("code"))
    finally:
        writer.close()


async def headers_of(one: Served) -> str:
    token = await bearer(one, "write admin")
    return f"Authorization: {token['Authorization']}\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Served]:
    flags = {"limits.body_bytes": 65_536, "limits.body_s": 1}
    async with served(make_home(tmp_path / "home"), flags=flags) as running:
        yield running


async def test_a_body_may_be_as_large_as_the_limit(small: Served) -> None:
    wish = json.dumps({"name": "A circle"}).encode()
    fitting = wish + b" " * (65_536 - len(wish))
    headers = {"Content-Type": "application/json"}
    found = await small.owner("POST", "/circles", data=fitting, headers=headers)
    beyond = await small.owner("POST", "/circles", data=fitting + b" ", headers=headers)
    assert found.status == 201
    assert (beyond.status, beyond.code) == (413, "too-large")


async def test_a_chunked_body_is_counted_as_it_comes(small: Served) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 30_000

    headers = {"Content-Type": "application/json"}
    found = await small.owner("POST", "/circles", data=pieces(), headers=headers)
    assert (found.status, found.code) == (413, "too-large")


async def test_a_large_body_is_refused_before_it_is_sent(small: Served) -> None:
    headers = await headers_of(small) + "Content-Length: 1000000000\r\n"
    assert await ask(small, "POST /api/v1/circles HTTP/1.1", after=headers) == (413, "too-large")


async def test_a_body_that_stalls_is_cut_off(small: Served) -> None:
    headers = await headers_of(small) + "Content-Length: 100\r\n"
    found = await ask(small, "POST /api/v1/circles HTTP/1.1", b'{"na', after=headers)
    assert found == (408, "peer-stalled")


async def test_a_body_that_drips_is_cut_off(small: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BYTES_PER_S_MIN", 1_000_000)
    headers = await headers_of(small) + "Content-Length: 100\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", small.port)
    head = f"POST /api/v1/circles HTTP/1.1\r\nHost: x\r\n{headers}\r\n"
    writer.write(head.encode() + b"{")
    await writer.drain()
    while small.clock.monotonic_ms() < 1_003_000:  # each byte in its time, the whole never
        small.clock.advance(500)
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0)
    assert b" 408 " in await reader.readline()
    writer.close()


async def test_uploads_leave_no_file_behind(one: Served) -> None:
    circle = await one.circle()
    folder = one.node.settings.home / bodies.FOLDER_NAME
    good = await one.owner("POST", "/imports", params={"circle": circle}, data=b"title\nCoffee\n")
    bad = await one.owner("POST", "/imports", params={"circle": circle}, data=b"\x00\x01")
    assert (good.status, bad.status) == (200, 422)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o077 == 0


async def test_what_a_crash_left_is_cleared_at_the_start(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home / bodies.FOLDER_NAME).mkdir()
    (home / bodies.FOLDER_NAME / "upload-x").write_text("left")
    async with served(home):
        assert not (home / bodies.FOLDER_NAME).exists()


@pytest.mark.parametrize("body", [b"\xff=\xfe", b"&".join(b"a=1" for _ in range(17))])
async def test_a_form_that_is_none_is_refused(one: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    found = await one.tcp("POST", "/login", data=body, headers=headers)
    assert (found.status, found.code) == (422, "malformed")


async def test_a_form_is_small(one: Served) -> None:
    form = {"name": "x" * bodies.FORM_BYTES_MAX}
    assert (await one.tcp("POST", "/login", data=form)).code == "too-large"
