"""Streams: answers that are made piece by piece and never wholly in memory.

The first piece is made before the first byte is sent, so that a refusal is still told as one; a
fault in the middle cuts the connection, and whoever reads sees that the end is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

PIECE_BYTES: Final = 256 * 1024
# A reader that takes nothing for so long has gone.
WRITE_S_MAX: Final = 120


async def send(
    request: web.Request, pieces: AsyncIterator[bytes], headers: Mapping[str, str]
) -> web.StreamResponse:
    """Answer with pieces as they come."""
    first = await anext(pieces, None)
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    try:
        if first is not None:
            await _write(response, first)
            async for piece in pieces:
                await _write(response, piece)
        await response.write_eof()
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - the edge of a request
        _log.exception("a stream ended early", path=request.path)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the stream ended early") from None
    return response


async def from_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Make the pieces of a generator that works on the disk, off the loop; close it at the end."""
    assert isinstance(pieces, Generator)
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    finally:
        await asyncio.to_thread(pieces.close)


def file_pieces(path: Path) -> Generator[bytes, None, None]:
    """The content of a file."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    try:
        async with asyncio.timeout(WRITE_S_MAX):
            await response.write(piece)
    except TimeoutError:
        raise ConnectionResetError("the reader stalled") from None


_log = structlog.get_logger(__name__)
