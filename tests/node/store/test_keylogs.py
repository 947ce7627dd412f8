"""Key logs in the store: verified, put once, read again as they came."""

import pytest

from node import ingest
from node.store import keylogs
from protocol.errors import Refusal
from protocol.keyevents import Device, DeviceAdd
from protocol.keylog import Signed, event_hash, write_event
from protocol.keys import agreement_public, controller_seed, sign, signing_pair
from protocol.trie import key_leaf
from tests.coops import NETWORK, Coop, trio


def device_added(coop: Coop, name: str = "machine") -> Signed:
    machine = Coop(name)
    noise = agreement_public(machine.keyring.noise_private)
    fields = DeviceAdd(Device(noise=noise, sign=machine.device))
    event = write_event("device.add/1", coop.id, 0, coop.id, bytes(16), fields)
    public, secret = signing_pair(controller_seed(NETWORK, coop.recovery, 0))
    return Signed(event, ((public, sign(secret, event_hash(NETWORK, event))),))


def test_events_are_kept_as_they_came_and_found_again_after_a_restart() -> None:
    coop, other = Coop("fishers"), Coop("growers")
    added = device_added(other)
    assert keylogs.put_key_logs(coop.database, [other.inception, added]) == {other.id}
    coop.database.forget()
    assert list(keylogs.events_of(coop.database, other.id)) == [other.inception, added]
    known = keylogs.key_log(coop.database, other.id)
    assert known is not None
    assert known.may_sign(other.id[:16], Coop("machine").device)
    assert known.may_sign(other.id[:16], other.device)


def test_what_is_known_is_not_put_twice() -> None:
    coop, other = Coop("fishers"), Coop("growers")
    keylogs.put_key_logs(coop.database, [other.inception])
    assert keylogs.put_key_logs(coop.database, [other.inception]) == set()
    assert len(keylogs.events_of(coop.database, other.id)) == 1


def test_events_of_several_coops_may_come_in_any_order() -> None:
    coop = Coop("fishers")
    others = [Coop(f"coop {number}") for number in range(3)]
    events = [device_added(one) for one in others] + [one.inception for one in others]
    assert keylogs.put_key_logs(coop.database, events) == {one.id for one in others}
    for one in others:
        known = keylogs.key_log(coop.database, one.id)
        assert known is not None
        assert len(known.events) == 2


def test_an_event_before_its_inception_has_to_wait() -> None:
    coop, other = Coop("fishers"), Coop("growers")
    with pytest.raises(Refusal, match="unknown-coop"):
        keylogs.put_key_logs(coop.database, [device_added(other)])
    assert keylogs.key_log(coop.database, other.id) is None


def test_a_false_event_is_refused_and_nothing_that_came_with_it_stays() -> None:
    coop, other, third = Coop("fishers"), Coop("growers"), Coop("third")
    added = device_added(other)
    forged = Signed(added.event, ((added.signatures[0][0], bytes(64)),))
    with pytest.raises(Refusal, match="bad-signature"):
        ingest.ingest_keys(coop.database, [third.inception, other.inception, forged])
    for one in (other, third):
        assert keylogs.key_log(coop.database, one.id) is None
        assert list(keylogs.events_of(coop.database, one.id)) == []
    assert ingest.ingest_keys(coop.database, [other.inception, added]) == {other.id}


def test_what_has_to_wait_keeps_nothing_back_that_a_peer_sent_with_it() -> None:
    coop, other, third = Coop("fishers"), Coop("growers"), Coop("third")
    added = device_added(other)
    assert ingest.take_keys(coop.database, [added, third.inception]) == {third.id}
    assert ingest.take_keys(coop.database, [added, other.inception]) == {other.id}
    forged = Signed(third.inception.event, ((third.inception.signatures[0][0], bytes(64)),))
    with pytest.raises(Refusal, match="bad-signature"):
        ingest.take_keys(other.database, [added, forged])


def test_a_key_log_that_grew_changes_its_leaf_in_every_circle_that_names_the_coop() -> None:
    circle, fishers, growers, _ = trio()
    leaf, before = key_leaf(NETWORK, growers.id), fishers.root(circle)
    ingest.ingest_keys(fishers.database, [device_added(growers)])
    assert fishers.root(circle) != before
    known = keylogs.key_log(fishers.database, growers.id)
    assert known is not None
    assert fishers.replica.leaf_value(circle, leaf) == known.leaf()
    ingest.ingest_keys(growers.database, [device_added(growers)])
    assert growers.root(circle) == fishers.root(circle)
