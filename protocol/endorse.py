"""Endorse: one record kind and one threshold function for everything that needs several.

Endorsements come first; the record that takes effect cites enough of them, so that it can be judged
by its ancestors alone. It never knows what an act means. SPEC section "Endorsements".
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

import msgspec

from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import HASH_BYTES, KIND_BYTES_MAX, MEMBERS_MAX


class Endorse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Fields of `endorse/1`: the kind of the act, and the digest of its circle and fields.

    `proposal` is the fields' bytes, so that others can see what is proposed and do the same; it is
    left out where they are known.
    """

    act: str
    digest: bytes
    proposal: bytes = b""

    def check(self) -> None:
        """Lengths."""
        if len(self.digest) != HASH_BYTES or len(self.act) > KIND_BYTES_MAX:
            raise Refusal("malformed", "endorse")


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of whom: `count` 0 is more than half. Fewer than three electors: one is enough."""

    by: Literal["members", "stewards"]
    count: int

    def check(self) -> None:
        """A count that a circle can reach."""
        if not 0 <= self.count <= MEMBERS_MAX:
            raise Refusal("malformed", "threshold")


def act_digest(network: Network, act: str, circle: bytes, fields: bytes) -> bytes:
    """What an endorsement names: H("act", kind, circle, the fields' bytes)."""
    return network.hash_value(b"act", act, circle, fields)


def needed(threshold: Threshold, electors: int) -> int:
    """Supporters that an act needs, its own author included.

    >>> needed(Threshold("members", 2), 2), needed(Threshold("members", 2), 3)
    (1, 2)
    >>> needed(Threshold("stewards", 0), 3), needed(Threshold("stewards", 0), 4)
    (2, 3)
    """
    if electors < SMALL_CIRCLE:
        return 1
    count = threshold.count or electors // 2 + 1
    return min(count, electors)


def enough(
    threshold: Threshold, supporters: Collection[bytes], electors: Collection[bytes]
) -> bool:
    """Whether the distinct supporters among the electors meet the threshold."""
    return len(set(supporters) & set(electors)) >= needed(threshold, len(set(electors)))


KIND: Final = "endorse/1"
SMALL_CIRCLE: Final = 3
