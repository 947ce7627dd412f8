"""A whole node: what its people wish is done, heard by its peers, and there after a restart."""

from contextlib import aclosing
from pathlib import Path

import pytest

from node.app import Node
from node.clock import ManualClock
from node.store import peers
from node.views import names
from protocol import trade
from protocol.errors import Refusal
from protocol.profile import Profile
from tests.node.net.nodes import (
    count,
    invite,
    is_member,
    offer,
    publish,
    root,
    running_node,
    titles,
    until,
    until_equal,
    until_titles,
    village,
)


async def name_of(node: Node, coop: bytes) -> str:
    """What a node's people see as the name of a co-op."""
    return await node.store.write(
        lambda database: names.names_of(database.connection, [coop], node.coop)[coop]
    )


async def test_a_founder_is_a_member_at_once_and_shows_who_it_is(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        assert await is_member(one, circle, one.coop)
        assert await name_of(one, one.coop) == "one"
        told = await one.store.write(
            lambda database: peers.told_addresses(database.connection, one.coop, circle)
        )
        assert told == (one.address,)


async def test_what_is_offered_edited_and_withdrawn_is_seen_by_the_others(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        cod = await publish(one, circle, "cod")
        await publish(one, circle, "hake")
        await until_titles(two, circle, "cod", "hake")
        await one.add_offer(circle, trade.OFFER, offer("smoked cod"), subject=cod)
        await until_titles(two, circle, "smoked cod")
        assert await titles(two, circle) == ["hake", "smoked cod"]
        await one.withdraw(cod, {"en": "sold"})

        async def gone() -> bool:
            return await titles(two, circle) == ["hake"]

        await until(two, gone)
        with pytest.raises(Refusal, match="already-withdrawn"):
            await one.withdraw(cod, {})
        with pytest.raises(Refusal, match="not-yours"):
            await two.withdraw(cod, {})


async def test_a_new_profile_is_shown_in_every_circle_and_in_later_ones(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        other_circle = await one.found_circle("Second", public=False)
        await two.join(await invite(one, other_circle))
        await one.set_profile(Profile(name="Fischer eG", country="DE"))

        async def renamed() -> bool:
            return await name_of(two, one.coop) == "Fischer eG"

        await until(two, renamed)
        await until_equal(circle, [one, two])
        await until_equal(other_circle, [one, two])
        last = await two.found_circle("Third", public=False)
        await one.join(await invite(two, last))
        await until_equal(last, [one, two])
        assert await name_of(two, one.coop) == "Fischer eG"


async def test_who_leaves_hears_nothing_any_more(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        await publish(one, circle, "before")
        await until_titles(two, circle, "before")
        assert await two.remove(circle, two.coop)

        async def left() -> bool:
            return not await is_member(one, circle, two.coop)

        await until(one, left)
        with pytest.raises(Refusal, match="not-a-member"):
            await publish(two, circle, "too late")
        await publish(one, circle, "among ourselves")
        assert await titles(two, circle) == ["before"]


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        cod = await publish(one, circle, "cod")
        before, coop = await root(one, circle), one.coop
        records = await count(one, "record")
        address = one.address
    async with running_node(tmp_path / "one", at=address) as one:
        assert (one.coop, await root(one, circle)) == (coop, before)
        assert await count(one, "record") == records, "the same address is not told again"
        await one.add_offer(circle, trade.OFFER, offer("smoked cod"), subject=cod)
        assert await titles(one, circle) == ["smoked cod"]
        assert await count(one, "log") == 1
    async with running_node(tmp_path / "one", at="http://127.0.0.1:9") as one:
        told = await one.store.write(
            lambda database: peers.told_addresses(database.connection, one.coop, circle)
        )
        assert told == ("http://127.0.0.1:9",)
        assert await count(one, "record") == records + 2


async def test_pages_are_told_of_each_commit(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        last = one.events.last_id
        many = [(trade.OFFER, offer(f"fish {number}"), None) for number in range(3)]
        await one.add_offers(circle, many)
        async with aclosing(one.events.subscribe(last)) as events:
            async for event in events:
                if event.kind == "records":
                    break
        assert event.data == {"circle": circle.hex(), "new": 3}


async def test_refused_by_the_rules_nothing_is_written(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one", clock=ManualClock(1_800_000_000_000)) as one:
        circle = await one.found_circle("Sea and soil", public=False)
        before = await count(one, "record")
        for wish in (
            one.admit(circle, one.coop),
            one.admit(bytes(32), one.coop),
            one.endorse(circle, bytes(32)),
            one.remove(circle, bytes(32)),
            one.withdraw(bytes(32), {}),
            one.join("coopinvite:"),
            one.join(
                (await one.invites.create(circle, "x", "y", [one.address], uses=1, days=1)).link
            ),
        ):
            with pytest.raises(Refusal):
                await wish
        assert await count(one, "record") == before


async def test_all_rows_are_folded_again_to_the_same(tmp_path: Path) -> None:
    async with running_node(tmp_path / "one") as one:
        circle = await one.found_circle("Sea and soil", public=False)
        await publish(one, circle, "cod")
        before, after = await one.rebuild()
        assert before == after
        assert await titles(one, circle) == ["cod"]
