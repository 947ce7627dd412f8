import asyncio

import pytest

from node.mailbox import CLOSED, Mailbox


async def test_items_come_out_in_the_order_they_went_in() -> None:
    mailbox: Mailbox[int] = Mailbox(3)
    assert [mailbox.offer(item) for item in (1, 2, 3)] == [True, True, True]
    assert [await mailbox.take() for _ in range(3)] == [1, 2, 3]


async def test_one_past_the_limit_is_refused_and_counted() -> None:
    mailbox: Mailbox[str] = Mailbox(2)
    assert mailbox.offer("first")
    assert mailbox.offer("second")
    assert (len(mailbox), mailbox.refused_count) == (2, 0)
    assert not mailbox.offer("third")
    assert (len(mailbox), mailbox.refused_count) == (2, 1)
    assert await mailbox.take() == "first"
    assert mailbox.offer("fourth")
    assert [await mailbox.take(), await mailbox.take()] == ["second", "fourth"]


async def test_taking_waits_for_an_item() -> None:
    mailbox: Mailbox[int] = Mailbox(1)
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(mailbox.take())
        await asyncio.sleep(0)
        assert not taking.done()
        mailbox.offer(5)
    assert taking.result() == 5


async def test_a_cancelled_taker_loses_no_item() -> None:
    mailbox: Mailbox[int] = Mailbox(1)
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(mailbox.take())
        await asyncio.sleep(0)
        mailbox.offer(5)
        taking.cancel()
    assert await mailbox.take() == 5


async def test_what_was_accepted_before_closing_is_still_delivered() -> None:
    mailbox: Mailbox[int] = Mailbox(2)
    mailbox.offer(1)
    mailbox.offer(2)
    mailbox.close()
    assert [item async for item in mailbox] == [1, 2]
    assert len(mailbox) == 0


async def test_closed_mailbox_accepts_nothing() -> None:
    mailbox: Mailbox[int] = Mailbox(2)
    mailbox.close()
    mailbox.close()
    assert not mailbox.offer(1)
    assert mailbox.refused_count == 1
    assert await mailbox.take() is CLOSED
    assert await mailbox.take() is CLOSED


async def test_closing_ends_every_waiting_taker() -> None:
    mailbox: Mailbox[int] = Mailbox(1)

    async def drain() -> list[int]:
        return [item async for item in mailbox]

    async with asyncio.TaskGroup() as group:
        drains = [group.create_task(drain()) for _ in range(3)]
        await asyncio.sleep(0)
        mailbox.offer(9)
        mailbox.close()
    assert sorted(item for done in drains for item in done.result()) == [9]


def test_a_mailbox_holds_at_least_one_item() -> None:
    with pytest.raises(AssertionError):
        Mailbox[int](0)
