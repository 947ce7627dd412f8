"""A key log is a set: its events and receipts put the same keys in force in any order."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.keyevents import Receipt
from protocol.keylog import KeyLog, Signed
from tests.protocol.coops import Coop, code_of, hash_of

ANNA, BEN, CARA = (Coop(name) for name in ("anna", "ben", "cara"))
WITNESSES = [Coop(f"witness {number}") for number in range(3)]
COOP = Coop("fishers", board=[ANNA, BEN], threshold=2, witnesses=WITNESSES)
ROTATED = COOP.rotate(COOP.id, 1, 1, devices=(0, 1))
RIVAL = COOP.recover(COOP.id, 1, 5, [ANNA, BEN], devices=(2,))
BOARD = COOP.new_board(hash_of(ROTATED), 2, [CARA], 1, [ANNA, BEN])
EVENTS = [
    ROTATED,
    RIVAL,
    COOP.rotate(COOP.id, 1, 1, devices=(3,), mark="other"),
    BOARD,
    COOP.recover(hash_of(BOARD), 3, 6, [CARA], devices=(1, 4)),
    COOP.rotate(hash_of(BOARD), 3, 2, devices=(0,)),
    COOP.rotate(hash_of(RIVAL), 2, 6, devices=(2,)),
    COOP.add_device(COOP.id, 0, 6),
    COOP.add_device(hash_of(ROTATED), 1, 7, epoch=1),
    COOP.add_device(hash_of(BOARD), 2, 8, epoch=1),
    COOP.revoke(hash_of(BOARD), 2, 7, COOP.device_key(7)),
    COOP.revoke(COOP.id, 0, 0, COOP.controller(0)),
]
RECEIPTS = [
    witness.receipt(COOP, hash_of(event))
    for witness in WITNESSES
    for event in (ROTATED, RIVAL, BOARD, EVENTS[4], EVENTS[5])
]
LOGS = {witness.id: witness.key_log() for witness in WITNESSES}


def told(log: KeyLog) -> object:
    """All that a key log says."""
    return (
        log.current,
        log.leaf(),
        log.live_devices(),
        log.revoked(),
        log.epochs,
        {reference: log.devices_of(epoch) for reference, epoch in log.epochs.items()},
        log.export(),
    )


def filled(events: list[Signed], receipts: list[Receipt]) -> KeyLog:
    log = COOP.key_log()
    log.add(events)
    for receipt in receipts:
        log.add_receipt(receipt, LOGS[receipt.witness])
    return log


@given(
    events=st.permutations(EVENTS),
    receipts=st.lists(st.sampled_from(RECEIPTS), unique_by=lambda one: one.signature),
    data=st.data(),
)
def test_a_whole_set_says_the_same_in_any_order(
    events: list[Signed], receipts: list[Receipt], data: st.DataObject
) -> None:
    expected = told(filled(EVENTS, receipts))
    again = [*events, *data.draw(st.lists(st.sampled_from(EVENTS), max_size=4))]
    assert told(filled(again, data.draw(st.permutations(receipts)))) == expected


@given(events=st.permutations(EVENTS), sizes=st.lists(st.integers(1, 5), min_size=12, max_size=12))
def test_parts_that_come_before_what_they_follow_are_taken_when_they_come_again(
    events: list[Signed], sizes: list[int]
) -> None:
    """Each refused part leaves nothing; handed on until all is in, the same keys are in force."""
    parts: list[list[Signed]] = []
    while events:
        size = sizes[len(parts)]
        parts.append(events[:size])
        events = events[size:]
    log = COOP.key_log()
    for _ in range(len(parts)):
        for part in parts:
            if not took(log, part):
                # A part that mixes early and late events can wait for a later part for ever.
                took(log, [one for other in parts for one in other])
    assert told(log) == told(filled(EVENTS, []))


def took(log: KeyLog, events: list[Signed]) -> bool:
    before = told(log)
    code = code_of(lambda: log.add(events))
    assert code in {None, "unknown-key", "bad-key-event"}
    assert code is None or told(log) == before
    return code is None


@pytest.mark.parametrize("count", range(4))
def test_receipts_of_a_few_witnesses_in_every_order_and_between_the_events(count: int) -> None:
    rivals = EVENTS[:3]
    receipts = [WITNESSES[n].receipt(COOP, hash_of(rivals[n % 2])) for n in range(count)]
    expected = told(filled(rivals, receipts))
    for order in permutations(receipts):
        assert told(filled(rivals, list(order))) == expected


def test_who_is_in_force_depends_on_receipts_alone_not_on_who_came_first() -> None:
    for favoured in EVENTS[:3]:
        receipts = [witness.receipt(COOP, hash_of(favoured)) for witness in WITNESSES]
        for order in permutations(EVENTS[:3]):
            assert filled(list(order), receipts).current.hash == hash_of(favoured)
