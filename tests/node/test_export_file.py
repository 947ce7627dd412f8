import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from node import export_file
from node.export_file import MAGIC, Chunk, End, Header, Keys, read_blocks, survey
from protocol import chunk
from protocol.errors import Refusal
from protocol.keyevents import Device, DeviceAdd, Receipt
from protocol.keylog import Signed, event_hash, read_event, write_event
from protocol.keys import Network
from protocol.limits import EXPORT_BLOCK_BYTES_MAX, NAME_BYTES_MAX
from tests.node.export_world import NETWORK, Coop, coops, join, parts, paths_of, read, rewrite

BAD = "bad-file"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Coop, bytes]]:
    """Two members with an offer each."""
    with coops(tmp_path_factory.mktemp("world"), "shore", "hill") as (shore, hill):
        circle = shore.found()
        join(circle, shore, hill)
        hill.offer(circle, ["coffee"])
        shore.take(hill.stick(circle))
        shore.offer(circle, ["salt fish"])
        yield shore, circle


@pytest.fixture(scope="module")
def stick(world: tuple[Coop, bytes]) -> bytes:
    shore, circle = world
    return shore.stick(circle)


def refused(data: bytes, network: Network | None = None) -> str:
    with pytest.raises(Refusal) as caught:
        survey(io.BytesIO(data), network)
    return caught.value.code


def test_a_file_has_a_header_then_keys_then_chunks_then_an_end(
    world: tuple[Coop, bytes], stick: bytes
) -> None:
    shore, circle = world
    blocks = read(stick)
    assert [type(block) for block in blocks] == [Header, Keys, Chunk, End]
    assert blocks[0] == Header(circle, "test", shore.root(circle))
    assert stick.startswith(b"coop-node export 1\n")


def test_a_survey_counts_what_is_in_the_file(world: tuple[Coop, bytes], stick: bytes) -> None:
    shore, circle = world
    found = survey(io.BytesIO(stick), NETWORK)
    assert (found.header.circle, found.records) == (circle, shore.records())
    assert (found.events, found.receipts, found.is_public) == (2, 0, False)


def test_what_was_read_and_written_again_is_the_same(stick: bytes) -> None:
    assert rewrite(read(stick)) == stick


def test_the_paths_are_those_of_a_chunk_on_a_link(stick: bytes) -> None:
    _, _, (only,), end = parts(stick)
    assert sum(len(path.bodies) for path in chunk.unpack(only.data)) == end.records


def test_every_flipped_byte_is_found(stick: bytes) -> None:
    codes = set()
    for place in range(len(stick)):
        for flip in (1 << place % 8, 0x10, 0xFF):
            changed = bytearray(stick)
            changed[place] ^= flip
            codes.add(refused(bytes(changed)))
    assert codes == {"bad-file"}


def test_zstd_alone_would_let_a_flipped_byte_through(stick: bytes) -> None:
    _, _, (only,), _ = parts(stick)
    changed = bytearray(only.data)
    changed[4] ^= 0x10  # a bit of the frame's header that no decoder may look at
    assert chunk.unpack(bytes(changed)) == chunk.unpack(only.data)


def test_a_file_that_ends_anywhere_before_its_end_is_refused(stick: bytes) -> None:
    assert {refused(stick[:length]) for length in range(len(stick))} == {"bad-file"}


def test_nothing_may_stand_behind_the_end(stick: bytes) -> None:
    assert refused(stick + b"\0") == "bad-file"


@pytest.mark.parametrize(
    "start", [b"", b"coop-node export 2\n", b"coop-node export 1\r\n", b"PK\x03\x04"]
)
def test_another_first_line_is_no_export_of_this_version(start: bytes, stick: bytes) -> None:
    assert refused(start + stick[len(MAGIC) :]) == "bad-file"


def test_a_file_of_another_network_is_refused(stick: bytes) -> None:
    assert refused(stick, Network("other")) == "other-network"


def test_a_block_may_be_as_long_as_its_limit_and_not_one_byte_longer(stick: bytes) -> None:
    head = len(MAGIC) + 4 + int.from_bytes(stick[len(MAGIC) : len(MAGIC) + 4], "big")

    def reason(length: int) -> str:
        blocks = read_blocks(io.BytesIO(stick[:head] + length.to_bytes(4, "big")))
        next(blocks)
        with pytest.raises(Refusal) as caught:
            next(blocks)
        assert caught.value.code == "bad-file"
        return caught.value.detail

    assert reason(EXPORT_BLOCK_BYTES_MAX) == "it ends too early"
    assert reason(EXPORT_BLOCK_BYTES_MAX + 1).startswith(f"a block of {EXPORT_BLOCK_BYTES_MAX + 1}")


