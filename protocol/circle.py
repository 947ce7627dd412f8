"""Circle: who belongs together, under which rules, judged by each record's ancestors alone.

`Circle` takes circle records in any order and answers who is a member, which log counts how far,
and which acts are valid. It never reads a clock, a body that can be forgotten, or an order of
arrival. SPEC section "Circles".
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

from protocol import endorse
from protocol.circleacts import (
    ACCEPT,
    ADMIT,
    AFFIRM,
    FIELDS,
    FOUND,
    REMOVE,
    RULE,
    VERSION,
    Accept,
    Admit,
    Affirm,
    CircleFields,
    Entry,
    Remove,
    Rules,
    entry_of,
)
from protocol.endorse import Endorse, Threshold
from protocol.keyevents import LogCut
from protocol.keys import Network
from protocol.limits import REFS_MAX
from protocol.membership import State, Walk

__all__ = [
    "ACCEPT",
    "ADMIT",
    "AFFIRM",
    "FIELDS",
    "FOUND",
    "REMOVE",
    "RULE",
    "VERSION",
    "Accept",
    "Admit",
    "Affirm",
    "Circle",
    "CircleFields",
    "Entry",
    "Remove",
    "Rules",
    "State",
    "entry_of",
]


class Circle:
    """One circle's records and what follows from them.

    `at_or_below(record, head)` answers whether a record is the head or an ancestor of it by prev.
    It is asked only of heads that were added, so the answer follows from their own chain; a record
    that is not here is below nothing. The caller has checked that a founding body makes the
    circle's id.

    `disputed` records lie beyond the cuts of key logs and say nothing here. `plain` is the judge of
    the same records that asks no key log: what is valid to it is so for ever.
    """

    def __init__(
        self,
        network: Network,
        circle: bytes,
        at_or_below: Callable[[bytes, bytes], bool],
        disputed: frozenset[bytes] = frozenset(),
        plain: Circle | None = None,
    ) -> None:
        self.network = network
        self.id = circle
        self.disputed = disputed
        self.plain = plain or self
        self.affirms: list[Entry] = []
        """Valid affirms."""
        self.entries: dict[bytes, Entry] = {}
        self.waiting: dict[bytes, Entry] = {}
        self.found: Entry | None = None
        """The first founding record in order; others with its body are the same founding."""
        self._at_or_below = at_or_below
        self._wanted: dict[bytes, list[Entry]] = {}
        """Id that is not here -> records that wait for it."""
        self._why: dict[bytes, str] = {}
        """Entry -> "" when valid, else why not. Decided by ancestors, so it never changes."""
        self._places: dict[bytes, int] = {}
        """Entry -> its bit in sets of entries."""
        self._placed: list[Entry] = []
        self._ancestors: dict[bytes, int] = {}
        self._valid: list[Entry] = []
        """Valid entries in their total order."""
        self._heads: set[bytes] = set()
        self._acts: dict[bytes, list[bytes]] = {}
        """Digest -> valid admits, removes and rules."""
        self._endorsed: dict[tuple[str, bytes], list[Entry]] = {}
        """(kind, digest) -> valid endorsements."""
        self._standing: set[bytes] = set()
        """Valid entries and all their ancestors."""
        self._newly: list[Entry] = []
        """Those of them that were not yet asked for."""
        self._named: set[bytes] = set()
        self._cuts: dict[tuple[bytes, bytes], tuple[bytes, ...]] = {}
        self._walks: list[tuple[int, Walk]] = []
        """The last sets that were walked through; the next one often only goes on from there."""
        self._state: State | None = None

    def add(self, entry: Entry) -> list[Entry]:
        """Take a record in; the entries that became judged by it (this one, those that waited)."""
        if self.plain is not self:
            self.plain.add(entry)
        if entry.id in self.entries or entry.id in self.waiting:
            return []
        self.waiting[entry.id] = entry
        judged: list[Entry] = []
        ready = [entry]
        while ready:
            one = ready.pop()
            lacking = next((ref for ref in one.refs if ref not in self.entries), None)
            if lacking is not None:
                self._wanted.setdefault(lacking, []).append(one)
                continue
            self._judge(one)
            judged.append(one)
            ready += self._wanted.pop(one.id, ())
        if judged:
            self._state = None
        return judged

    def why_invalid(self, identifier: bytes) -> str:
        """Empty when the record is valid by its ancestors, else the reason in a few words."""
        if identifier in self.waiting:
            return "waiting"
        return self._why.get(identifier, "unknown")

    def is_valid(self, identifier: bytes) -> bool:
        """Whether a record is valid by its ancestors."""
        return self._why.get(identifier) == ""

    def is_standing(self, identifier: bytes) -> bool:
        """Whether a record, or one that descends from it, is valid here or was so without cuts.

        Such records are carried: without them nobody could judge those that descend from them.
        """
        if identifier in self._standing:
            return True
        return self.plain is not self and self.plain.is_standing(identifier)

    def newly_standing(self) -> list[Entry]:
        """Entries that came to stand since this was asked the last time."""
        found, self._newly = self._newly, []
        return found if self.plain is self else found + self.plain.newly_standing()

    def named(self) -> AbstractSet[bytes]:
        """Authors of standing records, and co-ops that standing admits and foundings name."""
        return self._named if self.plain is self else self._named | self.plain.named()

    def without(self, disputed: frozenset[bytes]) -> Circle:
        """The judge of the same records to which these say nothing; a founding always speaks.

        The founding is what the circle's id is made of: nobody gains a right by it, and all would
        lose their circle without it.
        """
        if not disputed:
            return self.plain
        known = [*self.plain.entries.values(), *self.plain.waiting.values()]
        other = Circle(self.network, self.id, self._at_or_below, disputed, self.plain)
        for entry in known:
            other.add(entry)
        return other

    def heads(self) -> tuple[bytes, ...]:
        """What a new record must refer to: valid ones that no valid one refers to, the latest."""
        latest = sorted(self._heads, key=lambda head: self.entries[head].order)[-REFS_MAX:]
        return tuple(sorted(latest))

    @property
    def state(self) -> State | None:
        """What all known records say; None before the founding record is here."""
        if self._state is None and self.found is not None:
            self._state = self._walk((1 << len(self._placed)) - 1).state()
        return self._state

    def log_cuts(self, coop: bytes, log: bytes, ground: bytes | None) -> list[LogCut] | None:
        """How far a log counts: None not at all, [] wholly, else at or below every one of these.

        `ground` is the admit that its opening refers to, None for the log of the founding record.
        """
        if self.state is None:
            return None
        if ground is None:
            foundings = (one for one in self._valid if one.kind == FOUND and one.log == log)
            ground = next((one.id for one in foundings), None)
        if ground is None or ground not in self.state.grounds.get(coop, ()):
            return None
        return [
            LogCut(self._cut_heads(self.entries[remove], log), log, ())
            for remove in self.state.ended.get((ground, coop), ())
        ]

    def proposals(self) -> list[tuple[str, bytes, frozenset[bytes]]]:
        """(act, its fields' bytes, who endorsed) of all that was proposed and not yet done."""
        open_: dict[tuple[str, bytes], set[bytes]] = {}
        for (act, digest), endorsements in self._endorsed.items():
            for entry in endorsements if digest not in self._acts else ():
                assert isinstance(entry.fields, Endorse)
                if entry.fields.proposal:
                    open_.setdefault((act, entry.fields.proposal), set()).add(entry.coop)
        return [(act, data, frozenset(coops)) for (act, data), coops in sorted(open_.items())]

    def supporters(self, act: Entry) -> frozenset[bytes]:
        """Co-ops that stand behind an act: its author and whose endorsements it descends from."""
        endorsements = self._endorsed.get((act.kind, act.digest), ())
        return frozenset({act.coop}) | {
            one.coop for one in endorsements if self._descends(act, one.id)
        }

    def _judge(self, entry: Entry) -> None:
        self.entries[entry.id] = entry
        del self.waiting[entry.id]
        ancestors = 0
        for ref in entry.refs:
            ancestors |= self._ancestors[ref] | 1 << self._places[ref]
        self._ancestors[entry.id] = ancestors
        self._places[entry.id] = len(self._placed)
        self._placed.append(entry)
        why = self._why[entry.id] = self._why_not(entry)
        if not why:
            self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        """Note a valid entry where it is looked up."""
        insort(self._valid, entry, key=lambda one: one.order)
        self._heads.difference_update(entry.refs)
        self._heads.add(entry.id)
        self._stand(entry.id)
        if isinstance(entry.fields, Endorse):
            key = entry.fields.act, entry.fields.digest
            self._endorsed.setdefault(key, []).append(entry)
        elif isinstance(entry.fields, Affirm):
            self.affirms.append(entry)
        elif entry.kind == FOUND:
            self.found = min(entry, self.found or entry, key=lambda one: one.order)
        elif entry.kind != ACCEPT:
            self._acts.setdefault(entry.digest, []).append(entry.id)

    def _stand(self, identifier: bytes) -> None:
        """Note that an entry and its ancestors stand."""
        todo = [identifier]
        while todo:
            one = todo.pop()
            if one not in self._standing:
                self._standing.add(one)
                self._newly.append(self.entries[one])
                self._named |= self.entries[one].names()
                todo += self.entries[one].refs

    def _why_not(self, entry: Entry) -> str:
        """Judge a record by its ancestors; empty when it is valid."""
        fields = entry.fields
        if entry.kind == FOUND:
            assert isinstance(fields, Rules)
            alone = entry.coop in fields.stewards and not entry.refs
            return "" if alone else "not the founding record"
        if entry.id in self.disputed:
            return "beyond the cut of its key log"
        if not all(entry.is_behind(self.entries[ref]) for ref in entry.refs):
            return "dated before what it refers to"
        walk = self.walk_before(entry)
        if walk.rule is None:
            return "does not descend from the founding"
        grounds = walk.grounds
        if isinstance(fields, Accept):
            named = fields.admit in grounds.get(entry.coop, ())
            return "" if named else "accepts what was not offered"
        if entry.coop not in walk.members:
            return "its author is no member"
        if isinstance(fields, Endorse):
            said = endorse.act_digest(self.network, fields.act, self.id, fields.proposal)
            return "" if not fields.proposal or said == fields.digest else "a false proposal"
        if any(self._descends(entry, one) for one in self._acts.get(entry.digest, ())):
            return "was done before"
        if isinstance(fields, Affirm):
            return ""
        return self._why_not_act(entry, walk)

    def _why_not_act(self, entry: Entry, walk: Walk) -> str:
        """The same of an admit, remove or rule by a member."""
        fields = entry.fields
        # What was done in good faith, because of a record that is disputed since, goes on.
        plain = walk if self.plain is self else self.plain.walk_before(entry)
        if isinstance(fields, Admit) and fields.coop in walk.members & plain.members:
            return "a member already"
        if isinstance(fields, Remove):
            left, there = (one.grounds.get(fields.coop, frozenset()) for one in (walk, plain))
            if left.isdisjoint(fields.admits) or not (left | there).issuperset(fields.admits):
                return "ends an admit that is not there"
            if fields.coop == entry.coop:
                return ""
        assert isinstance(walk.rule, Entry)
        assert isinstance(walk.rule.fields, Rules)
        threshold = _threshold(walk.rule.fields, fields)
        met = endorse.enough(threshold, self.supporters(entry), walk.electors(threshold))
        return "" if met else "too few endorsements"

    def _cut_heads(self, remove: Entry, log: bytes) -> tuple[bytes, ...]:
        """The heads at which a remove cuts a log: those it lists, raised to what others built on.

        What another co-op's record among the remove's ancestors refers to stays counted.
        """
        known = self._cuts.get((remove.id, log))
        if known is None:
            assert isinstance(remove.fields, Remove)
            listed = {head for cut in remove.fields.cut if cut.log == log for head in cut.heads}
            relied_on = {
                ref
                for entry in self._valid
                if entry.coop != remove.fields.coop and self._descends(remove, entry.id)
                for ref in entry.refs
                if self.entries[ref].log == log
            }
            known = self._cuts[remove.id, log] = tuple(sorted(listed | relied_on))
        return known

    def _beyond(self, entry: Entry, remove: Entry) -> bool:
        """Whether a record of the removed one lies beyond the cut, by what its ancestors know.

        A listed head need not be here, and another cut may keep it away for ever. So what the
        remove does not descend from is beyond, and of the rest what all heads lie below.
        """
        heads = self._cut_heads(remove, entry.log)
        return not self._descends(remove, entry.id) or all(
            head != entry.id and self._at_or_below(head, entry.id) for head in heads
        )

    def _descends(self, entry: Entry, identifier: bytes) -> bool:
        place = self._places.get(identifier)
        return place is not None and self._ancestors[entry.id] >> place & 1 == 1

    def walk_before(self, entry: Entry) -> Walk:
        """The fold of a record's ancestors."""
        return self._walk(self._ancestors[entry.id])

    def _walk(self, within: int) -> Walk:
        """The fold of a set that holds the ancestors of each; from an earlier one where it can."""
        for known, walk in self._walks:
            if known == within:
                return walk
        for known, before in self._walks:
            later = self._later(known, within, before)
            if later is not None:
                walk = before.copy()
                break
        else:
            later = [one for one in self._valid if within >> self._places[one.id] & 1]
            removes = [one for one in later if isinstance(one.fields, Remove)]
            walk = Walk(self.entries, removes, self._descends, self._beyond)
        for entry in later:
            walk.take(entry)
        self._walks = [(within, walk), *self._walks[: WALKS_KEPT - 1]]
        return walk

    def _later(self, known: int, within: int, before: Walk) -> list[Entry] | None:
        """The valid entries that a walk lacks, if it may go on with them: behind it, no remove."""
        lacking = within & ~known
        if known & ~within or lacking.bit_count() > LATER_MAX:
            return None
        found: list[Entry] = []
        while lacking:
            place = lacking.bit_length() - 1
            lacking ^= 1 << place
            entry = self._placed[place]
            if not self.is_valid(entry.id):
                continue
            if isinstance(entry.fields, Remove) or entry.order < (before.last or entry.order):
                return None
            found.append(entry)
        return sorted(found, key=lambda one: one.order)


def _threshold(rules: Rules, fields: CircleFields) -> Threshold:
    if isinstance(fields, Admit):
        return rules.admit
    return rules.remove if isinstance(fields, Remove) else rules.rule


WALKS_KEPT: Final = 4
# More than this at once is walked from the start.
LATER_MAX: Final = 64
