"""How far a wish to join is: watched, bounded, remembered over a restart as far as it waits."""

from pathlib import Path

import msgspec
import pytest

from node.net.wishes import WISHES_MAX
from protocol.errors import Refusal
from protocol.invite import Invite
from tests.node.net.nodes import invite, is_member, running_node, village

INVITE = Invite(("http://127.0.0.1:1",), b"c" * 32, "Sea", b"p" * 32, "Ambar", 1, "coop", b"n" * 16)


async def test_a_wish_that_is_granted_ends_as_joined(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        await two.join(await invite(one, circle))
        assert await is_member(two, circle, two.coop)
        (wish,) = await two.peers.joins.wishes.all()
        assert (wish.circle_name, wish.coop, wish.step) == ("Sea and soil", one.coop, "joined")


async def test_a_wish_that_is_refused_keeps_why(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one, running_node(tmp_path / "two") as two:
        circle = await one.found_circle("Sea and soil", public=False)
        link = await invite(one, circle)
        await one.invites.revoke((await one.invites.all())[0].id)
        with pytest.raises(Refusal):
            await two.join(link)
        (wish,) = await two.peers.joins.wishes.all()
        assert wish.step == "refused"
        assert wish.refusal is not None
        assert wish.refusal.code == "invite-revoked"


async def test_who_waits_for_others_still_does_after_a_restart(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two", "three") as (circle, nodes):
        async with running_node(tmp_path / "four") as four:
            assert (await four.join(await invite(nodes[0], circle))).pending
            assert [one.step for one in await four.peers.joins.wishes.all()] == ["waiting"]
        async with running_node(tmp_path / "four") as four:
            (wish,) = await four.peers.joins.wishes.all()
            assert (wish.circle, wish.circle_name, wish.step) == (circle, "Sea and soil", "waiting")
            await four.peers.joins.wishes.give_up(circle)
            assert await four.peers.joins.wishes.all() == []
            with pytest.raises(Refusal):
                await four.peers.joins.wishes.give_up(circle)


async def test_the_oldest_wish_makes_room(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        wishes = one.peers.joins.wishes
        for number in range(WISHES_MAX + 1):
            circle = number.to_bytes(32, "big")
            wishes.begin(msgspec.structs.replace(INVITE, circle=circle))
        known = [wish.circle for wish in await wishes.all()]
        assert len(known) == WISHES_MAX
        assert bytes(32) not in known
