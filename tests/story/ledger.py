"""What a co-op has been told is done: the offers that stand at it, and those taken back."""

import random
from typing import Any, Final

from node.cli.client import Client, Refused
from tests.story.village import Coop, offer_json

# of ten changes so many are edits, and so many withdrawals; the others are new offers
EDITS_OF_TEN: Final = 3
WITHDRAWALS_OF_TEN: Final = 1

BROKEN: Final = ("connection-lost", "not-running")


class Ledger:
    """Makes seeded changes over the API and notes each only once it is acknowledged."""

    def __init__(self, circle: str, coop: Coop, rng: random.Random) -> None:
        self.circle = circle
        self.coop = coop
        self.rng = rng
        self.standing: dict[str, str] = {}
        """Titles by the id of their offers."""
        self.withdrawn: set[str] = set()
        self.unanswered = 0
        """Changes that were sent and not acknowledged: each may have been done or not."""
        self.acknowledged = 0
        self._made = 0

    async def change(self, count: int) -> None:
        """So many changes, one after another."""
        async with self.coop.api() as client:
            for _ in range(count):
                await self.change_one(client)

    async def change_until_broken(self) -> None:
        """Changes without end, until the node is gone."""
        try:
            async with self.coop.api() as client:
                while True:
                    await self.change_one(client)
        except Refused as refused:
            if refused.code not in BROKEN:
                raise

    async def change_one(self, client: Client) -> None:
        self.unanswered += 1
        what = self.rng.randrange(10)
        if what < EDITS_OF_TEN + WITHDRAWALS_OF_TEN and self.standing:
            offer = self.rng.choice(list(self.standing))
            title = self.standing.pop(offer)
            if what < EDITS_OF_TEN:
                title = f"{title.partition(',')[0]}, version {self._next()}"
                await client.put(f"/offers/{offer}", {"offer": self._fields(title)})
                self.standing[offer] = title
            else:
                await client.post(f"/offers/{offer}/withdrawal", {"reason": {"en": "sold"}})
                self.withdrawn.add(offer)
        else:
            title = f"{self.coop.name} {self._next()}"
            kind = self.rng.choice(["offer", "want"])
            wish = {"circle": self.circle, "kind": kind, "offer": self._fields(title)}
            self.standing[(await client.post("/offers", wish))["offer"]] = title
        self.acknowledged += 1
        self.unanswered -= 1

    def _fields(self, title: str) -> dict[str, Any]:
        return offer_json(title, self.coop.country, quantity=str(self.rng.randrange(1, 900)))

    def _next(self) -> int:
        self._made += 1
        return self._made
