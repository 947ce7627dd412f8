"""A co-op's machines, added, taken out and listed anew by its recovery words."""

import pytest
from mnemonic import Mnemonic

from node import devices, ingest
from node.store import keylogs
from protocol.cuts import cuts_of
from protocol.errors import Refusal
from protocol.keyevents import Device
from protocol.keylog import KeyLog
from protocol.keys import agreement_public
from tests.coops import NOW_MS, Coop, Talk, trio

WRONG = bytes(32)


def machine(name: str = "machine") -> Device:
    one = Coop(name)
    return Device(noise=agreement_public(one.keyring.noise_private), sign=one.device)


def key_log(coop: Coop) -> KeyLog:
    log = keylogs.key_log(coop.database, coop.id)
    assert log is not None
    return log


def test_words_are_read_with_any_space_and_case_and_checked() -> None:
    recovery = bytes(range(32))
    words = Mnemonic("english").to_mnemonic(recovery)
    assert devices.recovery_of(f"  {words.upper()}\n") == recovery
    short = Mnemonic("english").to_mnemonic(bytes(16))
    for wrong in ("", words.replace("abandon", "abandun", 1), f"{words} able", short, "x" * 999):
        with pytest.raises(Refusal, match="bad-words"):
            devices.recovery_of(wrong)


def test_a_machine_is_added_by_the_words_alone() -> None:
    coop = Coop("fishers")
    with pytest.raises(Refusal, match="bad-words"):
        devices.add(coop.database, coop.id, WRONG, machine(), coop.draw)
    devices.add(coop.database, coop.id, coop.recovery, machine(), coop.draw)
    assert {one.sign for one in key_log(coop).live_devices()} == {coop.device, machine().sign}
    with pytest.raises(Refusal, match="already-there"):
        devices.add(coop.database, coop.id, coop.recovery, machine(), coop.draw)


def test_sixteen_machines_are_enough() -> None:
    coop = Coop("fishers")
    for number in range(15):
        devices.add(coop.database, coop.id, coop.recovery, machine(f"{number}"), coop.draw)
    with pytest.raises(Refusal, match="too-large"):
        devices.add(coop.database, coop.id, coop.recovery, machine(), coop.draw)


def test_a_machine_that_is_taken_out_keeps_what_is_here_and_nothing_later() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "coffee")
    thief = growers.copy()
    late = thief.offer(circle, "stolen")
    devices.revoke(growers.database, growers.id, growers.recovery, growers.device, growers.draw)
    assert [one.is_live for one in devices.machines(growers.database, growers.id)] == [False]
    Talk(fishers, growers).hello()
    assert fishers.titles(circle) == ["coffee"]
    outcome = ingest.ingest_paths(fishers.database, circle, late.paths, NOW_MS, live=True)
    assert outcome.new_records == 0
    with pytest.raises(Refusal, match="not-found"):
        devices.revoke(growers.database, growers.id, growers.recovery, growers.device, growers.draw)


def test_a_machine_that_never_wrote_is_cut_all_the_same() -> None:
    coop, added = Coop("fishers"), machine()
    devices.add(coop.database, coop.id, coop.recovery, added, coop.draw)
    devices.revoke(coop.database, coop.id, coop.recovery, added.sign, coop.draw)
    (only,) = cuts_of(key_log(coop), added.sign, bytes(32))
    assert only.heads == ()


def test_the_next_keys_keep_live_machines_and_say_again_what_was_cut() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "coffee")
    devices.add(growers.database, growers.id, growers.recovery, machine(), growers.draw)
    devices.revoke(growers.database, growers.id, growers.recovery, growers.device, growers.draw)
    Talk(fishers, growers).hello()
    for place in (1, 2):
        devices.rotate(growers.database, growers.id, growers.recovery, growers.draw)
        log = key_log(growers)
        assert log.current.place == place
        assert [one.sign for one in log.live_devices()] == [machine().sign]
    Talk(fishers, growers).hello()
    assert fishers.titles(circle) == growers.titles(circle) == ["coffee"]
    assert fishers.root(circle) == growers.root(circle)
    with pytest.raises(Refusal, match="bad-words"):
        devices.rotate(growers.database, growers.id, WRONG, growers.draw)
