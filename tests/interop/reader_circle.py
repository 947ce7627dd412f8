"""Circles: SPEC.md, sections Circles and Endorsements. Who is a member, and what counts."""

from dataclasses import dataclass, field
from typing import Final

from tests.interop.reader_codec import Value, encode
from tests.interop.reader_kinds import CIRCLE_KINDS, Body
from tests.interop.reader_records import Record, Store
from tests.interop.reader_values import cuts_of, hashes_of, itself, map_of, number_of, text_in

ACTS: Final = frozenset({"circle.found/1", "circle.rule/1", "circle.admit/1", "circle.remove/1"})

Kept = dict[bytes, dict[bytes, set[bytes]]]  # co-op -> digest -> records


@dataclass(slots=True)
class State:
    """What a walk has come to."""

    grounds: Kept = field(default_factory=dict)
    accepted: Kept = field(default_factory=dict)
    ends: dict[tuple[bytes, bytes], set[bytes]] = field(default_factory=dict)
    rules: dict[str, Value] = field(default_factory=dict)
    in_force: bytes = b""  # digest of the act whose rules these are
    enacted: dict[bytes, set[bytes]] = field(default_factory=dict)  # digest -> records

    def members(self) -> set[bytes]:
        return {
            coop
            for coop, digests in self.grounds.items()
            if any(
                digest in self.accepted.get(coop, {}) and (coop, digest) not in self.ends
                for digest in digests
            )
        }


def _keep(kept: Kept, coop: bytes, digest: bytes, record: bytes) -> None:
    kept.setdefault(coop, {}).setdefault(digest, set()).add(record)


