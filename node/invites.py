"""Invites: links that this node gave out, counted here and nowhere else, and links it was given.

A used, expired, revoked or unknown invite is refused with that reason. It never dials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from node.clock import Clock
from node.store import invites as rows
from node.store.invites import Given
from protocol import invite as links
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.keys import Network
from protocol.limits import DAY_MS, INVITE_USES_MAX, SALT_BYTES

__all__ = ["DAYS_MAX", "Given", "Invites"]


class Writer(Protocol):
    """What invites need of the store."""

    async def write(self, function: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any result
        """Run on the writer thread; committed when this returns."""


class Invites:
    """The node's own invites, and the reading of others'."""

    def __init__(
        self,
        store: Writer,
        network: Network,
        coop: bytes,
        clock: Clock,
        draw: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._network = network
        self._coop = coop
        self._clock = clock
        self._draw = draw

    def read(self, link: str) -> Invite:
        """The invite in a link; refuses a damaged, expired, foreign or own one."""
        invite = links.read_link(self._network, link)
        if invite.network != self._network.name:
            raise Refusal("other-network", invite.network)
        if invite.coop == self._coop:
            raise Refusal("to-itself")
        if invite.expires_ms < self._clock.now_ms():
            raise Refusal("invite-expired")
        return invite

    async def create(
        self,
        circle: bytes,
        circle_name: str,
        coop_name: str,
        addresses: Sequence[str],
        *,
        uses: int,
        days: int,
    ) -> Given:
        """Make a link to a circle, good for so many uses and days."""
        if not 1 <= uses <= INVITE_USES_MAX or not 1 <= days <= DAYS_MAX:
            raise Refusal("bad-field", f"1 to {INVITE_USES_MAX} uses, 1 to {DAYS_MAX} days")
        now = self._clock.now_ms()
        nonce = self._draw(SALT_BYTES)
        invite = Invite(
            addresses=tuple(addresses),
            circle=circle,
            circle_name=circle_name,
            coop=self._coop,
            coop_name=coop_name,
            expires_ms=now + days * DAY_MS,
            network=self._network.name,
            nonce=nonce,
        )
        given = Given(
            links.invite_id(self._network, nonce),
            links.write_link(self._network, invite),
            circle,
            invite.expires_ms,
            uses,
            revoked=False,
            created_ms=now,
        )
        await self._store.write(lambda database: rows.put(database, given, nonce))
        return given

    async def all(self) -> list[Given]:
        """Every invite that was given out, the newest first."""
        found: list[Given] = await self._store.write(rows.all_given)
        return found

    async def revoke(self, invite: bytes) -> None:
        """Take an invite back."""
        await self._store.write(lambda database: rows.revoke(database, invite))

    async def check(
        self, invite: bytes, proof: bytes, handshake_hash: bytes, coop: bytes | None = None
    ) -> bytes:
        """The circle of a proven invite that is still good for a co-op; refuses with the reason."""
        now = self._clock.now_ms()
        circle: bytes = await self._store.write(
            lambda database: rows.check(database, invite, proof, handshake_hash, now, coop)
        )
        return circle

    async def use(self, invite: bytes) -> None:
        """Count one use, before a co-op is let in by it; refuses `invite-used`."""
        await self._store.write(lambda database: rows.use(database, invite))

    async def give_back(self, invite: bytes) -> None:
        """Take back one use that let nobody in."""
        await self._store.write(lambda database: rows.give_back(database, invite))


DAYS_MAX: Final = 365
