"""Key logs: every change of keys that may follow, and what never can."""

import pytest

from protocol import keylog
from protocol.codec import decode, encode
from protocol.errors import Refusal
from protocol.keyevents import DeviceRevoke, Inception, LogCut, Receipt
from protocol.keylog import KeyLog, Signed
from protocol.limits import KEY_EVENT_BYTES_MAX, KEY_EVENTS_MAX
from tests.protocol.coops import NETWORK, Coop, code_of, hash_of, salt, signed, word

ANNA, BEN, CARA, STRANGER = (Coop(name) for name in ("anna", "ben", "cara", "stranger"))
WITNESSES = [Coop(f"witness {number}") for number in range(3)]
COOP = Coop("fishers", board=[ANNA, BEN, CARA], threshold=2, witnesses=WITNESSES)
ROTATED = COOP.rotate(COOP.id, 1, 1, devices=(0, 1))
AT_ROTATED = hash_of(ROTATED)


def log_with(*events: Signed, coop: Coop = COOP) -> KeyLog:
    log = coop.key_log()
    log.add(events)
    return log


def refused(*events: Signed, coop: Coop = COOP) -> str | None:
    """The code with which events are refused; nothing of them may stay."""
    log = coop.key_log()
    before = log.leaf(), log.current, log.live_devices()
    code = code_of(lambda: log.add(events))
    assert code is None or (log.leaf(), log.current, log.live_devices()) == before
    return code


def signs(coop: Coop, log: KeyLog, *numbers: int) -> list[bool]:
    """Which of a co-op's devices are live."""
    live = {device.sign for device in log.live_devices()}
    return [coop.device_key(number)[0] in live for number in numbers]


def test_the_inception_names_the_coop_and_its_first_keys() -> None:
    log = COOP.key_log()
    assert log.coop == COOP.id == hash_of(COOP.inception)
    assert (log.current.place, log.current.hash, log.current.ref) == (0, COOP.id, COOP.id[:16])
    assert log.live_devices() == COOP.devices(0)
    assert log.may_sign(COOP.id[:16], COOP.device_key(0)[0])
    assert not log.may_sign(COOP.id[:16], COOP.device_key(1)[0])
    assert code_of(lambda: log.may_sign(bytes(16), COOP.device_key(0)[0])) == "unknown-key"


def test_a_rotation_lists_the_devices_that_go_on() -> None:
    log = log_with(ROTATED)
    assert (log.current.hash, log.current.place) == (AT_ROTATED, 1)
    assert signs(COOP, log, 0, 1) == [True, True]
    assert not log.may_sign(COOP.id[:16], COOP.device_key(1)[0])
    dropped = COOP.rotate(AT_ROTATED, 2, 2, devices=(1,))
    log.add([dropped])
    assert signs(COOP, log, 0, 1) == [False, True]
    assert log.may_sign(COOP.id[:16], COOP.device_key(0)[0])


def test_the_board_recovers_without_the_words() -> None:
    log = log_with(COOP.recover(COOP.id, 1, 7, [ANNA, CARA], devices=(5,)))
    assert log.current.controller == COOP.controller(7)[0]
    assert signs(COOP, log, 0, 5) == [False, True]
    assert log.current.recovery == COOP.board
    log.add([COOP.rotate(log.current.hash, 2, 8, devices=(5,))])
    assert log.current.place == 2


def test_a_new_board_needs_the_old_one_and_keeps_everything_else() -> None:
    board = COOP.new_board(COOP.id, 1, [STRANGER], 1, [ANNA, BEN])
    log = log_with(board)
    assert log.current.devices == COOP.devices(0)
    assert log.current.controller == COOP.controller(0)[0]
    recovered = COOP.recover(hash_of(board), 2, 3, [STRANGER])
    assert refused(board, recovered) is None
    assert refused(board, COOP.recover(hash_of(board), 2, 3, [ANNA, BEN])) == "bad-key-event"
    assert refused(board, COOP.rotate(hash_of(board), 2, 1)) is None


