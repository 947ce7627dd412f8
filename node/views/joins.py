"""Joins: the circles that this node wishes to enter, and how far each wish is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from node.store.reading import Connection
from node.views.ids import short, text
from node.views.names import names_of
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP

Step = Literal["connecting", "asked", "waiting", "admitted", "joined", "refused"]


class JoinView(msgspec.Struct, frozen=True):
    """A wish to join; `waiting` is for the yes of others.

    With `refused`, `code` and `detail` say why.
    """

    circle: str
    name: str
    peer: str
    peer_name: str
    step: Step
    code: str
    detail: str


class Joins(msgspec.Struct, frozen=True):
    """All wishes, the newest first."""

    joins: tuple[JoinView, ...]


class Wish(Protocol):
    """What the links know of a wish."""

    @property
    def circle(self) -> bytes: ...
    @property
    def circle_name(self) -> str: ...
    @property
    def coop(self) -> bytes: ...
    @property
    def coop_name(self) -> str: ...
    @property
    def step(self) -> Step: ...
    @property
    def refusal(self) -> Refusal | None: ...


def joins(connection: Connection, own: bytes, wishes: Sequence[Wish]) -> Joins:
    """The wishes with the names that circles and co-ops go by."""
    names = names_of(connection, [one.coop for one in wishes], own)
    return Joins(tuple(_view(one, names[one.coop]) for one in wishes))


def _view(wish: Wish, name: str) -> JoinView:
    coop = text(COOP, wish.coop)
    is_nameless = name == short(COOP, wish.coop)
    refusal = wish.refusal if wish.step == "refused" else None
    return JoinView(
        text(CIRCLE, wish.circle),
        wish.circle_name or short(CIRCLE, wish.circle),
        coop,
        wish.coop_name if is_nameless and wish.coop_name else name,
        wish.step,
        "" if refusal is None else refusal.code,
        "" if refusal is None else refusal.detail,
    )
