"""What one side answers, over the replica of a co-op with something to give."""

import base64
import random

import pytest

from node.store import blobs
from protocol import messages as m
from protocol.chunk import Path, pack, unpack
from protocol.errors import Refusal
from protocol.keylog import Signed
from protocol.limits import (
    ASKED_KEY_LOGS_MAX,
    BLOB_PIECE_BYTES,
    CHUNK_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    CREDIT_BYTES,
    FRAME_PLAIN_BYTES_MAX,
    KEY_EVENT_BYTES_MAX,
    PIECE_BYTES_MAX,
    REQUESTS_IN_FLIGHT_MAX,
    SIGNATURE_BYTES,
)
from protocol.serve import Streams, blob, bodies, key_logs, split, trie_nodes
from protocol.trade import Offer
from tests.coops import Coop, trio

BLIND = bytes(16)


def ask_all(coop: Coop, request: int = 1, credit: int = CREDIT_BYTES) -> m.AskLogs:
    rows = coop.database.connection.execute("SELECT leaf FROM log ORDER BY n").fetchall()
    return m.AskLogs(request, BLIND, tuple(m.LogAsk(row[0], ()) for row in rows), credit)


def drained(streams: Streams, coop: Coop) -> tuple[list[bytes], list[int]]:
    """(whole chunks, requests that are done), until nothing more can be sent."""
    chunks: list[bytes] = []
    done: list[int] = []
    data = b""
    while frames := streams.next_frames(coop.replica):
        for frame in frames:
            assert len(m.write(frame)) <= FRAME_PLAIN_BYTES_MAX
            if isinstance(frame, m.Done):
                done.append(frame.request)
                continue
            assert isinstance(frame, m.Data)
            data += frame.piece
            if frame.last:
                chunks.append(data)
                data = b""
    return chunks, done


def records_in(chunks: list[bytes]) -> int:
    return sum(len(path.bodies) for data in chunks for path in unpack(data))


def test_all_that_was_asked_for_comes_in_chunks_within_the_limits_and_then_its_end() -> None:
    circle, fishers, _, _ = trio()
    for start in range(0, 3000, 500):
        fishers.offer(circle, *(f"fish {start + number}" for number in range(500)))
    streams = Streams()
    streams.ask(ask_all(fishers), circle)
    chunks, done = drained(streams, fishers)
    assert done == [1]
    assert records_in(chunks) == fishers.records()
    for data in chunks:
        paths = unpack(data)
        assert sum(len(path.bodies) for path in paths) <= CHUNK_RECORDS_MAX
        assert sum(map(size_of, paths)) <= CHUNK_BYTES_MAX


def test_large_bodies_fill_chunks_by_their_bytes() -> None:
    circle, fishers, _, _ = trio()
    noise = base64.b64encode(random.Random("fish").randbytes(7000)).decode()
    text = dict.fromkeys(("de", "en", "pt", "sw"), noise)
    for number in range(60):
        offer = Offer(title={"en": f"fish {number}"}, text=text)
        body = fishers.signing().body(offer)
        fishers.say(circle, "offer/1", body)
    streams = Streams()
    streams.ask(ask_all(fishers), circle)
    chunks, _ = drained(streams, fishers)
    assert len(chunks) > 1
    assert records_in(chunks) == fishers.records()
    assert all(sum(map(size_of, unpack(data))) <= CHUNK_BYTES_MAX for data in chunks)


def size_of(path: Path) -> int:
    return sum(len(body) for body in path.bodies if isinstance(body, bytes))


def test_many_short_logs_share_chunks_that_can_be_unpacked() -> None:
    circle, fishers, _, _ = trio()
    for instance in range(250):
        fishers.offer(circle, f"fish {instance}", instance=instance)
    streams = Streams()
    streams.ask(ask_all(fishers), circle)
    chunks, _ = drained(streams, fishers)
    assert len(chunks) < 10
    assert records_in(chunks) == fishers.records()


