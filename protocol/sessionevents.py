"""Session events: what a session tells its shell, to be carried to the door, the pages, the log.

Values only; `session` says when they happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from protocol.keyevents import Receipt
from protocol.keylog import Signed


class Chunk(NamedTuple):
    """A whole chunk came; `request` is None for a push. Answer with `taken`."""

    circle: bytes
    data: bytes
    request: int | None


class KeyLogs(NamedTuple):
    """Key events and receipts came. Answer with `keys_taken` when `last`."""

    circle: bytes
    events: Sequence[Signed]
    receipts: Sequence[Receipt]
    last: bool


class Greeted(NamedTuple):
    """The peer said hello: it is known, its clock says this."""

    time_ms: int


class CaughtUp(NamedTuple):
    """The roots of a circle are equal on both sides."""

    circle: bytes


class Behind(NamedTuple):
    """A round ended without progress and the roots still differ: something waits, or is newer."""

    circle: bytes


class JoinAsked(NamedTuple):
    """The peer asks to be admitted with the invite that it proved."""

    circle: bytes


class JoinAnswered(NamedTuple):
    """The peer admitted us, or has to wait for endorsements."""

    circle: bytes
    pending: bool


class BodyCame(NamedTuple):
    """A body that was absent."""

    circle: bytes
    record: bytes
    body: bytes


class BlobListCame(NamedTuple):
    """Piece hashes of a blob; size 0 says that the peer lacks it."""

    blob: bytes
    size: int
    pieces: Sequence[bytes]


class BlobPieceCame(NamedTuple):
    """One whole piece."""

    blob: bytes
    place: int
    piece: bytes


class Closed(NamedTuple):
    """The peer closed, with a code and what was wrong."""

    code: str
    detail: str


Event = (
    Chunk
    | KeyLogs
    | Greeted
    | CaughtUp
    | Behind
    | JoinAsked
    | JoinAnswered
    | BodyCame
    | BlobListCame
    | BlobPieceCame
    | Closed
)
