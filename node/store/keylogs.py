"""Key logs in the store: events and receipts of co-ops, put once and never pruned.

It keeps what `protocol.keylog` has verified. It never decides which event is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from node.store.database import Database
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keyevents import Receipt
from protocol.keylog import KeyLog, Signed, event_hash, read_event


def put_key_logs(
    database: Database, events: Iterable[Signed], receipts: Iterable[Receipt] = ()
) -> set[bytes]:
    """Verify and put key events of any co-ops; the co-ops whose key log grew."""
    network = database.network
    by_coop: dict[bytes, list[Signed]] = {}
    for signed in events:
        event, _ = read_event(signed.event)
        coop = event.coop if event.coop is not None else event_hash(network, signed.event)
        by_coop.setdefault(coop, []).append(signed)
    grown = {coop for coop, some in by_coop.items() if _put_events(database, coop, some)}
    for receipt in receipts:
        receipt.check()
        log, witness = key_log(database, receipt.coop), key_log(database, receipt.witness)
        # A receipt of a co-op that is not known here proves nothing yet; it comes again.
        if log is not None and witness is not None and log.add_receipt(receipt, witness):
            database.connection.execute(
                "INSERT OR IGNORE INTO receipt (witness, coop, event, receipt) VALUES (?, ?, ?, ?)",
                (
                    database.coop_number(receipt.witness),
                    database.coop_number(receipt.coop),
                    receipt.event,
                    encode(receipt),
                ),
            )
            grown.add(receipt.coop)
    return grown


def key_log(database: Database, coop: bytes) -> KeyLog | None:
    """The verified key log of a co-op, or None while its inception is not here."""
    known = database.key_logs.get(coop)
    if known is None:
        events = events_of(database, coop)
        if not events:
            return None
        if len(database.key_logs) >= KEY_LOGS_REMEMBERED_MAX:
            database.key_logs.clear()
        known = KeyLog(database.network, events[0])
        known.add(events[1:])
        database.key_logs[coop] = known
        for receipt in receipts_of(database, coop):
            witness = key_log(database, receipt.witness)
            if witness is not None:
                known.add_receipt(receipt, witness)
    return known


def events_of(database: Database, coop: bytes) -> Sequence[Signed]:
    """The stored events, the inception first."""
    rows = database.connection.execute(
        "SELECT signed FROM key_event JOIN coop ON coop.n = key_event.coop "
        "WHERE coop.id = ? ORDER BY place, key_event.rowid",
        (coop,),
    )
    return [_SIGNED.decode(row[0]) for row in rows]


def receipts_of(database: Database, coop: bytes) -> Sequence[Receipt]:
    """The stored receipts for a co-op's events."""
    rows = database.connection.execute(
        "SELECT receipt FROM receipt JOIN coop ON coop.n = receipt.coop WHERE coop.id = ?", (coop,)
    )
    return [_RECEIPT.decode(row[0]) for row in rows]


def _put_events(database: Database, coop: bytes, events: list[Signed]) -> bool:
    log = key_log(database, coop)
    if log is None:
        first = next((one for one in events if read_event(one.event)[0].coop is None), None)
        if first is None:
            raise Refusal("unknown-coop", "a key event before its inception")
        log = KeyLog(database.network, first)
        known: set[bytes] = set()
    else:
        known = set(log.events)
    log.add(events)
    database.key_logs[coop] = log
    new = [(hash_, signed) for hash_, signed in log.events.items() if hash_ not in known]
    number = database.coop_number(coop)
    database.connection.executemany(
        "DELETE FROM key_event WHERE hash = ?", [(hash_,) for hash_ in known - log.events.keys()]
    )
    database.connection.executemany(
        "INSERT INTO key_event (hash, coop, place, signed) VALUES (?, ?, ?, ?)",
        [
            (hash_, number, read_event(signed.event)[0].place, encode_signed(signed))
            for hash_, signed in new
        ],
    )
    return bool(new)


def encode_signed(signed: Signed) -> bytes:
    """The stored form of a signed key event."""
    return msgspec.msgpack.encode(signed)


KEY_LOGS_REMEMBERED_MAX: Final = 2048
_SIGNED: Final = msgspec.msgpack.Decoder(Signed)
_RECEIPT: Final = msgspec.msgpack.Decoder(Receipt)
