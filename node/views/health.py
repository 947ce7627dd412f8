"""Health: what of a node's state wants somebody's eye, in sentences that say what to do next.

The same for the page, the API and the command line. It measures nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from node.text import Message, Translate
from node.text import mark as _
from node.views.ids import short, whole
from protocol.keys import COOP

if TYPE_CHECKING:
    from node.views.status import Status

Level = Literal["good", "told", "warning", "bad"]
HOUR_MS: Final = 3_600_000


class Machine(msgspec.Struct, frozen=True):
    """What the machine says of itself. `clock_off_ms`: how far most peers are ahead of us.

    `last_copy_ms` is when the newest copy of the database was made, None without one.
    """

    address: str = ""
    database_bytes: int = 0
    free_bytes: int | None = None
    last_copy_ms: int | None = None
    clock_off_ms: int = 0
    clock_warn_ms: int = 30_000


class Hint(msgspec.Struct, frozen=True):
    """A sentence about the state; `text` has its `values` in {braces}."""

    level: Level
    code: str
    text: str
    values: dict[str, str | int]

    def say(self, translate: Translate = _) -> str:
        """The sentence in a language."""
        return Message(self.text, values=dict(self.values)).say(translate)


def hints(status: Status) -> tuple[Hint, ...]:
    """The worst first; one good sentence when there is nothing to do."""
    found = sorted(_hints(status), key=lambda one: -LEVELS.index(one.level))
    if any(one.level in {"warning", "bad"} for one in found):
        return tuple(found)
    return (_hint("good", "all-well"), *found)


def _hints(status: Status) -> Iterator[Hint]:
    yield from _of_peers(status)
    machine = status.machine
    if status.lag:
        yield _hint("told", "lag", count=status.lag)
    for fork in status.forks:
        yield _hint("bad", "fork", coop=fork.coop_name or short(COOP, whole(COOP, fork.coop)))
    if status.disputed:
        yield _hint("warning", "disputed", count=status.disputed)
    if status.copy_error:
        yield _hint("bad", "no-copy", reason=status.copy_error)
    if abs(machine.clock_off_ms) > machine.clock_warn_ms:
        yield _hint("bad", "clock", seconds=abs(machine.clock_off_ms) // 1000)
    if machine.free_bytes is not None and machine.free_bytes < FREE_BYTES_LEAST:
        yield _hint("bad", "disk", megabytes=machine.free_bytes // 1_000_000)


def _of_peers(status: Status) -> Iterator[Hint]:
    others = [one for one in status.peers if not one.blocked]
    connected = [one for one in others if one.state == "connected"]
    if not status.circles:
        yield _hint("warning", "no-circle")
    elif not others:
        yield _hint("told", "alone")
    elif not connected:
        yield _hint("warning", "no-link", address=status.machine.address)
    for peer in [one for one in others if one.last_error][:PEERS_TOLD_MAX]:
        yield _hint("told", "peer-error", name=peer.name, error=peer.last_error)


def _hint(level: Level, code: str, **values: str | int) -> Hint:
    return Hint(level, code, SENTENCES[code], values)


LEVELS: Final[tuple[Level, ...]] = ("good", "told", "warning", "bad")
# Less and a night's copy may not fit.
FREE_BYTES_LEAST: Final = 1_000_000_000
PEERS_TOLD_MAX: Final = 3
SENTENCES: Final = {
    "all-well": _("all is well"),
    "no-circle": _("this node is in no circle yet: start one, or join one by an invite"),
    "alone": _("no other co-op is in a circle with this one yet: invite one"),
    "no-link": _(
        "no peer is connected: what is published here waits until one is; look whether this machine"
        " is online, and whether others reach {address}"
    ),
    "peer-error": _("{name} cannot be reached: {error}"),
    "lag": _("{count} records have come and are being put into the lists; nothing to do"),
    "fork": _(
        "{coop} signed two histories: copies of its keys wrote apart; ask it to let one machine"
        " alone write"
    ),
    "disputed": _(
        "{count} records were signed with a key that had been taken out; they have no effect"
        " until their co-op takes them as its own"
    ),
    "no-copy": _("last night's copy of the database was not made: {reason}"),
    "clock": _("this machine's clock is {seconds} seconds off: set it, or let it be set"),
    "disk": _("the disk has only {megabytes} MB left: make room before it is full"),
}
