"""Streams: a refusal before the first byte is told, a fault after it cuts the connection."""

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from node.api import streams
from node.api.streams import file_pieces, from_thread, send
from protocol.errors import Refusal


async def served_by(handler: object) -> tuple[web.AppRunner, str]:
    app = web.Application()
    app.router.add_get("/", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{site.port}/"


async def fetched(handler: object) -> bytes:
    runner, url = await served_by(handler)
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.status == 200
            return await response.read()
    finally:
        await runner.cleanup()


async def pieces(*some: bytes, fault: Exception | None = None) -> AsyncIterator[bytes]:
    for one in some:
        yield one
    if fault is not None:
        raise fault


async def test_pieces_arrive_in_order() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await send(request, pieces(b"a", b"b", b"c"), {"Content-Type": "text/plain"})

    assert await fetched(handle) == b"abc"


async def test_nothing_is_an_answer_too() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await send(request, pieces(), {"Content-Type": "text/plain"})

    assert await fetched(handle) == b""


async def test_a_fault_in_the_middle_is_no_end() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        some = pieces(b"a" * 1000, b"b", fault=Refusal("gap"))
        return await send(request, some, {"Content-Type": "text/plain"})

    with pytest.raises(aiohttp.ClientError):
        await fetched(handle)


async def test_a_refusal_before_the_first_piece_is_raised() -> None:
    raised: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await send(request, pieces(fault=Refusal("unknown-circle")), {})
        except Refusal as refusal:
            raised.append(refusal.code)
            return web.Response(text="told")

    assert await fetched(handle) == b"told"
    assert raised == ["unknown-circle"]


async def test_a_generator_is_closed_when_its_reader_leaves() -> None:
    closed: list[bool] = []

    def endless() -> Generator[bytes, None, None]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    some = from_thread(endless())
    assert [await anext(some) for _ in range(3)] == [b"x"] * 3
    await some.aclose()  # type: ignore[attr-defined]
    assert closed == [True]


def test_a_file_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PIECE_BYTES", 4)
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert list(file_pieces(path)) == [b"0123", b"4567", b"89"]
