"""Events: what happens at the node as server-sent events, with Last-Event-ID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

import msgspec
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from node.api.route import Call, Route
from node.events import Event

STREAM: Final = "text/event-stream"


class EventQuery(msgspec.Struct, frozen=True):
    """Behind which event to begin, for who cannot send a header: the id that a page was made at."""

    after: str | None = None


async def follow(call: Call) -> web.StreamResponse:
    """Send events until the reader goes or the node stops.

    `records` (new ones were stored), `folded` (they are in the lists), `peers`, `joined`, `imports`
    (a catalogue is further on), `notes` (some were read), and `reset`: some were missed, read
    everything anew.
    """
    events = call.node.events
    query: EventQuery = call.query
    last = call.request.headers.get(EventSourceResponse.DEFAULT_LAST_EVENT_HEADER, query.after)
    # what happens while the answer begins is not missed
    following = events.subscribe(events.last_id if last is None else last)
    async with (
        aclosing(following),
        sse_response(call.request) as response,
        asyncio.TaskGroup() as group,
    ):
        passing = group.create_task(_pass_on(following, response))
        await response.wait()
        passing.cancel()
    return response


async def _pass_on(following: AsyncGenerator[Event, None], response: EventSourceResponse) -> None:
    try:
        with suppress(ConnectionError, TimeoutError):
            async for event in following:
                data = msgspec.json.encode(event.data).decode()
                await response.send(data, id=event.id, event=event.kind)
    finally:
        response.stop_streaming()


ROUTES: Final = (
    Route(
        method="GET",
        path="/events",
        summary="What happens, as it happens",
        handle=follow,
        query=EventQuery,
        answer=STREAM,
    ),
)
