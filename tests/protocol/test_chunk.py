"""Chunks: records in, the same records out, and every way in which bytes can lie."""

from collections.abc import Callable
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from protocol import chunk
from protocol.chunk import Parent, Path
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.limits import (
    BODY_BYTES_MAX,
    CHUNK_BYTES_MAX,
    CHUNK_OVERHEAD_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    DAY_MS,
)
from protocol.log import verify_head
from protocol.record import Record, write_body
from tests.protocol.coops import NETWORK, Coop, LogWriter, code_of, salt, word

CIRCLE = word("circle")
COOP = Coop("fishers")
PLAIN_BYTES_MAX = CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX
TODAY = 1_790_000_000_000 // DAY_MS


def written(count: int = 5) -> LogWriter:
    """A log of an opening, a forgettable note and lasting withdrawals under two key events."""
    writer = LogWriter(COOP, CIRCLE)
    writer.append("note/1", write_body(salt("n"), {"text": "x"}), expires_day=TODAY)
    for number in range(count - 2):
        body = write_body(salt(str(number)), {"number": number})
        writer.append("withdraw/1", body, key_event=word("next")[:16])
    return writer


WRITER = written()
RECORDS = WRITER.records
PATH = chunk.make_path(RECORDS, WRITER.sign(RECORDS[-1]))
COLUMNS = dict(zip(Path.__struct_fields__, msgpack.unpackb(encode(PATH)), strict=True))
"""The path as its plain columns."""


def packed(*paths: object) -> bytes:
    return zstandard.ZstdCompressor().compress(msgpack.packb(list(paths)))


def changed(**columns: object) -> list[object]:
    return list({**COLUMNS, **columns}.values())


def test_records_come_back_as_they_were() -> None:
    (path,) = chunk.unpack(chunk.pack([PATH]))
    assert path == PATH
    again = chunk.walk(NETWORK, path, None)
    assert again == RECORDS
    verify_head(NETWORK, WRITER.device, again[-1].header, again[-1].id, path.signature)


def test_a_path_goes_on_behind_its_parent() -> None:
    parent = Parent(RECORDS[1].id, 2, RECORDS[1].header.time_ms)
    path = chunk.make_path(RECORDS[2:], WRITER.sign(RECORDS[-1]))
    assert path.parent == parent.id
    assert chunk.walk(NETWORK, path, parent) == RECORDS[2:]


def test_many_logs_travel_in_one_chunk() -> None:
    writers = [LogWriter(COOP, CIRCLE, instance=number) for number in range(20)]
    paths = [chunk.make_path(one.records, one.sign(one.records[0])) for one in writers]
    got = chunk.unpack(chunk.pack(paths, level=3))
    assert [chunk.walk(NETWORK, path, None) for path in got] == [one.records for one in writers]


def test_a_forgettable_body_may_be_absent_and_changes_no_id() -> None:
    without = [one._replace(body=None) if one.header.expires_day else one for one in RECORDS]
    path = chunk.make_path(without, WRITER.sign(RECORDS[-1]))
    assert path.bodies[1] == (RECORDS[1].header.body_hash, RECORDS[1].header.body_len)
    (again,) = chunk.unpack(chunk.pack([path]))
    walked = chunk.walk(NETWORK, again, None)
    assert [one.id for one in walked] == [one.id for one in RECORDS]
    assert walked[1].body is None
    assert chunk.bytes_of(walked) == chunk.bytes_of(RECORDS) - RECORDS[1].header.body_len


@pytest.mark.parametrize("index", [0, 2])
def test_a_lasting_body_may_not_be_absent(index: int) -> None:
    without = [one._replace(body=None) if at == index else one for at, one in enumerate(RECORDS)]
    path = chunk.make_path(without, bytes(64))
    assert code_of(lambda: chunk.walk(NETWORK, path, None)) == "absent-body"


def walked_with(**columns: object) -> str | None:
    """What becomes of the path with changed columns: the code of its refusal."""

    def take() -> None:
        (path,) = chunk.unpack(packed(changed(**columns)))
        walked = chunk.walk(NETWORK, path, None)
        last = walked[-1]
        verify_head(NETWORK, WRITER.device, last.header, last.id, path.signature)

    return code_of(take)


