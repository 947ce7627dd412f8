"""Links: the live links of a node, at most one to each other node.

A co-op may have several nodes, each on a device of its own; what is asked by co-op is answered by
any of its links. It never makes or ends one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.net.link import Link
    from node.net.wire import Own


class Links:
    """Links whose other side has proved who it is."""

    def __init__(self, own: Own) -> None:
        self._own = (own.coop, own.device)
        self._links: dict[tuple[bytes, bytes], Link] = {}

    def put(self, link: Link) -> None:
        """Of two links to one node keep the one that both sides prefer; else `already-there`."""
        other = self._links.get(link.node)
        if other is not None and not other.has_ended:
            if self._rank(other) < self._rank(link):
                raise Refusal("already-there", ANOTHER)
            other.end("already-there", ANOTHER)
        self._links[link.node] = link

    def drop(self, link: Link) -> bool:
        """It has ended; False when it was not, or no more, the one that counts."""
        if self._links.get(link.node) is not link:
            return False
        del self._links[link.node]
        return True

    def of(self, coop: bytes) -> list[Link]:
        """The links to a co-op's nodes, the best first: said hello, alive, the rest."""
        some = [link for link in self._links.values() if link.coop == coop]
        return sorted(some, key=lambda link: (not link.greeted, link.has_ended, link.node))

    def get(self, coop: bytes) -> Link | None:
        """The best link to a co-op."""
        return next(iter(self.of(coop)), None)

    def __getitem__(self, coop: bytes) -> Link:
        """The same; KeyError without one."""
        found = self.get(coop)
        if found is None:
            raise KeyError(coop)
        return found

    def __contains__(self, coop: bytes) -> bool:
        """Whether any node of a co-op is linked."""
        return any(link.coop == coop for link in self._links.values())

    def __iter__(self) -> Iterator[Link]:
        """All of them as they are now, whatever changes meanwhile."""
        return iter(list(self._links.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._links)

    def _rank(self, link: Link) -> tuple[bool, tuple[bytes, bytes]]:
        """What both ends of two links agree on: one that joins, else what the lower id dialled."""
        return not link.is_joining, self._own if link.initiator else link.node


ANOTHER: Final = "another link between the same two"
