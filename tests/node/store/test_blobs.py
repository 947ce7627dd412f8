"""Files in the store: whole, or on their way piece by checked piece."""

import pytest

from node.store import blobs
from node.store.database import Database
from protocol.blob import blob_hash, piece_hashes, pieces
from protocol.errors import Refusal
from protocol.limits import BLOB_BYTES_MAX, BLOB_PIECE_BYTES
from tests.coops import NETWORK

JPEG = b"\xff\xd8\xff"
FIRST_BYTES = {
    "image/jpeg": JPEG,
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "application/pdf": b"%PDF-1.7",
}


def database() -> Database:
    return Database(":memory:", NETWORK)


def picture(size: int) -> bytes:
    return (JPEG + bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("media_type", FIRST_BYTES)
def test_a_file_is_kept_under_the_hash_of_its_content_with_its_type(media_type: str) -> None:
    store, data = database(), FIRST_BYTES[media_type] + bytes(100)
    blob, found = blobs.put(store, data)
    assert found == media_type
    assert blob == blob_hash(NETWORK, len(data), piece_hashes(NETWORK, data))
    assert blobs.read(store, blob) == data
    assert blobs.put(store, data) == (blob, media_type)
    assert store.connection.execute("SELECT count(*) FROM local_blob_piece").fetchone() == (1,)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"RIFF1234WAVE"])
def test_what_is_no_picture_or_document_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="not-a-picture"):
        blobs.put(database(), data)


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(beyond: int) -> None:
    store, data = database(), picture(BLOB_BYTES_MAX + beyond)
    if beyond:
        with pytest.raises(Refusal, match="too-large"):
            blobs.put(store, data)
    else:
        blob, _ = blobs.put(store, data)
        assert blobs.read(store, blob) == data


def test_a_file_on_its_way_is_whole_when_its_last_piece_is_here() -> None:
    store, data = database(), picture(3 * BLOB_PIECE_BYTES + 7)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    blobs.put_list(store, blob, len(data), hashes)
    assert blobs.hashes_of(store, blob) == hashes
    for place, piece in sorted(enumerate(pieces(data)), key=lambda one: one[0] != 2):
        assert blobs.read(store, blob) is None
        whole = blobs.put_piece(store, blob, place, piece)
        assert whole == (place == 3)
    assert blobs.read(store, blob) == data
    row = store.connection.execute("SELECT type, complete FROM local_blob").fetchone()
    assert row == ("image/jpeg", 1)


def test_the_first_missing_piece_is_where_to_go_on() -> None:
    store, data = database(), picture(3 * BLOB_PIECE_BYTES)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    blobs.put_list(store, blob, len(data), hashes)
    parts = list(pieces(data))
    assert blobs.missing_from(store, blob) == 0
    blobs.put_piece(store, blob, 0, parts[0])
    blobs.put_piece(store, blob, 2, parts[2])
    assert blobs.missing_from(store, blob) == 1


def test_false_lists_and_pieces_are_refused_and_not_kept() -> None:
    store, data = database(), picture(2 * BLOB_PIECE_BYTES)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    for size, some in ((len(data) - 1, hashes), (len(data), hashes[::-1]), (0, [])):
        with pytest.raises(Refusal, match="blob-mismatch"):
            blobs.put_list(store, blob, size, some)
    with pytest.raises(Refusal, match="blob-mismatch"):
        blobs.put_piece(store, blob, 0, picture(BLOB_PIECE_BYTES))
    blobs.put_list(store, blob, len(data), hashes)
    for place, piece in ((0, b"false"), (1, picture(BLOB_PIECE_BYTES)), (2, b""), (-1, b"")):
        with pytest.raises(Refusal, match="blob-mismatch"):
            blobs.put_piece(store, blob, place, piece)
    assert store.connection.execute("SELECT count(*) FROM local_blob_piece").fetchone() == (0,)


def test_a_file_without_a_known_type_that_a_peer_had_is_served_as_bytes() -> None:
    store, data = database(), b"GIF89a" + bytes(10)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    blobs.put_list(store, blob, len(data), hashes)
    assert blobs.put_piece(store, blob, 0, data)
    row = store.connection.execute("SELECT type FROM local_blob").fetchone()
    assert row == (blobs.UNKNOWN_TYPE,)


def test_a_file_that_is_put_here_while_it_is_on_its_way_has_its_type() -> None:
    store, data = database(), picture(2 * BLOB_PIECE_BYTES)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    blobs.put_list(store, blob, len(data), hashes)
    blobs.put_piece(store, blob, 1, list(pieces(data))[1])
    assert blobs.put(store, data) == (blob, "image/jpeg")
    assert blobs.read(store, blob) == data
    row = store.connection.execute("SELECT type, complete FROM local_blob").fetchone()
    assert row == ("image/jpeg", 1)
