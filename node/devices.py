"""Devices: a co-op's own machines, added, taken out and listed anew by its recovery words.

Functions of the database that run on the writer thread. They make and put key events; they never
keep the words, and never tell anyone: whoever calls them lets peers compare.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from mnemonic import Mnemonic

from node import ingest
from node.store import cuts, keylogs
from node.store.database import Database
from protocol import keys
from protocol.errors import Refusal
from protocol.keyevents import Device, DeviceAdd, DeviceRevoke, KeyFields, LogCut, Rotate
from protocol.keylog import KeyLog, Signed, event_hash, write_event
from protocol.limits import CUT_HEADS_MAX, DEVICES_MAX, SALT_BYTES
from protocol.log import Open, log_id

Draw = Callable[[int], bytes]


class Machine(msgspec.Struct, frozen=True):
    """A device of the co-op: its signing key, and whether it may sign and connect now."""

    sign: bytes
    is_live: bool


def recovery_of(words: str) -> bytes:
    """The 32 bytes behind 24 recovery words; refuses `bad-words`."""
    try:
        recovery = bytes(Mnemonic("english").to_entropy(" ".join(words.lower().split())))
    except (ValueError, LookupError):
        raise Refusal("bad-words", "24 words of the list, the last one a check") from None
    if len(recovery) != RECOVERY_BYTES:
        raise Refusal("bad-words", "there are 24 of them")
    return recovery


def machines(database: Database, coop: bytes) -> list[Machine]:
    """Every device that the key log ever listed under an event in force, live ones first."""
    log = _key_log(database, coop)
    live = {one.sign for one in log.live_devices()}
    epochs = (log.epoch_of(ref) for ref in log.in_force_refs())
    known = {one.sign for epoch in epochs for one in log.devices_of(epoch)}
    return [
        Machine(one, one in live) for one in sorted(known, key=lambda key: (key not in live, key))
    ]


def add(database: Database, coop: bytes, recovery: bytes, device: Device, draw: Draw) -> Signed:
    """List a further device; refuses `bad-words`, `already-there`, `too-large`."""
    log = _key_log(database, coop)
    secret = _controller(database, log, recovery)
    device.check()
    if any(one.sign == device.sign for one in log.devices_of(log.current)):
        raise Refusal("already-there", "the co-op has this machine")
    if len(log.live_devices()) >= DEVICES_MAX:
        raise Refusal("too-large", f"a co-op has at most {DEVICES_MAX} machines")
    return _put(database, log, "device.add/1", log.current.place, DeviceAdd(device), secret, draw)


def revoke(
    database: Database,
    coop: bytes,
    recovery: bytes,
    device: bytes,
    draw: Draw,
    *,
    until_ms: int | None = None,
) -> Signed:
    """Take a device out: what it signed counts as far as it is here, or dated until a time.

    Refuses `bad-words`, and `not-found` for a device that is not live.
    """
    log = _key_log(database, coop)
    secret = _controller(database, log, recovery)
    if all(one.sign != device for one in log.live_devices()):
        raise Refusal("not-found", "no live machine of this co-op")
    fields = DeviceRevoke(_cuts_at(database, coop, device, until_ms), device)
    return _put(database, log, "device.revoke/1", log.current.place, fields, secret, draw)


def rotate(database: Database, coop: bytes, recovery: bytes, draw: Draw) -> Signed:
    """Open a new epoch by the next controller key: live devices go on, cuts are said again."""
    log = _key_log(database, coop)
    _controller(database, log, recovery)
    epoch = _epoch_number(log) + 1
    network = database.network
    public, secret = keys.signing_pair(keys.controller_seed(network, recovery, epoch))
    following, _ = keys.signing_pair(keys.controller_seed(network, recovery, epoch + 1))
    live = {one.sign for one in log.live_devices()}
    cut: dict[bytes, LogCut] = {}
    for device in {one.sign for one in log.devices_of(log.current)} - live:
        cut |= {one.log: one for one in _cuts_again(database, log, device)}
    fields = Rotate(
        controller=public,
        cuts=tuple(cut[one] for one in sorted(cut)),
        devices=log.live_devices(),
        next_controller=network.hash(b"next", following),
        sealing=keys.agreement_public(keys.sealing_private(network, recovery, epoch)),
        witnesses=log.current.witnesses,
    )
    return _put(
        database, log, "key.rotate/1", log.current.place + 1, fields, (public, secret), draw
    )


def _key_log(database: Database, coop: bytes) -> KeyLog:
    log = keylogs.key_log(database, coop)
    assert log is not None, "a node has its own key log"
    return log


def _epoch_number(log: KeyLog) -> int:
    """0 at the inception, one more at each rotate or recover in force."""
    return sum(isinstance(fields, Rotate) for fields in log.in_force())


def _controller(database: Database, log: KeyLog, recovery: bytes) -> tuple[bytes, bytes]:
    """The controller's key pair of the current epoch, if these are the words."""
    seed = keys.controller_seed(database.network, recovery, _epoch_number(log))
    public, secret = keys.signing_pair(seed)
    if public != log.current.controller:
        raise Refusal("bad-words")
    return public, secret


def _put(
    database: Database,
    log: KeyLog,
    kind: str,
    place: int,
    fields: KeyFields,
    pair: tuple[bytes, bytes],
    draw: Draw,
) -> Signed:
    """Sign an event behind the current one, and put it through the door."""
    event = write_event(kind, log.coop, place, log.current.hash, draw(SALT_BYTES), fields)
    public, secret = pair
    signed = Signed(event, ((public, keys.sign(secret, event_hash(database.network, event))),))
    ingest.ingest_keys(database, [signed])
    return signed


def _cuts_at(
    database: Database, coop: bytes, device: bytes, until_ms: int | None
) -> tuple[LogCut, ...]:
    """Where the logs of a device stand here, in every circle; at least one log, if it has none."""
    found = [
        LogCut(tuple(heads), log, tuple(heads.values()))
        for log, heads in cuts.heads_of_device(database, coop, device, until_ms, CUT_HEADS_MAX)
    ]
    if not found:
        never = log_id(database.network, coop, Open(circle=coop, device=device, instance=0))
        found.append(LogCut((), never, ()))
    return tuple(sorted(found, key=lambda one: one.log))


def _cuts_again(database: Database, log: KeyLog, device: bytes) -> tuple[LogCut, ...]:
    """What the revocation of a device cut, or where its logs stand if it took itself out."""
    said = (one.cuts for one in log.revocations() if one.device == device and one.cuts)
    return next(said, None) or _cuts_at(database, log.coop, device, None)


RECOVERY_BYTES: Final = 32
