"""Blob: a picture or document by the root of a hash tree over its 64-KiB pieces.

The root is BLAKE2b over the list of piece hashes, so that every piece can be checked when it comes.
A blob is never input of a fold. SPEC section "Blobs".
"""

from __future__ import annotations

from collections.abc import Iterator

from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import BLOB_BYTES_MAX, BLOB_PIECE_BYTES, HASH_BYTES


def pieces(data: bytes) -> Iterator[bytes]:
    """The pieces of a blob, each 64 KiB but the last."""
    for start in range(0, len(data), BLOB_PIECE_BYTES):
        yield data[start : start + BLOB_PIECE_BYTES]


def piece_hashes(network: Network, data: bytes) -> list[bytes]:
    """H("piece", piece) of each; refuses an empty blob or one over 16 MiB."""
    if not 0 < len(data) <= BLOB_BYTES_MAX:
        raise Refusal(
            "too-large", f"a file of {len(data)} bytes; 1 to {BLOB_BYTES_MAX} are allowed"
        )
    return [network.hash(b"piece", piece) for piece in pieces(data)]


def blob_hash(network: Network, size: int, hashes: list[bytes]) -> bytes:
    """The blob's id: H("blob", size, the piece hashes)."""
    return network.hash_value(b"blob", size, hashes)


def check_list(network: Network, blob: bytes, size: int, hashes: list[bytes]) -> None:
    """Refuse a list of piece hashes that is not the blob's."""
    count = -(-size // BLOB_PIECE_BYTES)
    if (
        not 0 < size <= BLOB_BYTES_MAX
        or len(hashes) != count
        or any(len(one) != HASH_BYTES for one in hashes)
        or blob_hash(network, size, hashes) != blob
    ):
        raise Refusal("blob-mismatch", "list of pieces")


def check_piece(network: Network, hashes: list[bytes], index: int, piece: bytes) -> None:
    """Refuse a piece that is not the one its place names; all but the last are whole."""
    short = len(piece) < BLOB_PIECE_BYTES and index != len(hashes) - 1
    fits = 0 <= index < len(hashes) and 0 < len(piece) <= BLOB_PIECE_BYTES and not short
    if not fits or network.hash(b"piece", piece) != hashes[index]:
        raise Refusal("blob-mismatch", f"piece {index}")


def sniff(data: bytes) -> str | None:
    """The media type that the first bytes show, of those that a record may name."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    return None
