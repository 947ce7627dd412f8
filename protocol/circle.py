"""Circle: who belongs together, under which rules, judged by each record's ancestors alone.

`Circle` takes circle records in any order and answers who is a member, which log counts how far,
and which acts are valid. It never reads a clock, a body that can be forgotten, or an order of
arrival. SPEC section "Circles".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple

import msgspec

from protocol import endorse
from protocol.endorse import Endorse, Threshold
from protocol.errors import Refusal
from protocol.keyevents import LogCut, ascending, check_cuts
from protocol.keys import Network
from protocol.limits import HASH_BYTES, NAME_BYTES_MAX, SALT_BYTES, STEWARDS_MAX


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `circle.found/1` and `circle.rule/1`: the whole constitution each time."""

    admit: Threshold
    name: str
    read: Literal["public", "members"]
    remove: Threshold
    rule: Threshold
    stewards: tuple[bytes, ...]
    version: int

    def check(self) -> None:
        """A name, at least one steward, thresholds in range."""
        ascending(self.stewards, STEWARDS_MAX, "stewards")
        for threshold in (self.admit, self.remove, self.rule):
            threshold.check()
        if not self.name.strip() or len(self.name.encode()) > NAME_BYTES_MAX or not self.stewards:
            raise Refusal("bad-field", "a circle needs a name and a steward")
        if self.version < 1:
            raise Refusal("bad-field", "version")


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


CircleFields = Rules | Admit | Accept | Remove | Endorse


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
    """`endorse.act_digest` of this record's kind and fields."""


class State(NamedTuple):
    """What a set of circle records says."""

    rules: Rules
    grounds: dict[bytes, frozenset[bytes]]
    """Co-op -> effective admits (or the found record) that name it, ended ones included."""
    accepted: frozenset[tuple[bytes, bytes]]
    ended: dict[tuple[bytes, bytes], tuple[bytes, ...]]
    """(admit, co-op) -> the valid removes that end it."""

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


