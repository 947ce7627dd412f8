"""Key events: the typed fields of each kind, and what their own bytes must satisfy.

They are values; `keylog` says what follows from them. Struct fields stand in ascending order, which
is the canonical order of the map on the wire. SPEC section "Keys".
"""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.errors import Refusal
from protocol.limits import (
    CUT_HEADS_MAX,
    CUT_LOGS_MAX,
    DEVICES_MAX,
    HASH_BYTES,
    KEY_BYTES,
    RECOVERY_KEYS_MAX,
    SIGNATURE_BYTES,
    WITNESSES_MAX,
)


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that signs for the co-op: its X25519 key for links and its Ed25519 key."""

    noise: bytes
    sign: bytes

    def check(self) -> None:
        """Both keys are 32 bytes."""
        if len(self.noise) != KEY_BYTES or len(self.sign) != KEY_BYTES:
            raise Refusal("bad-key-event", "device keys")


class RecoverySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The board: `threshold` of `keys` (Ed25519, ascending) may recover. 0 of none: no board."""

    keys: tuple[bytes, ...]
    threshold: int

    def check(self) -> None:
        """A threshold that can be met, or no board at all."""
        ascending(self.keys, RECOVERY_KEYS_MAX, "recovery keys")
        low = 1 if self.keys else 0
        if not low <= self.threshold <= len(self.keys):
            raise Refusal("bad-key-event", "recovery threshold")


class LogCut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a log ends: its last good heads, at most 16. No heads: before its first record.

    `signatures` are the author's own, one for each head, so that everyone can hand the log on as
    far as its cut and no further.
    """

    heads: tuple[bytes, ...]
    log: bytes
    signatures: tuple[bytes, ...]

    def check(self) -> None:
        """Ids and signatures of the right length, heads ascending."""
        ascending(self.heads, CUT_HEADS_MAX, "heads of a cut")
        if len(self.log) != HASH_BYTES or len(self.signatures) != len(self.heads):
            raise Refusal("malformed", "log of a cut")
        if any(len(signature) != SIGNATURE_BYTES for signature in self.signatures):
            raise Refusal("malformed", "signature of a cut")


class Inception(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key.inception/1`: the birth of a co-op's name; its hash is the co-op id."""

    controller: bytes
    devices: tuple[Device, ...]
    next_controller: bytes
    recovery: RecoverySet
    sealing: bytes
    witnesses: tuple[bytes, ...]

    def check(self) -> None:
        """Lengths and orders."""
        _check_epoch(self)
        self.recovery.check()


class Rotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key.rotate/1`: the pre-committed controller takes over; dropped devices are cut."""

    controller: bytes
    cuts: tuple[LogCut, ...]
    devices: tuple[Device, ...]
    next_controller: bytes
    sealing: bytes
    witnesses: tuple[bytes, ...]

    def check(self) -> None:
        """Lengths and orders."""
        _check_epoch(self)
        check_cuts(self.cuts)


class Recover(Rotate, frozen=True, forbid_unknown_fields=True):
    """`key.recover/1`: the same change, signed by m of the recovery set."""


class Board(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key.board/1`: a new recovery set, signed by m of the old one."""

    recovery: RecoverySet

    def check(self) -> None:
        """A new set cannot be empty."""
        self.recovery.check()
        if not self.recovery.keys:
            raise Refusal("bad-key-event", "a board cannot be empty")


class DeviceAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device.add/1`, by the controller key of the epoch that it names."""

    device: Device

    def check(self) -> None:
        """Keys are keys."""
        self.device.check()


class DeviceRevoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device.revoke/1`, by the controller key, or by the device itself."""

    cuts: tuple[LogCut, ...]
    device: bytes

    def check(self) -> None:
        """The device is named by its signing key."""
        check_cuts(self.cuts)
        if len(self.device) != KEY_BYTES:
            raise Refusal("bad-key-event", "device key")


class Receipt(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A witness's word that it saw this event first for its place."""

    witness: bytes
    coop: bytes
    event: bytes
    device: bytes
    signature: bytes

    def check(self) -> None:
        """Lengths."""
        hashes = (self.witness, self.coop, self.event, self.device)
        if any(len(one) != HASH_BYTES for one in hashes) or len(self.signature) != SIGNATURE_BYTES:
            raise Refusal("malformed", "receipt")


KeyFields = Inception | Rotate | Recover | Board | DeviceAdd | DeviceRevoke


def check_cuts(cuts: tuple[LogCut, ...]) -> None:
    """At most 256 logs, unique and ascending."""
    for cut in cuts:
        cut.check()
    ascending(tuple(cut.log for cut in cuts), CUT_LOGS_MAX, "logs of a cut")


def _check_epoch(fields: Inception | Rotate) -> None:
    for device in fields.devices:
        device.check()
    ascending(tuple(device.sign for device in fields.devices), DEVICES_MAX, "devices")
    ascending(fields.witnesses, WITNESSES_MAX, "witnesses")
    keys = (fields.controller, fields.next_controller, fields.sealing)
    if not fields.devices or any(len(key) != KEY_BYTES for key in keys):
        raise Refusal("bad-key-event", "keys of an epoch")


def ascending(values: tuple[bytes, ...], limit: int, what: str) -> None:
    """Refuse a list of 32-byte values that is too long or not unique and ascending."""
    if len(values) > limit or list(values) != sorted(set(values)):
        raise Refusal("malformed", f"{what}: too many, or not unique and ascending")
    if any(len(value) != HASH_BYTES for value in values):
        raise Refusal("malformed", f"{what}: length")


KINDS: Final[dict[str, type[KeyFields]]] = {
    "key.inception/1": Inception,
    "key.rotate/1": Rotate,
    "key.recover/1": Recover,
    "key.board/1": Board,
    "device.add/1": DeviceAdd,
    "device.revoke/1": DeviceRevoke,
}
PLACED: Final = frozenset({"key.inception/1", "key.rotate/1", "key.recover/1", "key.board/1"})
FIELDS: Final = {kind: msgspec.msgpack.Decoder(fields) for kind, fields in KINDS.items()}