@pytest.mark.parametrize("late", [False, True])
def test_a_board_keeps_the_devices_that_were_added_whenever_they_arrive(late: bool) -> None:
    board = COOP.new_board(COOP.id, 1, [STRANGER], 1, [ANNA, BEN])
    added = COOP.add_device(COOP.id, 0, 3)
    log = COOP.key_log()
    for event in (board, added) if late else (added, board):
        log.add([event])
    assert signs(COOP, log, 0, 3) == [True, True]
    assert log.may_sign(hash_of(board)[:16], COOP.device_key(3)[0])
    log.add([COOP.rotate(hash_of(board), 2, 1)])
    assert signs(COOP, log, 0, 3) == [True, False]


def test_devices_are_added_and_revoked_under_the_event_that_is_named() -> None:
    added = COOP.add_device(COOP.id, 0, 1)
    log = log_with(added)
    assert signs(COOP, log, 0, 1) == [True, True]
    log.add([COOP.revoke(COOP.id, 0, 0, COOP.controller(0))])
    assert signs(COOP, log, 0, 1) == [False, True]
    assert log.revoked() == {COOP.device_key(0)[0]}
    assert log.may_sign(COOP.id[:16], COOP.device_key(0)[0])


def test_a_listed_device_may_revoke_itself_and_nobody_elses() -> None:
    own, other, stranger = (COOP.device_key(number) for number in (0, 1, 9))
    assert refused(COOP.revoke(COOP.id, 0, 0, own)) is None
    assert refused(COOP.revoke(COOP.id, 0, 0, other)) == "bad-key-event"
    assert refused(COOP.revoke(COOP.id, 0, 9, stranger)) == "bad-key-event"
    added = COOP.add_device(COOP.id, 0, 1)
    assert refused(COOP.revoke(COOP.id, 0, 1, other), added) is None


def test_a_device_that_takes_itself_out_cuts_nothing() -> None:
    cut = LogCut((word("head"),), word("log"), (bytes(64),))
    own, words = COOP.device_key(0), COOP.controller(0)
    assert refused(COOP.revoke(COOP.id, 0, 0, own, (cut,))) == "bad-key-event"
    assert refused(COOP.revoke(COOP.id, 0, 0, words, (cut,))) is None


def test_of_revocations_that_say_the_same_one_is_kept_whatever_came_first() -> None:
    fields = DeviceRevoke((), COOP.device_key(0)[0])
    many = [
        COOP.event("device.revoke/1", 0, COOP.id, fields, COOP.device_key(0), mark=f"{number}")
        for number in range(5)
    ]
    kept = {COOP.id, min(map(hash_of, many))}
    for some in (many, many[::-1], sorted(many, key=hash_of)):
        log = COOP.key_log()
        for one in some:
            log.add([one])
        assert log.events.keys() == kept
        assert log.live_devices() == ()
        assert log.add(many) == 0


def test_a_revocation_ends_with_its_epoch() -> None:
    revoked = COOP.revoke(COOP.id, 0, 0, COOP.controller(0))
    assert signs(COOP, log_with(revoked), 0) == [False]
    assert signs(COOP, log_with(revoked, COOP.rotate(COOP.id, 1, 1)), 0) == [True]
    assert signs(COOP, log_with(revoked, COOP.rotate(COOP.id, 1, 1, devices=(1,))), 0) == [False]


