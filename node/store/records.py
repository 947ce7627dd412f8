"""Records out of the store: the headers rebuilt as they were signed.

Works on any connection, so that readers need no writer. A test holds it to the stored ids.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from protocol.keys import Network
from protocol.limits import RECORD_VERSION
from protocol.record import Header, Record, body_hash


def read(
    connection: sqlite3.Connection,
    branch: int,
    first_seq: int,
    last_seq: int,
    network: Network | None = None,
) -> Sequence[Record]:
    """The records of a stretch of a branch, oldest first.

    Body hashes are filled only when a network is given; paths do not need them.
    """
    log = connection.execute(
        "SELECT log.id, coop.id, branch.parent, branch.first_seq FROM branch "
        "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE branch.n = ?",
        (branch,),
    ).fetchone()
    rows = connection.execute(
        "SELECT record.id, seq, time_ms, kind.name, key_ref.ref, expires_day, body, absent_hash, "
        "absent_len FROM record JOIN kind ON kind.n = kind JOIN key_ref ON key_ref.n = key_ref "
        "WHERE branch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        (branch, first_seq, last_seq),
    ).fetchall()
    prev = _id_before(connection, branch, first_seq, log[2], log[3])
    found: list[Record] = []
    for identifier, seq, time_ms, kind, ref, expires_day, body, absent_hash, absent_len in rows:
        if body is None:
            digest, length = absent_hash, absent_len
        else:
            digest, length = b"" if network is None else body_hash(network, body), len(body)
        header = Header(
            RECORD_VERSION, log[1], log[0], seq, prev, ref, time_ms, kind, digest, length,
            expires_day,
        )  # fmt: skip
        found.append(Record(identifier, header, body))
        prev = identifier
    return found


def _id_before(
    connection: sqlite3.Connection, branch: int, seq: int, parent: int | None, first_seq: int
) -> bytes | None:
    if seq == first_seq:
        if parent is None:
            return None
        row = connection.execute("SELECT id FROM record WHERE n = ?", (parent,)).fetchone()
    else:
        row = connection.execute(
            "SELECT id FROM record WHERE branch = ? AND seq = ?", (branch, seq - 1)
        ).fetchone()
    return bytes(row[0])
