"""Client: one node's API over HTTP, through its unix socket or its address with a token.

Kept open for many requests. What the node refuses is raised as `Refused` with the node's own code
and sentence. It repeats nothing and follows no redirect, so that a token goes nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import aiohttp
import msgspec

from node.text import Message, ToldError
from node.text import mark as _
from protocol.errors import REFUSALS

API: Final = "/api/v1"

# the node is on this machine or a few hops away
CONNECT_S_MAX: Final = 10
# a rebuild of a large replica answers once it is done; then even a slow disk has said something
SILENCE_S_MAX: Final = 900
# a thousand offers with all their texts are a tenth of it; more is not an answer of ours
ANSWER_BYTES_MAX: Final = 67_108_864

Json = dict[str, Any]
Query = Mapping[str, str | int]


class Refused(ToldError):  # noqa: N818  # it is the node's answer, not a crash
    """The node said no, or did not answer: its code, the sentence for people, the HTTP status."""

    def __init__(self, code: str, sentence: str | Message, status: int = 0) -> None:
        """Keep the three; a message of ours is translated where it is shown."""
        if isinstance(sentence, str):
            sentence = Message("{sentence}", values={"sentence": sentence})
        super().__init__(msgspec.structs.replace(sentence, code=code))
        self.code = code
        self.sentence = sentence.say()
        self.status = status


class Client:
    """An async context manager; `where` is a socket's path, or an address such as `https://h/node`.

    Paths are those below `/api/v1`. Every method raises Refused.
    """

    def __init__(
        self, where: Path | str, token: str | None = None, language: str | None = None
    ) -> None:
        """Over a socket no token is needed: it is the machine's owner who can open it.

        `language` is that of sentences and titles in the answers.
        """
        self._socket = where if isinstance(where, Path) else None
        self._base = "http://localhost" if isinstance(where, Path) else where.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if language is not None:
            self._headers["Accept-Language"] = language
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, query: Query | None = None) -> Json:
        """The JSON object at a path."""
        return await self._ask("GET", path, query=query)

    async def post(
        self,
        path: str,
        value: object = None,
        *,
        query: Query | None = None,
        file: BinaryIO | None = None,
        once: str | None = None,
    ) -> Json:
        """Send a value as JSON, or a file's bytes; `once` is the key that makes repeating safe."""
        return await self._ask("POST", path, value, query=query, file=file, once=once)

    async def put(self, path: str, value: object, *, once: str | None = None) -> Json:
        """Replace what is at a path."""
        return await self._ask("PUT", path, value, once=once)

    async def delete(self, path: str) -> Json:
        """Take back what is at a path."""
        return await self._ask("DELETE", path)

    async def stream_lines(
        self, path: str, *, query: Query | None = None, file: BinaryIO | None = None
    ) -> AsyncGenerator[Json, None]:
        """Send a file's bytes; the lines of the answer as they come, one JSON object each.

        A line with an `error` is the node's refusal in the middle of the work.
        """
        async with self._asked("POST", path, query=query, file=file) as response:
            async for line in _lines(response):
                value = _object(line, response.status)
                if isinstance(value.get("error"), dict):
                    raise _refused(value["error"], response.status)
                yield value

    async def pieces(self, path: str, query: Query | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes at a path, piece by piece: a file that need not fit into memory."""
        async with self._asked("GET", path, query=query) as response:
            async for piece in response.content.iter_any():
                yield piece

    async def _ask(
        self,
        method: str,
        path: str,
        value: object = None,
        *,
        query: Query | None = None,
        file: BinaryIO | None = None,
        once: str | None = None,
    ) -> Json:
        asked = self._asked(method, path, value, query=query, file=file, once=once)
        async with asked as response:
            content = await _content(response)
            return _object(content, response.status) if content else {}

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        path: str,
        value: object = None,
        *,
        query: Query | None = None,
        file: BinaryIO | None = None,
        once: str | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to one request, when it is none of refusal."""
        assert self._session is not None, "a client is used inside `async with`"
        assert path.startswith("/"), "a path below the API's"
        headers = {"Idempotency-Key": once} if once else {}
        body: object = file
        if value is not None:
            body, headers["Content-Type"] = msgspec.json.encode(value), "application/json"
        elif file is not None:
            headers["Content-Type"] = "application/octet-stream"
        url = self._base + API + path
        try:
            async with self._session.request(
                method, url, params=query, data=body, headers=headers, allow_redirects=False
            ) as response:
                if response.status >= FIRST_REFUSING_STATUS:
                    raise _refused(_problem(await _content(response)), response.status)
                yield response
        except aiohttp.ClientConnectorError:
            raise self._not_running() from None
        except TimeoutError:
            text = _("the node has not answered for too long; its log may say why")
            raise Refused("no-answer", Message(text)) from None
        except (aiohttp.ClientError, ConnectionError) as fault:
            text = _("the link to the node broke ({reason}); what it acknowledged is kept")
            values = {"reason": str(fault) or type(fault).__name__}
            raise Refused("connection-lost", Message(text, values=values)) from None

    def _not_running(self) -> Refused:
        if self._socket is not None:
            return Refused("not-running", Message(REFUSALS["not-running"].sentence))
        text = _("no coop-node answers at {address}; start it or correct the address")
        return Refused("not-running", Message(text, values={"address": self._base}))

    async def __aenter__(self) -> Self:
        """Open the session; nothing is dialled yet."""
        connector = None if self._socket is None else aiohttp.UnixConnector(str(self._socket))
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_S_MAX, sock_read=SILENCE_S_MAX
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """The whole body, which is no longer than an answer may be."""
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > ANSWER_BYTES_MAX:
            raise _unreadable(response.status)
    return bytes(content)


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Complete lines without their ends; one may be as long as an answer."""
    waiting = bytearray()
    async for piece in response.content.iter_any():
        *ended, rest = piece.split(b"\n")
        for line in ended:
            waiting += line
            if waiting:
                yield bytes(waiting)
            waiting.clear()
        waiting += rest
        if len(waiting) > ANSWER_BYTES_MAX:
            raise _unreadable(response.status)
    if waiting:
        yield bytes(waiting)


def _object(content: bytes, status: int) -> Json:
    try:
        return msgspec.json.decode(content, type=Json)
    except msgspec.DecodeError:
        raise _unreadable(status) from None


def _problem(content: bytes) -> Json:
    try:
        return msgspec.json.decode(content, type=Json)
    except msgspec.DecodeError:  # from a proxy in between
        return {}


def _refused(problem: Json, status: int) -> Refused:
    """The refusal in an answer of type application/problem+json."""
    code, title, detail = (problem.get(name) for name in ("code", "title", "detail"))
    if not isinstance(code, str) or not isinstance(title, str):
        return _unreadable(status)
    if isinstance(detail, str) and detail and detail != title:
        title = f"{title}: {detail}"
    return Refused(code, title, status)


def _unreadable(status: int) -> Refused:
    text = _("what answered is no coop-node (HTTP status {status}); check the address")
    return Refused("unreadable-answer", Message(text, values={"status": status}), status)


# redirects included: none is followed
FIRST_REFUSING_STATUS: Final = 300
