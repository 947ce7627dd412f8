"""Peer map: where the node and its peers stand in a drawing, in the units of its view box.

Only places: what is drawn there is the template's. It has no more peers than can be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Final, NamedTuple

from node.views.peers import PeerView


class Spot(NamedTuple):
    """A peer in the drawing; `text_y` is where its name stands."""

    peer: PeerView
    x: int
    y: int
    text_y: int
    name: str


class PeerMap(NamedTuple):
    """A drawing with this node in its middle; `more` peers are not in it."""

    width: int
    height: int
    x: int
    y: int
    spots: list[Spot]
    more: int


def peer_map(peers: Sequence[PeerView]) -> PeerMap:
    """The peers around the node, those that are connected first."""
    known = sorted(peers, key=lambda one: one.state != "connected")
    shown = known[:SPOTS_MAX]
    spots = []
    height = HEIGHT if len(shown) > IN_A_ROW else LOW_HEIGHT
    for place, peer in enumerate(shown):
        angle = 2 * pi * place / len(shown)
        x = round(WIDTH / 2 + REACH_X * cos(angle))
        y = round(height / 2 + REACH_Y * sin(angle))
        text_y = y - NAME_ABOVE if y < height // 2 else y + NAME_BELOW
        spots.append(Spot(peer, x, y, text_y, _short(peer.name)))
    return PeerMap(WIDTH, height, WIDTH // 2, height // 2, spots, len(known) - len(shown))


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARS_MAX else f"{name[: NAME_CHARS_MAX - 1]}…"


WIDTH: Final = 480
HEIGHT: Final = 320
REACH_X: Final = 165
REACH_Y: Final = 110
NAME_BELOW: Final = 36
NAME_ABOVE: Final = 26
# So few stand beside the node: nothing is above or below it.
IN_A_ROW: Final = 2
LOW_HEIGHT: Final = 130
NAME_CHARS_MAX: Final = 16
# More names than these stand upon each other.
SPOTS_MAX: Final = 10