def test_blocks_out_of_order_are_refused(stick: bytes) -> None:
    header, keys, chunks, end = parts(stick)
    assert refused(rewrite([header, *chunks, *keys, end])) == "bad-file"
    assert refused(rewrite([*keys, header, *chunks, end])) == "bad-file"
    assert refused(rewrite([header, *keys, end, *chunks])) == "bad-file"
    assert refused(rewrite([header, header, *keys, *chunks, end])) == "bad-file"
    assert refused(rewrite([header, *keys, *chunks])) == "bad-file"


def test_a_key_event_behind_receipts_or_before_its_inception_is_refused(stick: bytes) -> None:
    header, (keys,), chunks, end = parts(stick)
    receipt = Receipt(*(bytes(32),) * 4, bytes(64))
    first, second = (Keys((event,), ()) for event in keys.events)
    both = rewrite([header, first, second, Keys((), (receipt,)), *chunks, end])
    assert survey(io.BytesIO(both)).receipts == 1
    assert refused(rewrite([header, first, Keys((), (receipt,)), second, *chunks, end])) == BAD
    opened = read_event(keys.events[0].event)[0]
    coop = event_hash(NETWORK, keys.events[0].event)
    added = DeviceAdd(Device(bytes(32), bytes(32)))
    later = Signed(write_event("device.add/1", coop, 0, coop, opened.salt, added), ())
    behind = rewrite([header, Keys((*keys.events, later), ()), *chunks, end])
    assert survey(io.BytesIO(behind)).events == 3
    assert refused(rewrite([header, Keys((later, *keys.events), ()), *chunks, end])) == BAD


def test_the_founding_record_stands_in_the_first_chunk(stick: bytes) -> None:
    header, keys, _, end = parts(stick)
    each = [Chunk(chunk.pack([path])) for path in paths_of(stick)]
    assert survey(io.BytesIO(rewrite([header, *keys, *each, end]))).records == end.records
    assert refused(rewrite([header, *keys, *each[1:], each[0], end])) == BAD
    assert refused(rewrite([header, *keys, End(0, b"")])) == BAD


def test_a_wrong_number_of_records_is_refused(stick: bytes) -> None:
    header, keys, chunks, end = parts(stick)
    for records in (end.records - 1, end.records + 1, -1):
        assert refused(rewrite([header, *keys, *chunks, End(records, b"")])) == "bad-file"


@pytest.mark.parametrize(
    "header",
    [
        Header(b"short", "test", bytes(32)),
        Header(bytes(32), "test", bytes(33)),
        Header(bytes(32), "", bytes(32)),
        Header(bytes(32), "n" * (NAME_BYTES_MAX + 1), bytes(32)),
    ],
)
def test_a_header_that_is_out_of_bounds_is_refused(header: Header) -> None:
    assert refused(rewrite([header, End(0, b"")])) == "bad-file"


def test_a_name_of_a_network_may_fill_its_limit() -> None:
    header = Header(bytes(32), "n" * NAME_BYTES_MAX, bytes(32))
    assert read(rewrite([header, End(0, b"")]))[0] == header


def test_a_chunk_that_is_none_is_refused(stick: bytes) -> None:
    header, keys, _, _ = parts(stick)
    assert refused(rewrite([header, *keys, Chunk(b"not zstd"), End(0, b"")])) == "bad-file"


def test_a_stream_may_hand_out_its_bytes_in_parts(stick: bytes) -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(7, size) if size is not None and size > 0 else size)

    assert list(read_blocks(Dripping(stick))) == read(stick)


def test_a_file_says_whether_its_circle_was_founded_open_to_read(tmp_path: Path) -> None:
    with coops(tmp_path, "shore") as (shore,):
        circle = shore.found(public=True)
        assert survey(io.BytesIO(shore.stick(circle))).is_public


def test_one_block_at_a_time_is_read(stick: bytes) -> None:
    stream = io.BytesIO(stick)
    blocks = read_blocks(stream)
    next(blocks)
    at_header = stream.tell()
    next(blocks)
    assert 0 < at_header < stream.tell() < len(stick)


def test_the_writer_counts_records_by_itself() -> None:
    blocks = export_file.BlockWriter(NETWORK)
    data = blocks.header(bytes(32), bytes(32)) + blocks.keys((), ()) + blocks.end()
    *_, end = read(data)
    assert isinstance(end, End)
    assert end.records == 0
