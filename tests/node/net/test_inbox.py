"""The inbox of a link: bounded, in order, bulk chunks together."""

from __future__ import annotations

import asyncio

from node.net.inbox import TAKING_MAX, TOGETHER_MAX, Inbox, Taken
from protocol.sessionevents import BodyCame, Chunk

CIRCLE, OTHER = b"c" * 32, b"o" * 32


def bulk(circle: bytes, number: int) -> Chunk:
    return Chunk(circle, bytes([number]), 1)


async def filled(events: list[Taken]) -> Inbox:
    inbox = Inbox()
    for event in events:
        await inbox.put(event)
    return inbox


async def test_bulk_chunks_of_one_circle_come_together_and_nothing_is_passed_over() -> None:
    push = Chunk(CIRCLE, b"push", None)
    events: list[Taken] = [bulk(CIRCLE, 1), bulk(CIRCLE, 2), bulk(OTHER, 3), push]
    inbox = await filled(events)
    first = await inbox.take()
    assert isinstance(first, Chunk)
    assert [first, *inbox.more_like(first)] == events[:2]
    third = await inbox.take()
    assert isinstance(third, Chunk)
    assert [third, *inbox.more_like(third)] == events[2:3]
    assert await inbox.take() == push


async def test_a_push_is_never_joined_with_others() -> None:
    push = Chunk(CIRCLE, b"push", None)
    inbox = await filled([push, bulk(CIRCLE, 1)])
    first = await inbox.take()
    assert isinstance(first, Chunk)
    assert inbox.more_like(first) == []


async def test_no_more_than_the_limit_share_a_commit() -> None:
    inbox = await filled([bulk(CIRCLE, number) for number in range(TAKING_MAX)])
    first = await inbox.take()
    assert isinstance(first, Chunk)
    assert len([first, *inbox.more_like(first)]) == min(TOGETHER_MAX, TAKING_MAX)


async def test_a_full_inbox_makes_the_reader_wait_until_something_is_through() -> None:
    inbox = await filled([BodyCame(CIRCLE, b"r" * 32, b"body")] * TAKING_MAX)
    waiting = asyncio.create_task(inbox.put(bulk(CIRCLE, 9)))
    await asyncio.sleep(0)
    assert not waiting.done()
    await inbox.take()
    inbox.done()
    await waiting
