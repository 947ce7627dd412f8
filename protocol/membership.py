"""Membership: what a set of valid circle records says of members and rules.

`Walk` takes the records in their total order, which puts ancestors first, and knows who is a member
under which rules at that point; `State` is what it says in the end. It never asks whether a record
is valid: `circle` does. SPEC section "Circles".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from protocol.circleacts import FOUND, Accept, Admit, Entry, Remove, Rules
from protocol.endorse import Threshold


class State(NamedTuple):
    """What a set of circle records says."""

    rules: Rules
    grounds: dict[bytes, frozenset[bytes]]
    """Co-op -> effective admits (or found records) that name it, ended ones included."""
    accepted: frozenset[tuple[bytes, bytes]]
    """(ground, co-op) of those that the co-op said yes to."""
    ended: dict[tuple[bytes, bytes], tuple[bytes, ...]]
    """(ground, co-op) -> the valid removes that end it."""

    def live_grounds(self, coop: bytes) -> frozenset[bytes]:
        """Admits of a co-op that are effective and not ended, accepted or not."""
        return frozenset(
            admit for admit in self.grounds.get(coop, ()) if (admit, coop) not in self.ended
        )

    def is_member(self, coop: bytes) -> bool:
        """Whether the co-op was admitted, said yes, and is not removed."""
        return any((admit, coop) in self.accepted for admit in self.live_grounds(coop))

    def members(self) -> frozenset[bytes]:
        """All members."""
        return frozenset(coop for coop in self.grounds if self.is_member(coop))

    def electors(self, threshold: Threshold) -> frozenset[bytes]:
        """Those whose support counts."""
        members = self.members()
        return members if threshold.by == "members" else members & set(self.rules.stewards)


class Walk:
    """One way through a set of records that holds the ancestors of each.

    `descends(record, id)` answers whether the id is among the record's ancestors, `beyond(record,
    remove)` whether a record of the removed co-op lies beyond the remove's cut. Acts of one digest
    are one act: two records of one founding, one admission or one rule stand and fall together.
    """

    def __init__(
        self,
        entries: Mapping[bytes, Entry],
        removes: Iterable[Entry],
        descends: Callable[[Entry, bytes], bool],
        beyond: Callable[[Entry, Entry], bool],
    ) -> None:
        self.rule: Entry | None = None
        """The record whose rules are in force."""
        self.grounds: dict[bytes, frozenset[bytes]] = {}
        self.members: set[bytes] = set()
        self.last: tuple[int, bytes, int, bytes] | None = None
        """The order of the record that was taken last."""
        self._entries = entries
        self._descends = descends
        self._beyond = beyond
        self._enacted: dict[bytes, tuple[bytes, ...]] = {}
        """Digest -> effective rules."""
        self._accepted: dict[tuple[bytes, bytes], tuple[bytes, ...]] = {}
        """(digest of the ground, co-op) -> records that say yes."""
        self._ended: dict[tuple[bytes, bytes], tuple[Entry, ...]] = {}
        for remove in removes:
            assert isinstance(remove.fields, Remove)
            for digest in {entries[admit].digest for admit in remove.fields.admits}:
                key = (digest, remove.fields.coop)
                self._ended[key] = (*self._ended.get(key, ()), remove)

    def copy(self) -> Walk:
        """The same point, from which to go on without moving this one."""
        other = Walk(self._entries, (), self._descends, self._beyond)
        other.rule, other.last, other.members = self.rule, self.last, self.members.copy()
        other.grounds, other._ended = self.grounds.copy(), self._ended
        other._enacted, other._accepted = self._enacted.copy(), self._accepted.copy()
        return other

    def take(self, entry: Entry) -> None:
        """Go past one more valid record, which comes behind all that were taken."""
        self.last = entry.order
        fields = entry.fields
        if isinstance(fields, Accept):
            self._accept(self._entries[fields.admit].digest, entry)
        elif entry.kind == FOUND:
            assert isinstance(fields, Rules)
            self.rule = self.rule or entry
            for steward in fields.stewards:
                self._admit(steward, entry)
            self._accept(entry.digest, entry)
        elif isinstance(fields, Admit):
            if self._is_carried(entry):
                self._admit(fields.coop, entry)
        elif isinstance(fields, Rules) and self._is_carried(entry):
            self._enact(entry)

    def electors(self, threshold: Threshold) -> AbstractSet[bytes]:
        """Those whose support counts."""
        if threshold.by == "members":
            return self.members
        assert self.rule is not None
        assert isinstance(self.rule.fields, Rules)
        return self.members.intersection(self.rule.fields.stewards)

    def state(self) -> State | None:
        """What was said so far; None before a founding record."""
        if self.rule is None:
            return None
        assert isinstance(self.rule.fields, Rules)
        ground_of = [
            (ground, coop, self._entries[ground].digest)
            for coop, grounds in self.grounds.items()
            for ground in grounds
        ]
        accepted = frozenset(
            (ground, coop) for ground, coop, digest in ground_of if (digest, coop) in self._accepted
        )
        ended = {
            (ground, coop): tuple(remove.id for remove in self._ended[digest, coop])
            for ground, coop, digest in ground_of
            if (digest, coop) in self._ended
        }
        return State(self.rule.fields, dict(self.grounds), accepted, ended)

    def _admit(self, coop: bytes, entry: Entry) -> None:
        self.grounds[coop] = self.grounds.get(coop, frozenset()) | {entry.id}
        self._greet(entry.digest, coop)

    def _accept(self, digest: bytes, entry: Entry) -> None:
        key = (digest, entry.coop)
        self._accepted[key] = (*self._accepted.get(key, ()), entry.id)
        if any(self._entries[g].digest == digest for g in self.grounds.get(entry.coop, ())):
            self._greet(digest, entry.coop)

    def _greet(self, digest: bytes, coop: bytes) -> None:
        if (digest, coop) in self._accepted and (digest, coop) not in self._ended:
            self.members.add(coop)

    def _enact(self, entry: Entry) -> None:
        """A new rule takes over; one enacted before only over rules that it descends from."""
        assert self.rule is not None
        in_force = self._enacted.get(self.rule.digest, (self.rule.id,))
        if entry.digest not in self._enacted or any(self._descends(entry, one) for one in in_force):
            self.rule = entry
        same = self._enacted.get(entry.digest, ())
        self._enacted[entry.digest] = (*same, entry.id)

    def _is_carried(self, entry: Entry) -> bool:
        """Whether a ground of its author is left under an admit or rule.

        The grounds that its author had said yes to when it wrote this carry it, but for those that
        a remove ends which it descends from, or beyond whose cut it lies.
        """
        coop = entry.coop
        carrying = {
            self._entries[ground].digest
            for ground in self.grounds.get(coop, ())
            if self._descends(entry, ground)
        }
        return any(
            any(self._descends(entry, one) for one in self._accepted.get((digest, coop), ()))
            and not any(
                self._descends(entry, remove.id) or self._beyond(entry, remove)
                for remove in self._ended.get((digest, coop), ())
            )
            for digest in carrying
        )
