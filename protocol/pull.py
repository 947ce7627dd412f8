"""Pull: one side's walk to what it lacks of a circle: trie, then key logs, then logs.

A round starts from the other side's root and ends when everything that differed was asked for and
taken in. There is no saved cursor that could go stale: the next root tells whether anything is
left. SPEC section "Reconciliation".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import Signed, event_hash, read_event
from protocol.keys import Network
from protocol.limits import (
    ASKED_KEY_LOGS_MAX,
    ASKED_LOGS_MAX,
    CREDIT_BYTES,
    TRIE_FANOUT,
    TRIE_PREFIXES_MAX,
)
from protocol.messages import AskKeys, AskLogs, AskTrie, Leaf, LogAsk, Message, TrieNode
from protocol.replica import LeafState, Replica
from protocol.trie import key_leaf


class Pull:
    """One round for one circle. `step` gives the next messages; the round is over at `finished`."""

    def __init__(
        self, network: Network, circle: bytes, blind: bytes, requests: Iterable[int]
    ) -> None:
        self.circle = circle
        self.progressed = False
        self.refused: dict[str, int] = {}
        self._network = network
        self._blind = blind
        self._requests = iter(requests)
        self._prefixes: list[str] = [""]
        self._asked_prefixes: list[str] = []
        self._keys: list[bytes] = []
        self._asked_keys: frozenset[bytes] = frozenset()
        self._witnesses: set[bytes] = set()
        """Leaves of the witnesses that the key logs asked for name."""
        self._logs: list[bytes] = []
        self._open: dict[int, int] = {}
        """Request -> chunks handed out and not yet taken in; a request ends when both are done."""
        self._ended: set[int] = set()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to ask and nothing is under way."""
        return not (
            self._prefixes
            or self._asked_prefixes
            or self._keys
            or self._asked_keys
            or self._logs
            or self._open
        )

    def owns(self, request: int) -> bool:
        """Whether the request is one of this round's."""
        return request in self._open

    def step(self, replica: Replica) -> list[Message]:
        """What to ask now: one trie message, one key message, a few log requests at a time."""
        out: list[Message] = []
        if self._prefixes and not self._asked_prefixes:
            self._asked_prefixes = self._prefixes[:TRIE_PREFIXES_MAX]
            self._prefixes = self._prefixes[TRIE_PREFIXES_MAX:]
            out.append(AskTrie(self._blind, tuple(self._asked_prefixes)))
        walking = bool(self._prefixes or self._asked_prefixes)
        if not walking and self._keys and not self._asked_keys:
            now, self._keys = self._keys[:ASKED_KEY_LOGS_MAX], self._keys[ASKED_KEY_LOGS_MAX:]
            self._asked_keys = frozenset(now)
            out.append(AskKeys(self._blind, tuple(now)))
        # Key logs travel first: a record under an unknown key could only wait.
        keys_done = not walking and not self._keys and not self._asked_keys
        while keys_done and self._logs and len(self._open) < REQUESTS_AT_ONCE:
            now, self._logs = self._logs[:ASKED_LOGS_MAX], self._logs[ASKED_LOGS_MAX:]
            asks = tuple(LogAsk(leaf, tuple(replica.have(self.circle, leaf))) for leaf in now)
            out += self._ask_logs(asks)
        return out

    def trie(self, nodes: Iterable[TrieNode], replica: Replica) -> None:
        """Compare the other side's nodes with ours; note what differs."""
        given = list(nodes)
        if [node.prefix for node in given] != self._asked_prefixes:
            raise Refusal("malformed", "trie nodes that were not asked for")
        self._asked_prefixes = []
        for node in given:
            if len(node.children) not in {0, 1, TRIE_FANOUT}:
                raise Refusal("malformed", "children of a trie node")
            if len(node.children) == TRIE_FANOUT:
                self._compare(node, replica)
            else:
                for child in node.children:
                    if isinstance(child, Leaf):
                        self._want(child, replica)

    def keys(self, events: Iterable[Signed], receipts: Iterable[Receipt]) -> None:
        """Refuse key logs that were not asked for; those of their witnesses may come behind them.

        What cannot be read is the door's to refuse.
        """
        if not self._asked_keys:
            raise Refusal("peer-flooding", "an answer to nothing")
        came: set[bytes | None] = {key_leaf(self._network, one.coop) for one in receipts}
        for signed in events:
            leaf, witnesses = self._read(signed)
            if leaf in self._asked_keys:
                self._witnesses |= witnesses
            elif leaf not in self._witnesses:
                came.add(leaf)
        if came - self._asked_keys - {None}:
            raise Refusal("peer-flooding", "a key log that was not asked for")

    def keys_end(self, *, progressed: bool) -> None:
        """The key logs that were asked for have been taken in."""
        self._asked_keys = frozenset()
        self._witnesses = set()
        self.progressed |= progressed

    def chunk_came(self, request: int) -> None:
        """A whole chunk was handed to the door."""
        self._open[request] += 1

    def chunk_taken(self, request: int, *, progressed: bool) -> None:
        """The door is done with it."""
        if request in self._open:
            self._open[request] -= 1
            self.progressed |= progressed
            self._close(request)

    def request_end(self, request: int) -> None:
        """The other side has sent everything for the request."""
        self._ended.add(request)
        self._close(request)

    def _read(self, signed: Signed) -> tuple[bytes | None, set[bytes]]:
        """The leaf of the co-op that an event is of, and those of the witnesses that it names."""
        try:
            event, fields = read_event(signed.event)
        except Refusal:
            return None, set()
        coop = event.coop or event_hash(self._network, signed.event)
        named = getattr(fields, "witnesses", ())
        return key_leaf(self._network, coop), {key_leaf(self._network, one) for one in named}

    def _close(self, request: int) -> None:
        if request in self._ended and not self._open[request]:
            del self._open[request]

    def _ask_logs(self, asks: tuple[LogAsk, ...]) -> list[Message]:
        """One message, or several when the ids do not fit a frame."""
        out: list[Message] = []
        group: list[LogAsk] = []
        size = 0
        for ask in asks:
            cost = ASK_BYTES * (1 + len(ask.have))
            if group and size + cost > ASK_FRAME_BYTES_MAX:
                out.append(self._request(group))
                group, size = [], 0
            group.append(ask)
            size += cost
        return [*out, self._request(group)]

    def _request(self, group: list[LogAsk]) -> AskLogs:
        request = next(self._requests)
        self._open[request] = 0
        return AskLogs(request, self._blind, tuple(group), CREDIT_BYTES)

    def _compare(self, node: TrieNode, replica: Replica) -> None:
        mine = replica.trie_at(self.circle, node.prefix)
        for index, child in enumerate(node.children):
            if child is None:
                continue
            if isinstance(child, Leaf):
                self._want(child, replica)
            elif _own_hash(mine, index) != child:
                self._prefixes.append(f"{node.prefix}{index:x}")

    def _want(self, leaf: Leaf, replica: Replica) -> None:
        own = replica.leaf_value(self.circle, leaf.key)
        if own is not None and own[:8] == leaf.value:
            return
        (self._keys if leaf.is_keys else self._logs).append(leaf.key)


def _own_hash(node: LeafState | tuple[LeafState | bytes | None, ...], index: int) -> bytes | None:
    """The shortened hash of our child, None when it is a leaf, empty or absent."""
    if isinstance(node, LeafState) or not node:
        return None
    child = node[index]
    return child[:8] if isinstance(child, bytes) else None


# Two at a time keep the link full while the door works; more would only queue.
REQUESTS_AT_ONCE: Final = 2
# An id with its msgpack head, and what a frame of them may fill.
ASK_BYTES: Final = 36
ASK_FRAME_BYTES_MAX: Final = 56_000
