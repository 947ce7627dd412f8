"""One side of a round: SPEC.md, sections Session and Reconciliation, judged message by message."""

from dataclasses import dataclass, field
from typing import Final

from tests.interop.reader import take_path, take_paths
from tests.interop.reader_chunk import parse_chunk
from tests.interop.reader_circle import Circle, carried, counted
from tests.interop.reader_codec import Network, Value
from tests.interop.reader_keys import KeyLogs, parse_event
from tests.interop.reader_records import Store, check_path
from tests.interop.reader_trie import hash_at, key_leaf, leaves_of, log_leaf, root
from tests.interop.reader_values import hashes_of, items_of, itself, number_of

CREDIT_BYTES: Final = 8388608
DIGITS: Final = "0123456789abcdef"


class UnexpectedError(Exception):
    """A side says what the text does not let it say."""


def expect(holds: object, what: str) -> None:
    if not holds:
        raise UnexpectedError(what)


@dataclass
class Side:
    """What one side holds, and what it has asked for and not got yet."""

    blind: bytes
    store: Store
    circle: Circle
    prefixes: list[Value] = field(default_factory=list)
    key_leaves: list[bytes] = field(default_factory=list)
    credit: dict[int, int] = field(default_factory=dict)
    asked: dict[int, set[bytes]] = field(default_factory=dict)
    data: dict[int, bytes] = field(default_factory=dict)
    owed: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def begun(
        cls, network: Network, circle: bytes, blind: bytes, events: Value, chunk: bytes
    ) -> "Side":
        keys = KeyLogs(network)
        keys.take([parse_event(network, event) for event in items_of(events)])
        store = Store(network, circle, keys)
        return cls(blind, store, take_paths(store, parse_chunk(chunk)))

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of what it asked for."""
        return not (self.prefixes or self.key_leaves or self.asked or self.data or self.owed)

    @property
    def root(self) -> bytes:
        return root(self.store.network, self.leaves())

    def leaves(self) -> dict[bytes, bytes]:
        counts = counted(self.store, self.circle)
        return leaves_of(self.store, self.circle, carried(self.store, self.circle, counts))

    def child(self, prefix: str) -> Value:
        """What a Trie message tells of a prefix: nothing, the only leaf, or a short hash."""
        leaves = self.leaves()
        below = [key for key in leaves if key.hex().startswith(prefix)]
        if not below:
            return None
        if len(below) > 1:
            return hash_at(self.store.network, leaves, prefix)[:8]
        keys = {key_leaf(self.store.network, coop) for coop in self.store.keys.logs}
        return [below[0], leaves[below[0]][:8], below[0] in keys]

    def node(self, prefix: Value) -> Value:
        """The children at a prefix."""
        assert isinstance(prefix, str)
        only = self.child(prefix)
        if only is None or isinstance(only, list):
            return [] if only is None else [only]
        return [self.child(prefix + digit) for digit in DIGITS]

    def says(self, other: "Side", message: list[Value]) -> None:
        """Check one message against what both sides hold, and let the other side take it."""
        number, *fields = message
        match number:
            case 0:
                self._compares(items_of(fields[2]))
            case 4:
                self._compares(items_of(fields[0]))
            case 5 | 6 | 7 | 8:
                expect(fields[0] == self.blind, "the circle that both share")
                self._says_of_circle(other, number, fields[1:])
            case 9:
                expect(fields[1] == self.blind, "the circle that both share")
                self._asks_logs(other, fields[0], fields[2], fields[3])
            case 10:
                self._sends(other, *fields)
            case 11:
                due = number_of(fields[0]), number_of(fields[1])
                expect(self.owed and self.owed[0] == due, "the length of the chunk taken in")
                self.owed.pop(0)
                self.credit[due[0]] += due[1]
            case 12:
                request = number_of(fields[0])
                expect(request in other.asked and request not in other.data, "a request's end")
                del other.asked[request]
            case _:
                raise UnexpectedError(f"message {number!r} in this round")

    def _says_of_circle(self, other: "Side", number: int, fields: list[Value]) -> None:
        if number == 5:
            self._asks_trie(other, fields[0])
        elif number == 6:
            self._tells_trie(other, fields[0])
        elif number == 7:
            self._asks_keys(other, fields[0])
        else:
            self._tells_keys(other, *fields)

    def _compares(self, circles: list[Value]) -> None:
        expect(circles == [[self.blind, self.root]], "the root of what it holds")

    def _asks_trie(self, other: "Side", prefixes: Value) -> None:
        for prefix in items_of(prefixes):
            assert isinstance(prefix, str)
            told, own = other.child(prefix), self.child(prefix)
            expect(prefix == "" or (isinstance(told, bytes) and told != own), "a differing branch")
        self.prefixes = items_of(prefixes)

    def _tells_trie(self, other: "Side", nodes: Value) -> None:
        told: Value = [[prefix, self.node(prefix)] for prefix in other.prefixes]
        expect(nodes == told, "the nodes that were asked for, in order")
        other.prefixes = []

    def _asks_keys(self, other: "Side", leaves: Value) -> None:
        own, theirs = self.leaves(), other.leaves()
        for leaf in hashes_of(leaves):
            expect(leaf in theirs and theirs[leaf] != own.get(leaf), "a differing leaf")
        self.key_leaves = hashes_of(leaves)

    def _tells_keys(self, other: "Side", events: Value, receipts: Value, last: Value) -> None:
        network = self.store.network
        read = [parse_event(network, event) for event in items_of(events)]
        for event in read:
            expect(key_leaf(network, event.coop) in other.key_leaves, "key logs asked for")
        expect(receipts == [] and last is True, "one message without receipts")
        known = {event for log in other.store.keys.logs.values() for event in log.events}
        other.store.keys.take([event for event in read if event.hash not in known])
        other.key_leaves = []

    def _asks_logs(self, other: "Side", request: Value, logs: Value, credit: Value) -> None:
        expect(credit == CREDIT_BYTES, "the credit that a request begins with")
        own, theirs, leaves = self.leaves(), other.leaves(), set()
        for one in items_of(logs):
            leaf, have = items_of(one)
            leaves.add(itself(leaf))
            expect(theirs.get(itself(leaf)) != own.get(itself(leaf)), "a differing leaf")
            ids = {one.id for one in self.store.records.values() if self._leaf(one.log) == leaf}
            expect(set(hashes_of(have)) <= ids and bool(have) is bool(ids), "ids of its own")
        self.asked[number_of(request)] = leaves
        self.credit[number_of(request)] = number_of(credit)

    def _sends(self, other: "Side", request: Value, last: Value, piece: Value) -> None:
        number = number_of(request)
        expect(number in other.asked, "what was asked for")
        if number not in other.data:
            expect(other.credit[number] > 0, "a credit that is left")
        other.credit[number] -= len(itself(piece))
        data = other.data[number] = other.data.get(number, b"") + itself(piece)
        if last is not True:
            return
        del other.data[number]
        other.owed.append((number, len(data)))
        for path in parse_chunk(data):
            expect(other._leaf(path.log, path.coop) in other.asked[number], "a log asked for")
            # the steps of `have` double, so that an answer may begin with what is here
            if check_path(other.store, path).records[-1].id not in other.store.records:
                other.circle = take_path(other.store, other.circle, path)

    def _leaf(self, log: bytes, coop: bytes | None = None) -> bytes:
        return log_leaf(self.store.network, coop or self.store.owners[log][0], log)
