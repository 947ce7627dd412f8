"""A small world of co-ops that write circle records: their logs, what a store knows, an oracle.

`Oracle` says by plain definition, out of a whole set, what `protocol.circle` has to find in any
order of delivery.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from protocol.circle import (
    ACCEPT,
    ADMIT,
    FOUND,
    REMOVE,
    RULE,
    Accept,
    Admit,
    Circle,
    CircleFields,
    Entry,
    Remove,
    Rules,
    State,
    entry_of,
)
from protocol.codec import encode
from protocol.endorse import KIND as ENDORSE
from protocol.endorse import Endorse, Threshold, act_digest
from protocol.keyevents import LogCut
from protocol.keys import Network

NETWORK = Network("laws")
CIRCLE = NETWORK.hash(b"test", b"circle")
ANYONE = Threshold("members", 1)
MAJORITY = Threshold("stewards", 0)


@cache
def name(text: str) -> bytes:
    """A 32-byte id out of a word."""
    return NETWORK.hash(b"test", text.encode())


A, B, C = name("A"), name("B"), name("C")


class Told(NamedTuple):
    """A circle record, and the way back from it in its log: ids, the nearest first."""

    entry: Entry
    before: tuple[bytes, ...]


class Records:
    """What a store knows: records with everything before them in their log."""

    def __init__(self, told: Iterable[Told] = ()) -> None:
        self._before: dict[bytes, tuple[bytes, ...]] = {}
        for one in told:
            self.put(one)

    def put(self, told: Told) -> None:
        self._before[told.entry.id] = told.before

    def at_or_below(self, record: bytes, head: bytes) -> bool:
        """Asked of heads that are here: `protocol.circle` promises so."""
        return record == head or record in self._before[head]


class World:
    """Writes circle records, each as if its author had seen exactly the records of a view."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._at: dict[bytes, Told] = {}
        self._count = 0

    def copy(self) -> "World":
        other = World()
        other.told, other._at, other._count = list(self.told), dict(self._at), self._count
        return other

    def say(
        self,
        coop: bytes,
        kind: str,
        fields: CircleFields,
        refs: Iterable[bytes],
        *,
        log: str = "first",
        behind: bytes | None = None,
        time_ms: int | None = None,
    ) -> Entry:
        """A record at the log's end, or behind an own one as a fork; an offer stands before it."""
        log_id = NETWORK.hash(b"test", coop + log.encode())
        last = behind or next(
            (one.entry.id for one in reversed(self.told) if one.entry.log == log_id), None
        )
        before = () if last is None else (last, *self._at[last].before)
        seq = 1 if last is None else self._at[last].entry.order[2] + 2
        self._count += 1
        identifier, offer = name(f"record {self._count}"), name(f"offer {self._count}")
        refs = tuple(sorted(refs))
        if time_ms is None:
            times = [self._at[one].entry.order[0] for one in (*refs, *before[:1])]
            time_ms = max(times, default=0) + 1
        order = (time_ms, log_id, seq, identifier)
        raw = encode(fields)
        entry = entry_of(NETWORK, CIRCLE, order, coop, kind, refs, raw, fields)
        told = Told(entry, (offer, *before))
        self.told.append(told)
        self._at[identifier] = told
        return entry

    def found(self, coop: bytes, rules: Rules) -> Entry:
        return self.say(coop, FOUND, rules, ())

    def judge(self, view: Iterable[Entry] | None = None) -> Circle:
        """A judge that has seen the records of a view; all by default."""
        circle = Circle(NETWORK, CIRCLE, Records(self.told).at_or_below)
        for entry in (one.entry for one in self.told) if view is None else view:
            circle.add(entry)
        return circle

    def closure(self, entry: Entry) -> list[Entry]:
        """A record and its ancestors, in the order in which they were written."""
        reached: set[bytes] = set()
        todo = [entry.id]
        while todo:
            one = todo.pop()
            if one not in reached:
                reached.add(one)
                todo += self._at[one].entry.refs
        return [one.entry for one in self.told if one.entry.id in reached]

    def admit(self, by: bytes, coop: bytes, circle: Circle, nonce: int = 0) -> Entry:
        return self.say(by, ADMIT, Admit(coop, bytes([nonce]) * 16), circle.heads())

    def accept(self, by: bytes, admit: Entry, circle: Circle) -> Entry:
        return self.say(by, ACCEPT, Accept(admit.id), circle.heads())

    def rule(self, by: bytes, fields: Rules, circle: Circle) -> Entry:
        return self.say(by, RULE, fields, circle.heads())

    def endorse(self, by: bytes, kind: str, fields: CircleFields, circle: Circle) -> Entry:
        return self.say(by, ENDORSE, endorsement(kind, fields), circle.heads())

    def remove(self, by: bytes, coop: bytes, circle: Circle, cut: tuple[LogCut, ...] = ()) -> Entry:
        return self.say(by, REMOVE, removal(circle, coop, cut), circle.heads())


