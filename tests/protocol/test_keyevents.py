"""Key events: what the bytes of each kind must satisfy, whoever signed them."""

import msgspec
import pytest

from protocol import keyevents
from protocol.codec import decode_as, encode
from protocol.keyevents import (
    Board,
    Device,
    DeviceAdd,
    DeviceRevoke,
    Inception,
    LogCut,
    Receipt,
    Recover,
    RecoverySet,
    Rotate,
)
from protocol.limits import (
    CUT_HEADS_MAX,
    CUT_LOGS_MAX,
    DEVICES_MAX,
    RECOVERY_KEYS_MAX,
    WITNESSES_MAX,
)
from tests.protocol.coops import Coop, code_of, word

COOP = Coop("fishers")
NO_BOARD = RecoverySet((), 0)
CUT = LogCut((word("head"),), word("log"), (bytes(64),))
EPOCH = {
    "controller": COOP.controller(0)[0],
    "devices": COOP.devices(0, 1),
    "next_controller": COOP.next_digest(0),
    "sealing": COOP.sealing(0),
    "witnesses": (),
}


def ids(count: int) -> tuple[bytes, ...]:
    return tuple(sorted(word(f"id {number}") for number in range(count)))


def inception(**changes: object) -> Inception:
    return Inception(**{**EPOCH, "recovery": NO_BOARD, **changes})  # type: ignore[arg-type]


def rotate(**changes: object) -> Rotate:
    return Rotate(**{**EPOCH, "cuts": (), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"devices": COOP.devices(*range(DEVICES_MAX))},
        {"witnesses": ids(WITNESSES_MAX)},
        {"recovery": RecoverySet(ids(RECOVERY_KEYS_MAX), RECOVERY_KEYS_MAX)},
        {"recovery": RecoverySet(ids(3), 1)},
    ],
)
def test_an_inception_at_the_edges_passes(changes: dict[str, object]) -> None:
    inception(**changes).check()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"controller": bytes(31)}, "bad-key-event"),
        ({"next_controller": bytes(33)}, "bad-key-event"),
        ({"sealing": b""}, "bad-key-event"),
        ({"devices": ()}, "bad-key-event"),
        ({"devices": COOP.devices(0, 1)[::-1]}, "malformed"),
        ({"devices": COOP.devices(0, 0)}, "malformed"),
        ({"devices": COOP.devices(*range(DEVICES_MAX + 1))}, "malformed"),
        ({"devices": (Device(bytes(31), word("sign")),)}, "bad-key-event"),
        ({"devices": (Device(word("noise"), bytes(31)),)}, "bad-key-event"),
        ({"witnesses": ids(WITNESSES_MAX + 1)}, "malformed"),
        ({"witnesses": ids(2)[::-1]}, "malformed"),
        ({"witnesses": ids(1) * 2}, "malformed"),
        ({"witnesses": (bytes(31),)}, "malformed"),
        ({"recovery": RecoverySet(ids(3), 0)}, "bad-key-event"),
        ({"recovery": RecoverySet(ids(3), 4)}, "bad-key-event"),
        ({"recovery": RecoverySet((), 1)}, "bad-key-event"),
        ({"recovery": RecoverySet(ids(3), -1)}, "bad-key-event"),
        ({"recovery": RecoverySet(ids(RECOVERY_KEYS_MAX + 1), 1)}, "malformed"),
        ({"recovery": RecoverySet(ids(3)[::-1], 1)}, "malformed"),
    ],
)
def test_an_inception_that_breaks_a_rule_is_refused(changes: dict[str, object], code: str) -> None:
    assert code_of(inception(**changes).check) == code


def receipt(*, device: bytes = bytes(32), signature: bytes = bytes(64)) -> Receipt:
    return Receipt(word("witness"), COOP.id, word("event"), device, signature)


def many_cuts(count: int) -> tuple[LogCut, ...]:
    return tuple(LogCut((), log, ()) for log in ids(count))


@pytest.mark.parametrize(
    ("cuts", "code"),
    [
        ((), None),
        ((CUT,), None),
        (many_cuts(CUT_LOGS_MAX), None),
        ((LogCut((), word("log"), ()),), None),
        ((LogCut(ids(CUT_HEADS_MAX), word("log"), (bytes(64),) * CUT_HEADS_MAX),), None),
        (many_cuts(CUT_LOGS_MAX + 1), "malformed"),
        (many_cuts(2)[::-1], "malformed"),
        ((CUT, CUT), "malformed"),
        ((LogCut((word("head"),), bytes(31), (bytes(64),)),), "malformed"),
        ((LogCut((word("head"),), word("log"), ()),), "malformed"),
        ((LogCut((), word("log"), (bytes(64),)),), "malformed"),
        ((LogCut((word("head"),), word("log"), (bytes(63),)),), "malformed"),
        ((LogCut((bytes(31),), word("log"), (bytes(64),)),), "malformed"),
        ((LogCut(ids(2)[::-1], word("log"), (bytes(64),) * 2),), "malformed"),
        (
            (LogCut(ids(CUT_HEADS_MAX + 1), word("log"), (bytes(64),) * (CUT_HEADS_MAX + 1)),),
            "malformed",
        ),
    ],
)
def test_the_edges_of_cuts(cuts: tuple[LogCut, ...], code: str | None) -> None:
    assert code_of(rotate(cuts=cuts).check) == code
    assert code_of(DeviceRevoke(cuts, word("device")).check) == code


def test_a_recovery_is_a_rotation_with_other_signers() -> None:
    fields = rotate()
    recover = Recover(**{name: getattr(fields, name) for name in fields.__struct_fields__})
    assert encode(recover) == encode(fields)
    assert code_of(recover.check) is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (Board(RecoverySet(ids(3), 2)), None),
        (Board(NO_BOARD), "bad-key-event"),
        (Board(RecoverySet(ids(3), 4)), "bad-key-event"),
        (DeviceAdd(COOP.device(0)), None),
        (DeviceAdd(Device(word("noise"), b"")), "bad-key-event"),
        (DeviceRevoke((), word("device")), None),
        (DeviceRevoke((), b""), "bad-key-event"),
        (receipt(), None),
        (receipt(signature=bytes(63)), "malformed"),
        (receipt(device=b""), "malformed"),
    ],
)
def test_the_smaller_kinds(
    fields: Board | DeviceAdd | DeviceRevoke | Receipt, code: str | None
) -> None:
    assert code_of(fields.check) == code


@pytest.mark.parametrize("kind", keyevents.KINDS)
def test_struct_fields_stand_in_the_order_of_the_wire(kind: str) -> None:
    names = keyevents.KINDS[kind].__struct_fields__
    assert list(names) == sorted(names)


@pytest.mark.parametrize(
    "fields", [inception(), rotate(cuts=(CUT,)), Board(RecoverySet(ids(2), 1))]
)
def test_fields_come_back(fields: Inception | Rotate | Board) -> None:
    decoder = msgspec.msgpack.Decoder(type(fields))
    assert decode_as(decoder, encode(fields)) == fields
