"""Key logs and circles as the reader of SPEC.md alone judges them, against the vectors."""

import random

import pytest

from tests.interop.reader_circle import Circle, needed
from tests.interop.reader_codec import Network, Value, decode
from tests.interop.reader_keys import KeyLog, KeyLogs, parse_event
from tests.interop.reader_kinds import Body
from tests.interop.reader_records import Record, Store
from tests.interop.reader_trie import key_value
from tests.interop.reader_values import map_of
from tests.interop.vectors import Case, all_octets, cases, load, octets_of, value_of, verdict

COOP = Network("coop")
KEYLOGS = load("keylogs")
CIRCLES = load("circles")
SEEDS = range(5)


def signed_of(told: Case) -> Value:
    return [octets_of(told["event"]), value_of(told["signatures"])]


SIGNED = {told["name"]: signed_of(told) for told in [*KEYLOGS["events"], *KEYLOGS["witnesses"]]}


@cases("keylogs", "events", "witnesses")
def test_key_event_has_a_hash(case: Case) -> None:
    event = parse_event(COOP, signed_of(case))
    assert (event.kind, event.place, event.hash.hex()) == (
        case["kind"],
        case["place"],
        case["hash"],
    )


def logs_of(case: Case, rng: random.Random) -> KeyLogs:
    """The key logs of a case, its events but the inception and its receipts in any order."""
    logs = KeyLogs(COOP)
    for witness in KEYLOGS["witnesses"]:
        logs.take([parse_event(COOP, SIGNED[witness["name"]])])
    first, *others = case["events"]
    rng.shuffle(others)
    logs.take([parse_event(COOP, SIGNED[name]) for name in [first, *others]])
    receipts = [decode(octets_of(told["receipt"])) for told in case.get("receipts", [])]
    rng.shuffle(receipts)
    for receipt in receipts:
        logs.take_receipt(receipt)
    return logs


@cases("keylogs", "sets")
def test_key_log_says_who_is_in_force(case: Case) -> None:
    for seed in SEEDS:
        log = logs_of(case, random.Random(seed)).logs[octets_of(case["coop"])]
        current = log.in_force()[-1]
        epoch = log.epochs[current]
        told = value_of(case["listed"])
        listed: list[Value] = [
            [event, [[noise, sign] for sign, noise in sorted(log.devices(event))]]
            for event in log.epochs
        ]
        assert current == octets_of(case["current"])
        assert log.events[current].place == case["place"]
        assert epoch.controller == octets_of(case["controller"])
        assert epoch.next_controller == octets_of(case["next_controller"])
        assert epoch.sealing == octets_of(case["sealing"])
        assert [epoch.threshold, epoch.recovery] == value_of(case["board"])
        live: list[Value] = [[noise, sign] for sign, noise in sorted(log.live())]
        assert live == value_of(case["live_devices"])
        assert sorted(log.revoked()) == all_octets(case["revoked"])
        for cut in case["cuts"]:
            heads = log.cuts(octets_of(cut["device"]), octets_of(cut["log"]))
            assert heads == [all_octets(one) for one in cut["within"]]
        assert isinstance(told, list)
        assert sorted(listed, key=repr) == sorted(told, key=repr)
        leaf = key_value(COOP, set(log.events), set(log.receipts))
        assert leaf == octets_of(case["leaf"])


@cases("keylogs", "refused")
def test_other_key_event_is_refused(case: Case) -> None:
    inception = parse_event(COOP, SIGNED["inception"])
    log = KeyLog(inception.coop)
    log.take(COOP, [inception])
    assert verdict(lambda: log.take(COOP, [parse_event(COOP, signed_of(case))])) == case["refusal"]
    assert list(log.events) == [inception.hash]


# ------------------------------------------------------------------------------------ circles


@cases("circles", "needed")
def test_so_many_are_needed(case: Case) -> None:
    assert needed(case["count"], case["electors"]) == case["needed"]


class Told(Store):
    """A store whose records tell what stands before them in their log."""

    def __init__(self, records: list[Case]) -> None:
        super().__init__(Network(CIRCLES["network"]), octets_of(CIRCLES["circle"]), KeyLogs(COOP))
        self.before = {octets_of(told["id"]): all_octets(told["before"]) for told in records}

    def below(self, record: bytes) -> list[bytes]:
        return [record, *self.before[record]]


def record_of(told: Case) -> Record:
    fields = map_of(decode(octets_of(told["fields"])))
    before = all_octets(told["before"])
    return Record(
        octets_of(told["id"]),
        octets_of(told["coop"]),
        octets_of(told["log"]),
        told["seq"],
        before[0] if before else None,
        bytes(16),
        told["time_ms"],
        told["kind"],
        octets_of(CIRCLES["circle"]),
        None,
        Body(bytes(16), None, all_octets(told["refs"]), fields),
    )


def judged(case: Case, rng: random.Random) -> Circle:
    records = [record_of(told) for told in case["records"]]
    rng.shuffle(records)
    circle = Circle(Told(case["records"]))
    for record in records:
        circle = circle.with_more([record])
    disputed = frozenset(all_octets(case["disputed"]))
    return circle.without(disputed) if disputed else circle


@pytest.mark.parametrize("seed", SEEDS)
@cases("circles", "histories", "disputed")
def test_circle_is_judged(case: Case, seed: int) -> None:
    circle = judged(case, random.Random(seed))
    valid = {octets_of(told["id"]) for told in case["records"] if not told["why_invalid"]}
    assert circle.valid == valid
    assert sorted(circle.standing()) == all_octets(case["standing"])
    state = circle.state
    assert sorted(state.members()) == all_octets(case["members"])
    rules = state.enacted[state.in_force]
    assert octets_of(case["rules_of"]) in rules


@cases("circles", "histories", "disputed")
def test_grounds_and_ends_are_as_told(case: Case) -> None:
    circle = judged(case, random.Random(0))
    state, digests = circle.state, circle.digests
    grounds = {octets_of(coop): set(all_octets(acts)) for coop, acts in case["grounds"]}
    assert {coop: set().union(*kept.values()) for coop, kept in state.grounds.items()} == grounds
    accepted = {(octets_of(act), octets_of(coop)) for act, coop in case["accepted"]}
    assert {
        (act, coop)
        for coop, kept in state.accepted.items()
        for digest in kept
        for act in circle.valid
        if digests.get(act) == digest and act in grounds.get(coop, ())
    } == accepted
    ended = {
        (octets_of(act), octets_of(coop)): set(all_octets(removes))
        for act, coop, removes in case["ended"]
    }
    assert {
        (act, coop): removes
        for (coop, digest), removes in state.ends.items()
        for act in circle.valid
        if digests.get(act) == digest and act in grounds.get(coop, ())
    } == ended


@cases("circles", "histories", "disputed")
def test_heads_and_cuts_are_as_told(case: Case) -> None:
    circle = judged(case, random.Random(0))
    referred = {ref for one in circle.valid for ref in circle.body(one).refs}
    assert sorted(circle.valid - referred) == all_octets(case["heads"])
    for told in case["cuts"]:
        coop, log, ground = all_octets([told["coop"], told["log"], told["ground"]])
        digest = circle.digests[ground]
        assert (digest in circle.state.grounds.get(coop, {})) is (told["heads"] is not None)
        removes = circle.state.ends.get((coop, digest), set())
        found = sorted(sorted(circle.heads(remove, log)) for remove in removes)
        assert found == sorted(sorted(all_octets(heads)) for heads in told["heads"] or [])