def endorsement(kind: str, fields: CircleFields) -> Endorse:
    """A yes to an act that shows what it is about."""
    raw = encode(fields)
    return Endorse(kind, act_digest(NETWORK, kind, CIRCLE, raw), raw)


def removal(circle: Circle, coop: bytes, cut: tuple[LogCut, ...] = (), nonce: int = 0) -> Remove:
    """Fields that end all grounds that a co-op has in a judge's eyes."""
    assert circle.state is not None
    grounds = tuple(sorted(circle.state.live_grounds(coop)))
    return Remove(grounds, coop, cut, bytes([nonce]) * 16)


def cut_at(*entries: Entry) -> tuple[LogCut, ...]:
    """A cut that lists records as heads; their logs have to differ or the heads to share one."""
    logs = sorted({one.log for one in entries})
    return tuple(
        LogCut(
            heads := tuple(sorted(one.id for one in entries if one.log == log)),
            log,
            (bytes(64),) * len(heads),
        )
        for log in logs
    )


def rules_of(
    *stewards: bytes, admit: Threshold = ANYONE, remove: Threshold = MAJORITY, nonce: int = 0
) -> Rules:
    return Rules(
        admit=admit,
        name="a circle",
        nonce=bytes([nonce]) * 16,
        read="members",
        remove=remove,
        rule=MAJORITY,
        stewards=tuple(sorted(stewards)),
        version=1,
    )