def test_a_revocation_under_a_lost_rival_counts_for_nothing() -> None:
    rivals = sorted((COOP.rotate(COOP.id, 1, 1, mark=mark) for mark in "ab"), key=hash_of)
    lost = COOP.revoke(hash_of(rivals[1]), 1, 0, COOP.controller(1))
    log = log_with(*rivals, lost)
    assert log.current.hash == hash_of(rivals[0])
    assert log.revoked() == frozenset()
    assert signs(COOP, log, 0) == [True]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        pytest.param(COOP.rotate(COOP.id, 1, 2), "bad-key-event", id="a key not committed to"),
        pytest.param(COOP.rotate(COOP.id, 2, 1), "bad-key-event", id="a place too far"),
        pytest.param(COOP.rotate(COOP.id, 0, 1), "bad-key-event", id="the inception's place"),
        pytest.param(COOP.rotate(word("x"), 1, 1), "unknown-key", id="behind what is not here"),
        pytest.param(
            COOP.rotate(COOP.id[:16] + bytes(16), 1, 1), "unknown-key", id="behind a look-alike"
        ),
        pytest.param(COOP.recover(COOP.id, 1, 1, [ANNA]), "bad-key-event", id="one of two"),
        pytest.param(
            COOP.recover(COOP.id, 1, 1, [ANNA, STRANGER]), "bad-key-event", id="a stranger"
        ),
        pytest.param(
            COOP.recover(COOP.id, 1, 1, [ANNA, BEN, STRANGER]), "bad-key-event",
            id="a stranger beside enough",
        ),
        pytest.param(COOP.new_board(COOP.id, 1, [ANNA], 1, [BEN]), "bad-key-event", id="a coup"),
        pytest.param(COOP.add_device(COOP.id, 0, 1, epoch=1), "bad-key-event", id="a later key"),
        pytest.param(COOP.add_device(COOP.id, 1, 1), "bad-key-event", id="a device at a place"),
        pytest.param(COOP.inception, None, id="what is known"),
        pytest.param(STRANGER.inception, "bad-key-event", id="another inception"),
        pytest.param(STRANGER.rotate(STRANGER.id, 1, 1), "bad-key-event", id="of another co-op"),
        pytest.param(Signed(ROTATED.event, ()), "bad-key-event", id="no signature"),
        pytest.param(
            Signed(ROTATED.event, ROTATED.signatures * 2), "bad-key-event", id="one twice"
        ),
        pytest.param(
            Signed(ROTATED.event, ((COOP.controller(1)[0], bytes(64)),)), "bad-signature",
            id="a false signature",
        ),
        pytest.param(
            Signed(ROTATED.event, signed(ROTATED.event, COOP.controller(0)).signatures),
            "bad-key-event", id="the old controller",
        ),
        pytest.param(Signed(b"\xc1", ROTATED.signatures), "malformed", id="no bytes of an event"),
        pytest.param(
            Signed(bytes(KEY_EVENT_BYTES_MAX + 1), ROTATED.signatures), "too-large", id="too much"
        ),
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused_and_leaves_nothing(event: Signed, code: str | None) -> None:
    assert refused(event) == code
    assert refused(COOP.add_device(COOP.id, 0, 4), event) == code


def test_without_a_board_nobody_recovers() -> None:
    alone = Coop("alone")
    assert refused(alone.recover(alone.id, 1, 1, [ANNA]), coop=alone) == "bad-key-event"
    assert refused(alone.new_board(alone.id, 1, [ANNA], 1, [ANNA]), coop=alone) == "bad-key-event"


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, "key.rotate/1"), (1, word("coop")), (2, 1), (3, word("prev")), (4, bytes(15))],
)
def test_an_inception_that_is_none_founds_no_key_log(place: int, value: object) -> None:
    parts = decode(COOP.inception.event)
    assert isinstance(parts, list)
    parts[place] = value
    odd = signed(encode(parts), COOP.controller(0))
    assert code_of(lambda: KeyLog(NETWORK, odd)) in {"bad-key-event", "bad-field"}
    assert code_of(lambda: KeyLog(NETWORK, ROTATED)) == "bad-key-event"


def test_an_inception_signed_by_others_founds_no_key_log() -> None:
    for pairs in ([ANNA.controller(0)], [COOP.controller(0), ANNA.controller(0)]):
        odd = signed(COOP.inception.event, *pairs)
        assert code_of(KeyLog, NETWORK, odd) == "bad-key-event"


def test_a_kind_that_is_newer_keeps_nothing_else_back() -> None:
    parts = decode(ROTATED.event)
    assert isinstance(parts, list)
    newer = signed(encode(["key.rotate/2", *parts[1:]]), COOP.controller(1))
    assert code_of(lambda: keylog.read_event(newer.event)) == "unknown-version"
    log = COOP.key_log()
    assert log.add([newer, ROTATED]) == 1
    assert log.current.hash == AT_ROTATED


def test_a_key_log_ends_somewhere() -> None:
    log = COOP.key_log()
    devices = [COOP.add_device(COOP.id, 0, number) for number in range(KEY_EVENTS_MAX)]
    assert log.add(devices[:-1]) == KEY_EVENTS_MAX - 1
    assert code_of(lambda: log.add(devices[-1:])) == "too-large"
    assert log.add(devices[:3]) == 0


