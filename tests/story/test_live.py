"""Story 4: an offer that is published at one node is in the list of every connected node."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp

from node.socket_path import client_socket_path
from tests.story.village import (
    GUARD_S,
    Coop,
    found_circle,
    offer_json,
    until_equal,
    until_linked,
    village,
)

EVENTS = "http://localhost/api/v1/events"


async def test_an_offer_is_in_the_list_of_every_connected_node(tmp_path: Path) -> None:
    took_ms: dict[str, int] = {}
    with village(tmp_path, 4) as coops:
        circle = await asyncio.to_thread(found_circle, coops)
        await until_linked(*coops)
        await until_equal(*coops)
        for publisher in coops:
            others = [coop for coop in coops if coop is not publisher]
            title = f"Fresh from {publisher.country}"
            async with asyncio.timeout(GUARD_S), asyncio.TaskGroup() as group:
                ready = asyncio.Barrier(len(coops))
                seen = [group.create_task(listed_at(coop, title, ready)) for coop in others]
                await ready.wait()
                began = time.monotonic()
                offer = await publish(publisher, circle, title)
            arrived = [task.result() for task in seen]
            for coop, (_, at) in zip(others, arrived, strict=True):
                took_ms[f"{publisher.country} to {coop.country}"] = round(1000 * (at - began))
            assert [found["id"] for found, _ in arrived] == [offer] * 3, took_ms
            assert {found["coop"] for found, _ in arrived} == {publisher.id}, took_ms
        assert len((await until_equal(*coops))["peers"]) == 3
    assert len(took_ms) == 12, took_ms


async def test_who_is_connected_was_seen(tmp_path: Path) -> None:
    with village(tmp_path, 3) as coops:
        await asyncio.to_thread(found_circle, coops)
        await until_linked(*coops)
        await until_equal(*coops)
        unseen = [
            f"{peer['name']} by {coop.name}"
            for coop in coops
            for peer in (await coop.status())["peers"]
            if peer["last_seen_ms"] is None
        ]
        assert unseen == []


async def listed_at(coop: Coop, title: str, ready: asyncio.Barrier) -> tuple[dict[str, Any], float]:
    """The offer of that title in a co-op's list, looked for when the node says that it has news."""
    async with coop.api() as client, aclosing(news(coop)) as events:
        await anext(events)
        await ready.wait()
        async for _ in events:
            offers = (await client.get("/offers", {"search": title}))["offers"]
            if offers:
                found: dict[str, Any] = offers[0]
                assert found["title"] == title
                return found, time.monotonic()
    raise AssertionError("the events ended")


async def news(coop: Coop) -> AsyncGenerator[str, None]:
    """Nothing once the node listens, then the kind of each event."""
    connector = aiohttp.UnixConnector(str(client_socket_path(coop.home)))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(EVENTS) as response,
    ):
        assert response.status == 200
        yield ""
        async for line in response.content:
            name, _, value = line.decode().strip().partition(": ")
            if name == "event":
                yield value


async def publish(coop: Coop, circle: str, title: str) -> str:
    async with coop.api() as client:
        wish = {"circle": circle, "kind": "offer", "offer": offer_json(title, coop.country)}
        return str((await client.post("/offers", wish))["offer"])
