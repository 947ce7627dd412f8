"""Peers: the co-ops that this node talks to, as people see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from node.store.reading import Connection
from node.views.ids import text
from node.views.names import names_of
from protocol.keys import COOP


class PeerView(msgspec.Struct, frozen=True):
    """A peer; `state` is connected, connecting, waiting, unknown or blocked."""

    coop: str
    name: str
    state: str
    address: str
    blocked: bool
    last_seen_ms: int | None
    last_error: str


class Seen(Protocol):
    """What the links know of a peer."""

    @property
    def coop(self) -> bytes: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def blocked(self) -> bool: ...
    @property
    def last_seen_ms(self) -> int | None: ...
    @property
    def last_error(self) -> str: ...


def peers(connection: Connection, own: bytes, seen: Sequence[Seen]) -> tuple[PeerView, ...]:
    """The same with the names that co-ops give themselves, else those they were listed by."""
    names = names_of(connection, [one.coop for one in seen], own)
    shown = []
    for one in seen:
        coop = text(COOP, one.coop)
        name = names[one.coop]
        if one.name and coop.startswith(name):
            name = one.name
        shown.append(
            PeerView(
                coop, name, one.state, one.address, one.blocked, one.last_seen_ms, one.last_error
            )
        )
    return tuple(sorted(shown, key=lambda one: (one.name.casefold(), one.coop)))
