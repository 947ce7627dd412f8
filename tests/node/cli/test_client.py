import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from node.cli import client as clients
from node.cli.client import Client, Refused

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, socket: Path | None = None) -> AsyncIterator[Path | str]:
    """A server that answers everything so, at a socket or at a port; where it is."""
    application = web.Application(client_max_size=2**26)
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        if socket is not None:
            await web.UnixSite(runner, str(socket)).start()
            yield socket
        else:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def echo(request: web.Request) -> web.Response:
    """Tell what was asked."""
    return web.json_response(
        {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "token": request.headers.get("Authorization"),
            "once": request.headers.get("Idempotency-Key"),
            "body": (await request.read()).decode(),
        }
    )


async def refusal_of(doing: Awaitable[Any]) -> Refused:
    with pytest.raises(Refused) as told:
        await doing
    return told.value


async def test_it_speaks_over_a_socket_without_a_token(tmp_path: Path) -> None:
    async with serving(echo, tmp_path / "s") as where, Client(where) as client:
        said = await client.get("/offers", {"limit": 3, "search": "kaffee & tee"})
    assert said["path"] == "/api/v1/offers"
    assert said["query"] == {"limit": "3", "search": "kaffee & tee"}
    assert said["token"] is None


async def test_it_speaks_to_an_address_below_a_base_path_with_a_token() -> None:
    async with serving(echo) as where, Client(f"{where}/node/", "coop_1") as client:
        said = await client.post("/circles", {"name": "Küste"}, once="k1")
        assert said["path"] == "/node/api/v1/circles"
        assert (said["token"], said["once"]) == ("Bearer coop_1", "k1")
        assert json.loads(said["body"]) == {"name": "Küste"}
        assert (await client.put("/profile", {}))["method"] == "PUT"
        assert (await client.delete("/tokens/1"))["method"] == "DELETE"


async def test_a_file_is_sent_as_it_is() -> None:
    async with serving(echo) as where, Client(where) as client:
        said = await client.post("/log-imports", file=io.BytesIO(b"bytes"))
    assert said["body"] == "bytes"


async def test_what_the_node_refuses_comes_with_its_code_sentence_and_status() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        problem = {"type": "about:blank", "title": "no {such} thing", "code": "not-found"}
        problem["detail"] = "coop1x"
        return web.json_response(problem, status=404, content_type="application/problem+json")

    async with serving(refuse) as where, Client(where) as client:
        refused = await refusal_of(client.get("/offers/1"))
    assert (refused.code, refused.status) == ("not-found", 404)
    assert refused.sentence == "no {such} thing: coop1x"
    assert str(refused) == "no {such} thing: coop1x [not-found]"


@pytest.mark.parametrize("status", [200, 404, 502])
async def test_what_is_no_answer_of_a_node_is_called_so(status: int) -> None:
    async def other(_request: web.Request) -> web.Response:
        return web.Response(text="<html>nginx</html>", status=status)

    async with serving(other) as where, Client(where) as client:
        refused = await refusal_of(client.get("/status"))
    assert (refused.code, refused.status) == ("unreadable-answer", status)


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/login"})

    async with serving(elsewhere) as where, Client(where, "coop_1") as client:
        refused = await refusal_of(client.get("/status"))
    assert refused.status == 302
    assert asked == ["/api/v1/status"]


async def test_an_empty_answer_is_an_empty_object() -> None:
    async def nothing(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    async with serving(nothing) as where, Client(where) as client:
        assert await client.delete("/invites/1") == {}


async def test_where_no_node_answers_it_says_not_running(tmp_path: Path) -> None:
    async with Client(tmp_path / "none.sock") as client:
        refused = await refusal_of(client.get("/status"))
    assert refused.code == "not-running"
    (tmp_path / "left.sock").touch()
    async with Client(tmp_path / "left.sock") as client:
        refused = await refusal_of(client.get("/status"))
    assert refused.code == "not-running"
    async with serving(echo) as where:
        pass
    async with Client(where) as client:
        refused = await refusal_of(client.get("/status"))
    assert refused.code == "not-running"
    assert str(where) in refused.sentence


async def test_a_link_that_breaks_in_the_middle_is_told() -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(breaks) as where, Client(where) as client:
        assert (await refusal_of(client.get("/status"))).code == "connection-lost"


async def test_a_node_that_falls_silent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "SILENCE_S_MAX", 0.05)
    done = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    async with serving(silent) as where, Client(where) as client:
        assert (await refusal_of(client.get("/status"))).code == "no-answer"
        done.set()


def streamed(*pieces: bytes) -> Handler:
    """A handler that reads the request and answers in these pieces."""

    async def stream(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        return response

    return stream


async def lines_of(handler: Handler) -> list[dict[str, Any]]:
    async with serving(handler) as where, Client(where) as client:
        return [line async for line in client.stream_lines("/imports", file=io.BytesIO(b"a;b\n"))]


async def test_lines_are_put_together_however_they_come() -> None:
    long = "x" * 1_000_000
    pieces = (
        b'{"progress":1}\n{"pro',
        b'gress":2}\n\n',
        json.dumps({"rejects_csv": long}).encode(),
    )
    assert await lines_of(streamed(*pieces)) == [
        {"progress": 1},
        {"progress": 2},
        {"rejects_csv": long},
    ]


async def test_a_refusal_in_the_middle_of_a_stream_is_raised() -> None:
    refused = await refusal_of(
        lines_of(streamed(b'{"progress":1}\n{"error":{"code":"disk-full","title":"it is full"}}\n'))
    )
    assert (refused.code, refused.sentence) == ("disk-full", "it is full")


async def test_an_answer_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps({"a": "x" * 91}).encode()
    assert len(content) == 100

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=content)

    async with serving(answer) as where, Client(where) as client:
        monkeypatch.setattr(clients, "ANSWER_BYTES_MAX", 100)
        assert await client.get("/status") == json.loads(content)
        monkeypatch.setattr(clients, "ANSWER_BYTES_MAX", 99)
        assert (await refusal_of(client.get("/status"))).code == "unreadable-answer"
    assert (await refusal_of(lines_of(streamed(content)))).code == "unreadable-answer"


async def test_a_download_comes_in_pieces() -> None:
    pieces = (b"coop-node export 1\n", bytes(200_000))
    async with serving(streamed(*pieces)) as where, Client(where) as client:
        got = [piece async for piece in client.pieces("/circles/1/export")]
    assert b"".join(got) == b"".join(pieces)
