"""Merge: what a set of records says about one subject, whatever order they came in.

`lift` turns a record into what it says of its subject, `join` puts two such sayings together.
Join is idempotent, commutative and associative (a join semilattice; Shapiro et al. 2011), so that
delivery order, splits and repetition cannot matter. SPEC section "Merge".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from protocol import circle, endorse, note, profile, trade
from protocol.codec import decode, decode_as
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import HASH_BYTES, INTEGER_MAX
from protocol.log import Open
from protocol.record import LOG_OPEN, Body
from protocol.values import Hash

Order = tuple[int, bytes, int, bytes]
"""(time_ms, log, seq, id): the total order of records."""


class Version(NamedTuple):
    """A version competes by the day until which it lives, then by order.

    So an edit that would be forgotten before what it replaces has no effect, and nothing that was
    replaced comes back when a body is dropped.
    """

    day: int
    order: Order


class Standing(NamedTuple):
    """How a subject stands: its newest version and withdrawal, and which versions were erased."""

    version: Version | None = None
    withdrawn: Order | None = None
    erased: frozenset[bytes] = frozenset()

    @property
    def is_withdrawn(self) -> bool:
        """A withdrawal stands until a later version offers the subject again."""
        return self.withdrawn is not None and (
            self.version is None or self.withdrawn > self.version.order
        )

    @property
    def is_erased(self) -> bool:
        """An erased newest version leaves nothing to show; an older one does not come back."""
        return self.version is not None and self.version.order[3] in self.erased


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `part/1`: a piece of a list too long for one body, named later by its hash."""

    data: bytes


class Kind(NamedTuple):
    """One row of the table of kinds."""

    family: str
    """Which rows it feeds: offer, profile, contact, stock, allotment, note; "" for none."""
    decoder: msgspec.msgpack.Decoder[Any]
    needs_subject: bool | None
    """True: names a subject; False: is its own; None: either, a subject means a new version."""


def read_fields(kind: str, body: Body) -> Any:  # noqa: ANN401 - the kind's own struct
    """The typed fields of a known kind; raises `malformed`, `bad-field`, `not-canonical`.

    Of an unknown kind None: such records are stored, handed on and shown as newer. Their fields
    are canonical too, or they are refused like others.
    """
    row = KINDS.get(kind)
    if row is None:
        decode(bytes(body.fields))
        return None
    fields = decode_as(row.decoder, bytes(body.fields))
    check: Callable[[], None] | None = getattr(fields, "check", None)
    if check is not None:
        check()
    if row.needs_subject is not None and row.needs_subject != (body.subject is not None):
        raise Refusal("bad-field", "subject")
    return fields


def lift(
    kind: str,
    order: Order,
    expires_day: int | None,
    fields: object,
    named: Iterable[Version] = (),
) -> Standing:
    """What one record says of its subject.

    `named` are those of the records that an erasure names which may be versions of the subject: it
    stands for them where their bodies never were.
    """
    if kind == trade.WITHDRAW:
        return Standing(withdrawn=order)
    if isinstance(fields, trade.Erase):
        return Standing(version=max(named, default=None), erased=frozenset(fields.records))
    return Standing(version=version_of(order, expires_day))


def version_of(order: Order, expires_day: int | None) -> Version:
    """A version; a lasting one outlives every day."""
    return Version(LASTING_DAY if expires_day is None else expires_day, order)


def join(one: Standing, other: Standing) -> Standing:
    """The least standing that says all that both say."""
    return Standing(
        max(one.version, other.version)
        if one.version and other.version
        else one.version or other.version,
        max(one.withdrawn, other.withdrawn)
        if one.withdrawn and other.withdrawn
        else one.withdrawn or other.withdrawn,
        one.erased | other.erased,
    )


def row_hash(network: Network, kind: str, subject: bytes, coop: bytes, standing: Standing) -> int:
    """The row's term in the digest: a number below 2 ** 256 (SPEC "Digest")."""
    version = standing.version.order[3] if standing.version else None
    withdrawn = standing.withdrawn[3] if standing.withdrawn else None
    digest = network.hash_value(
        b"row", kind, FOLD_VERSION, subject, coop, version, withdrawn, sorted(standing.erased)
    )
    return int.from_bytes(digest, "big")


def _kind(family: str, fields: type, needs_subject: bool | None) -> Kind:  # noqa: FBT001
    return Kind(family, msgspec.msgpack.Decoder(fields), needs_subject)


# Raised when a fold changes: digests are compared only between equal versions.
FOLD_VERSION: Final = 1
LASTING_DAY: Final = INTEGER_MAX
DIGEST_MODULUS: Final = 2 ** (8 * HASH_BYTES)
KINDS: Final[dict[str, Kind]] = {
    LOG_OPEN: _kind("", Open, None),
    circle.FOUND: _kind("circle", circle.Rules, needs_subject=False),
    circle.RULE: _kind("circle", circle.Rules, needs_subject=False),
    circle.ADMIT: _kind("circle", circle.Admit, needs_subject=False),
    circle.ACCEPT: _kind("circle", circle.Accept, needs_subject=False),
    circle.REMOVE: _kind("circle", circle.Remove, needs_subject=False),
    circle.AFFIRM: _kind("circle", circle.Affirm, needs_subject=False),
    endorse.KIND: _kind("circle", endorse.Endorse, needs_subject=False),
    profile.PROFILE: _kind("profile", profile.Profile, needs_subject=False),
    profile.CONTACT: _kind("contact", profile.Contact, needs_subject=False),
    trade.OFFER: _kind("offer", trade.Offer, None),
    trade.WANT: _kind("offer", trade.Offer, None),
    trade.WITHDRAW: _kind("offer", trade.Withdraw, needs_subject=True),
    trade.ERASE: _kind("offer", trade.Erase, needs_subject=True),
    trade.STOCK: _kind("stock", trade.Stock, needs_subject=True),
    trade.STOCK_ALLOT: _kind("allotment", trade.StockAllot, needs_subject=True),
    note.NOTE: _kind("note", note.Note, needs_subject=False),
    "part/1": _kind("", Part, needs_subject=False),
}
Subject = Hash