def test_no_more_is_sent_than_there_is_credit_for() -> None:
    circle, fishers, _, _ = trio()
    for start in range(4):
        fishers.offer(circle, *(f"fish {start} {number}" for number in range(1000)))
    streams = Streams()
    streams.ask(ask_all(fishers, credit=1), circle)
    chunks, done = drained(streams, fishers)
    assert (len(chunks), done) == (1, [])
    streams.credit(1, len(chunks[0]))
    more, done = drained(streams, fishers)
    assert (len(more), done) == (1, [])
    streams.credit(2, CREDIT_BYTES)
    assert drained(streams, fishers) == ([], [])
    streams.credit(1, CREDIT_BYTES)
    rest, done = drained(streams, fishers)
    assert done == [1]
    assert records_in([*chunks, *more, *rest]) == fishers.records()


def test_requests_beyond_the_limit_and_repeated_numbers_are_flooding() -> None:
    circle, fishers, _, _ = trio()
    streams = Streams()
    for request in range(1, REQUESTS_IN_FLIGHT_MAX + 1):
        streams.ask(ask_all(fishers, request), circle)
    for request in (REQUESTS_IN_FLIGHT_MAX + 1, 1):
        with pytest.raises(Refusal, match="peer-flooding"):
            streams.ask(ask_all(fishers, request), circle)
    _, done = drained(streams, fishers)
    assert sorted(done) == list(range(1, REQUESTS_IN_FLIGHT_MAX + 1))
    streams.ask(ask_all(fishers, 1), circle)


def test_a_log_that_is_not_here_or_of_another_circle_is_passed_over() -> None:
    circle, fishers, _, _ = trio()
    other = fishers.found("another circle")
    streams = Streams()
    nowhere = m.LogAsk(bytes(32), ())
    streams.ask(m.AskLogs(1, BLIND, (nowhere, *ask_all(fishers).logs), CREDIT_BYTES), circle)
    chunks, done = drained(streams, fishers)
    assert done == [1]
    logs = {path.log for data in chunks for path in unpack(data)}
    rows = fishers.database.connection.execute(
        "SELECT log.id FROM log JOIN circle ON circle.n = log.circle WHERE circle.id = ?", (other,)
    ).fetchall()
    assert logs.isdisjoint(row[0] for row in rows)