class Circle:
    """Judges the circle records of a store, each by its ancestors alone."""

    def __init__(
        self, store: Store, disputed: frozenset[bytes] = frozenset(), plain: "Circle | None" = None
    ) -> None:
        self.store = store
        self.disputed = disputed
        self.plain = plain or self  # the same records without key cuts
        self.known: dict[bytes, Record] = {}
        self.ancestors: dict[bytes, set[bytes]] = {}  # of those that are judged
        self.digests: dict[bytes, bytes] = {}
        self.valid: set[bytes] = set()
        self._state: State | None = None

    def with_more(self, records: list[Record]) -> "Circle":
        """This circle and what these records of the store add to it."""
        found = [one for one in records if self._is_of_circle(one)]
        if not found:
            return self
        more = Circle(self.store)
        more.known = {**self.known, **{record.id: record for record in found}}
        more.ancestors = dict(self.ancestors)
        more.digests = dict(self.digests)
        more.valid = set(self.valid)
        more.judge()
        return more

    def without(self, disputed: frozenset[bytes]) -> "Circle":
        """The same records; what is disputed says nothing."""
        other = Circle(self.store, disputed, self.plain)
        other.known = self.known
        other.judge()
        return other

    def effective(self) -> "Circle":
        """The same records, judged with the cuts of their key logs."""
        if self.plain is not self:
            return self
        beyond = frozenset(
            record.id
            for record in self.known.values()
            if record.kind != "circle.found/1" and not _is_within(self.store, record)
        )
        cut = self.without(beyond)
        kept = {
            one
            for one in beyond
            if one in cut.affirmed(self.known[one].coop) and self.known[one].kind != "affirm/1"
        }
        return cut.without(beyond - kept) if beyond else self

    def affirmed(self, coop: bytes) -> set[bytes]:
        """What a co-op has taken as its own again."""
        found: set[bytes] = set()
        for one in self.plain.valid - self.disputed:
            if self.known[one].kind == "affirm/1" and self.known[one].coop == coop:
                found.update(hashes_of(self.body(one).fields["records"]))
        return found

    def standing(self) -> set[bytes]:
        """Records that are valid, with key cuts or without, and their ancestors."""
        valid = self.valid | self.plain.valid
        return valid.union(*(self.ancestors[one] for one in valid))

    def _is_of_circle(self, record: Record) -> bool:
        founds = record.kind != "circle.found/1" or record.body_hash == self.store.circle
        return record.kind in CIRCLE_KINDS and record.body is not None and founds

    def judge(self) -> None:
        for record in self._ripe():
            if record.kind in ACTS:
                self.digests[record.id] = self._digest(record.kind, self.body(record.id).fields)
            if self._is_valid(record):
                self.valid.add(record.id)

    @property
    def state(self) -> State:
        if self._state is None:
            self._state = self.walk(set(self.ancestors))
        return self._state

    def body(self, record: bytes) -> Body:
        found = self.known[record].body
        assert found is not None
        return found

    def _digest(self, kind: str, fields: Value) -> bytes:
        return self.store.network.of("act", kind, self.store.circle, encode(fields))

    def _ripe(self) -> list[Record]:
        """The circle records all of whose ancestors are here, ancestors first."""
        done: list[Record] = []
        left = {one: self.known[one] for one in self.known.keys() - self.ancestors.keys()}
        while left:
            ripe = [
                record
                for record in left.values()
                if all(ref in self.ancestors for ref in self.body(record.id).refs)
            ]
            if not ripe:
                break
            for record in ripe:
                refs = self.body(record.id).refs
                self.ancestors[record.id] = set(refs).union(*(self.ancestors[ref] for ref in refs))
                del left[record.id]
            done.extend(ripe)
        return done

    # ------------------------------------------------------------------------------ the walk

    def walk(self, among: set[bytes]) -> State:
        state = State()
        records = sorted((self.known[one] for one in among & self.valid), key=lambda one: one.order)
        for record in records:
            if record.kind == "circle.remove/1":
                fields = self.body(record.id).fields
                for named in hashes_of(fields["admits"]):
                    if named in self.valid and named in self.digests:
                        end = itself(fields["coop"]), self.digests[named]
                        state.ends.setdefault(end, set()).add(record.id)
        for record in records:
            self._step(state, record)
        return state

    def _step(self, state: State, record: Record) -> None:
        fields = self.body(record.id).fields
        if record.kind == "circle.found/1":
            digest = self.digests[record.id]
            if not state.enacted:
                state.rules, state.in_force = fields, digest
            state.enacted.setdefault(digest, set()).add(record.id)
            for steward in hashes_of(fields["stewards"]):
                _keep(state.grounds, steward, digest, record.id)
            _keep(state.accepted, record.coop, digest, record.id)
        elif record.kind == "circle.accept/1":
            digest = self.digests[itself(fields["admit"])]
            _keep(state.accepted, record.coop, digest, record.id)
        elif record.kind == "circle.admit/1" and self._is_upheld(state, record):
            _keep(state.grounds, itself(fields["coop"]), self.digests[record.id], record.id)
        elif record.kind == "circle.rule/1" and self._is_upheld(state, record):
            digest = self.digests[record.id]
            again = digest in state.enacted
            if not again or state.enacted[state.in_force] & self.ancestors[record.id]:
                state.rules, state.in_force = fields, digest
            state.enacted.setdefault(digest, set()).add(record.id)

    def _is_upheld(self, state: State, record: Record) -> bool:
        before = self.ancestors[record.id]
        accepted = state.accepted.get(record.coop, {})
        return any(
            records & before
            and accepted.get(digest, set()) & before
            and not any(
                remove in before or self.lies_beyond(remove, record)
                for remove in state.ends.get((record.coop, digest), set())
            )
            for digest, records in state.grounds.get(record.coop, {}).items()
        )

    # --------------------------------------------------------------------------- cuts

    def heads(self, remove: bytes, log: bytes) -> set[bytes]:
        """The heads of a remove's cut in one log of the removed co-op."""
        fields = self.body(remove).fields
        found = set(cuts_of(fields["cut"]).get(log, []))
        for one in self.ancestors[remove] & self.valid:
            if self.known[one].coop != fields["coop"]:
                refs = self.body(one).refs
                found.update(ref for ref in refs if self.known[ref].log == log)
        return found

    def lies_beyond(self, remove: bytes, record: Record) -> bool:
        """Whether a circle record of the removed co-op lies beyond the remove's cut."""
        if record.id not in self.ancestors[remove]:
            return True
        return self.heads(remove, record.log) <= set(self.store.below(record.id)[1:])

    # ----------------------------------------------------------------------------- validity

    def _is_valid(self, record: Record) -> bool:
        body, before = self.body(record.id), self.ancestors[record.id]
        if record.kind == "circle.found/1":
            return not body.refs and record.coop in hashes_of(body.fields["stewards"])
        if record.id in self.disputed:
            return False
        for ref in body.refs:
            of = self.known[ref]
            if of.order >= record.order:
                return False
            if of.log != record.log and of.time_ms >= record.time_ms:
                return False
        if not any(self.known[one].kind == "circle.found/1" for one in before & self.valid):
            return False
        return self._fits_its_kind(record, self.walk(before))

    def _fits_its_kind(self, record: Record, state: State) -> bool:
        fields, before = self.body(record.id).fields, self.ancestors[record.id]
        if record.kind == "circle.accept/1":
            named = itself(fields["admit"])
            if named not in before & self.valid or named not in self.digests:
                return False
            return self.digests[named] in state.grounds.get(record.coop, {})
        if record.coop not in state.members():
            return False
        if record.kind == "affirm/1":
            return True
        if record.kind == "endorse/1":
            proposal = itself(fields.get("proposal", b""))
            act = text_in(fields["act"])
            named = self.store.network.of("act", act, self.store.circle, proposal)
            return not proposal or named == fields["digest"]
        digest = self.digests[record.id]
        if any(self.digests.get(one) == digest for one in before & self.valid):
            return False
        return self._act_is_allowed(record, state)

    def _act_is_allowed(self, record: Record, state: State) -> bool:
        fields = self.body(record.id).fields
        if record.kind == "circle.rule/1":
            return self._is_met(record, state, "rule")
        coop = itself(fields["coop"])
        plain = self.plain.walk(self.ancestors[record.id])
        if record.kind == "circle.admit/1":
            known = coop in state.members() & plain.members()
            return not known and self._is_met(record, state, "admit")
        grounds = set().union(*state.grounds.get(coop, {}).values())
        named = set(hashes_of(fields["admits"]))
        if not named & grounds or named - grounds - set().union(
            *plain.grounds.get(coop, {}).values()
        ):
            return False
        return coop == record.coop or self._is_met(record, state, "remove")

    def _is_met(self, record: Record, state: State, threshold: str) -> bool:
        wanted = map_of(state.rules[threshold])
        electors = state.members()
        if wanted["by"] == "stewards":
            electors &= set(hashes_of(state.rules["stewards"]))
        supporters = {record.coop}
        for one in self.ancestors[record.id] & self.valid:
            endorsed = self.body(one).fields
            if (
                self.known[one].kind == "endorse/1"
                and endorsed["act"] == record.kind
                and endorsed["digest"] == self.digests[record.id]
            ):
                supporters.add(self.known[one].coop)
        return len(supporters & electors) >= needed(number_of(wanted["count"]), len(electors))

    def named_by(self, act: bytes) -> set[bytes]:
        """The co-ops that an act gives a ground."""
        fields = self.body(act).fields
        if self.known[act].kind == "circle.found/1":
            return set(hashes_of(fields["stewards"]))
        return {itself(fields["coop"])} if self.known[act].kind == "circle.admit/1" else set()

    def named(self) -> set[bytes]:
        """Authors of what stands, and co-ops that a founding or an admit that stands names."""
        standing = self.standing()
        authors = {self.known[one].coop for one in standing}
        return authors.union(*(self.named_by(act) for act in standing))

    def founding_in(self, log: bytes) -> bytes | None:
        """A valid founding record in a log."""
        for one in self.valid:
            if self.known[one].kind == "circle.found/1" and self.known[one].log == log:
                return one
        return None


