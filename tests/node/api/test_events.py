"""What happens, as server-sent events over a real connection."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.node.served import OFFER_JSON, Served, bearer, logged_in, make_home, served
from tests.node.web.looking import look, text

Event = dict[str, str]


@asynccontextmanager
async def following(one: Served, last: str | None = None) -> AsyncIterator[AsyncIterator[Event]]:
    headers = await bearer(one, "read")
    if last is not None:
        headers["Last-Event-ID"] = last
    url = f"{one.url}/api/v1/events"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield events_in(response)


async def events_in(response: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in response.content:
        name, _, value = line.decode().strip().partition(": ")
        if name:
            event[name] = value
        elif event:
            yield event
            event = {}


async def test_a_new_record_is_told(one: Served) -> None:
    circle = await one.circle()
    async with following(one) as events:
        await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
        event = await anext(events)
    assert event["event"] == "records"
    assert '"new":1' in event["data"]
    assert event["id"] == one.node.events.last_id


async def test_who_comes_back_gets_what_it_missed(one: Served) -> None:
    before = one.node.events.last_id
    await one.circle()
    async with following(one, before) as events:
        first = await anext(events)
    boot, _, number = before.partition("-")
    assert first["id"] == f"{boot}-{int(number) + 1}"


async def test_an_open_page_misses_nothing_since_it_was_made(one: Served) -> None:
    page = text(await look(one, await logged_in(one)))
    made_at = re.search(r'<meta name="events" content="([^"]+)">', page)
    assert made_at is not None
    assert made_at[1] == one.node.events.last_id
    await one.circle()
    headers = await bearer(one, "read")
    url = f"{one.url}/api/v1/events?after={made_at[1]}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        first = await anext(events_in(response))
    boot, _, number = made_at[1].partition("-")
    assert first["id"] == f"{boot}-{int(number) + 1}"


async def test_who_was_away_too_long_reads_anew(one: Served) -> None:
    async with following(one, "0-5") as events:
        assert (await anext(events))["event"] == "reset"


async def test_a_node_that_stops_ends_the_stream(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    async with asyncio.TaskGroup() as group:
        async with served(home) as one:
            opened = asyncio.Event()

            async def follow() -> list[Event]:
                async with following(one) as events:
                    opened.set()
                    return [event async for event in events]

            task = group.create_task(follow())
            await opened.wait()
        rest = await task
    assert all(event.get("event") != "reset" for event in rest)


async def test_who_leaves_is_forgotten(one: Served) -> None:
    async with following(one) as events:
        one.node.events.put("records", {})
        await anext(events)
    # the next event finds the connection closed
    while one.node.events.followers:
        one.node.events.put("records", {})
        await asyncio.sleep(0)
    assert one.node.events.followers == 0
