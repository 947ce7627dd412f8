"""Two real nodes in one circle, each with its own server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.node.served import OFFER_JSON, Served, make_home, served

TRIES_MAX = 3_000


@asynccontextmanager
async def paired(folder: Path) -> AsyncIterator[tuple[Served, Served, str]]:
    """A co-op that offers, one that asks, and the offer as the second one sees it."""
    async with (
        served(make_home(folder / "one", "Kahawa Co-op")) as one,
        served(make_home(folder / "other", "Fischer eG", "DE")) as other,
    ):
        circle = await one.circle("Hills")
        made = await one.owner("POST", "/invites", json={"circle": circle})
        joined = await other.owner("POST", "/joins", json={"link": made.json["link"]})
        assert joined.status < 400, joined.json
        offer = await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
        await until(other, "/offers", lambda found: len(found["offers"]) == 1)
        yield one, other, str(offer.json["offer"])


async def until(
    one: Served,
    path: str,
    wanted: Callable[[Any], bool],
) -> Any:  # noqa: ANN401 - any JSON
    """The answer of a path once it is as wanted."""
    found: Any = None
    for _ in range(TRIES_MAX):
        found = (await one.owner("GET", path)).json
        if wanted(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} never became so: {found}")
