import pytest

from node.net.introductions import PARTS_MAX, Introductions
from protocol.errors import Refusal
from protocol.keyevents import Device, DeviceAdd
from protocol.keylog import Signed, event_hash, write_event
from protocol.keys import agreement_public, controller_seed, sign, signing_pair
from protocol.limits import ASKED_KEY_LOGS_MAX, KEY_EVENT_BYTES_MAX, SIGNATURE_BYTES
from protocol.messages import AskIntroduction, Introduction, read, write
from tests.coops import NETWORK, Coop


def synthetic(size: int, signatures: int) -> Signed:
    return Signed(
        bytes(size), tuple((bytes(32), bytes(SIGNATURE_BYTES)) for _ in range(signatures))
    )


@pytest.mark.parametrize(
    ("count", "size", "signatures", "parts"),
    [
        (0, 0, 0, 1),
        (1, KEY_EVENT_BYTES_MAX, 32, 1),
        (ASKED_KEY_LOGS_MAX, 300, 1, 1),
        (ASKED_KEY_LOGS_MAX + 1, 300, 1, 2),
        (9, KEY_EVENT_BYTES_MAX, 32, 3),
    ],
)
def test_a_key_log_goes_out_whole_in_parts_that_fit_a_frame(
    count: int, size: int, signatures: int, parts: int
) -> None:
    events = [synthetic(size, signatures) for _ in range(count)]
    given = list(Introductions(NETWORK, Coop("other").id).give(events))
    again = [read(write(part)) for part in given]
    assert len(given) == parts
    assert [one.last for one in given] == [False] * (parts - 1) + [True]
    assert [event for part in again for event in part.events] == events  # type: ignore[union-attr]


def test_it_is_given_once() -> None:
    introductions = Introductions(NETWORK, Coop("other").id)
    introductions.give([])
    assert refused(lambda: introductions.give([])) == "peer-flooding"


def test_nothing_is_taken_that_was_not_asked_for_and_nothing_after_the_last_part() -> None:
    coop = Coop("other")
    introductions = Introductions(NETWORK, coop.id)
    part = Introduction((coop.inception,), last=True)
    assert refused(lambda: introductions.take(part)) == "peer-flooding"
    assert introductions.ask() == AskIntroduction()
    assert introductions.take(part) == (coop.inception,)
    assert refused(lambda: introductions.take(part)) == "peer-flooding"


def test_it_comes_in_parts_and_they_come_to_an_end() -> None:
    coop = Coop("other")
    introductions = Introductions(NETWORK, coop.id)
    introductions.ask()
    for _ in range(PARTS_MAX):
        assert introductions.take(Introduction((coop.inception,), last=False))
    endless = Introduction((coop.inception,), last=False)
    assert refused(lambda: introductions.take(endless)) == "peer-flooding"


def test_events_of_the_co_op_itself_are_taken_and_of_no_other() -> None:
    coop, another = Coop("other"), Coop("another")
    introductions = Introductions(NETWORK, coop.id)
    introductions.ask()
    own = Introduction((coop.inception, device_added(coop)), last=False)
    assert introductions.take(own) == own.events
    for stray in (another.inception, device_added(another)):
        part = Introduction((coop.inception, stray), last=False)
        assert refused(lambda part=part: introductions.take(part)) == "bad-key-event"
    garbage = Introduction((Signed(b"\xc1", ()),), last=True)
    assert refused(lambda: introductions.take(garbage)) == "malformed"


def device_added(coop: Coop) -> Signed:
    machine = Coop("machine")
    noise = agreement_public(machine.keyring.noise_private)
    fields = DeviceAdd(Device(noise=noise, sign=machine.device))
    event = write_event("device.add/1", coop.id, 0, coop.id, bytes(16), fields)
    public, secret = signing_pair(controller_seed(NETWORK, coop.recovery, 0))
    return Signed(event, ((public, sign(secret, event_hash(NETWORK, event))),))


def refused(act: object) -> str:
    with pytest.raises(Refusal) as refusal:
        act()  # type: ignore[operator]
    return refusal.value.code
