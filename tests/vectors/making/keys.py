"""Vectors of keys: what words give, a key log with every kind of event, rivals, refusals."""

from protocol.codec import encode
from protocol.cuts import cuts_of
from protocol.keyevents import DeviceRevoke, LogCut
from protocol.keylog import Epoch, KeyLog, Signed, event_hash, read_event, receipt_message
from protocol.keys import (
    agreement_public,
    board_seed,
    controller_seed,
    sealing_private,
    signing_pair,
)
from tests.protocol.coops import Coop, signed
from tests.vectors.making.plain import NETWORK, Case, case, verdict, word

ANNA, BEN, CARA = (Coop(name, network=NETWORK) for name in ("anna", "ben", "cara"))
WITNESSES = [Coop(f"witness {number}", network=NETWORK) for number in range(3)]
COOP = Coop("fishers", board=[ANNA, BEN, CARA], threshold=2, witnesses=WITNESSES, network=NETWORK)
CUT = LogCut((word("head"),), word("log"), (bytes(64),))


def digest(one: Signed) -> bytes:
    return event_hash(NETWORK, one.event)


def keys() -> dict[str, list[Case]]:
    """What the 32 bytes behind the recovery words give."""
    out = []
    for recovery in (bytes(32), bytes(range(32)), word("words")):
        for epoch in (0, 1, 255, 256):
            seed = controller_seed(NETWORK, recovery, epoch)
            public, _ = signing_pair(seed)
            sealing = sealing_private(NETWORK, recovery, epoch)
            out.append(
                case(
                    f"{recovery.hex()[:8]} epoch {epoch}",
                    recovery=recovery,
                    epoch=epoch,
                    controller_seed=seed,
                    controller_public=public,
                    controller_digest=NETWORK.hash(b"next", public),
                    sealing_private=sealing,
                    sealing_public=agreement_public(sealing),
                )
            )
    boards = [
        case(
            recovery.hex()[:8],
            recovery=recovery,
            seed=board_seed(NETWORK, recovery),
            public=signing_pair(board_seed(NETWORK, recovery))[0],
        )
        for recovery in (bytes(32), word("words"))
    ]
    return {"epochs": out, "boards": boards}


ROTATED = COOP.rotate(COOP.id, 1, 1, devices=(0, 1), cuts=(CUT,))
ADDED = COOP.add_device(digest(ROTATED), 1, 2, epoch=1)
REVOKED = COOP.revoke(digest(ROTATED), 1, 2, COOP.device_key(2))
BOARD = COOP.new_board(digest(ROTATED), 2, [ANNA, CARA], 1, [ANNA, BEN])
RECOVERED = COOP.recover(digest(BOARD), 3, 9, [CARA], devices=(3,))
RIVAL = COOP.rotate(digest(BOARD), 3, 2, devices=(0,), mark="rival")
LATE = COOP.add_device(COOP.id, 0, 6)
STOLEN = COOP.revoke(digest(BOARD), 2, 1, COOP.controller(1), (CUT,))
EVENTS = {
    "inception": COOP.inception,
    "rotate": ROTATED,
    "a device is added": ADDED,
    "it revokes itself": REVOKED,
    "a new board": BOARD,
    "it recovers": RECOVERED,
    "a rival of the recovery": RIVAL,
    "a device added to the first event": LATE,
    "a stolen device is revoked under the board": STOLEN,
}


AGAIN = {
    "it revokes itself, once more": COOP.event(
        "device.revoke/1", 1, digest(ROTATED), DeviceRevoke((), COOP.device_key(2)[0]),
        COOP.device_key(2), mark="again",
    ),
}  # fmt: skip


def keylogs() -> dict[str, list[Case]]:
    """Key logs as sets of events and receipts with what follows, and events that cannot follow."""
    receipts = {
        "most for the rival": [(0, RIVAL), (1, RIVAL), (2, RECOVERED)],
        "most for the recovery": [(0, RIVAL), (1, RECOVERED), (2, RECOVERED)],
        "a witness of both counts for neither": [(0, RIVAL), (0, RECOVERED), (1, RIVAL)],
        "a tie goes to the lower hash": [(0, RIVAL), (1, RECOVERED)],
    }
    names = list(EVENTS)
    sets = {f"up to: {name}": names[: at + 1] for at, name in enumerate(names)}
    sets["a late addition before the board"] = [*names[:2], names[4], names[7]]
    sets["a stolen device is revoked, and nothing came after"] = [*names[:3], names[4], names[8]]
    sets["a device takes itself out once more"] = [*names[:4], "it revokes itself, once more"]
    return {
        "events": [_event(name, one) for name, one in {**EVENTS, **AGAIN}.items()],
        "witnesses": [_event(one.name, one.inception) for one in WITNESSES],
        "sets": [
            *(_told(name, _log(some), events=some) for name, some in sets.items()),
            *(_with_receipts(name, some) for name, some in receipts.items()),
        ],
        "refused": _refused(),
    }


