"""Files: writing what the node sends, whole or not at all.

It writes beside the file and renames at the end: a broken link leaves no half of a file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, Final


async def save(path: Path, pieces: AsyncGenerator[bytes, None]) -> int:
    """Write pieces into a file, in place of an old one; how many bytes. `-` is standard output."""
    if path == STDOUT:
        return await _copy(pieces, sys.stdout.buffer)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            count = await _copy(pieces, file)
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


async def _copy(pieces: AsyncGenerator[bytes, None], file: BinaryIO) -> int:
    count = 0
    async with aclosing(pieces):
        async for piece in pieces:
            file.write(piece)
            count += len(piece)
    file.flush()
    return count


STDOUT: Final = Path("-")
