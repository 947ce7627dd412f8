"""Status: how the node stands, in numbers that two nodes can compare."""

from __future__ import annotations

import msgspec

from node import __version__
from node.store import disputes, overview
from node.store.reading import Connection
from node.views import health
from node.views.health import Hint, Machine
from node.views.ids import text
from node.views.names import names_of
from node.views.peers import PeerView
from protocol.keys import CIRCLE, COOP, LOG, RECORD


class CircleStatus(msgspec.Struct, frozen=True):
    """A circle in numbers; `root` and `digest` are hexadecimal."""

    id: str
    name: str
    root: str
    digest: str
    members: int
    records: int


class ForkView(msgspec.Struct, frozen=True):
    """A co-op that signed two histories: records of one log with one parent."""

    coop: str
    coop_name: str
    log: str
    records: tuple[str, ...]


class Status(msgspec.Struct, frozen=True):
    """How a node stands.

    `disputed` is how many records lie beyond the cut of a key log, `lag` how many are stored and
    not yet in the lists; `copy_error` why last night's copy of the database was not made, or empty.
    """

    coop: str
    name: str
    version: str
    records: int
    digest: str
    lag: int
    time_ms: int
    circles: tuple[CircleStatus, ...]
    peers: tuple[PeerView, ...]
    forks: tuple[ForkView, ...]
    disputed: int
    copy_error: str
    machine: Machine = Machine()
    hints: tuple[Hint, ...] = ()
    """What wants somebody's eye, the worst first."""


NO_MACHINE = Machine()


def status(
    connection: Connection,
    own: bytes,
    lag: int,
    now_ms: int,
    peers: tuple[PeerView, ...],
    copy_error: str = "",
    machine: Machine = NO_MACHINE,
) -> Status:
    """The status at one moment."""
    rows = overview.circles(connection)
    digests = {row.id: overview.digest(connection, row.n, now_ms) for row in rows}
    forks = overview.forks(connection)
    forkers = names_of(connection, [fork.coop for fork in forks], own)
    found = Status(
        coop=text(COOP, own),
        name=names_of(connection, [own], own)[own],
        version=__version__,
        records=overview.records(connection),
        digest=overview.digest_over(list(digests.items())).hex(),
        lag=lag,
        time_ms=now_ms,
        circles=tuple(
            CircleStatus(
                text(CIRCLE, row.id),
                row.name,
                row.root.hex(),
                digests[row.id].hex(),
                row.members,
                row.records,
            )
            for row in rows
        ),
        peers=peers,
        forks=tuple(
            ForkView(
                text(COOP, fork.coop),
                forkers[fork.coop],
                text(LOG, fork.log),
                tuple(text(RECORD, one) for one in fork.records),
            )
            for fork in forks
        ),
        disputed=disputes.count(connection),
        copy_error=copy_error,
        machine=machine,
    )
    return msgspec.structs.replace(found, hints=health.hints(found))
