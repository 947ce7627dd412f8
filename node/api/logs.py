"""Logs: a circle's signed records as one file, and such a file taken in through the one door."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import hdrs, web

from node import export, home
from node.api.circles import circle_of
from node.api.route import Call, Route
from node.api.streams import from_thread, send
from node.gate.bodies import saved_body
from node.views.ids import text
from protocol.keys import CIRCLE

# A circle of a million records is a fifth of it; the disk is the limit that counts.
LOG_BYTES_MAX: Final = 2 * 1024**3
OCTETS: Final = "application/octet-stream"


class LogTaken(msgspec.Struct, frozen=True):
    """What came of a file; `waiting` are parts of it that do not count here (yet)."""

    circle: str
    records_new: int
    records: int
    waiting: int


async def give_out(call: Call) -> web.StreamResponse:
    """Stream the file."""
    circle = await circle_of(call)
    path = Path(call.node.settings.home) / home.DATABASE_NAME
    pieces = export.write(path, call.node.network, circle)
    name = f"{text(CIRCLE, circle)[:NAME_CHARS]}.coop"
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: OCTETS,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
    }
    return await send(call.request, from_thread(pieces), headers)


async def take_in(call: Call) -> LogTaken:
    """Keep the file, look through it, then put it through the door block by block."""
    node = call.node
    async with saved_body(call.request, LOG_BYTES_MAX) as path:
        file = await asyncio.to_thread(path.open, "rb")
        try:
            taking = await asyncio.to_thread(
                export.Taking, file, node.network, node.coop, node.clock.now_ms()
            )
            taken = None
            while taken is None:
                taken = await node.store.write(taking.step)
        finally:
            await asyncio.to_thread(file.close)
    if taken.records_new:
        node.events.put("records", {"circle": taken.circle.hex(), "new": taken.records_new})
        node.peers.announce()
    if taken.members_changed:
        node.accepted(taken.circle)
        node.peers.wake()
    return LogTaken(text(CIRCLE, taken.circle), taken.records_new, taken.records, taken.waiting)


NAME_CHARS: Final = 20
ROUTES: Final = (
    Route(
        method="GET", path="/circles/{circle}/export", summary="A circle's signed records",
        handle=give_out, answer=OCTETS,
    ),
    Route(
        method="POST", path="/log-imports", summary="Take such a file in", scope="admin",
        handle=take_in, takes=OCTETS, answer=LogTaken,
    ),
)  # fmt: skip
