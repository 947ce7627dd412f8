"""Circles of co-ops that act at random, half knowing of each other: files to try readers on."""

import random
from collections.abc import Callable
from typing import Final

from tests.interop.command_line import Verifier
from tests.interop.reader import summary, take_path
from tests.interop.reader_chunk import parse_path
from tests.interop.reader_circle import Circle, carried, counted
from tests.interop.reader_codec import Network, RefusalError, Value, encode
from tests.interop.reader_keys import KeyLogs, parse_event
from tests.interop.reader_kinds import CIRCLE_KINDS
from tests.interop.reader_records import Store, check_path
from tests.interop.reader_trie import leaves_of, root
from tests.interop.reader_values import hashes_of, items_of, itself
from tests.interop.writer import (
    LIST,
    NETWORK,
    START_MS,
    Coop,
    Log,
    Made,
    chunk_of,
    export,
    found_circle,
    log_cut,
    path_of,
    rules,
)

OFFER: Final = "offer/1"
OFFER_FIELDS: Final[dict[str, Value]] = {"title": {"en": "Coffee"}}


def keys_of(coops: list[Coop], receipts: LIST) -> KeyLogs:
    keys = KeyLogs(NETWORK)
    keys.take([parse_event(NETWORK, event) for coop in coops for event in coop.events])
    for receipt in receipts:
        keys.take_receipt(receipt)
    return keys


def file_of(circle: bytes, coops: list[Coop], paths: list[LIST], receipts: LIST) -> bytes:
    """An export file of the paths whose logs stand, and the root that they come to."""
    store = Store(NETWORK, circle, keys_of(coops, receipts))
    judged, taken = taken_of(store, paths)
    named = judged.named() | {itself(items_of(receipt)[0]) for receipt in receipts}
    events: LIST = [event for coop in coops if coop.id in named for event in coop.events]
    made = root(NETWORK, leaves_of(store, judged, carried(store, judged, counted(store, judged))))
    header: Value = {"circle": circle, "network": NETWORK.name, "root": made}
    chunk: LIST = ["chunk", chunk_of([*taken])]
    return export(header, [["keys", events, receipts], chunk], len(store.records))


def taken_of(store: Store, paths: list[LIST]) -> tuple[Circle, list[LIST]]:
    """The circle and the paths that it takes, in the order in which it takes them."""
    circle, taken, left = Circle(store), [], paths
    while left:
        waiting = []
        for path in left:
            try:
                circle = take_path(store, circle, parse_path(path))
                taken.append(path)
            except RefusalError:
                waiting.append(path)
        if len(waiting) == len(left):
            break
        left = waiting
    return circle.effective(), taken


