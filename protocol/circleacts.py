"""Circle acts: the typed fields of each kind of circle record, and what their bytes must satisfy.

They are values; `circle` judges them and `membership` says what follows. Struct fields stand in
ascending order, which is the canonical order of the map on the wire. SPEC section "Circles".
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from protocol import endorse
from protocol.endorse import Endorse, Threshold
from protocol.errors import Refusal
from protocol.keyevents import LogCut, ascending, check_cuts
from protocol.keys import Network
from protocol.limits import (
    HASH_BYTES,
    INTEGER_MAX,
    LIST_MAX,
    NAME_BYTES_MAX,
    SALT_BYTES,
    STEWARDS_MAX,
)


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields of `circle.found/1` and `circle.rule/1`: the whole constitution each time.

    The nonce keeps endorsements of rules that were replaced from bringing them back. It is always
    written; a founding, whose body is salted, may leave it zero.
    """

    admit: Threshold
    name: str
    nonce: bytes
    read: Literal["public", "members"]
    remove: Threshold
    rule: Threshold
    stewards: tuple[bytes, ...]
    version: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]

    def check(self) -> None:
        """A name, at least one steward, thresholds in range."""
        ascending(self.stewards, STEWARDS_MAX, "stewards")
        for threshold in (self.admit, self.remove, self.rule):
            threshold.check()
        if not 0 < len(self.name.encode()) <= NAME_BYTES_MAX or not self.stewards:
            raise Refusal("bad-field", "a circle needs a name and a steward")
        if len(self.nonce) != SALT_BYTES:
            raise Refusal("malformed", "nonce")


class Admit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `circle.admit/1`. The nonce keeps old endorsements from admitting twice."""

    coop: bytes
    nonce: bytes

    def check(self) -> None:
        """Lengths."""
        if len(self.coop) != HASH_BYTES or len(self.nonce) != SALT_BYTES:
            raise Refusal("malformed", "admit")


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `circle.accept/1`: the newcomer's yes to an admit, or a founder's to the found."""

    admit: bytes

    def check(self) -> None:
        """An id."""
        if len(self.admit) != HASH_BYTES:
            raise Refusal("malformed", "accept")


class Remove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `circle.remove/1`; signed by the co-op itself it is its leaving."""

    admits: tuple[bytes, ...]
    coop: bytes
    cut: tuple[LogCut, ...]
    nonce: bytes

    def check(self) -> None:
        """The admits that it ends and where each log is cut."""
        ascending(self.admits, STEWARDS_MAX, "admits")
        check_cuts(self.cut)
        if len(self.coop) != HASH_BYTES or len(self.nonce) != SALT_BYTES or not self.admits:
            raise Refusal("malformed", "remove")


class Affirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `affirm/1`: disputed records of its own that a co-op takes as its own again."""

    records: tuple[bytes, ...]

    def check(self) -> None:
        """At least one id."""
        ascending(self.records, LIST_MAX, "affirmed records")
        if not self.records:
            raise Refusal("bad-field", "an affirm names records")


CircleFields = Rules | Admit | Accept | Remove | Endorse | Affirm


class Entry(NamedTuple):
    """A circle record as the judge sees it."""

    id: bytes
    coop: bytes
    log: bytes
    order: tuple[int, bytes, int, bytes]
    kind: str
    refs: tuple[bytes, ...]
    fields: CircleFields
    digest: bytes
    """`endorse.act_digest` of this record's kind and fields. Acts that share one are one act."""

    def is_behind(self, ref: Entry) -> bool:
        """Whether it is dated as it must be beside one that it refers to (SPEC "Record")."""
        return ref.order < self.order and (ref.log == self.log or ref.order[0] < self.order[0])

    def names(self) -> frozenset[bytes]:
        """Its author, and the co-ops to which it gives a ground if it is effective."""
        if isinstance(self.fields, Admit):
            return frozenset({self.coop, self.fields.coop})
        if self.kind == FOUND and isinstance(self.fields, Rules):
            return frozenset({self.coop, *self.fields.stewards})
        return frozenset({self.coop})


def entry_of(
    network: Network,
    circle: bytes,
    order: tuple[int, bytes, int, bytes],
    coop: bytes,
    kind: str,
    refs: tuple[bytes, ...],
    raw_fields: bytes,
    fields: CircleFields,
) -> Entry:
    """An entry with its digest; `order` is (time_ms, log, seq, id)."""
    digest = endorse.act_digest(network, kind, circle, raw_fields)
    return Entry(order[3], coop, order[1], order, kind, refs, fields, digest)


FOUND: Final = "circle.found/1"
RULE: Final = "circle.rule/1"
ADMIT: Final = "circle.admit/1"
ACCEPT: Final = "circle.accept/1"
REMOVE: Final = "circle.remove/1"
AFFIRM: Final = "affirm/1"
FIELDS: Final[dict[str, msgspec.msgpack.Decoder[CircleFields]]] = {
    FOUND: msgspec.msgpack.Decoder(Rules),
    RULE: msgspec.msgpack.Decoder(Rules),
    ADMIT: msgspec.msgpack.Decoder(Admit),
    ACCEPT: msgspec.msgpack.Decoder(Accept),
    REMOVE: msgspec.msgpack.Decoder(Remove),
    endorse.KIND: msgspec.msgpack.Decoder(Endorse),
    AFFIRM: msgspec.msgpack.Decoder(Affirm),
}
VERSION: Final = 1