def test_the_columns_as_they_were_pass() -> None:
    assert walked_with() is None
    # Unused and repeated entries of the tables are no second history.
    assert walked_with(kinds=[*COLUMNS["kinds"], "note/1", "odd"]) is None


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"coop": bytes(31)}, "malformed"),
        ({"log": bytes(33)}, "malformed"),
        ({"parent": bytes(1)}, "malformed"),
        ({"signature": bytes(63)}, "malformed"),
        ({"signature": bytes(65)}, "malformed"),
        ({"times": []}, "malformed"),
        ({"times": [1]}, "malformed"),
        ({"kind_of": [0, 1, 2, 2]}, "malformed"),
        ({"kind_of": [0, 1, 2, 2, 3]}, "malformed"),
        ({"kind_of": [0, -1, 2, 2, 2]}, "malformed"),
        ({"event_of": [0, 0, 1, 1, 2]}, "malformed"),
        ({"event_of": [-1, 0, 1, 1, 1]}, "malformed"),
        ({"expires_days": [None]}, "malformed"),
        ({"bodies": []}, "malformed"),
        ({name: [] for name in ("times", "kind_of", "event_of", "expires_days", "bodies")},
         "malformed"),
        ({"kinds": []}, "malformed"),
        ({"events": []}, "malformed"),
        ({"events": [bytes(15), bytes(16)]}, "malformed"),
        ({"kinds": ["log.open/1", "note/1", "Withdraw/1"]}, "malformed"),
        ({"kinds": ["note/1", "note/1", "withdraw/1"]}, "malformed"),
        ({"times": [-1, 1, 1, 1, 1]}, "malformed"),
        ({"times": [1_790_000_000_000, -1, 1, 1, 1]}, "time-backwards"),
        ({"times": [2**53, 1, 1, 1, 1]}, "malformed"),
        ({"times": [2**64 - 1, 1, 1, 1, 1]}, "malformed"),
        ({"expires_days": [None, TODAY - 1, None, None, None]}, "malformed"),
        ({"expires_days": [None, TODAY, TODAY, None, None]}, "malformed"),
        ({"expires_days": [None, 2**64 - 1, None, None, None]}, "malformed"),
        ({"bodies": [b"", *COLUMNS["bodies"][1:]]}, "too-large"),
        ({"bodies": [*COLUMNS["bodies"][:4], bytes(BODY_BYTES_MAX + 1)]}, "too-large"),
        ({"bodies": [COLUMNS["bodies"][0], [bytes(31), 9], *COLUMNS["bodies"][2:]]}, "malformed"),
        ({"bodies": [COLUMNS["bodies"][0], [bytes(32), 0], *COLUMNS["bodies"][2:]]}, "too-large"),
        ({"bodies": [COLUMNS["bodies"][0], [bytes(32), -1], *COLUMNS["bodies"][2:]]}, "too-large"),
        ({"coop": "x"}, "bad-field"),
        ({"times": [1.5, 1, 1, 1, 1]}, "bad-field"),
        ({"kind_of": [None, 0, 0, 0, 0]}, "bad-field"),
        ({"bodies": ["text", *COLUMNS["bodies"][1:]]}, "bad-field"),
        ({"bodies": [[bytes(32), 1, 2], *COLUMNS["bodies"][1:]]}, "bad-field"),
        ({"more": None}, "bad-field"),
        # Another history than the signed one.
        ({"coop": word("x")}, "bad-signature"),
        ({"log": word("x")}, "bad-signature"),
        ({"times": [1_790_000_000_000, 0, 0, 0, 0]}, "bad-signature"),
        ({"events": [bytes(16), bytes(16)]}, "bad-signature"),
        ({"expires_days": [None, TODAY + 1, None, None, None]}, "bad-signature"),
        ({"bodies": [b"x", *COLUMNS["bodies"][1:]]}, "bad-signature"),
        ({"bodies": COLUMNS["bodies"][:1] + COLUMNS["bodies"][1:][::-1]}, "bad-signature"),
        ({"signature": bytes(64)}, "bad-signature"),
    ],
)  # fmt: skip
def test_columns_that_lie_are_refused(columns: dict[str, Any], code: str) -> None:
    assert walked_with(**columns) == code


def test_a_path_cut_short_or_longer_than_its_signature_is_refused() -> None:
    for some in (RECORDS[:-1], RECORDS[:1]):
        path = chunk.make_path(some, PATH.signature)
        walked = chunk.walk(NETWORK, path, None)
        args = NETWORK, WRITER.device, walked[-1].header, walked[-1].id, path.signature
        assert code_of(verify_head, *args) == "bad-signature"


def test_a_record_dated_before_its_parent_is_refused_also_behind_one_that_is_here() -> None:
    path = chunk.make_path(RECORDS[2:], PATH.signature)
    late = Parent(RECORDS[1].id, 2, RECORDS[2].header.time_ms + 1)
    assert code_of(lambda: chunk.walk(NETWORK, path, late)) == "time-backwards"
    equal = late._replace(time_ms=RECORDS[2].header.time_ms)
    assert len(chunk.walk(NETWORK, path, equal)) == 3


def test_the_largest_seq_ends_a_log() -> None:
    path = chunk.make_path(RECORDS[2:3], PATH.signature)
    before = Parent(RECORDS[1].id, 2**53 - 2, 0)
    assert chunk.walk(NETWORK, path, before)[0].header.seq == 2**53 - 1
    assert code_of(lambda: chunk.walk(NETWORK, path, before._replace(seq=2**53 - 1))) == "malformed"


def short_paths(count: int) -> list[object]:
    """Paths of one tiny record each."""
    one = changed(times=[1], kind_of=[0], event_of=[0], expires_days=[None], bodies=[b"x"])
    return [one] * count


