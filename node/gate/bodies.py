"""Bodies: what a request sends, read within limits of size and time.

A body that drips is cut off: it has `body_s` seconds, and more only as far as it keeps a minimum
pace. What is large goes to a file in a folder of its own, never into memory.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from node.gate.keys import NODE
from node.settings import Settings
from protocol.errors import Refusal

FOLDER_NAME: Final = "uploads"

# A telephone on a bad link is faster; whoever sends less holds a connection for nothing.
BYTES_PER_S_MIN: Final = 8 * 1024
# A name, a password and a token.
FORM_BYTES_MAX: Final = 16 * 1024
FORM_FIELDS_MAX: Final = 16
# One write to disk.
WRITE_BYTES: Final = 1024 * 1024


async def read_body(request: web.Request, bytes_max: int) -> bytes:
    """The whole body; refuses `too-large`, `peer-stalled`."""
    parts = [part async for part in _parts(request, bytes_max)]
    return b"".join(parts)


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a small form; refuses `malformed` for what is none."""
    body = await read_body(request, FORM_BYTES_MAX)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX
        )
    except ValueError:
        raise Refusal("malformed", "a form is needed") from None
    return dict(pairs)


@asynccontextmanager
async def saved_body(request: web.Request, bytes_max: int) -> AsyncIterator[Path]:
    """The body as a file for as long as the block runs; refuses as `read_body` does."""
    folder = Path(request.app[NODE].settings.home) / FOLDER_NAME
    path = await asyncio.to_thread(_new_file, folder)
    try:
        waiting = bytearray()
        async for part in _parts(request, bytes_max):
            waiting += part
            if len(waiting) >= WRITE_BYTES:
                await asyncio.to_thread(_append, path, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_append, path, bytes(waiting))
        yield path
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


@asynccontextmanager
async def scratch_file(settings: Settings) -> AsyncIterator[Path]:
    """A new empty file for as long as the block runs."""
    path = await asyncio.to_thread(_new_file, Path(settings.home) / FOLDER_NAME)
    try:
        yield path
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def clear_uploads(settings: Settings) -> None:
    """Remove what a crash left behind; the caller holds the process lock."""
    shutil.rmtree(Path(settings.home) / FOLDER_NAME, ignore_errors=True)


async def _parts(request: web.Request, bytes_max: int) -> AsyncIterator[bytes]:
    if request.content_length is not None and request.content_length > bytes_max:
        raise _too_large(bytes_max)
    clock, body_s = request.app[NODE].clock, request.app[NODE].settings.limits.body_s
    began_ms = clock.monotonic_ms()
    count = 0
    while True:
        allowed_s = body_s + count / BYTES_PER_S_MIN - (clock.monotonic_ms() - began_ms) / 1000
        try:
            async with asyncio.timeout(max(0, min(allowed_s, body_s))):
                part = await request.content.readany()
        except TimeoutError:
            raise Refusal("peer-stalled", f"{count} bytes came; send it faster") from None
        if not part:
            return
        count += len(part)
        if count > bytes_max:
            raise _too_large(bytes_max)
        yield part


def _too_large(bytes_max: int) -> Refusal:
    return Refusal("too-large", f"{bytes_max:,} bytes are the most")


def _new_file(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as file:
        return Path(file.name)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
