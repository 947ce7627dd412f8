"""Blobs in the store: files by hash, as pieces that were each checked when they came."""

from __future__ import annotations

from typing import Final

from node.store.database import Database
from protocol import blob as trees
from protocol.errors import Refusal
from protocol.limits import HASH_BYTES


def put(database: Database, data: bytes) -> tuple[bytes, str]:
    """Put a whole file; (its hash, its media type). Refuses `too-large` and `not-a-picture`."""
    media_type = trees.sniff(data)
    if media_type is None:
        raise Refusal("not-a-picture")
    hashes = trees.piece_hashes(database.network, data)
    blob = trees.blob_hash(database.network, len(data), hashes)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO local_blob (hash, size, type, pieces, complete) VALUES (?, ?, ?, ?, 1) "
            "ON CONFLICT (hash) DO UPDATE SET complete = 1, type = excluded.type",
            (blob, len(data), media_type, b"".join(hashes)),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO local_blob_piece (hash, place, data) VALUES (?, ?, ?)",
            [(blob, place, piece) for place, piece in enumerate(trees.pieces(data))],
        )
    return blob, media_type


def put_list(database: Database, blob: bytes, size: int, hashes: list[bytes]) -> None:
    """Put the list of pieces of a file that is being fetched; refuses `blob-mismatch`."""
    trees.check_list(database.network, blob, size, hashes)
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO local_blob (hash, size, type, pieces, complete) "
            "VALUES (?, ?, '', ?, 0)",
            (blob, size, b"".join(hashes)),
        )


def put_piece(database: Database, blob: bytes, place: int, piece: bytes) -> bool:
    """Put one piece; True when the file is whole. Refuses `blob-mismatch`."""
    hashes = hashes_of(database, blob)
    trees.check_piece(database.network, hashes, place, piece)
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO local_blob_piece (hash, place, data) VALUES (?, ?, ?)",
            (blob, place, piece),
        )
        have = connection.execute(
            "SELECT count(*) FROM local_blob_piece WHERE hash = ?", (blob,)
        ).fetchone()[0]
        if have < len(hashes):
            return False
        first = connection.execute(
            "SELECT data FROM local_blob_piece WHERE hash = ? AND place = 0", (blob,)
        ).fetchone()[0]
        connection.execute(
            "UPDATE local_blob SET complete = 1, type = ? WHERE hash = ?",
            (trees.sniff(first) or UNKNOWN_TYPE, blob),
        )
    return True


def hashes_of(database: Database, blob: bytes) -> list[bytes]:
    """The piece hashes of a file of which at least the list is here; [] else."""
    row = database.connection.execute(
        "SELECT pieces FROM local_blob WHERE hash = ?", (blob,)
    ).fetchone()
    joined = b"" if row is None else row[0]
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def missing_from(database: Database, blob: bytes) -> int:
    """The first place of which no piece is here."""
    rows = database.connection.execute(
        "SELECT place FROM local_blob_piece WHERE hash = ? ORDER BY place", (blob,)
    )
    place = 0
    for (have,) in rows:
        if have != place:
            break
        place += 1
    return place


def read(database: Database, blob: bytes) -> bytes | None:
    """A whole file, or None while it is not here."""
    row = database.connection.execute(
        "SELECT complete FROM local_blob WHERE hash = ?", (blob,)
    ).fetchone()
    if row is None or not row[0]:
        return None
    rows = database.connection.execute(
        "SELECT data FROM local_blob_piece WHERE hash = ? ORDER BY place", (blob,)
    )
    return b"".join(one[0] for one in rows)


UNKNOWN_TYPE: Final = "application/octet-stream"
