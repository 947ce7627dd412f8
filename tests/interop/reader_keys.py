"""Key logs: SPEC.md, section Keys. A set of signed events says who may sign, and up to where."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from tests.interop.reader_codec import Network, Value, decode, is_signed, refuse
from tests.interop.reader_values import (
    CUTS,
    HASH,
    Check,
    Struct,
    array,
    cuts_of,
    hashes_of,
    integer,
    items_of,
    itself,
    map_of,
    maybe,
    member,
    number_of,
    octets,
)

EVENTS_MAX: Final = 1024
EVENT_BYTES_MAX: Final = 16384

_DEVICE_FORM: Final = Struct({"noise": HASH, "sign": HASH})
_DEVICES: Final = array(_DEVICE_FORM, 1, 16, member("sign"))
_RECOVERY_FORM: Final = Struct({"keys": array(HASH, 0, 32, itself), "threshold": integer(0, 32)})
_EPOCH: Final[dict[str, Check]] = {
    "controller": HASH,
    "devices": _DEVICES,
    "next_controller": HASH,
    "sealing": HASH,
    "witnesses": array(HASH, 0, 15, itself),
}


def _recovery(value: Value) -> None:
    _RECOVERY_FORM(value)
    keys, threshold = items_of(map_of(value)["keys"]), number_of(map_of(value)["threshold"])
    if not (1 <= threshold <= len(keys) or (not keys and threshold == 0)):
        refuse("bad-field", "a threshold that the recovery set cannot meet")


_FIELDS: Final[dict[str, Check]] = {
    "key.inception/1": Struct({**_EPOCH, "recovery": _recovery}),
    "key.rotate/1": Struct({**_EPOCH, "cuts": CUTS}),
    "key.recover/1": Struct({**_EPOCH, "cuts": CUTS}),
    "key.board/1": Struct({"recovery": _recovery}),
    "device.add/1": Struct({"device": _DEVICE_FORM}),
    "device.revoke/1": Struct({"cuts": CUTS, "device": HASH}),
}
_PLACED: Final = frozenset({"key.inception/1", "key.rotate/1", "key.recover/1", "key.board/1"})


Device = tuple[bytes, bytes]  # sign and noise key


def _device(value: Value) -> Device:
    return itself(map_of(value)["sign"]), itself(map_of(value)["noise"])


@dataclass(slots=True)
class Event:
    hash: bytes
    kind: str
    coop: bytes
    place: int
    prev: bytes | None
    fields: dict[str, Value]
    signers: list[bytes]

    @property
    def placed(self) -> bool:
        return self.kind in _PLACED


@dataclass(frozen=True, slots=True)
class Receipt:
    witness: bytes
    coop: bytes
    event: bytes
    device: bytes

    @property
    def key(self) -> bytes:
        return self.witness + self.event


@dataclass(frozen=True, slots=True)
class Epoch:
    """What holds from a placed event on."""

    controller: bytes
    next_controller: bytes
    sealing: bytes
    witnesses: list[bytes]
    recovery: list[bytes]
    threshold: int
    devices: set[Device]
    carried_from: bytes | None  # of a board change: the event whose devices go on


def parse_event(network: Network, value: Value) -> Event:
    """An event out of its Signed form, with every signature checked, not yet its place."""
    if type(value) is not list or len(value) != 2:
        refuse("bad-field", "not a signed event")
    data = value[0]
    if type(data) is not bytes:
        refuse("bad-field", "an event is bytes")
    if len(data) > EVENT_BYTES_MAX:
        refuse("too-large", "a key event")
    pairs: list[tuple[bytes, bytes]] = []
    array(array(lambda _: None, 2, 2), 0, EVENTS_MAX)(value[1])
    for pair in items_of(value[1]):
        key, signature = items_of(pair)
        octets(32)(key)
        octets(64)(signature)
        pairs.append((itself(key), itself(signature)))
    signers = [key for key, _ in pairs]
    if not signers or any(one >= two for one, two in pairwise(signers)):
        refuse("bad-key-event", "no signatures, or not ascending by key")
    event = _event(network, data, signers)
    if not all(is_signed(key, event.hash, signature) for key, signature in pairs):
        refuse("bad-signature", "a key event")
    return event


def _event(network: Network, data: bytes, signers: list[bytes]) -> Event:
    parts = decode(data)
    if type(parts) is not list or len(parts) != 6:
        refuse("malformed", "a key event has six parts")
    kind, coop, place, prev, salt, fields = parts
    if type(kind) is not str:
        refuse("malformed", "a kind is text")
    if kind not in _FIELDS:
        refuse("unknown-version", f"key event {kind}")
    maybe(HASH)(coop)
    integer(0, EVENTS_MAX)(place)
    maybe(HASH)(prev)
    octets(16)(salt)
    _FIELDS[kind](fields)
    inception = kind == "key.inception/1"
    if (coop is None) is not inception or (prev is None) is not inception:
        refuse("bad-key-event", "only an inception is the first of its log")
    hashed = network.hash("key", data)
    return Event(
        hashed,
        kind,
        hashed if coop is None else itself(coop),
        number_of(place),
        None if prev is None else itself(prev),
        map_of(fields),
        signers,
    )


class KeyLog:
    """The valid events of one co-op, and the receipts that others gave for them."""

    def __init__(self, coop: bytes) -> None:
        self.coop = coop
        self.events: dict[bytes, Event] = {}
        self.receipts: dict[bytes, Receipt] = {}
        self.epochs: dict[bytes, Epoch] = {}
        self._added: dict[bytes, set[Device]] = {}

    def devices(self, event: bytes) -> set[Device]:
        """Devices listed under a placed event, through device events and board changes."""
        epoch = self.epochs[event]
        found = epoch.devices | self._added.get(event, set())
        if epoch.carried_from is not None:
            found |= self.devices(epoch.carried_from)
        return found

    def listed(self, event: bytes) -> set[bytes]:
        """The sign keys of those devices."""
        return {sign for sign, _ in self.devices(event)}

    def everyone(self) -> set[bytes]:
        return {key for event in self.epochs for key in self.listed(event)}

    def named(self, reference: bytes) -> list[bytes]:
        """The placed events whose hash begins so."""
        return [known for known in self.epochs if known.startswith(reference)]

    def take(self, network: Network, events: list[Event]) -> None:
        """Take events in any order; refuse the lot if one does not follow from the others."""
        left = events
        while left:
            waiting = [event for event in left if not self._try(network, event)]
            if len(waiting) == len(left):
                if all(event.prev not in self.epochs for event in left):
                    refuse("unknown-key", "the event before is not here")
                refuse("bad-key-event", "a signer that may not sign this")
            left = waiting
        if len(self.events) > EVENTS_MAX:
            refuse("too-large", "too many key events")

    def _try(self, network: Network, event: Event) -> bool:
        if event.hash in self.events:
            refuse("bad-file", "a key event twice")
        if event.coop != self.coop:
            refuse("bad-key-event", "an event of another co-op")
        if event.prev is None:
            if event.place != 0 or event.signers != [itself(event.fields["controller"])]:
                refuse("bad-key-event", "an inception signed by another key")
            self.epochs[event.hash] = self._opened(event, event.fields["recovery"])
        else:
            before = self.epochs.get(event.prev)
            if before is None:
                return False
            if event.place != self.events[event.prev].place + event.placed:
                refuse("bad-key-event", "a key event at another place")
            if not self._may_sign(network, event, before):
                return False
            self._apply(event, before)
        self.events[event.hash] = event
        self._drop_equal(event)
        return True

    def _drop_equal(self, event: Event) -> None:
        """Of revocations without cuts that say the same the lowest hash stays."""
        if event.kind != "device.revoke/1" or event.fields["cuts"]:
            return
        equal = [
            one.hash
            for one in self.events.values()
            if (one.kind, one.prev, one.fields) == (event.kind, event.prev, event.fields)
        ]
        for one in sorted(equal)[1:]:
            del self.events[one]

    def _may_sign(self, network: Network, event: Event, before: Epoch) -> bool:
        if event.kind == "key.rotate/1":
            controller = itself(event.fields["controller"])
            committed = network.hash("next", controller) == before.next_controller
            if event.signers != [controller] or not committed:
                refuse("bad-key-event", "a rotation by a key that was not committed to")
            return True
        if event.kind in {"key.recover/1", "key.board/1"}:
            known = set(event.signers) <= set(before.recovery)
            if not known or len(event.signers) < before.threshold:
                refuse("bad-key-event", "too few of the recovery set, or others")
            return True
        if event.signers == [before.controller]:
            return True
        device = event.fields["device"]
        # a later device event may yet list the device that revokes itself
        assert event.prev is not None
        return (
            event.kind == "device.revoke/1"
            and not event.fields["cuts"]
            and event.signers == [device]
            and itself(device) in self.listed(event.prev)
        )

    def _apply(self, event: Event, before: Epoch) -> None:
        assert event.prev is not None
        if event.kind == "key.board/1":
            recovery = map_of(event.fields["recovery"])
            keys = hashes_of(recovery["keys"])
            if not keys:
                refuse("bad-key-event", "a board of nobody")
            self.epochs[event.hash] = replace(
                before,
                recovery=keys,
                threshold=number_of(recovery["threshold"]),
                devices=set(),
                carried_from=event.prev,
            )
        elif event.placed:
            old: Value = {"keys": list(before.recovery), "threshold": before.threshold}
            self.epochs[event.hash] = self._opened(event, old)
        elif event.kind == "device.add/1":
            self._added.setdefault(event.prev, set()).add(_device(event.fields["device"]))

    def _opened(self, event: Event, recovery: Value) -> Epoch:
        fields, board = event.fields, map_of(recovery)
        return Epoch(
            itself(fields["controller"]),
            itself(fields["next_controller"]),
            itself(fields["sealing"]),
            hashes_of(fields["witnesses"]),
            hashes_of(board["keys"]),
            number_of(board["threshold"]),
            {_device(device) for device in items_of(fields["devices"])},
            None,
        )

    def witnesses_before(self, event: Event) -> list[bytes]:
        return [] if event.prev is None else self.epochs[event.prev].witnesses

    def in_force(self) -> list[bytes]:
        """The placed events in force, the inception first."""
        chain = [self.coop]
        while rivals := [
            event for event in self.events.values() if event.placed and event.prev == chain[-1]
        ]:
            given: dict[bytes, set[bytes]] = {}
            for receipt in self.receipts.values():
                if any(receipt.event == rival.hash for rival in rivals):
                    given.setdefault(receipt.witness, set()).add(receipt.event)
            votes = [next(iter(named)) for named in given.values() if len(named) == 1]
            chain.append(min((-votes.count(rival.hash), rival.hash) for rival in rivals)[1])
        return chain

    def epoch(self) -> set[bytes]:
        """The placed events in force to which device events of the current epoch belong."""
        chain = self.in_force()
        found = {chain[-1]}
        while self.events[chain[-1]].kind == "key.board/1":
            found.add(chain[-2])
            chain.pop()
        return found

    def cuts(self, device: bytes, log: bytes) -> list[list[bytes]]:
        """Lists of heads; within each of them counts what a device has in a log."""
        chain = self.in_force()
        if device in self.listed(chain[-1]):
            revokes = [
                cuts_of(event.fields["cuts"])
                for event in self._revokes()
                if event.fields["device"] == device
            ]
            return [cut.get(log, []) for cut in revokes if cut]
        for event in reversed(chain):
            cut = cuts_of(self.events[event].fields.get("cuts", []))
            if log in cut:
                return [cut[log]]
        return [[]]

    def _revokes(self) -> list[Event]:
        epoch = self.epoch()
        of_kind = [one for one in self.events.values() if one.kind == "device.revoke/1"]
        return [one for one in of_kind if one.prev in epoch]

    def revoked(self) -> set[bytes]:
        return {itself(event.fields["device"]) for event in self._revokes()}

    def live(self) -> set[Device]:
        """The devices that may connect and write on."""
        revoked = self.revoked()
        return {one for one in self.devices(self.in_force()[-1]) if one[0] not in revoked}


@dataclass(slots=True)
class KeyLogs:
    """All key logs that are known, by co-op."""

    network: Network
    logs: dict[bytes, KeyLog] = field(default_factory=dict)

    def take(self, events: list[Event]) -> None:
        of_coop: dict[bytes, list[Event]] = {}
        for event in events:
            of_coop.setdefault(event.coop, []).append(event)
        for coop, own in of_coop.items():
            if own[0].prev is not None and coop not in self.logs:
                refuse("bad-file", "a co-op's inception does not come first")
            if len({event.hash for event in own}) < len(own):
                refuse("bad-file", "a key event twice")
            self.logs.setdefault(coop, KeyLog(coop)).take(self.network, own)

    def take_receipt(self, value: Value) -> Receipt:
        if type(value) is not list or len(value) != 5:
            refuse("bad-field", "not a receipt")
        for part in value[:4]:
            HASH(part)
        octets(64)(value[4])
        witness, coop, event, device = hashes_of(value[:4])
        receipt = Receipt(witness, coop, event, device)
        if witness not in self.logs or coop not in self.logs:
            refuse("unknown-coop", "a receipt of or for somebody unknown")
        log = self.logs[coop]
        known = log.events.get(event)
        if known is None:
            refuse("unknown-key", "a receipt for an event that is not here")
        if not known.placed or witness not in log.witnesses_before(known):
            refuse("bad-key-event", "a receipt that nobody asked for")
        if device not in self.logs[witness].everyone():
            refuse("not-its-device", "a receipt by another device")
        message = self.network.of("receipt", witness, coop, event)
        if not is_signed(device, message, itself(value[4])):
            refuse("bad-signature", "a receipt")
        if receipt.key in log.receipts:
            refuse("bad-file", "a receipt twice")
        log.receipts[receipt.key] = receipt
        return receipt

    def signers(self, coop: bytes, reference: bytes) -> set[bytes]:
        """The devices that may sign under the key event that begins so."""
        if coop not in self.logs:
            refuse("unknown-coop", "a record's author")
        named = self.logs[coop].named(reference)
        if not named:
            refuse("unknown-key", "the key event of a record is not here")
        return self.logs[coop].listed(named[0])
