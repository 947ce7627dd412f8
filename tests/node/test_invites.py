"""Invites: good for so many uses and days, until they are taken back; and others' links."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from node.clock import ManualClock
from node.invites import DAYS_MAX, Invites
from node.store.invites import Given
from node.store.store import Store
from protocol import invite as links
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import DAY_MS, INVITE_USES_MAX
from tests.coops import NETWORK, NOW_MS, Coop

CIRCLE = bytes([7]) * 32
HANDSHAKE = bytes([9]) * 32
ADDRESSES = ["http://127.0.0.1:7443"]


@asynccontextmanager
async def inviting(
    path: Path, clock: ManualClock, name: str = "fishers", network: Network = NETWORK
) -> AsyncIterator[Invites]:
    coop = Coop(name)
    store = Store(path, network, coop.id, lambda: None)
    await store.open()
    try:
        yield Invites(store, network, coop.id, clock, coop.draw)
    finally:
        await store.close()
        coop.database.close()


async def make(invites: Invites, *, uses: int = 1, days: int = 7) -> tuple[Given, bytes]:
    """An invite, and what a newcomer proves it with."""
    given = await invites.create(CIRCLE, "Sea and soil", "Fischer", ADDRESSES, uses=uses, days=days)
    nonce = links.read_link(NETWORK, given.link).nonce
    return given, links.proof(nonce, HANDSHAKE)


async def refusal_of(invites: Invites, given: Given, proof: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        await invites.check(given.id, proof, HANDSHAKE)
    return refusal.value.code


async def test_uses_are_counted_and_one_that_let_nobody_in_is_given_back(tmp_path: Path) -> None:
    async with inviting(tmp_path / "a", ManualClock(NOW_MS)) as invites:
        given, proof = await make(invites, uses=2)
        for left in (1, 0):
            assert await invites.check(given.id, proof, HANDSHAKE) == CIRCLE
            await invites.use(given.id)
            assert [one.uses_left for one in await invites.all()] == [left]
        assert await refusal_of(invites, given, proof) == "invite-used"
        with pytest.raises(Refusal, match="invite-used"):
            await invites.use(given.id)
        await invites.give_back(given.id)
        assert await invites.check(given.id, proof, HANDSHAKE) == CIRCLE


async def test_an_invite_ends_with_its_last_day(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)
    async with (
        inviting(tmp_path / "a", clock) as invites,
        inviting(tmp_path / "b", clock, "growers") as others,
    ):
        given, proof = await make(invites, days=7)
        clock.advance(7 * DAY_MS)
        assert await invites.check(given.id, proof, HANDSHAKE) == CIRCLE
        assert others.read(given.link).circle == CIRCLE
        clock.advance(1)
        assert await refusal_of(invites, given, proof) == "invite-expired"
        with pytest.raises(Refusal, match="invite-expired"):
            others.read(given.link)


async def test_what_was_taken_back_is_good_for_nobody_even_after_a_restart(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)
    async with inviting(tmp_path / "a", clock) as invites:
        given, proof = await make(invites)
        kept, kept_proof = await make(invites)
        await invites.revoke(given.id)
        with pytest.raises(Refusal, match="not-found"):
            await invites.revoke(bytes(32))
    async with inviting(tmp_path / "a", clock) as invites:
        assert await refusal_of(invites, given, proof) == "invite-revoked"
        assert await invites.check(kept.id, kept_proof, HANDSHAKE) == CIRCLE
        assert {one.id: one.revoked for one in await invites.all()} == {
            given.id: True,
            kept.id: False,
        }


async def test_who_cannot_prove_it_learns_no_more_than_of_one_that_never_was(
    tmp_path: Path,
) -> None:
    async with inviting(tmp_path / "a", ManualClock(NOW_MS)) as invites:
        given, proof = await make(invites)
        await invites.revoke(given.id)
        assert await refusal_of(invites, given, bytes(32)) == "invite-unknown"
        for invite, handshake in ((bytes(32), HANDSHAKE), (given.id, bytes(32))):
            with pytest.raises(Refusal, match="invite-unknown"):
                await invites.check(invite, proof, handshake)


async def test_a_link_is_read_by_others_of_the_same_network_only(tmp_path: Path) -> None:
    clock = ManualClock(NOW_MS)
    elsewhere = Network("elsewhere")
    async with (
        inviting(tmp_path / "a", clock) as invites,
        inviting(tmp_path / "b", clock, "growers") as others,
        inviting(tmp_path / "c", clock, "growers", elsewhere) as foreign,
    ):
        given, _ = await make(invites)
        invite = others.read(f"  {given.link}\n")
        assert (invite.circle, list(invite.addresses)) == (CIRCLE, ADDRESSES)
        assert (invite.circle_name, invite.coop_name) == ("Sea and soil", "Fischer")
        for reader, link, code in (
            (invites, given.link, "to-itself"),
            (others, given.link[:-1], "invite-malformed"),
            (others, "", "invite-malformed"),
            (foreign, given.link, "invite-malformed"),
        ):
            with pytest.raises(Refusal) as refusal:
                reader.read(link)
            assert refusal.value.code == code


@pytest.mark.parametrize(
    ("uses", "days"), [(0, 1), (INVITE_USES_MAX + 1, 1), (1, 0), (1, DAYS_MAX + 1)]
)
async def test_uses_and_days_have_limits(tmp_path: Path, uses: int, days: int) -> None:
    async with inviting(tmp_path / "a", ManualClock(NOW_MS)) as invites:
        with pytest.raises(Refusal, match="bad-field"):
            await make(invites, uses=uses, days=days)
        assert await invites.all() == []
        await make(invites, uses=INVITE_USES_MAX, days=DAYS_MAX)