def test_more_receipts_win_then_the_lower_hash() -> None:
    rivals = sorted((COOP.rotate(COOP.id, 1, 1, mark=mark) for mark in "abc"), key=hash_of)
    log = log_with(*rivals)
    first, second, third = WITNESSES

    def receipt(witness: Coop, rival: int) -> bool:
        return log.add_receipt(witness.receipt(COOP, hash_of(rivals[rival])), witness.key_log())

    assert log.current.hash == hash_of(rivals[0])
    assert receipt(first, 2)
    assert log.current.hash == hash_of(rivals[2])
    assert receipt(second, 1)
    assert log.current.hash == hash_of(rivals[1])
    assert receipt(third, 2)
    assert log.current.hash == hash_of(rivals[2])
    # A witness with receipts for two counts for neither.
    assert receipt(third, 0)
    assert receipt(first, 1)
    assert log.current.hash == hash_of(rivals[1])
    assert not receipt(first, 1)


def test_a_receipt_counts_for_the_events_that_name_its_witness() -> None:
    log = log_with(ROTATED)
    witness = WITNESSES[0]
    good = witness.receipt(COOP, AT_ROTATED)
    for odd, of in [
        (STRANGER.receipt(COOP, AT_ROTATED), STRANGER),
        (witness.receipt(COOP, word("not here")), witness),
        (witness.receipt(COOP, COOP.id), witness),
        (witness.receipt(COOP, hash_of(COOP.add_device(COOP.id, 0, 1))), witness),
    ]:
        assert not log.add_receipt(odd, of.key_log())
    for changes, code in [
        ({"coop": word("x")}, "bad-key-event"),
        ({"device": word("x")}, "bad-signature"),
        ({"signature": bytes(64)}, "bad-signature"),
    ]:
        parts = {name: getattr(good, name) for name in good.__struct_fields__}
        odd = Receipt(**{**parts, **changes})
        assert code_of(log.add_receipt, odd, witness.key_log()) == code
    with pytest.raises(Refusal, match="not-its-device"):
        log.add_receipt(witness.receipt(COOP, AT_ROTATED, device=5), witness.key_log())
    with pytest.raises(Refusal, match="bad-key-event"):
        log.add_receipt(good, STRANGER.key_log())
    assert log.receipts == {}
    leaf = log.leaf()
    assert log.add_receipt(good, witness.key_log())
    assert log.leaf() != leaf


def test_a_device_that_the_witness_has_dropped_since_still_vouches() -> None:
    witness = WITNESSES[0]
    receipt = witness.receipt(COOP, AT_ROTATED)
    moved = log_with(witness.rotate(witness.id, 1, 1, devices=(4,)), coop=witness)
    assert log_with(ROTATED).add_receipt(receipt, moved)


def test_a_log_travels_with_its_inception_first() -> None:
    events = [
        COOP.revoke(COOP.id, 0, 1, COOP.device_key(1)),
        COOP.add_device(COOP.id, 0, 1),
        COOP.add_device(AT_ROTATED, 1, 2, epoch=1),
        ROTATED,
    ]
    log = log_with(*events)
    exported = log.export()
    assert exported[0] == COOP.inception
    again = KeyLog(NETWORK, exported[0])
    for event in exported[1:]:
        again.add([event])
    assert again.leaf() == log.leaf()
    assert again.live_devices() == log.live_devices()


def test_an_event_is_written_as_it_is_read() -> None:
    event, fields = keylog.read_event(COOP.inception.event)
    assert isinstance(fields, Inception)
    written = keylog.write_event(event.kind, None, 0, None, salt("fishers"), fields)
    assert written == COOP.inception.event
    with pytest.raises(Refusal, match="bad-key-event"):
        keylog.write_event("device.revoke/1", COOP.id, 0, COOP.id, salt("x"), DeviceRevoke((), b""))


def test_a_flipped_byte_never_makes_another_event_that_passes() -> None:
    event = ROTATED.event
    for place in range(len(event)):
        damaged = bytearray(event)
        damaged[place] ^= 1
        assert refused(Signed(bytes(damaged), ROTATED.signatures)) is not None or (
            code_of(keylog.read_event, bytes(damaged)) == "unknown-version"
        )
