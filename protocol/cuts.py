"""Cuts: how far the log of a device counts, by the key log of its co-op alone.

A function of the set of key events: the current epoch says which devices go on, the newest event in
force that lists a log says where it ends. It never asks what a record says; only `affirmed` names
those that a co-op has taken as its own again. SPEC section "Keys".
"""

from __future__ import annotations

from collections.abc import Container

from protocol.circle import Affirm, Circle
from protocol.keyevents import LogCut, Rotate
from protocol.keylog import KeyLog


def cuts_of(key_log: KeyLog, device: bytes, log: bytes) -> tuple[LogCut, ...]:
    """At or below every one of these the log counts; () wholly. One without heads: not at all."""
    if any(device == one.sign for one in key_log.devices_of(key_log.current)):
        return tuple(
            _of_log(fields.cuts, log)
            for fields in key_log.revocations()
            if fields.device == device and fields.cuts
        )
    for fields in reversed(key_log.in_force()):
        if isinstance(fields, Rotate) and any(cut.log == log for cut in fields.cuts):
            return (_of_log(fields.cuts, log),)
    return (_of_log((), log),)


def affirmed(circle: Circle, coop: bytes, beyond: Container[bytes]) -> frozenset[bytes]:
    """What the valid affirms of a co-op name that do not themselves lie beyond its key log's cuts.

    An affirm that lies beyond is never affirmed: a thief cannot speak for itself.
    """
    return frozenset(
        record
        for entry in circle.plain.affirms
        if entry.coop == coop and entry.id not in beyond and isinstance(entry.fields, Affirm)
        for record in entry.fields.records
    )


def _of_log(cuts: tuple[LogCut, ...], log: bytes) -> LogCut:
    return next((cut for cut in cuts if cut.log == log), LogCut((), log, ()))
