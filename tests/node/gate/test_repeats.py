"""A request that is sent again is answered again, and not done again."""

import asyncio

import pytest

from node.gate import repeats
from node.gate.repeats import Answer, Repeats, request_hash
from node.store.answers import ANSWER_KEPT_MS
from protocol.errors import Refusal
from protocol.trade import OFFER, Offer
from tests.node.served import Served


class Work:
    """Counts how often it was done."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.done = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Answer:
        await self.gate.wait()
        self.done += 1
        return Answer(self.status, str(self.done).encode())


@pytest.fixture
def kept(one: Served) -> Repeats:
    return Repeats(one.node.store, one.clock)


async def test_the_second_time_it_is_not_done(kept: Repeats) -> None:
    work = Work()
    first = await kept.once("owner", "key", b"h" * 32, work)
    again = await kept.once("owner", "key", b"h" * 32, work)
    assert (first, again) == ((Answer(200, b"1"), False), (Answer(200, b"1"), True))


async def test_another_key_or_account_is_another_request(kept: Repeats) -> None:
    work = Work()
    for account, key in (("owner", "a"), ("owner", "b"), ("trader", "a")):
        await kept.once(account, key, b"h" * 32, work)
    assert work.done == 3


async def test_another_request_under_the_same_key_is_refused(kept: Repeats) -> None:
    await kept.once("owner", "key", b"h" * 32, Work())
    with pytest.raises(Refusal, match="key-reused"):
        await kept.once("owner", "key", b"i" * 32, Work())


async def test_a_refusal_may_be_tried_again(kept: Repeats) -> None:
    work = Work(409)
    await kept.once("owner", "key", b"h" * 32, work)
    await kept.once("owner", "key", b"h" * 32, work)
    assert work.done == 2


@pytest.mark.parametrize(("later_ms", "done"), [(ANSWER_KEPT_MS - 1, 1), (ANSWER_KEPT_MS, 2)])
async def test_answers_are_kept_for_a_day(
    one: Served, kept: Repeats, later_ms: int, done: int
) -> None:
    work = Work()
    await kept.once("owner", "key", b"h" * 32, work)
    one.clock.advance(later_ms)
    await kept.once("owner", "key", b"h" * 32, work)
    assert work.done == done


async def test_two_at_once_are_done_once(kept: Repeats) -> None:
    work = Work()
    work.gate.clear()
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(kept.once("owner", "key", b"h" * 32, work)) for _ in range(2)]
        await asyncio.sleep(0)
        work.gate.set()
    assert sorted(task.result()[1] for task in both) == [False, True]
    assert work.done == 1


async def test_whoever_waits_too_long_is_told(
    kept: Repeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "WAIT_S_MAX", 0)
    work = Work()
    work.gate.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(kept.once("owner", "key", b"h" * 32, work))
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="too-many-tries"):
            await kept.once("owner", "key", b"h" * 32, work)
        work.gate.set()
    assert first.result()[0].body == b"1"


class Killed(BaseException):
    """The node goes down in the middle."""


async def test_what_was_published_before_the_node_was_killed_is_not_published_again(
    one: Served, kept: Repeats
) -> None:
    circle = await one.node.found_circle("Kreis", public=False)
    wish = Offer(title={"en": "once"})

    async def publish_and_be_killed() -> Answer:
        await one.node.add_offer(circle, OFFER, wish)
        raise Killed

    with pytest.raises(Killed):
        await kept.once("owner", "key", b"h" * 32, publish_and_be_killed)
    again = Repeats(one.node.store, one.clock)
    with pytest.raises(Refusal, match="already-there"):
        await again.once("owner", "key", b"h" * 32, publish_and_be_killed)
    with pytest.raises(Refusal, match="key-reused"):
        await again.once("owner", "key", b"i" * 32, publish_and_be_killed)
    assert (await one.owner("GET", "/offers")).json["total"] == 1


async def test_the_answer_takes_the_place_of_the_mark(one: Served, kept: Repeats) -> None:
    circle = await one.node.found_circle("Kreis", public=False)

    async def publish() -> Answer:
        offer = await one.node.add_offer(circle, OFFER, Offer(title={"en": "once"}))
        return Answer(201, offer)

    first, _ = await kept.once("owner", "key", b"h" * 32, publish)
    assert await kept.once("owner", "key", b"h" * 32, publish) == (first, True)
    assert (await one.owner("GET", "/offers")).json["total"] == 1


async def test_what_was_refused_behind_something_published_may_be_tried_again(
    one: Served, kept: Repeats
) -> None:
    circle = await one.node.found_circle("Kreis", public=False)
    refusals = [Refusal("disk-full")]

    async def refused_once() -> Answer:
        await one.node.add_offer(circle, OFFER, Offer(title={"en": "twice"}))
        if refusals:
            raise refusals.pop()
        return Answer(200, b"done")

    with pytest.raises(Refusal, match="disk-full"):
        await kept.once("owner", "key", b"h" * 32, refused_once)
    assert await kept.once("owner", "key", b"h" * 32, refused_once) == (Answer(200, b"done"), False)


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\nb", "\x00"])
async def test_what_is_no_key_is_refused(kept: Repeats, key: str) -> None:
    with pytest.raises(Refusal, match="bad-field"):
        await kept.once("owner", key, b"h" * 32, Work())


async def test_the_longest_key_will_do(kept: Repeats) -> None:
    assert (await kept.once("owner", "x" * 200, b"h" * 32, Work()))[1] is False


def test_requests_differ_by_method_path_and_body() -> None:
    hashes = {
        request_hash(*asked)
        for asked in (
            ("POST", "/a", b"{}"),
            ("PUT", "/a", b"{}"),
            ("POST", "/b", b"{}"),
            ("POST", "/a", b"{ }"),
        )
    }
    assert len(hashes) == 4
    assert request_hash("POST", "/a", b"x") == request_hash("POST", "/a", b"x")
