"""Invites that do not open the door, each with its reason at the joining side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from node.app import Node
from node.clock import ManualClock
from node.net import joins
from protocol import messages as m
from protocol.errors import Refusal
from protocol.invite import read_link, write_link
from protocol.limits import DAY_MS
from tests.coops import NETWORK, NOW_MS, Coop
from tests.node.net.nodes import (
    count,
    endorse_one,
    invite,
    is_member,
    publish,
    running_node,
    until,
    until_titles,
)
from tests.node.net.siege import Siege, siege
from tests.node.net.stranger import stranger


@asynccontextmanager
async def newcomer(folder: Path) -> AsyncIterator[Node]:
    """A node that knows nobody; its clock stands still."""
    async with running_node(folder / "newcomer", clock=ManualClock(NOW_MS)) as node:
        yield node


async def refused(node: Node, link: str) -> str:
    with pytest.raises(Refusal) as refusal:
        await node.join(link)
    return refusal.value.code


async def left_nothing(node: Node, town: Siege) -> None:
    """A wish that was refused is forgotten, on both sides."""
    assert await count(node, "local_joining") == 0
    assert await count(node, "local_peer") == 0
    assert not await is_member(town.node, town.circle, node.coop)


def changed(link: str, **parts: object) -> str:
    """The same invite with other parts, and the check sum that fits them."""
    invitation = read_link(NETWORK, link)
    return write_link(NETWORK, msgspec.structs.replace(invitation, **parts))


async def test_a_good_one_lets_in_once_and_then_is_used_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)
        joining = await node.join(link)
        assert (joining.circle, joining.peer, joining.pending) == (
            town.circle, town.node.coop, True,
        )  # fmt: skip
        async with running_node(tmp_path / "second", clock=ManualClock(NOW_MS)) as second:
            assert await refused(second, link) == "invite-used"
            await left_nothing(second, town)


async def test_an_expired_one_is_refused_by_its_issuer_whatever_the_newcomers_clock_says(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)
        town.clock.advance(7 * DAY_MS + 1)
        town.neighbour.clock.advance(7 * DAY_MS + 1)  # type: ignore[attr-defined]
        assert await refused(node, link) == "invite-expired"
        await left_nothing(node, town)


async def test_a_newcomer_sees_by_its_own_clock_that_one_has_expired(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = changed(await invite(town.node, town.circle), expires_ms=NOW_MS - 1)
        assert await refused(node, link) == "invite-expired"


async def test_a_revoked_one_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)
        for given in await town.node.invites.all():
            await town.node.invites.revoke(given.id)
        assert await refused(node, link) == "invite-revoked"
        await left_nothing(node, town)


async def test_a_link_with_a_changed_letter_is_refused_before_anybody_is_dialled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)
        for place in (len("coopinvite:"), len(link) // 2, len(link) - 1):
            letter = "A" if link[place] != "A" else "B"
            damaged = link[:place] + letter + link[place + 1 :]
            assert await refused(node, damaged) == "invite-malformed"
        await left_nothing(node, town)


async def test_a_guessed_secret_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = changed(await invite(town.node, town.circle), nonce=bytes(16))
        assert await refused(node, link) == "invite-unknown"
        await left_nothing(node, town)


async def test_one_for_another_circle_than_it_was_made_for_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        other = await town.node.found_circle("the inner circle", public=False)
        link = changed(await invite(town.node, town.circle), circle=other)
        assert await refused(node, link) == "invite-unknown"
        assert not await is_member(town.node, other, node.coop)


async def test_where_another_coop_answers_nothing_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = changed(await invite(town.node, town.circle), addresses=(town.neighbour.address,))
        assert await refused(node, link) == "invite-other-coop"
        await left_nothing(node, town)


async def test_where_nobody_answers_the_next_address_is_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)
        nowhere = "http://127.0.0.1:1"
        assert await refused(node, changed(link, addresses=(nowhere,))) == "peer-unreachable"
        both = changed(link, addresses=(nowhere, town.node.address))
        assert (await node.join(both)).peer == town.node.coop


async def test_an_issuer_that_never_answers_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        link = await invite(town.node, town.circle)

        async def never(*_: object) -> bool:
            return await asyncio.Event().wait()

        monkeypatch.setattr(town.node.peers, "admit", never)
        monkeypatch.setattr(joins, "JOIN_S_MAX", 0.05)
        assert await refused(node, link) == "peer-stalled"
        await left_nothing(node, town)


async def test_a_blocked_coop_is_refused_with_any_invite(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        await town.node.peers.set_blocked(node.coop, blocked=True)
        assert await refused(node, await invite(town.node, town.circle)) == "peer-blocked"
        await left_nothing(node, town)


async def test_asking_again_and_again_takes_no_further_uses(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        coop = Coop("newcomer")
        link = await invite(town.node, town.circle, uses=3)
        nonce = read_link(NETWORK, link).nonce
        async with stranger(town.node, coop, nonce=nonce) as peer:
            await peer.greet()
            for _ in range(3):
                await peer.say(m.Join(town.circle))
                answer = await peer.hear_until(m.Joined)
                assert answer == m.Joined(town.circle, pending=True)
        assert (await town.node.invites.all())[0].uses_left == 2


async def test_two_who_ask_at_once_cannot_share_the_last_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        nonce = read_link(NETWORK, await invite(town.node, town.circle)).nonce
        first, second = Coop("first"), Coop("second")
        async with (
            stranger(town.node, first, nonce=nonce) as one,
            stranger(town.node, second, nonce=nonce) as other,
        ):
            await one.greet()
            await other.greet()
            await one.say(m.Join(town.circle))
            await one.hear_until(m.Joined)
            await other.say(m.Join(town.circle))
            assert (await other.farewell())[0] == "invite-used"


async def test_who_was_let_in_trades_with_everybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, newcomer(tmp_path) as node:
        await node.join(await invite(town.node, town.circle))
        await endorse_one(town.neighbour, town.circle)
        await until(node, lambda: is_member(node, town.circle, node.coop))
        await publish(node, town.circle, "from the newcomer")
        await until_titles(town.node, town.circle, "from the newcomer")
        await until_titles(node, town.circle, "acknowledged before")

        async def has_arrived() -> bool:
            return await count(node, "local_joining") == 0

        await until(node, has_arrived)
