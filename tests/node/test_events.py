"""Events reach every follower in order; whoever missed some is told to read anew."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from node import events
from node.clock import ManualClock
from node.events import Event, Events
from protocol.errors import Refusal


async def take(following: AsyncGenerator[Event, None], count: int) -> list[Event]:
    return [await anext(following) for _ in range(count)]


@pytest.fixture
def told() -> Events:
    return Events(ManualClock(now_ms=1_700_000_000_000))


async def test_a_follower_gets_only_what_happens_after_it_came(told: Events) -> None:
    told.put("records", {"new": 1})
    async with aclosing(told.subscribe()) as following, asyncio.TaskGroup() as group:
        first = group.create_task(anext(following))
        await asyncio.sleep(0)  # it has come
        told.put("records", {"new": 2})
        assert (await first).data == {"new": 2}


async def test_events_come_in_order_with_ids_that_count_up(told: Events) -> None:
    async with aclosing(told.subscribe("18bcfe56800-0")) as following:
        for number in (1, 2, 3):
            told.put("records", {"new": number})
        found = await take(following, 3)
    assert [one.id for one in found] == ["18bcfe56800-1", "18bcfe56800-2", "18bcfe56800-3"]
    assert [one.data["new"] for one in found] == [1, 2, 3]


async def test_who_comes_back_gets_what_it_missed(told: Events) -> None:
    for number in range(1, 6):
        told.put("records", {"new": number})
    async with aclosing(told.subscribe("18bcfe56800-3")) as following:
        found = await take(following, 2)
        told.put("folded", {})
        found += await take(following, 1)
    assert [(one.kind, one.data.get("new")) for one in found] == [
        ("records", 4),
        ("records", 5),
        ("folded", None),
    ]


@pytest.mark.parametrize(
    "unknown",
    ["", "rubbish", "18bcfe56800", "18bcfe56800-", "18bcfe56800-x", "1-1", "18bcfe56800-7",
     "18bcfe56800--1", "18bcfe56800-" + "9" * 30],
)  # fmt: skip
async def test_an_unknown_last_event_is_answered_with_a_reset(told: Events, unknown: str) -> None:
    told.put("records", {})
    async with aclosing(told.subscribe(unknown)) as following:
        (found,) = await take(following, 1)
    assert (found.kind, found.id) == ("reset", "18bcfe56800-1")


@pytest.mark.parametrize(("away", "kinds"), [(0, ["records"]), (1, ["reset"])])
async def test_so_much_is_remembered_and_no_more(told: Events, away: int, kinds: list[str]) -> None:
    for _ in range(events.EVENTS_KEPT_MAX + away):
        told.put("records", {})
    async with aclosing(told.subscribe("18bcfe56800-0")) as following:
        found = await take(following, 1)
    assert [one.kind for one in found] == kinds


async def test_a_slow_follower_is_told_to_read_anew_and_goes_on(told: Events) -> None:
    async with aclosing(told.subscribe("18bcfe56800-0")) as following:
        told.put("records", {"new": 0})
        assert (await anext(following)).data == {"new": 0}
        for number in range(events.WAITING_MAX + 1):
            told.put("records", {"new": number})
        taken = await take(following, events.WAITING_MAX)
        reset = await anext(following)
        told.put("peers", {})
        after = await anext(following)
    assert [one.data["new"] for one in taken] == list(range(events.WAITING_MAX))
    assert (reset.kind, after.kind) == ("reset", "peers")


async def test_a_follower_that_overflows_twice_is_told_once(told: Events) -> None:
    async with aclosing(told.subscribe("x")) as following:
        assert (await anext(following)).kind == "reset"
        for _ in range(3 * events.WAITING_MAX):
            told.put("records", {})
        await take(following, events.WAITING_MAX)
        assert (await anext(following)).kind == "reset"
        # what happened behind the last overflow follows
        rest = await take(following, events.WAITING_MAX - 2)
    assert {one.kind for one in rest} == {"records"}


async def test_one_follower_too_many_is_turned_away_until_one_leaves(told: Events) -> None:
    following = [told.subscribe("x") for _ in range(events.FOLLOWERS_MAX)]
    for one in following:
        await anext(one)
    with pytest.raises(Refusal, match="too-many-tries"):
        await anext(told.subscribe())
    await following.pop().aclose()
    async with aclosing(told.subscribe("x")) as late:
        assert (await anext(late)).kind == "reset"
    for one in following:
        await one.aclose()


async def test_closing_ends_every_subscription_after_what_it_holds(told: Events) -> None:
    following = told.subscribe("18bcfe56800-0")
    told.put("records", {})
    first = await anext(following)
    told.put("folded", {})
    told.close()
    assert [first.kind, *[one.kind async for one in following]] == ["records", "folded"]
