"""Own: the circles in which this co-op may publish."""

from __future__ import annotations

from typing import NamedTuple

from node.store.reading import Connection
from node.views import circles, ids
from node.views.ids import text
from protocol.errors import Refusal
from protocol.keys import CIRCLE


class OwnCircle(NamedTuple):
    """A circle of ours, by its id in text form and its name."""

    id: str
    name: str


def own_circles(connection: Connection, coop: bytes, now_ms: int) -> list[OwnCircle]:
    """Circles that count this co-op as a member."""
    shown = circles.all_of(connection, coop, now_ms).circles
    return [OwnCircle(one.id, one.name) for one in shown if one.mine]


def own_circle(connection: Connection, coop: bytes, now_ms: int, written: str) -> bytes:
    """The circle that a person means, if this co-op may publish in it; else `not-a-member`."""
    circle = ids.circle_id(connection, written)
    if text(CIRCLE, circle) not in {one.id for one in own_circles(connection, coop, now_ms)}:
        raise Refusal("not-a-member")
    return circle