def needed(count: int, electors: int) -> int:
    if electors < 3:
        return 1  # of nobody, one is never met
    return min(count or electors // 2 + 1, electors)


# --------------------------------------------------------------------------- what counts


def counted(store: Store, circle: Circle) -> set[bytes]:
    """The ids of the counted records."""
    circle = circle.effective()
    allowed = {opening: _Allowance(store, circle, opening) for opening in store.openings}
    return {
        record.id
        for record in store.records.values()
        if allowed[store.opening_of[record.id]].has(record)
    }


def stands(store: Store, circle: Circle, opening: bytes) -> bool:
    """Whether a valid founding or any admit that is judged and names the co-op is the ground."""
    ground = store.openings[opening].ground
    if ground is None:
        return circle.founding_in(store.records[opening].log) is not None
    is_here = ground in circle.ancestors
    if is_here and circle.known[ground].kind == "circle.found/1":
        is_here = ground in circle.valid
    return is_here and store.records[opening].coop in circle.named_by(ground)


class _Allowance:
    """How far the branches of one opening count."""

    def __init__(self, store: Store, circle: Circle, opening: bytes) -> None:
        self.circle = circle
        record, ground = store.records[opening], store.openings[opening].ground
        self.counts = False
        act = circle.founding_in(record.log) if ground is None else ground
        digest = circle.digests.get(act) if act is not None and act in circle.valid else None
        self.removes: list[bytes] = []
        if digest is not None and digest in circle.state.grounds.get(record.coop, {}):
            self.counts = True
            self.removes = list(circle.state.ends.get((record.coop, digest), set()))
        self.heads = [circle.heads(remove, record.log) for remove in self.removes]
        self.within = [_down(store, heads) for heads in self.heads]
        self.key_heads = [set(heads) for heads in _key_cuts(store, record)]
        self.keys = [_down(store, heads) for heads in self.key_heads]
        self.affirmed = circle.affirmed(record.coop) if self.keys else set()

    def has(self, record: Record) -> bool:
        within = all(record.id in heads for heads in self.keys)
        if not self.counts or not (within or record.id in self.affirmed):
            return False
        if record.kind in CIRCLE_KINDS:
            return not any(self.circle.lies_beyond(remove, record) for remove in self.removes)
        return all(record.id in heads for heads in self.within)


def carried(store: Store, circle: Circle, counts: set[bytes]) -> set[bytes]:
    """What is counted, and beyond that what standing circle records and heads of cuts stand on."""
    circle = circle.effective()
    heads = {record for record in circle.standing() if record in store.records}
    for opening in store.openings:
        allowed, log = _Allowance(store, circle, opening), store.records[opening].log
        named = {
            one for one in allowed.affirmed & store.records.keys() if store.records[one].log == log
        }
        heads = heads.union(named, *allowed.heads, *allowed.key_heads)
    return _down(store, counts | heads)


def _key_cuts(store: Store, record: Record) -> list[list[bytes]]:
    """The heads within which the key log of a record's co-op lets its log count."""
    device = store.openings[store.opening_of[record.id]].device
    return store.keys.logs[record.coop].cuts(device, record.log)


def _is_within(store: Store, record: Record) -> bool:
    return all(record.id in _down(store, set(heads)) for heads in _key_cuts(store, record))


def _down(store: Store, heads: set[bytes]) -> set[bytes]:
    return {one for head in heads for one in store.below(head)}
