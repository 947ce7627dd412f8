"""Blobs: their pieces, the list that names them, and the types that first bytes show."""

import pytest

from protocol import blob
from protocol.errors import Refusal
from protocol.limits import BLOB_BYTES_MAX, BLOB_PIECE_BYTES
from tests.protocol.coops import NETWORK

DATA = bytes(range(256)) * 600  # two whole pieces and a rest
HASHES = blob.piece_hashes(NETWORK, DATA)
PIECES = list(blob.pieces(DATA))
BLOB = blob.blob_hash(NETWORK, len(DATA), HASHES)


def test_pieces_are_64_kib_but_the_last() -> None:
    assert [len(piece) for piece in PIECES] == [BLOB_PIECE_BYTES, BLOB_PIECE_BYTES, 22528]
    assert b"".join(PIECES) == DATA


def test_the_list_and_each_piece_prove_themselves() -> None:
    blob.check_list(NETWORK, BLOB, len(DATA), HASHES)
    for index, piece in enumerate(PIECES):
        blob.check_piece(NETWORK, HASHES, index, piece)


@pytest.mark.parametrize(
    ("size", "hashes"),
    [
        pytest.param(len(DATA) + 1, HASHES, id="another size"),
        pytest.param(len(DATA), HASHES[:2], id="a hash too few"),
        pytest.param(len(DATA), [*HASHES, HASHES[0]], id="a hash too many"),
        pytest.param(len(DATA), HASHES[::-1], id="another order"),
        pytest.param(len(DATA), [HASHES[0][:31], *HASHES[1:]], id="a short hash"),
        pytest.param(0, [], id="nothing"),
        pytest.param(BLOB_BYTES_MAX + 1, HASHES, id="beyond the limit"),
    ],
)
def test_a_list_that_is_not_the_blobs_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(Refusal, match="blob-mismatch"):
        blob.check_list(NETWORK, BLOB, size, hashes)


@pytest.mark.parametrize(
    ("index", "piece"),
    [
        pytest.param(0, PIECES[0][:-1] + b"?", id="a changed piece"),
        pytest.param(1, PIECES[2], id="a piece of another place"),
        pytest.param(2, PIECES[2] + b"\0", id="a longer piece"),
        pytest.param(-1, PIECES[2], id="before the first"),
        pytest.param(3, PIECES[2], id="behind the last"),
    ],
)
def test_a_piece_that_is_not_its_places_is_refused(index: int, piece: bytes) -> None:
    with pytest.raises(Refusal, match="blob-mismatch"):
        blob.check_piece(NETWORK, HASHES, index, piece)


@pytest.mark.parametrize("lengths", [(10, 22), (BLOB_PIECE_BYTES + 1,), (0,)])
def test_a_list_over_pieces_of_other_lengths_leads_nowhere(lengths: tuple[int, ...]) -> None:
    odd = [bytes(length) for length in lengths]
    hashes = [NETWORK.hash(b"piece", piece) for piece in odd]
    with pytest.raises(Refusal, match="blob-mismatch"):
        blob.check_piece(NETWORK, hashes, 0, odd[0])


@pytest.mark.parametrize("size", [1, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 1, BLOB_BYTES_MAX])
def test_sizes_at_the_edges(size: int) -> None:
    hashes = blob.piece_hashes(NETWORK, bytes(size))
    blob.check_list(NETWORK, blob.blob_hash(NETWORK, size, hashes), size, hashes)
    assert len(hashes) == -(-size // BLOB_PIECE_BYTES)


@pytest.mark.parametrize("size", [0, BLOB_BYTES_MAX + 1])
def test_sizes_one_past_the_edges(size: int) -> None:
    with pytest.raises(Refusal, match="too-large"):
        blob.piece_hashes(NETWORK, bytes(size))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"RIFF....WAVEfmt ", None),
        (b"<svg onload='alert()'>", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_the_first_bytes_show_the_type(data: bytes, media_type: str | None) -> None:
    assert blob.sniff(data) == media_type