class Circle:
    """One circle's records and what follows from them.

    `at_or_below(record, head)` answers whether a record is the head or an ancestor of it by prev.
    """

    def __init__(
        self, network: Network, circle: bytes, at_or_below: Callable[[bytes, bytes], bool]
    ) -> None:
        self.network = network
        self.id = circle
        self.entries: dict[bytes, Entry] = {}
        self.waiting: dict[bytes, Entry] = {}
        self.found: Entry | None = None
        self._at_or_below = at_or_below
        self._valid: dict[bytes, str] = {}
        """Entry -> "" when valid, else why not. Decided by ancestors, so it never changes."""
        self._closures: dict[bytes, frozenset[bytes]] = {}
        self._state: State | None = None

    def add(self, entry: Entry) -> list[Entry]:
        """Take a record in; the entries that became judged by it (this one, those that waited)."""
        if entry.id in self.entries or entry.id in self.waiting:
            return []
        self.waiting[entry.id] = entry
        judged: list[Entry] = []
        ready = [entry]
        while ready:
            for one in ready:
                if one.id in self.waiting and all(ref in self.entries for ref in one.refs):
                    self._judge(one)
                    judged.append(one)
            ready = [
                one for one in self.waiting.values() if all(r in self.entries for r in one.refs)
            ]
        if judged:
            self._state = None
        return judged

    def why_invalid(self, identifier: bytes) -> str:
        """Empty when the record is valid by its ancestors, else the reason in a few words."""
        if identifier in self.waiting:
            return "waiting"
        return self._valid.get(identifier, "unknown")

    def is_valid(self, identifier: bytes) -> bool:
        """Whether a record is valid by its ancestors; such records are carried for ever."""
        return self._valid.get(identifier) == ""

    def heads(self) -> tuple[bytes, ...]:
        """Valid records that no other valid record refers to: what a new one must refer to."""
        valid = [self.entries[one] for one in self.entries if self.is_valid(one)]
        referred = {ref for entry in valid for ref in entry.refs}
        return tuple(sorted(entry.id for entry in valid if entry.id not in referred))

    @property
    def state(self) -> State | None:
        """What all known records say; None before the founding record is here."""
        if self._state is None and self.found is not None:
            self._state = self._fold(frozenset(self.entries))
        return self._state

    def log_cuts(self, coop: bytes, log: bytes, ground: bytes | None) -> list[LogCut] | None:
        """How far a log counts: None not at all, [] wholly, else at or below every one of these.

        `ground` is the admit that its opening refers to, None for the log of the founding record.
        """
        if self.found is None or self.state is None:
            return None
        if ground is None:
            if log != self.found.log:
                return None
            ground = self.found.id
        if ground not in self.state.grounds.get(coop, ()):
            return None
        return [
            LogCut(self._cut_heads(self.entries[remove], log), log, ())
            for remove in self.state.ended.get((ground, coop), ())
        ]

    def proposals(self) -> list[tuple[str, bytes, frozenset[bytes]]]:
        """(act, its fields' bytes, who endorsed) of all that was proposed and not yet done."""
        done = {entry.digest for entry in self.entries.values() if self.is_valid(entry.id)}
        open_: dict[tuple[str, bytes], set[bytes]] = {}
        for entry in self.entries.values():
            fields = entry.fields
            if (
                isinstance(fields, Endorse)
                and fields.proposal
                and self.is_valid(entry.id)
                and fields.digest not in done
            ):
                open_.setdefault((fields.act, fields.proposal), set()).add(entry.coop)
        return [(act, data, frozenset(coops)) for (act, data), coops in sorted(open_.items())]

    def supporters(self, act: Entry) -> frozenset[bytes]:
        """Co-ops that stand behind an act: its author and whose endorsements it descends from."""
        return frozenset({act.coop}) | {
            self.entries[one].coop
            for one in self._closure(act)
            if self.is_valid(one)
            and isinstance(fields := self.entries[one].fields, Endorse)
            and fields.act == act.kind
            and fields.digest == act.digest
        }

    def _judge(self, entry: Entry) -> None:
        self.entries[entry.id] = entry
        del self.waiting[entry.id]
        self._valid[entry.id] = self._why_not(entry)
        if entry.kind == FOUND and self._valid[entry.id] == "":
            self.found = entry

    def _why_not(self, entry: Entry) -> str:  # noqa: PLR0911 - a table of reasons
        """Judge a record by its ancestors; empty when it is valid."""
        fields = entry.fields
        if entry.kind == FOUND:
            assert isinstance(fields, Rules)
            alone = self.found is None and entry.coop in fields.stewards and not entry.refs
            return "" if alone else "not the founding record"
        closure = self._closure(entry)
        if self.found is None or self.found.id not in closure:
            return "does not descend from the founding"
        state = self._fold(closure)
        if isinstance(fields, Accept):
            named = fields.admit in state.grounds.get(entry.coop, ())
            return "" if named else "accepts what was not offered"
        if not state.is_member(entry.coop):
            return "its author is no member"
        if isinstance(fields, Endorse):
            said = endorse.act_digest(self.network, fields.act, self.id, fields.proposal)
            return "" if not fields.proposal or said == fields.digest else "a false proposal"
        if isinstance(fields, Admit):
            if state.is_member(fields.coop):
                return "a member already"
            return self._short_of(state.rules.admit, entry, state)
        if isinstance(fields, Remove):
            grounds = state.grounds.get(fields.coop, frozenset())
            if not set(fields.admits) <= grounds:
                return "ends an admit that is not there"
            if fields.coop == entry.coop:
                return ""
            return self._short_of(state.rules.remove, entry, state)
        return self._short_of(state.rules.rule, entry, state)

    def _cut_heads(self, remove: Entry, log: bytes) -> tuple[bytes, ...]:
        """The heads at which a remove cuts a log: those it lists, raised to what others built on.

        What another co-op's record among the remove's ancestors refers to stays counted.
        """
        assert isinstance(remove.fields, Remove)
        listed = {head for cut in remove.fields.cut if cut.log == log for head in cut.heads}
        relied_on = {
            ref
            for one in self._closure(remove)
            if self.entries[one].coop != remove.fields.coop and self.is_valid(one)
            for ref in self.entries[one].refs
            if self.entries[ref].log == log
        }
        return tuple(sorted(listed | relied_on))

    def _short_of(self, threshold: Threshold, entry: Entry, state: State) -> str:
        met = endorse.enough(threshold, self.supporters(entry), state.electors(threshold))
        return "" if met else "too few endorsements"

    def _closure(self, entry: Entry) -> frozenset[bytes]:
        """All ancestors by refs, without the record itself."""
        known = self._closures.get(entry.id)
        if known is None:
            found: set[bytes] = set()
            for ref in entry.refs:
                found.add(ref)
                found |= self._closure(self.entries[ref])
            known = self._closures[entry.id] = frozenset(found)
        return known

    def _fold(self, within: frozenset[bytes]) -> State:
        """The state of an ancestor-closed set: removes, then admits and rules, then members."""
        assert self.found is not None
        valid = sorted(
            (self.entries[one] for one in within if self._valid.get(one) == ""),
            key=lambda entry: (len(self._closures.get(entry.id, ())), entry.order),
        )
        removes = [entry for entry in valid if isinstance(entry.fields, Remove)]
        ended: dict[tuple[bytes, bytes], list[bytes]] = {}
        for entry in removes:
            assert isinstance(entry.fields, Remove)
            for admit in entry.fields.admits:
                ended.setdefault((admit, entry.fields.coop), []).append(entry.id)
        return self._admitted(valid, removes, {key: tuple(ids) for key, ids in ended.items()})

    def _admitted(
        self,
        valid: list[Entry],
        removes: list[Entry],
        ended: dict[tuple[bytes, bytes], tuple[bytes, ...]],
    ) -> State:
        """Walk admits and rules, ancestors first; skip what a cut or a lost ground disables."""
        assert self.found is not None
        assert isinstance(self.found.fields, Rules)
        rules = self.found
        grounds: dict[bytes, set[bytes]] = {
            steward: {self.found.id} for steward in self.found.fields.stewards
        }
        accepted = {(self.found.id, self.found.coop)}
        for entry in valid:
            if isinstance(entry.fields, Accept):
                if entry.fields.admit in grounds.get(entry.coop, ()):
                    accepted.add((entry.fields.admit, entry.coop))
            elif isinstance(entry.fields, Admit | Rules) and entry.id != self.found.id:
                if self._is_disabled(entry, grounds, removes):
                    continue
                if isinstance(entry.fields, Admit):
                    grounds.setdefault(entry.fields.coop, set()).add(entry.id)
                elif entry.order > rules.order:
                    rules = entry
        assert isinstance(rules.fields, Rules)
        frozen = {coop: frozenset(admits) for coop, admits in grounds.items()}
        return State(rules.fields, frozen, frozenset(accepted), ended)

    def _is_disabled(
        self, entry: Entry, grounds: dict[bytes, set[bytes]], removes: Iterable[Entry]
    ) -> bool:
        """Whether a remove's cut, or the loss of its author's every ground, voids an admit or rule.

        A ground that was ended before the author wrote this does not carry it.
        """
        closure = self._closure(entry)
        carrying = grounds.get(entry.coop, set()) & closure
        for remove in removes:
            assert isinstance(remove.fields, Remove)
            if remove.fields.coop != entry.coop:
                continue
            heads = self._cut_heads(remove, entry.log)
            if remove.id in closure or not any(self._at_or_below(entry.id, h) for h in heads):
                carrying = carrying - set(remove.fields.admits)
        return not carrying


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
FIELDS: Final[dict[str, msgspec.msgpack.Decoder[CircleFields]]] = {
    FOUND: msgspec.msgpack.Decoder(Rules),
    RULE: msgspec.msgpack.Decoder(Rules),
    ADMIT: msgspec.msgpack.Decoder(Admit),
    ACCEPT: msgspec.msgpack.Decoder(Accept),
    REMOVE: msgspec.msgpack.Decoder(Remove),
    endorse.KIND: msgspec.msgpack.Decoder(Endorse),
}
VERSION: Final = 1