class World:
    """Co-ops, what each knows, and all that they wrote."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        self.coops = [Coop(rng) for _ in range(rng.randrange(2, 6))]
        self.time_ms = START_MS
        founders = [coop.id for coop in self.coops[: rng.randrange(1, 4)]]
        self.founders = founders
        fields = rules(founders, **self._thresholds())
        log, opening, founding = found_circle(self.coops[0], fields, self.time_ms)
        self.circle = log.circle
        self.store = Store(NETWORK, self.circle, keys_of(self.coops, []))
        self.judged = Circle(self.store)
        self.made: dict[bytes, Made] = {}
        self.paths: list[LIST] = []
        self.logs: dict[bytes, list[Log]] = {coop.id: [] for coop in self.coops}
        self.logs[self.coops[0].id].append(log)
        self.knows: dict[bytes, set[bytes]] = {coop.id: set() for coop in self.coops}
        self.proposals: list[tuple[str, dict[str, Value]]] = []
        self._keep([opening, founding])
        for known in self.knows.values():
            known.update(self.made)

    def _thresholds(self) -> dict[str, Value]:
        return {
            name: {
                "by": self.rng.choice(["members", "stewards"]),
                "count": self.rng.choice([0, 1, 1, 2]),
            }
            for name in ("admit", "remove", "rule")
        }

    def _keep(self, run: list[Made]) -> bool:
        """Keep new records; seldom a circle record that is not valid."""
        path = path_of(*run)
        taken = check_path(self.store, parse_path(path))
        self.store.put(taken)
        judged = self.judged.with_more(taken.records)
        last = run[-1]
        invalid = last.kind in CIRCLE_KINDS and last.id not in judged.valid
        if invalid and self.rng.random() < 0.95:
            self.store.drop(taken)
            return False
        self.judged = judged
        self.paths.append(path)
        self.made.update({made.id: made for made in run})
        self.knows[last.coop].update(made.id for made in run)
        return True

    def _acts(self, coop: bytes, known: set[bytes]) -> list[bytes]:
        """The valid acts that are known to give a co-op a ground."""
        found = []
        for one in sorted(known & self.judged.valid):
            kind, fields = self.made[one].kind, self.judged.body(one).fields
            named = kind == "circle.admit/1" and fields["coop"] == coop
            if named or (kind == "circle.found/1" and coop in hashes_of(fields["stewards"])):
                found.append(one)
        return found

    def _write(self, coop: Coop, kind: str, fields: Value) -> None:
        known, rng = self.knows[coop.id], self.rng
        refs: list[bytes] = []
        if kind in CIRCLE_KINDS:
            circle = {one for one in known if self.made[one].kind in CIRCLE_KINDS}
            refs = sorted(circle - {ref for one in circle for ref in self.made[one].refs})
        logs = self.logs[coop.id]
        opened: list[Made] = []
        if logs and rng.random() < 0.9:
            log = rng.choice(logs)
            own = [made for made in log.made if made.id in known]
            after = own[-1] if rng.random() < 0.9 else rng.choice(own)
        else:
            grounds = self._acts(coop.id, known)
            if not grounds:
                return
            log = Log(coop, self.circle, coop.device, len(logs) + 1)
            after = log.open(self.time_ms, rng.choice(grounds))
            opened = [after]
        made = log.add(kind, fields, self.time_ms, refs=refs, after=after)
        if not self._keep([*opened, made]):
            log.made.pop()
        elif opened:
            logs.append(log)

    def _cut(self, coop: bytes, known: set[bytes]) -> LIST:
        found: LIST = []
        for log in sorted(self.logs[coop], key=lambda one: one.id):
            seen = [made for made in log.made if made.id in known]
            if seen and self.rng.random() < 0.8:
                heads = self.rng.sample(seen, min(len(seen), self.rng.randrange(3)))
                found.append(log_cut(log.id, {made.id: made.signature for made in heads}))
        return found

    def _proposal(self, coop: Coop, kind: str) -> dict[str, Value] | None:
        """The fields of an act: new ones, or ones that were proposed before."""
        rng, other = self.rng, self.rng.choice(self.coops).id
        told = [fields for proposed, fields in self.proposals if proposed == kind]
        if told and rng.random() < 0.5:
            return rng.choice(told)
        nonce: Value = rng.randbytes(16)
        if kind == "circle.admit/1":
            return {"coop": other, "nonce": nonce}
        if kind == "circle.rule/1":
            stewards = [one.id for one in rng.sample(self.coops, rng.randrange(1, 3))]
            return rules(stewards, nonce=nonce, **self._thresholds())
        admits: LIST = [*self._acts(other, self.knows[coop.id])]
        cut = self._cut(other, self.knows[coop.id])
        return {"admits": admits, "coop": other, "cut": cut, "nonce": nonce} if admits else None

    def _offer(self, coop: Coop) -> None:
        self._write(coop, OFFER, {"title": {"en": "x"}})

    def _accept(self, coop: Coop) -> None:
        if acts := self._acts(coop.id, self.knows[coop.id]):
            self._write(coop, "circle.accept/1", {"admit": self.rng.choice(acts)})

    def _endorse(self, coop: Coop) -> None:
        kind = self.rng.choice(["circle.admit/1", "circle.rule/1", "circle.remove/1"])
        fields = self._proposal(coop, kind)
        if fields is not None:
            self.proposals.append((kind, fields))
            content = encode(fields)
            digest = NETWORK.of("act", kind, self.circle, content)
            self._write(coop, "endorse/1", {"act": kind, "digest": digest, "proposal": content})

    def _act(self, coop: Coop) -> None:
        kind = self.rng.choice(["circle.admit/1", "circle.rule/1", "circle.remove/1"])
        fields = self._proposal(coop, kind)
        if fields is not None:
            self._write(coop, kind, fields)

    def step(self) -> None:
        self.time_ms += self.rng.choice([0, 1, 1, 5])
        coop = self.rng.choice(self.coops)
        for other in self.coops:
            if self.rng.random() < 0.4:
                self.knows[coop.id] |= self.knows[other.id]
        acts: list[Callable[[Coop], None]] = [self._offer, self._accept, self._endorse, self._act]
        self.rng.choice([*acts, self._act])(coop)

    def file(self) -> bytes:
        paths = self.rng.sample(self.paths, len(self.paths))
        return file_of(self.circle, self.coops, paths, [])


class Whole:
    """A sound file of two co-ops, in parts that a case puts together otherwise."""

    def __init__(self) -> None:
        rng = random.Random("whole")
        self.first, self.second = Coop(rng), Coop(rng)
        self.stranger = Coop(rng)
        self.rules = rules([self.first.id, self.second.id])
        self.log, opening, founding = found_circle(self.first, self.rules, START_MS)
        self.other = Log(self.second, self.log.circle, self.second.device)
        opened = self.other.open(START_MS + 1, founding.id)
        accept: Value = {"admit": founding.id}
        accepted = self.other.add("circle.accept/1", accept, START_MS + 2, refs=[founding.id])
        offers = [self.log.add(OFFER, OFFER_FIELDS, START_MS + 5 + place) for place in range(2)]
        self.runs: list[list[Made]] = [
            [opening, founding],
            [opened, accepted],
            *([o] for o in offers),
        ]
        self.paths: LIST = [path_of(*run) for run in self.runs]
        self.events: LIST = [*self.first.events, *self.second.events]
        self.header = self.rooted(self.paths)
        self.keys: LIST = ["keys", self.events, []]
        self.chunk: LIST = ["chunk", chunk_of(self.paths)]

    def rooted(self, paths: LIST) -> dict[str, Value]:
        sound = file_of(
            self.log.circle, [self.first, self.second], [items_of(path) for path in paths], []
        )
        found = summary(sound, START_MS)
        return {
            "circle": self.log.circle,
            "network": NETWORK.name,
            "root": bytes.fromhex(str(found["root"])),
        }

    def file(self, *blocks: Value, records: Value = 6, **header: Value) -> bytes:
        network = header.get("network", NETWORK.name)
        assert isinstance(network, str)
        return export({**self.header, **header}, [*blocks], records, Network(network))

    def chunked(self, *paths: Value, records: int = 6) -> bytes:
        return self.file(self.keys, ["chunk", chunk_of([*paths])], records=records)

    def changed(self, place: int, value: Value) -> bytes:
        """The third path with another column."""
        path = [*items_of(self.paths[2])]
        path[place] = value
        return self.chunked(*self.paths[:2], path, self.paths[3])

    def framed(self, content: bytes) -> bytes:
        return self.file(self.keys, ["chunk", content])


def outcome(data: bytes) -> tuple[bool, object, object, object]:
    try:
        found = summary(data, START_MS)
    except RefusalError:
        return False, None, None, None
    return True, found["coops"], found["records"], found["root"]


def outcome_there(log_verify: Verifier, data: bytes) -> tuple[bool, object, object, object]:
    said = log_verify(data)
    if not said["ok"]:
        return False, None, None, None
    return True, said["coops"], said["records"], said["root"]