def _event(name: str, one: Signed) -> Case:
    event, _ = read_event(one.event)
    return case(
        name,
        kind=event.kind,
        place=event.place,
        event=one.event,
        hash=digest(one),
        signatures=[list(pair) for pair in one.signatures],
    )


def _log(names: list[str]) -> KeyLog:
    log = COOP.key_log()
    log.add({**EVENTS, **AGAIN}[name] for name in names[1:])
    return log


def _told(name: str, log: KeyLog, **parts: object) -> Case:
    def devices(epoch: Epoch) -> list[list[bytes]]:
        return [[device.noise, device.sign] for device in log.devices_of(epoch)]

    by_place = sorted(log.epochs.values(), key=lambda epoch: (epoch.place, epoch.hash))
    return case(
        name,
        **parts,
        coop=log.coop,
        current=log.current.hash,
        place=log.current.place,
        controller=log.current.controller,
        next_controller=log.current.next_controller,
        sealing=log.current.sealing,
        board=[log.current.recovery.threshold, list(log.current.recovery.keys)],
        live_devices=[[device.noise, device.sign] for device in log.live_devices()],
        revoked=sorted(log.revoked()),
        listed=[[epoch.hash, devices(epoch)] for epoch in by_place],
        cuts=[
            {
                "device": device,
                "log": one,
                "within": [list(cut.heads) for cut in cuts_of(log, device, one)],
            }
            for device in map(_sign_key, range(4))
            for one in (word("log"), word("another log"))
        ],
        leaf=log.leaf(),
    )


def _sign_key(number: int) -> bytes:
    return COOP.device_key(number)[0]


def _with_receipts(name: str, some: list[tuple[int, Signed]]) -> Case:
    log = _log(list(EVENTS))
    given = []
    for witness, event in some:
        receipt = WITNESSES[witness].receipt(COOP, digest(event))
        log.add_receipt(receipt, WITNESSES[witness].key_log())
        given.append({"message": receipt_message(NETWORK, receipt), "receipt": encode(receipt)})
    return _told(name, log, events=list(EVENTS), receipts=given)


def _refused() -> list[Case]:
    odd = {
        "a key that was not committed to": COOP.rotate(COOP.id, 1, 2),
        "a place too far": COOP.rotate(COOP.id, 2, 1),
        "behind an event that is not here": COOP.rotate(word("x"), 1, 1),
        "signed by the old controller": Signed(
            ROTATED.event, signed(ROTATED.event, COOP.controller(0), network=NETWORK).signatures
        ),
        "signed by one more": Signed(
            ROTATED.event,
            signed(
                ROTATED.event, COOP.controller(1), ANNA.member_key(), network=NETWORK
            ).signatures,
        ),
        "no signature": Signed(ROTATED.event, ()),
        "a false signature": Signed(ROTATED.event, ((COOP.controller(1)[0], bytes(64)),)),
        "one board member of two": COOP.recover(COOP.id, 1, 1, [ANNA]),
        "a board without the old board": COOP.new_board(COOP.id, 1, [ANNA], 1, [BEN]),
        "a device added by a later controller": COOP.add_device(COOP.id, 0, 1, epoch=1),
        "a device at a place of its own": COOP.add_device(COOP.id, 1, 1),
        "a stranger's key that revokes itself": COOP.revoke(COOP.id, 0, 9, COOP.device_key(9)),
        "a device that cuts as it takes itself out": COOP.revoke(
            COOP.id, 0, 0, COOP.device_key(0), (CUT,)
        ),
        "an event of another co-op": ANNA.rotate(ANNA.id, 1, 1),
        "another inception": ANNA.inception,
        "no bytes of an event": Signed(b"\xc1", ROTATED.signatures),
    }
    return [
        case(
            f"behind the inception: {name}",
            event=one.event,
            signatures=[list(pair) for pair in one.signatures],
            **verdict(COOP.key_log().add, [one]),
        )
        for name, one in odd.items()
    ]
