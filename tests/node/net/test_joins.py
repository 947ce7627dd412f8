"""From an invite to a member, between real nodes; also when one of them dies on the way."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from node import ingest
from node.net.joins import Joins
from node.net.link import Link
from node.store import peers as rows
from protocol.errors import Refusal
from protocol.invite import read_link
from protocol.profile import Profile
from tests.coops import NETWORK
from tests.node.net.nodes import (
    GUARD_S,
    count,
    endorse_one,
    invite,
    is_member,
    publish,
    read,
    running_node,
    until,
    until_equal,
    until_titles,
    village,
)


async def test_who_follows_an_invite_is_a_member_when_join_returns(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        await publish(one, circle, "was there before")
        joining = await two.join(await invite(one, circle))
        assert (joining.circle, joining.peer, joining.pending) == (circle, one.coop, False)
        assert await is_member(two, circle, two.coop)
        await until(one, lambda: is_member(one, circle, two.coop))
        await until_titles(two, circle, "was there before")
        assert await read(two, "SELECT name FROM circle") == [("Sea and soil",)]


async def test_both_sides_know_each_others_name_and_address_afterwards(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        await until_equal(circle, [one, two])
        for node, other in ((one, two), (two, one)):

            async def knows(node: object = node, other: object = other) -> bool:
                states = await node.peers.states()  # type: ignore[attr-defined]
                return [(one.coop, one.address) for one in states] == [
                    (other.coop, other.address)  # type: ignore[attr-defined]
                ]

            await until(node, knows)


async def test_a_second_circle_is_joined_over_a_link_of_its_own(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (first, (one, two)):
        second = await one.found_circle("The inner circle", public=False)
        assert not (await two.join(await invite(one, second))).pending
        for circle in (first, second):
            await publish(two, circle, f"in {circle.hex()}")
            await until_titles(one, circle, f"in {circle.hex()}")


async def test_two_members_invite_each_other_to_further_circles(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        mine = await one.found_circle("one's", public=False)
        yours = await two.found_circle("two's", public=False)
        await two.join(await invite(one, mine))
        await one.join(await invite(two, yours))
        assert await is_member(two, mine, two.coop)
        assert await is_member(one, yours, one.coop)


async def test_who_waits_for_endorsements_becomes_a_member_when_they_come(
    tmp_path: Path,
) -> None:
    async with (
        village(tmp_path, "one", "two", "three") as (circle, nodes),
        running_node(tmp_path / "four") as four,
    ):
        assert (await four.join(await invite(nodes[0], circle))).pending
        assert not await is_member(four, circle, four.coop)
        await endorse_one(nodes[1], circle)
        await until(four, lambda: is_member(four, circle, four.coop))


async def test_a_wish_that_waits_survives_a_later_invite_that_is_refused(
    tmp_path: Path,
) -> None:
    async with (
        village(tmp_path, "one", "two", "three") as (circle, nodes),
        running_node(tmp_path / "four") as four,
    ):
        assert (await four.join(await invite(nodes[0], circle))).pending
        link = await invite(nodes[1], circle)
        await nodes[1].invites.revoke((await nodes[1].invites.all())[0].id)
        with pytest.raises(Refusal, match="invite-revoked"):
            await four.join(link)
        assert await count(four, "local_joining") == 1
        await endorse_one(nodes[1], circle)
        await until(four, lambda: is_member(four, circle, four.coop))


async def test_a_newcomer_that_was_killed_while_joining_goes_on_when_it_is_started(
    tmp_path: Path,
) -> None:
    """What is in its database is all it knows: whom it asked, and where that one answers."""
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        invitation = read_link(NETWORK, await invite(one, circle))
        async with running_node(tmp_path / "two") as two:
            inception = await two.store.session(lambda replica: replica.own_key_log())
            await two.store.write(
                lambda database: rows.begin_joining(database, two.coop, invitation, 0)
            )
            coop = two.coop
        await one.store.write(lambda database: ingest.ingest_keys(database, inception))
        assert await one.admit(circle, coop)
        async with running_node(tmp_path / "two") as two:
            await until(two, lambda: is_member(two, circle, two.coop))
            await publish(two, circle, "alive")
            await until_titles(one, circle, "alive")


async def test_a_newcomer_that_was_killed_before_it_could_ask_asks_when_it_is_started(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        invitation = read_link(NETWORK, await invite(one, circle))
        async with running_node(tmp_path / "two") as two:
            await two.store.write(
                lambda database: rows.begin_joining(database, two.coop, invitation, 0)
            )
        async with running_node(tmp_path / "two") as two:
            await until(two, lambda: is_member(two, circle, two.coop))
            await until(one, lambda: is_member(one, circle, two.coop))
        assert [given.uses_left for given in await one.invites.all()] == [0]


async def test_a_wish_whose_link_breaks_before_the_answer_is_told_again_at_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        real = Joins.admit

        async def breaks(joins: Joins, link: Link, wanted: bytes) -> bool:
            monkeypatch.setattr(Joins, "admit", real)
            link.end("peer-unreachable", "a test")
            raise ConnectionResetError

        monkeypatch.setattr(Joins, "admit", breaks)
        with pytest.raises(Refusal, match="told again"):
            await two.join(await invite(one, circle))
        await until(two, lambda: is_member(two, circle, two.coop))


async def test_an_answer_that_is_waited_for_comes_after_both_were_away(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two", "three") as (circle, nodes):
        async with running_node(tmp_path / "four") as four:
            assert (await four.join(await invite(nodes[0], circle))).pending
        await endorse_one(nodes[1], circle)
        async with running_node(tmp_path / "four") as four:
            await until(four, lambda: is_member(four, circle, four.coop))


async def test_an_invite_that_was_refused_when_it_was_told_again_is_let_go(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        invitation = read_link(NETWORK, await invite(one, circle))
        await one.invites.revoke((await one.invites.all())[0].id)
        async with running_node(tmp_path / "two") as two:
            await two.store.write(
                lambda database: rows.begin_joining(database, two.coop, invitation, 0)
            )
            two.peers.wake()

            async def let_go() -> bool:
                found = await read(two, "SELECT state, invite FROM local_joining")
                return found == [("pending", None)]

            async with asyncio.timeout(GUARD_S):
                while not await let_go():
                    await asyncio.sleep(0)


async def test_two_that_follow_each_others_invites_at_the_same_moment_both_get_in(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        mine = await one.found_circle("one's", public=False)
        yours = await two.found_circle("two's", public=False)
        joinings = await asyncio.gather(
            one.join(await invite(two, yours)), two.join(await invite(one, mine))
        )
        assert [joining.pending for joining in joinings] == [False, False]
        for circle in (mine, yours):
            for node in (one, two):
                await until(node, partial(is_member, node, circle, one.coop))
                await until(node, partial(is_member, node, circle, two.coop))


async def test_who_missed_the_answer_may_ask_again_with_an_invite_that_is_used_up(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        link = await invite(one, circle)
        inception = await two.store.session(lambda replica: replica.own_key_log())
        await one.store.write(lambda database: ingest.ingest_keys(database, inception))
        assert await one.admit(circle, two.coop)
        await one.invites.use((await one.invites.all())[0].id)
        assert not (await two.join(link)).pending
        assert await is_member(two, circle, two.coop)
        await until(one, lambda: is_member(one, circle, two.coop))
        with pytest.raises(Refusal, match="invite-used"):
            await two.join(link)


async def test_a_newcomers_profile_is_shown_to_the_circle(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        await two.set_profile(Profile(name="Fishers of the bay", country="KE"))

        async def shown() -> bool:
            bodies = await read(
                one,
                "SELECT record.body FROM standing JOIN record ON record.n = standing.version "
                "WHERE family = 'profile'",
            )
            return any(b"Fishers of the bay" in body for (body,) in bodies)

        await until(one, shown)
