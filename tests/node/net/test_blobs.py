"""Pictures on demand, between real nodes."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from node.app import Node
from node.net import blobs as fetching
from node.store import blobs
from protocol import messages as m
from protocol.blob import blob_hash, piece_hashes, pieces
from protocol.limits import BLOB_PIECE_BYTES
from protocol.serve import split
from tests.coops import NETWORK
from tests.node.net.nodes import GUARD_S, read, until_linked, village
from tests.node.net.siege import siege
from tests.node.net.stranger import Stranger, stranger

SIZES = [1, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 1, 11 * BLOB_PIECE_BYTES + 5]


def picture(size: int) -> bytes:
    """A picture as far as its first bytes go."""
    return (b"\xff\xd8\xff" + bytes(range(256)) * (size // 256 + 1))[: max(size, 3)]


async def put(node: Node, data: bytes) -> bytes:
    blob, _ = await node.store.write(lambda database: blobs.put(database, data))
    return blob


@pytest.mark.parametrize("size", SIZES)
async def test_a_picture_is_fetched_from_whoever_has_it_and_kept(tmp_path: Path, size: int) -> None:
    async with village(tmp_path, "one", "two", "three") as (_, (one, two, three)):
        await until_linked(three, one, two)
        blob = await put(two, picture(size))
        assert await three.peers.blob(blob) == picture(size)
        await two.peers.goodbye()
        assert await three.peers.blob(blob) == picture(size)
        kept = await read(three, "SELECT type, complete FROM local_blob")
        assert kept == [("image/jpeg", 1)]


async def test_two_who_want_the_same_at_once_get_it_both(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        data = picture(20 * BLOB_PIECE_BYTES)
        blob = await put(one, data)
        assert await asyncio.gather(*(two.peers.blob(blob) for _ in range(3))) == [data] * 3


async def test_what_nobody_has_is_none(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (_, two)):
        assert await two.peers.blob(bytes(32)) is None
        assert await read(two, "SELECT * FROM local_blob") == []


async def test_a_fetch_goes_on_where_a_broken_link_ended_it(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (_, (one, two)):
        data = picture(9 * BLOB_PIECE_BYTES)
        blob = await put(one, data)
        hashes = piece_hashes(NETWORK, data)
        await two.store.write(lambda database: blobs.put_list(database, blob, len(data), hashes))
        for place, piece in enumerate(list(pieces(data))[:6]):
            put_piece = partial(blobs.put_piece, blob=blob, place=place, piece=piece)
            await two.store.write(put_piece)
        link = two.peers.links[one.coop]
        before = link.wire.bytes_in
        assert await two.peers.blob(blob) == data
        assert link.wire.bytes_in - before < 4 * BLOB_PIECE_BYTES


async def test_a_false_piece_ends_the_link_and_another_peer_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = picture(2 * BLOB_PIECE_BYTES)
    hashes = piece_hashes(NETWORK, data)
    blob = blob_hash(NETWORK, len(data), hashes)
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as liar:
        await liar.greet()
        fetched = asyncio.create_task(town.node.peers.blob(blob))
        # Whoever is asked first: the neighbour does not have it yet.
        await liar.hear_until(m.AskBlob)
        await put(town.neighbour, data)
        await liar.say(m.BlobList(blob, len(data), tuple(hashes)))
        await say_piece(liar, blob, 0, b"false" * 100)
        assert (await liar.farewell())[0] == "blob-mismatch"
        await fetched
        async with asyncio.timeout(GUARD_S):
            assert await town.node.peers.blob(blob) == data


@pytest.mark.parametrize("lie", ["size", "hashes", "too many"])
async def test_a_false_list_ends_the_link(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lie: str
) -> None:
    data = picture(2 * BLOB_PIECE_BYTES)
    hashes = tuple(piece_hashes(NETWORK, data))
    blob = blob_hash(NETWORK, len(data), list(hashes))
    lists = {
        "size": m.BlobList(blob, len(data) + 1, hashes),
        "hashes": m.BlobList(blob, len(data), hashes[::-1]),
        "too many": m.BlobList(blob, 2**31, (bytes(32),) * 256),
    }
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as liar:
        await liar.greet()
        fetched = asyncio.create_task(town.node.peers.blob(blob))
        await liar.hear_until(m.AskBlob)
        await liar.say(lists[lie])
        assert (await liar.farewell())[0] == "blob-mismatch"
        assert await fetched is None


async def test_one_that_never_answers_is_left_for_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PIECE_S_MAX", 0.05)
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as silent:
        await silent.greet()
        data = picture(1_000)
        blob = await put(town.neighbour, data)
        assert await town.node.peers.blob(blob) == data


async def say_piece(peer: Stranger, blob: bytes, place: int, piece: bytes) -> None:
    for part, last in split(piece):
        await peer.say(m.BlobPart(blob, place, last, part))


async def test_slices_of_too_many_pieces_at_once_are_flooding(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        for place in range(40):
            await peer.say(m.BlobPart(bytes(32), place, last=False, part=b"x"))
        assert (await peer.farewell())[0] == "peer-flooding"