def test_as_many_records_as_allowed_and_one_past() -> None:
    assert len(chunk.unpack(packed(*short_paths(CHUNK_RECORDS_MAX)))) == CHUNK_RECORDS_MAX
    assert code_of(lambda: chunk.unpack(packed(*short_paths(CHUNK_RECORDS_MAX + 1)))) == "too-large"


def test_no_path_at_all_is_refused() -> None:
    assert code_of(lambda: chunk.unpack(packed())) == "too-large"


def padded(size: int) -> bytes:
    """Plain bytes of exactly this size that spell one path of one body."""
    empty = len(msgpack.packb([changed(**one_body(b"x" * 70_000))])) - 70_000
    data: bytes = msgpack.packb([changed(**one_body(b"x" * (size - empty)))])
    return data


def one_body(body: bytes) -> dict[str, object]:
    return {
        "times": [1], "kind_of": [0], "event_of": [0], "expires_days": [None], "bodies": [body]
    }  # fmt: skip


def test_decompression_ends_at_the_limit_and_is_refused_one_past_it() -> None:
    edge, past = padded(PLAIN_BYTES_MAX), padded(PLAIN_BYTES_MAX + 1)
    assert (len(edge), len(past)) == (PLAIN_BYTES_MAX, PLAIN_BYTES_MAX + 1)
    compress = zstandard.ZstdCompressor().compress
    assert len(chunk.unpack(compress(edge))) == 1
    assert code_of(lambda: chunk.unpack(compress(past))) == "too-large"


def bomb(size: int) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(bytes(size))


def without_size(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(data)


def lying_about_its_size() -> bytes:
    """A frame whose header promises one byte and whose blocks hold more."""
    frame = bytearray(zstandard.ZstdCompressor().compress(bytes(200)))
    assert frame[4] & 0xE0 == 0x20  # one segment, a content size of one byte
    frame[5] = 1
    return bytes(frame)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda: bomb(64 * 1024 * 1024), "too-large", id="a bomb"),
        pytest.param(lambda: without_size(encode([PATH])), "too-large", id="no content size"),
        pytest.param(lambda: bytes(PLAIN_BYTES_MAX + 1), "too-large", id="too many bytes"),
        pytest.param(lying_about_its_size, "malformed", id="a false content size"),
        pytest.param(lambda: bytes(PLAIN_BYTES_MAX), "malformed", id="no frame"),
        pytest.param(lambda: b"", "malformed", id="nothing"),
        pytest.param(lambda: chunk.pack([PATH])[:-1], "malformed", id="a frame cut short"),
        pytest.param(lambda: chunk.pack([PATH]) + b"\0", "malformed", id="bytes behind it"),
        pytest.param(lambda: chunk.pack([PATH]) * 2, "malformed", id="two frames"),
        pytest.param(lambda: b"\x50\x2a\x4d\x18" + bytes(4), "malformed", id="a frame to skip"),
        pytest.param(
            lambda: b"\x50\x2a\x4d\x18" + bytes(4) + chunk.pack([PATH]), "malformed",
            id="a frame to skip before it",
        ),
        pytest.param(lambda: bomb(0), "malformed", id="an empty frame"),
        pytest.param(lambda: bomb(1000), "bad-field", id="zeros"),
        pytest.param(lambda: packed(1), "bad-field", id="a number for a path"),
        pytest.param(
            lambda: zstandard.ZstdCompressor().compress(b"\xdd\xff\xff\xff\xff"), "malformed",
            id="paths that are not there",
        ),
        pytest.param(
            lambda: zstandard.ZstdCompressor().compress(b"\x91" * 100_000), "bad-field",
            id="a nest of lists",
        ),
    ],
)  # fmt: skip
def test_bytes_that_are_no_chunk_are_refused(make: Callable[[], bytes], code: str) -> None:
    assert code_of(lambda: chunk.unpack(make())) == code


def test_every_flipped_bit_is_refused_or_leaves_the_same_records() -> None:
    whole = chunk.pack([PATH])
    for place in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            try:
                (path,) = chunk.unpack(bytes(damaged))
                parent = Parent(path.parent, 1, 0) if path.parent else None
                walked = chunk.walk(NETWORK, path, parent)
                verify_head(
                    NETWORK, WRITER.device, walked[-1].header, walked[-1].id, path.signature
                )
            except Refusal:
                continue
            assert [one.id for one in walked] == [one.id for one in RECORDS]


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_chunk_or_refused(data: bytes) -> None:
    code_of(lambda: chunk.unpack(data))
    code_of(lambda: chunk.unpack(zstandard.ZstdCompressor().compress(data)))


@given(counts=st.lists(st.integers(2, 9), min_size=1, max_size=4))
def test_any_split_into_paths_gives_the_same_records(counts: list[int]) -> None:
    writer = written(sum(counts))
    parent: Parent | None = None
    got: list[Record] = []
    for count in counts:
        some = writer.records[len(got) : len(got) + count]
        (path,) = chunk.unpack(chunk.pack([chunk.make_path(some, writer.sign(some[-1]))]))
        got += chunk.walk(NETWORK, path, parent)
        parent = Parent(got[-1].id, got[-1].header.seq, got[-1].header.time_ms)
    assert got == writer.records
