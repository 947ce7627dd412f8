"""Devices: the co-op's own machines, added and taken out by its recovery words.

The words are taken over the machine's own socket alone, are used at once and kept nowhere.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec

from node import devices
from node.api.route import Call, Nothing, Route
from node.keyring import entropy
from protocol.errors import Refusal
from protocol.keyevents import Device
from protocol.values import TimeMs


class MachineView(msgspec.Struct, frozen=True):
    """A machine: `device` is its signing key in hexadecimal, `this` the one that answers."""

    device: str
    live: bool
    this: bool


class Machines(msgspec.Struct, frozen=True):
    """All that the co-op ever had, live ones first."""

    devices: tuple[MachineView, ...]


class NewMachine(msgspec.Struct, frozen=True):
    """The keys of a machine, as `coop-node device new` shows them there, and the words."""

    device: str
    noise: str
    words: str


class OldMachine(msgspec.Struct, frozen=True):
    """A machine to take out; what it dated later than `until_ms` is disputed."""

    device: str
    words: str
    until_ms: TimeMs | None = None


class Words(msgspec.Struct, frozen=True):
    """The 24 recovery words, with spaces between."""

    words: str


async def show_all(call: Call) -> Machines:
    """All of them."""
    node = call.node
    found: list[devices.Machine] = await node.store.write(partial(devices.machines, coop=node.coop))
    return Machines(
        tuple(MachineView(one.sign.hex(), one.is_live, one.sign == node.device) for one in found)
    )


async def add(call: Call) -> Nothing:
    """List one more."""
    wish: NewMachine = call.wish
    device = Device(noise=_key(wish.noise), sign=_key(wish.device))
    recovery = devices.recovery_of(wish.words)
    await _change(call, partial(devices.add, recovery=recovery, device=device))
    return Nothing()


async def revoke(call: Call) -> Nothing:
    """Take one out."""
    wish: OldMachine = call.wish
    node = call.node
    known: list[devices.Machine] = await node.store.write(partial(devices.machines, coop=node.coop))
    meant = [one.sign for one in known if one.sign.hex().startswith(wish.device.strip().lower())]
    if len(meant) != 1 or len(wish.device.strip()) < SHORTEST_CHARS:
        raise Refusal("not-found" if not meant else "ambiguous-id", "a machine of this co-op")
    recovery = devices.recovery_of(wish.words)
    act = partial(devices.revoke, recovery=recovery, device=meant[0], until_ms=wish.until_ms)
    await _change(call, act)
    return Nothing()


async def rotate(call: Call) -> Nothing:
    """Open a new epoch."""
    wish: Words = call.wish
    await _change(call, partial(devices.rotate, recovery=devices.recovery_of(wish.words)))
    return Nothing()


async def _change(call: Call, act: Any) -> None:  # noqa: ANN401 - a function of `devices`
    await call.node.change_keys(partial(act, coop=call.node.coop, draw=entropy))


def _key(written: str) -> bytes:
    try:
        return bytes.fromhex(written.strip())
    except ValueError:
        raise Refusal("bad-field", "a key is 64 hexadecimal digits") from None


SHORTEST_CHARS: Final = 8
_route = partial(
    Route, method="POST", scope="admin", answer=Nothing, is_secret=True, is_own_socket=True
)
ROUTES: Final = (
    Route(
        method="GET", path="/devices", summary="The co-op's own machines", handle=show_all,
        answer=Machines,
    ),
    _route(path="/devices", summary="Add a machine", handle=add, wish=NewMachine),
    _route(
        path="/devices/revocations", summary="Take a machine out", handle=revoke, wish=OldMachine
    ),
    _route(path="/key-rotations", summary="Change the keys", handle=rotate, wish=Words),
)  # fmt: skip
