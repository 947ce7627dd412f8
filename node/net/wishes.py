"""Wishes: how far each wish of this node to join a circle is, for people to watch.

Kept in memory; what waits for others is in the store too and survives a restart. It never asks
anybody: `joins` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from node.store import peers as rows
from node.store.reading import read
from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.store.store import Store
    from protocol.invite import Invite

Step = Literal["connecting", "asked", "waiting", "admitted", "joined", "refused"]


class Wish(msgspec.Struct, frozen=True):
    """A wish to join; `refusal` is why it was refused."""

    circle: bytes
    circle_name: str
    coop: bytes
    coop_name: str
    step: Step
    refusal: Refusal | None = None


class Wishes:
    """The wishes of this node, by circle; the oldest make room."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, Wish] = {}

    def begin(self, invite: Invite) -> None:
        """An invite is being followed."""
        self._known.pop(invite.circle, None)
        while len(self._known) >= WISHES_MAX:
            del self._known[next(iter(self._known))]
        self._known[invite.circle] = Wish(
            invite.circle, invite.circle_name, invite.coop, invite.coop_name, "connecting"
        )

    def note(self, circle: bytes, step: Step, refusal: Refusal | None = None) -> None:
        """How far it is now; of what is not watched nothing is noted."""
        known = self._known.get(circle)
        # What was joined already is not admitted once more.
        if known is not None and (known.step, step) != ("joined", "admitted"):
            self._known[circle] = msgspec.structs.replace(known, step=step, refusal=refusal)

    def is_under_way(self, circle: bytes) -> bool:
        """Whether it is being asked at this moment."""
        known = self._known.get(circle)
        return known is not None and known.step in {"connecting", "asked"}

    async def all(self) -> list[Wish]:
        """Every wish, the newest first; of earlier runs those that still wait."""
        found = dict(self._known)
        for circle, name, coop, coop_name in await read(self._store, rows.all_joining):
            known = found.get(circle)
            if known is None or known.step in {"refused", "joined"}:
                found[circle] = Wish(circle, name, coop, coop_name, "waiting")
        return list(reversed(found.values()))

    async def give_up(self, circle: bytes) -> None:
        """Wait no longer to be let in; refuses `not-found`."""
        waiting = {row[0] for row in await read(self._store, rows.all_joining)}
        if self._known.pop(circle, None) is None and circle not in waiting:
            raise Refusal("not-found")
        await self._store.write(lambda database: rows.end_joining(database, circle))


# Some hundred bytes each; nobody joins so many circles in one run.
WISHES_MAX: Final = 64
