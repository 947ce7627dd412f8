"""Key log: a co-op's identity, from its inception through every change of its keys.

A key log is a set of signed key events. `KeyLog` verifies them and says which device may sign under
which event. It never reads a clock: rivals for one place are settled by witnesses' receipts, then
by the lower hash. SPEC section "Keys".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keyevents import (
    FIELDS,
    PLACED,
    Board,
    Device,
    DeviceAdd,
    DeviceRevoke,
    Inception,
    KeyFields,
    Receipt,
    Recover,
    RecoverySet,
    Rotate,
)
from protocol.keys import Network, verify
from protocol.limits import KEY_BYTES, KEY_EVENT_BYTES_MAX, KEY_EVENT_REF_BYTES, KEY_EVENTS_MAX


class Signed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A key event as it travels: its bytes, and [public key, signature] pairs by ascending key."""

    event: bytes
    signatures: tuple[tuple[bytes, bytes], ...]


class KeyEvent(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The signed part: [kind, co-op (None at inception), place, prev, salt, fields].

    `place` counts inception, rotations, recoveries and board changes from 0; `prev` is the hash of
    the event at the place before. A device event stands at the place of `prev` and names it.
    """

    kind: str
    coop: bytes | None
    place: int
    prev: bytes | None
    salt: bytes
    fields: msgspec.Raw


class Epoch(msgspec.Struct, frozen=True):
    """What is in force from one placed event on."""

    hash: bytes
    place: int
    controller: bytes
    next_controller: bytes
    sealing: bytes
    recovery: RecoverySet
    witnesses: tuple[bytes, ...]
    devices: tuple[Device, ...]

    @property
    def ref(self) -> bytes:
        """The 16 bytes by which record headers name this event."""
        return self.hash[:KEY_EVENT_REF_BYTES]


class KeyLog:
    """All known key events of one co-op, verified, and the epochs that follow from them."""

    def __init__(self, network: Network, inception: Signed) -> None:
        self.network = network
        self.events: dict[bytes, Signed] = {}
        self.receipts: dict[bytes, Receipt] = {}
        self.epochs: dict[bytes, Epoch] = {}
        """Every valid placed event by its 16-byte reference, rivals included."""
        self.current: Epoch
        self._read: dict[bytes, tuple[KeyEvent, KeyFields]] = {}
        self._in_force: tuple[bytes, ...] = ()
        """Hashes of the placed events from the inception to the current one."""
        event, fields = read_event(inception.event)
        if not isinstance(fields, Inception):
            raise Refusal("bad-key-event", "a key log starts with an inception")
        self.coop = event_hash(network, inception.event)
        self._admit(inception, event, fields)

    def add(self, signed: Iterable[Signed]) -> int:
        """Take events in, in any order, all or none; the number of new ones.

        Refuses what can never follow. Events whose `prev` is not here are refused as `unknown-key`:
        key logs travel whole. Kinds that are newer than this node are passed over.
        """
        waiting = [
            (one, *read)
            for one in signed
            if (read := _read_known(one.event)) is not None
            and event_hash(self.network, one.event) not in self.events
        ]
        waiting.sort(key=lambda item: _rank(item[1]))
        before = self.events, self.epochs, self._read
        self.events, self.epochs, self._read = (
            self.events.copy(),
            self.epochs.copy(),
            self._read.copy(),
        )
        try:
            for one, event, fields in waiting:
                self._admit(one, event, fields)
        except Refusal:
            self.events, self.epochs, self._read = before
            self._settle()
            raise
        return len(self.events.keys() - before[0].keys())

    def add_receipt(self, receipt: Receipt, witness: KeyLog) -> bool:
        """Count a witness's receipt; the witness's own log vouches for its device.

        False when it was known, or when it counts for nothing: its event is not here, or the event
        before that one does not name the witness.
        """
        key = receipt.witness + receipt.event
        if key in self.receipts or receipt.witness not in self._witnesses_of(receipt.event):
            return False
        if receipt.coop != self.coop or receipt.witness != witness.coop:
            raise Refusal("bad-key-event", "a receipt for another co-op or of another witness")
        verify(receipt.device, receipt_message(self.network, receipt), receipt.signature)
        if not any(
            device.sign == receipt.device
            for epoch in witness.epochs.values()
            for device in witness.devices_of(epoch)
        ):
            raise Refusal("not-its-device", "the receipt's device is not the witness's")
        self.receipts[key] = receipt
        self._settle()
        return True

    def epoch_of(self, reference: bytes) -> Epoch:
        """The epoch that a header names; refuses `unknown-key` while its event is not here."""
        try:
            return self.epochs[reference]
        except KeyError:
            raise Refusal("unknown-key") from None

    def devices_of(self, epoch: Epoch) -> tuple[Device, ...]:
        """The devices that may sign under an epoch: its own list and those added to it.

        A board change keeps the devices of the event before it, whenever they were added to that.
        """
        devices = set(epoch.devices)
        opened = self._opened_by(epoch.hash)
        for event, fields in self._read.values():
            if isinstance(fields, DeviceAdd) and event.prev in opened:
                devices.add(fields.device)
        return tuple(sorted(devices, key=lambda device: (device.sign, device.noise)))

    def may_sign(self, reference: bytes, device: bytes) -> bool:
        """Whether the device's key is listed under the event that a header names."""
        return self._lists(self.epoch_of(reference), device)

    def revocations(self) -> tuple[DeviceRevoke, ...]:
        """Revocations under the current epoch; the list of a new epoch ends those before it."""
        opened = self._opened_by(self.current.hash)
        found = sorted(
            (hash_, fields)
            for hash_, (event, fields) in self._read.items()
            if isinstance(fields, DeviceRevoke) and event.prev in opened
        )
        return tuple(fields for _, fields in found)

    def revoked(self) -> frozenset[bytes]:
        """Signing keys that were revoked under the current epoch."""
        return frozenset(fields.device for fields in self.revocations())

    def in_force_refs(self) -> tuple[bytes, ...]:
        """The references of the placed events in force, the inception first."""
        return tuple(hash_[:KEY_EVENT_REF_BYTES] for hash_ in self._in_force)

    def in_force(self) -> tuple[KeyFields, ...]:
        """The fields of the placed events in force, the inception first."""
        return tuple(self._read[hash_][1] for hash_ in self._in_force)

    def live_devices(self) -> tuple[Device, ...]:
        """Devices that may sign and connect now."""
        gone = self.revoked()
        return tuple(one for one in self.devices_of(self.current) if one.sign not in gone)

    def leaf(self) -> bytes:
        """The trie leaf of this key log: H("keyleaf", sorted event hashes, sorted receipts)."""
        return self.network.hash_value(b"keyleaf", sorted(self.events), sorted(self.receipts))

    def export(self) -> tuple[Signed, ...]:
        """All events, placed ones first and in order."""
        ranked = sorted(self.events, key=lambda key: (_rank(self._read[key][0]), key))
        return tuple(self.events[key] for key in ranked)

    def _admit(self, signed: Signed, event: KeyEvent, fields: KeyFields) -> None:
        hash_ = event_hash(self.network, signed.event)
        epoch = self._follow(hash_, signed, event, fields)
        if isinstance(fields, DeviceRevoke) and not fields.cuts:
            # Of those that say the same one is kept, or a device could fill the key log.
            same = (one for one, read in self._read.items() if _is_same(read, event, fields))
            other = next(same, hash_)
            if other < hash_:
                return
            self.events.pop(other, None)
            self._read.pop(other, None)
        if len(self.events) >= KEY_EVENTS_MAX:
            raise Refusal("too-large", "events in one key log")
        self.events[hash_] = signed
        self._read[hash_] = (event, fields)
        if epoch is not None:
            self.epochs[epoch.ref] = epoch
            self._settle()

    def _follow(
        self, hash_: bytes, signed: Signed, event: KeyEvent, fields: KeyFields
    ) -> Epoch | None:
        """The epoch that a placed event opens, or None for a device event; checks signatures."""
        signers = self._signers(signed)
        if isinstance(fields, Inception):
            if event.coop is not None or event.place or event.prev is not None or self.events:
                raise Refusal("bad-key-event", "inception")
            _need(signers, {fields.controller}, 1)
            return _epoch(hash_, 0, fields, fields.recovery)
        if event.coop != self.coop:
            raise Refusal("bad-key-event", "an event of another co-op")
        before = self.epoch_of((event.prev or b"")[:KEY_EVENT_REF_BYTES])
        if before.hash != event.prev:
            raise Refusal("unknown-key")
        if isinstance(fields, DeviceAdd | DeviceRevoke):
            if event.place != before.place:
                raise Refusal("bad-key-event", "place of a device event")
            allowed = {before.controller}
            # Only a listed device may revoke itself, or strangers could fill the key log; and it
            # cuts nothing, or the thief of a device could void what its co-op had said.
            if isinstance(fields, DeviceRevoke) and not fields.cuts:
                allowed |= {fields.device} if self._lists(before, fields.device) else set()
            _need(signers, allowed, 1)
            return None
        if event.place != before.place + 1:
            raise Refusal("bad-key-event", "place")
        if isinstance(fields, Rotate) and not isinstance(fields, Recover):
            if self.network.hash(b"next", fields.controller) != before.next_controller:
                raise Refusal("bad-key-event", "not the pre-committed controller key")
            _need(signers, {fields.controller}, 1)
            return _epoch(hash_, event.place, fields, before.recovery)
        _need(signers, set(before.recovery.keys), before.recovery.threshold)
        if isinstance(fields, Recover):
            return _epoch(hash_, event.place, fields, before.recovery)
        assert isinstance(fields, Board)
        return msgspec.structs.replace(
            before, hash=hash_, place=event.place, recovery=fields.recovery
        )

    def _lists(self, epoch: Epoch, device: bytes) -> bool:
        return any(device == listed.sign for listed in self.devices_of(epoch))

    def _opened_by(self, hash_: bytes) -> set[bytes]:
        """A placed event, and those before it whose devices it keeps: it only changes a board."""
        hashes = {hash_}
        while isinstance(self._read[hash_][1], Board):
            hash_ = self._read[hash_][0].prev or b""
            hashes.add(hash_)
        return hashes

    def _witnesses_of(self, hash_: bytes) -> tuple[bytes, ...]:
        """Who may give a receipt for an event: the witnesses that the placed event before names."""
        epoch = self.epochs.get(hash_[:KEY_EVENT_REF_BYTES])
        if epoch is None or epoch.hash != hash_ or not epoch.place:
            return ()
        return self.epoch_of((self._read[hash_][0].prev or b"")[:KEY_EVENT_REF_BYTES]).witnesses

    def _signers(self, signed: Signed) -> set[bytes]:
        message = event_hash(self.network, signed.event)
        keys = [key for key, _ in signed.signatures]
        if not keys or keys != sorted(set(keys)):
            raise Refusal("bad-key-event", "signatures not unique and ascending")
        for key, signature in signed.signatures:
            verify(key, message, signature)
        return set(keys)

    def _settle(self) -> None:
        """Walk the places; of rivals the most receipted, then the lowest hash, is in force."""
        by_prev: dict[bytes, list[Epoch]] = {}
        for epoch in self.epochs.values():
            if epoch.place:
                by_prev.setdefault(self._read[epoch.hash][0].prev or b"", []).append(epoch)
        current = next(epoch for epoch in self.epochs.values() if epoch.place == 0)
        in_force = [current.hash]
        while rivals := by_prev.get(current.hash):
            counts = self._receipt_counts(current, rivals)
            current = min(rivals, key=lambda rival: (-counts[rival.hash], rival.hash))
            in_force.append(current.hash)
        self.current = current
        self._in_force = tuple(in_force)

    def _receipt_counts(self, before: Epoch, rivals: list[Epoch]) -> dict[bytes, int]:
        """Receipts a rival; a witness with receipts for two of them counts for none."""
        hashes = {rival.hash for rival in rivals}
        votes: dict[bytes, list[bytes]] = {}
        for receipt in self.receipts.values():
            if receipt.event in hashes and receipt.witness in before.witnesses:
                votes.setdefault(receipt.witness, []).append(receipt.event)
        counts = dict.fromkeys(hashes, 0)
        for events in votes.values():
            if len(events) == 1:
                counts[events[0]] += 1
        return counts


def read_event(data: bytes) -> tuple[KeyEvent, KeyFields]:
    """The parts of a key event; refuses what its own bytes decide."""
    if len(data) > KEY_EVENT_BYTES_MAX:
        raise Refusal("too-large", "key event")
    event = decode_as(_EVENT, data)
    if event.kind not in FIELDS:
        raise Refusal("unknown-version", f"key event {event.kind}")
    fields = decode_as(FIELDS[event.kind], bytes(event.fields))
    fields.check()
    if event.place < 0 or event.place > KEY_EVENTS_MAX or len(event.salt) != 16:  # noqa: PLR2004
        raise Refusal("bad-key-event", "place or salt")
    return event, fields


def write_event(
    kind: str, coop: bytes | None, place: int, prev: bytes | None, salt: bytes, fields: KeyFields
) -> bytes:
    """Canonical bytes of a key event, ready to be signed over its `event_hash`."""
    fields.check()
    raw = msgspec.Raw(encode(fields))
    return encode(KeyEvent(kind, coop, place, prev, salt, raw))


def event_hash(network: Network, event: bytes) -> bytes:
    """H("key", event); of an inception it is the co-op's id."""
    return network.hash(b"key", event)


def receipt_message(network: Network, receipt: Receipt) -> bytes:
    """What a witness's device signs."""
    return network.hash_value(b"receipt", receipt.witness, receipt.coop, receipt.event)


def _read_known(data: bytes) -> tuple[KeyEvent, KeyFields] | None:
    """The parts of a key event; None of a kind that is newer than this node."""
    try:
        return read_event(data)
    except Refusal as refusal:
        if refusal.code == "unknown-version":
            return None
        raise


def _is_same(read: tuple[KeyEvent, KeyFields], event: KeyEvent, fields: DeviceRevoke) -> bool:
    """Whether an event revokes the same device under the same event, and cuts nothing either."""
    return read[0].prev == event.prev and read[1] == fields


def _rank(event: KeyEvent) -> tuple[int, bool, str]:
    """Places ascending; at each the placed events first, then additions, then revocations."""
    return event.place, event.kind not in PLACED, event.kind


def _epoch(
    hash_: bytes, place: int, fields: Inception | Rotate | Recover, recovery: RecoverySet
) -> Epoch:
    return Epoch(
        hash_, place, fields.controller, fields.next_controller, fields.sealing, recovery,
        fields.witnesses, fields.devices,
    )  # fmt: skip


def _need(signers: set[bytes], allowed: set[bytes], threshold: int) -> None:
    if threshold < 1 or len(signers & allowed) < threshold or signers - allowed:
        raise Refusal("bad-key-event", "not signed by those who may")


_EVENT: Final = msgspec.msgpack.Decoder(KeyEvent)
assert KEY_BYTES == 32  # noqa: PLR2004