class Oracle:
    """SPEC "Circles" and "Endorsements" by definition: functions of sets, slow and plain."""

    def __init__(
        self,
        entries: Iterable[Entry],
        at_or_below: Callable[[bytes, bytes], bool],
        disputed: frozenset[bytes] = frozenset(),
        plain: "Oracle | None" = None,
    ) -> None:
        self.disputed = disputed
        self.plain = plain or self
        self.all = {one.id: one for one in entries}
        self._at_or_below = at_or_below
        self.ancestors = cache(self._ancestors)
        self.valid = cache(self._valid)
        self.state_of = cache(self._state_of)

    def outcome(self) -> tuple[State | None, frozenset[bytes]]:
        """The state and the valid records of the largest part that holds its ancestors."""
        here = frozenset(one for one in self.all if self.ancestors(one) <= self.all.keys())
        return self.state_of(here), frozenset(one for one in here if self.valid(one))

    def cut_of(self, remove: Entry, log: bytes) -> frozenset[bytes]:
        """The heads at which a remove cuts a log."""
        assert isinstance(remove.fields, Remove)
        heads = {head for cut in remove.fields.cut if cut.log == log for head in cut.heads}
        for one in (self.all[one] for one in self.ancestors(remove.id) if self.valid(one)):
            if one.coop != remove.fields.coop:
                heads |= {ref for ref in one.refs if self.all[ref].log == log}
        return frozenset(heads)

    def _ancestors(self, one: bytes) -> frozenset[bytes]:
        refs = self.all[one].refs if one in self.all else ()
        return frozenset(refs).union(*(self.ancestors(ref) for ref in refs))

    def _same(self, within: Iterable[bytes], digest: bytes) -> frozenset[bytes]:
        return frozenset(one for one in within if self.all[one].digest == digest)

    def _valid(self, one: bytes) -> bool:  # noqa: C901, PLR0911 - a table of reasons
        entry, above = self.all[one], self.ancestors(one)
        fields, state = entry.fields, self.state_of(above)
        if entry.kind == FOUND:
            assert isinstance(fields, Rules)
            return entry.coop in fields.stewards and not entry.refs
        for ref in (self.all[ref] for ref in entry.refs):
            if ref.order[0] >= entry.order[0] if ref.log != entry.log else ref.order > entry.order:
                return False
        if state is None or one in self.disputed:
            return False
        if isinstance(fields, Accept):
            return fields.admit in state.grounds.get(entry.coop, ())
        if not state.is_member(entry.coop):
            return False
        if isinstance(fields, Endorse):
            return True
        if any(self.valid(same) for same in self._same(above, entry.digest)):
            return False
        plain = self.plain.state_of(above)
        assert plain is not None
        if isinstance(fields, Admit):
            known = state.is_member(fields.coop) and plain.is_member(fields.coop)
            return not known and self._met(entry, state, state.rules.admit)
        if isinstance(fields, Remove):
            grounds = state.grounds.get(fields.coop, frozenset())
            if not grounds & set(fields.admits):
                return False
            if not set(fields.admits) <= grounds | plain.grounds.get(fields.coop, frozenset()):
                return False
            return fields.coop == entry.coop or self._met(entry, state, state.rules.remove)
        return self._met(entry, state, state.rules.rule)

    def _met(self, entry: Entry, state: State, threshold: Threshold) -> bool:
        behind = {entry.coop}
        for one in self.ancestors(entry.id):
            fields = self.all[one].fields
            same = (entry.kind, entry.digest)
            if isinstance(fields, Endorse) and (fields.act, fields.digest) == same:
                behind |= {self.all[one].coop} if self.valid(one) else set()
        electors = {
            coop
            for coop in state.members()
            if threshold.by == "members" or coop in state.rules.stewards
        }
        needed = threshold.count or len(electors) // 2 + 1
        return len(behind & electors) >= (1 if len(electors) < 3 else min(needed, len(electors)))

    def _state_of(self, within: frozenset[bytes]) -> State | None:
        valid = sorted((self.all[one] for one in within if self.valid(one)), key=lambda e: e.order)
        foundings = [one for one in valid if one.kind == FOUND]
        if not foundings:
            return None
        accepts = [one for one in valid if one.kind in {ACCEPT, FOUND}]
        removes = [one for one in valid if one.kind == REMOVE]
        effective: list[Entry] = [*foundings]
        in_force = foundings[0]
        for entry in valid:
            if entry.kind in {ADMIT, RULE} and self._is_carried(entry, effective, accepts, removes):
                same = self._same((one.id for one in effective), entry.digest)
                force = self._same((one.id for one in effective), in_force.digest)
                if entry.kind == RULE and (not same or force & self.ancestors(entry.id)):
                    in_force = entry
                effective.append(entry)
        coops = {coop for one in effective for coop in _named(one)}
        grounds = {c: frozenset(one.id for one in effective if c in _named(one)) for c in coops}
        pairs = [(ground, coop) for coop, some in grounds.items() for ground in some]
        said = {(self._said(one), one.coop) for one in accepts}
        accepted = frozenset(pair for pair in pairs if (self.all[pair[0]].digest, pair[1]) in said)
        ended = {
            (ground, coop): ends
            for ground, coop in pairs
            if (
                ends := tuple(
                    one.id for one in removes if self._ends(one, coop, self.all[ground].digest)
                )
            )
        }
        assert isinstance(in_force.fields, Rules)
        return State(in_force.fields, grounds, accepted, ended)

    def _said(self, accept: Entry) -> bytes:
        """The digest of the admit or founding that a record says yes to."""
        fields = accept.fields
        return self.all[fields.admit].digest if isinstance(fields, Accept) else accept.digest

    def _ends(self, remove: Entry, coop: bytes, digest: bytes) -> bool:
        assert isinstance(remove.fields, Remove)
        digests = {self.all[admit].digest for admit in remove.fields.admits}
        return remove.fields.coop == coop and digest in digests

    def _is_carried(
        self, entry: Entry, effective: list[Entry], accepts: list[Entry], removes: list[Entry]
    ) -> bool:
        above = self.ancestors(entry.id)
        for ground in effective:
            if ground.id not in above or entry.coop not in _named(ground):
                continue
            yes = [
                one
                for one in accepts
                if one.coop == entry.coop and self._said(one) == ground.digest
            ]
            ends = [one for one in removes if self._ends(one, entry.coop, ground.digest)]
            struck = any(one.id in above or self._beyond(entry, one) for one in ends)
            if any(one.id in above for one in yes) and not struck:
                return True
        return False

    def _beyond(self, entry: Entry, remove: Entry) -> bool:
        if entry.id not in self.ancestors(remove.id):
            return True
        heads = self.cut_of(remove, entry.log)
        return all(head != entry.id and self._at_or_below(head, entry.id) for head in heads)


def _named(ground: Entry) -> tuple[bytes, ...]:
    if isinstance(ground.fields, Admit):
        return (ground.fields.coop,)
    return ground.fields.stewards if ground.kind == FOUND else ()  # type: ignore[union-attr]