@pytest.mark.parametrize("size", [1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, 3 * PIECE_BYTES_MAX])
def test_pieces_put_together_are_the_whole_and_only_the_last_says_so(size: int) -> None:
    whole = bytes(range(256)) * (size // 256 + 1)
    pieces = split(whole[:size])
    assert b"".join(piece for piece, _ in pieces) == whole[:size]
    assert [last for _, last in pieces] == [False] * (len(pieces) - 1) + [True]
    assert max(len(piece) for piece, _ in pieces) <= PIECE_BYTES_MAX


def test_nodes_are_shortened_and_empty_of_a_circle_that_is_not_shared() -> None:
    circle, fishers, _, _ = trio()
    (root,) = trie_nodes(fishers.replica, circle, ("",))
    assert len(root.children) == 16
    leaves = [child for child in root.children if isinstance(child, m.Leaf)]
    assert leaves
    for leaf in leaves:
        value = fishers.replica.leaf_value(circle, leaf.key)
        assert value is not None
        assert leaf.value == value[:8]
    assert trie_nodes(fishers.replica, None, ("", "a")) == (
        m.TrieNode("", ()),
        m.TrieNode("a", ()),
    )


class ManyEvents:
    """A replica whose one key log is as long as key logs may be; nothing else is asked of it."""

    def __init__(self, events: list[Signed]) -> None:
        self._events = events
        self.read = 0

    def key_log(self, circle: bytes, leaf: bytes) -> tuple[list[Signed], list[object]]:
        self.read += 1
        return self._events, []


def test_a_long_key_log_comes_in_messages_that_fit_and_the_last_says_so() -> None:
    signature = (bytes(32), bytes(SIGNATURE_BYTES))
    events = [Signed(bytes(KEY_EVENT_BYTES_MAX), (signature,) * 32)] * 10
    events += [Signed(bytes(300), (signature,))] * (2 * ASKED_KEY_LOGS_MAX)
    asked = m.AskKeys(BLIND, (bytes(32),))
    given = list(key_logs(asked, bytes(32), ManyEvents(events)))  # type: ignore[arg-type]
    assert all(len(m.write(answer)) <= FRAME_PLAIN_BYTES_MAX for answer in given)
    answers = [answer for answer in given if isinstance(answer, m.Keys)]
    assert [event for one in answers for event in one.events] == events
    assert [one.last for one in answers] == [False] * (len(given) - 1) + [True]


def test_key_logs_are_read_and_sent_a_message_at_a_time_before_records() -> None:
    circle, fishers, _, _ = trio()
    signature = (bytes(32), bytes(SIGNATURE_BYTES))
    many = ManyEvents([Signed(bytes(KEY_EVENT_BYTES_MAX), (signature,))] * 200)
    streams = Streams()
    streams.ask(ask_all(fishers), circle)
    for _ in range(2):
        streams.ask_keys(m.AskKeys(BLIND, (bytes(32),)), circle, many)  # type: ignore[arg-type]
    assert many.read == 0
    given = []
    while frames := streams.next_frames(fishers.replica):
        assert len(frames) == 1
        given += frames
        if len(given) == 1:
            assert many.read == 1
    answers = [one for one in given if isinstance(one, m.Keys)]
    assert sum(len(one.events) for one in answers) == 400
    assert [one.last for one in answers].count(True) == 2
    assert [type(one) for one in given] == [m.Keys] * len(answers) + [m.Data, m.Done]


def test_requests_for_key_logs_beyond_the_limit_are_flooding() -> None:
    circle, fishers, _, _ = trio()
    streams = Streams()
    streams.ask(ask_all(fishers), circle)
    asked = m.AskKeys(BLIND, (bytes(32),))
    for _ in range(REQUESTS_IN_FLIGHT_MAX - 1):
        streams.ask_keys(asked, circle, fishers.replica)
    with pytest.raises(Refusal, match="peer-flooding"):
        streams.ask_keys(asked, circle, fishers.replica)
    with pytest.raises(Refusal, match="peer-flooding"):
        streams.ask(ask_all(fishers, 2), circle)
    drained_of = [streams.next_frames(fishers.replica) for _ in range(REQUESTS_IN_FLIGHT_MAX - 1)]
    assert [frames[0].last for frames in drained_of if isinstance(frames[0], m.Keys)] == [
        True
    ] * len(drained_of)
    streams.ask_keys(asked, circle, fishers.replica)


def test_bodies_that_are_here_come_one_by_one() -> None:
    circle, fishers, _, _ = trio()
    ids = fishers.offer(circle, "cod", "hake").ids
    asked = m.AskBodies(BLIND, (ids[0], bytes(32), ids[1]))
    found = list(bodies(asked, circle, fishers.replica))
    assert [one.id for one in found if isinstance(one, m.BodyOf)] == ids
    assert list(bodies(asked, None, fishers.replica)) == []


def test_a_picture_comes_with_its_list_first_and_its_pieces_in_slices() -> None:
    circle, fishers, _, _ = trio()
    picture = b"\xff\xd8\xff" + bytes(3 * BLOB_PIECE_BYTES)
    identifier, _ = blobs.put(fishers.database, picture)
    first = list(blob(m.AskBlob(BLIND, identifier, 0, 2), circle, fishers.replica))
    rest = list(blob(m.AskBlob(BLIND, identifier, 2, 16), circle, fishers.replica))
    assert isinstance(first[0], m.BlobList)
    assert first[0].size == len(picture)
    parts = [part for part in [*first[1:], *rest] if isinstance(part, m.BlobPart)]
    assert b"".join(part.part for part in parts) == picture
    assert sorted({part.index for part in parts}) == [0, 1, 2, 3]
    assert all(len(m.write(part)) <= FRAME_PLAIN_BYTES_MAX for part in parts)
    beyond = m.AskBlob(BLIND, identifier, 4, 1)
    assert list(blob(beyond, circle, fishers.replica)) == []


def test_a_picture_that_is_not_here_or_not_shared_is_of_no_size() -> None:
    circle, fishers, _, _ = trio()
    identifier, _ = blobs.put(fishers.database, b"\xff\xd8\xff")
    nothing = [m.BlobList(identifier, 0, ())]
    assert list(blob(m.AskBlob(BLIND, identifier, 0, 1), None, fishers.replica)) == nothing
    absent = m.AskBlob(BLIND, bytes(32), 0, 1)
    assert list(blob(absent, circle, fishers.replica)) == [m.BlobList(bytes(32), 0, ())]


def test_a_pushed_chunk_is_what_a_served_one_is() -> None:
    circle, fishers, _, _ = trio()
    paths = fishers.offer(circle, "cod").paths
    assert unpack(pack(paths)) == tuple(paths)
