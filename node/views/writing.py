"""Writing: what whoever writes an offer chooses from: the circles that it can go to, the co-ops.

Also what is known of one's own co-op, to fill in the first fields. Never says what may be written.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.store import overview
from node.store.reading import Connection
from node.views.ids import text
from node.views.names import names_of, own_profile
from protocol.keys import CIRCLE, COOP


class Reach(NamedTuple):
    """A circle of ours: who will see what is published in it. `others` are its other co-ops."""

    id: str
    name: str
    is_public: bool
    others: int


class Known(NamedTuple):
    """What there is to choose from; `coops` are (id, name), the own one first, then by name."""

    circles: tuple[Reach, ...]
    coops: tuple[tuple[str, str], ...]
    country: str
    languages: tuple[str, ...]


def known(connection: Connection, own: bytes) -> Known:
    """The circles that count this co-op as a member, and who is in them."""
    reached: list[Reach] = []
    others: set[bytes] = set()
    for circle in overview.circles(connection):
        members = {
            one.coop for one in overview.members(connection, circle.n) if one.live and one.accepted
        }
        if own in members:
            is_public = circle.read == "public"
            reached.append(Reach(text(CIRCLE, circle.id), circle.name, is_public, len(members) - 1))
            others |= members - {own}
    names = names_of(connection, [own, *sorted(others)[: COOPS_MAX - 1]], own)
    by_name = sorted(names.items(), key=lambda one: (one[0] != own, one[1].casefold(), one[0]))
    profile = own_profile(connection)
    return Known(
        tuple(reached),
        tuple((text(COOP, coop), name) for coop, name in by_name),
        "" if profile is None else profile.country or "",
        () if profile is None else profile.languages,
    )


# A list that one still looks through; anybody else is named by the id.
COOPS_MAX: Final = 200
