"""What a member may send and what it may not: chunks, records and bodies, over real sockets."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from node import ingest
from node.author import Draft
from node.net import backoff
from node.store import circles
from protocol import messages as m
from protocol import trade
from protocol.chunk import Path as ChunkPath
from protocol.circle import ADMIT, Admit
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_OVERHEAD_BYTES_MAX, PIECE_BYTES_MAX, SKEW_MS_MAX
from protocol.record import Body, write_body
from tests.coops import NOW_MS, Coop
from tests.node.net.nodes import (
    count,
    publish,
    read,
    titles,
    until_equal,
    until_titles,
)
from tests.node.net.siege import Siege, siege
from tests.node.net.stranger import Stranger, stranger

CHUNK_LIMIT = CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX


def wrong_signature(path: ChunkPath, _: Siege) -> ChunkPath:
    return msgspec.structs.replace(path, signature=bytes(64))


def time_backwards(path: ChunkPath, _: Siege) -> ChunkPath:
    return msgspec.structs.replace(path, times=(path.times[0], -1, *path.times[2:]))


def other_parent(path: ChunkPath, town: Siege) -> ChunkPath:
    row = town.member.database.connection.execute(
        "SELECT record.id FROM record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log JOIN coop ON coop.n = log.coop WHERE coop.id = ?",
        (town.node.coop,),
    ).fetchone()
    return msgspec.structs.replace(path, parent=row[0])


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (wrong_signature, "bad-signature"),
        (time_backwards, "time-backwards"),
        (other_parent, "bad-chain"),
    ],
)
async def test_a_forged_path_is_not_stored_and_its_sender_left_alone_for_a_while(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    forge: Callable[[ChunkPath, Siege], ChunkPath],
    code: str,
) -> None:
    async with siege(tmp_path, caplog) as town:
        good = town.member.offer(town.circle, "one", "two").paths[0]
        before = await records_of(town, good.log)
        async with stranger(town.node, town.member) as peer:
            await peer.greet()
            await peer.push(town.circle, forge(good, town))
            assert (await peer.farewell())[0] == code
        assert await records_of(town, good.log) == before
        async with stranger(town.node, town.member) as peer:
            assert (await peer.farewell())[0] == "too-many-tries"
        town.clock.advance(backoff.WAIT_MS_MIN)
        async with stranger(town.node, town.member) as peer:
            await peer.greet()
            await peer.push(town.circle, good)
            await until_titles(town.node, town.circle, "one", "two")
            await peer.push(town.circle, forge(good, town))
            await peer.farewell()
        assert town.node.peers.backoff.left_ms(town.member.id) == 2 * backoff.WAIT_MS_MIN


NOTHING_INSIDE = zstandard.ZstdCompressor().compress(b"\x90")
BOMB = zstandard.ZstdCompressor().compress(bytes(200 * CHUNK_LIMIT))
NO_SIZE = zstandard.ZstdCompressor(write_content_size=False).compress(b"\x90")


def lying() -> bytes:
    """A frame that says it holds 16 bytes and holds a thousand times more."""
    small = zstandard.ZstdCompressor().compress(bytes(16))
    large = zstandard.ZstdCompressor().compress(bytes(16_000))
    return small[:6] + large[7:]


@pytest.mark.parametrize(
    "packed",
    [b"", b"\x00" * 500, BOMB, NO_SIZE, NOTHING_INSIDE, NOTHING_INSIDE[:-1], lying()],
    ids=["empty", "zeros", "bomb", "no size", "no path", "cut off", "lying"],
)
async def test_bytes_that_are_no_chunk_end_the_link(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, packed: bytes
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        await peer.say(m.Push(peer.blind(town.circle), last=True, piece=packed))
        assert (await peer.farewell())[0] in {"malformed", "too-large"}


async def test_a_chunk_that_never_ends_is_cut_off_at_the_limit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        piece = m.Push(peer.blind(town.circle), last=False, piece=bytes(PIECE_BYTES_MAX))
        for _ in range(CHUNK_LIMIT // PIECE_BYTES_MAX + 1):
            await peer.say(piece)
        assert (await peer.farewell())[0] == "too-large"


async def test_changes_in_a_circle_that_is_not_shared_are_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        own = town.member.found("another circle")
        await peer.greet((own, bytes(32)))
        await peer.push(own, town.member.path(own))
        await peer.push_bytes(own, b"no chunk at all")
        await push_good(town, peer)
        assert await read(town.node, "SELECT name FROM circle") == [("Sea and soil",)]


async def test_a_log_of_a_coop_that_is_no_member_is_not_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        outsider = Coop("outsider")
        body = write_body(bytes(16), trade.Offer(title={"en": "smuggled"}))
        path = outsider.path(town.circle, Draft(trade.OFFER, body))
        await peer.greet()
        await peer.push(town.circle, path)
        await push_good(town, peer, "one")
        await town.node.store.write(
            lambda database: ingest.ingest_keys(database, [outsider.inception])
        )
        await peer.push(town.circle, path)
        await push_good(town, peer, "two")
        assert await records_of(town, path.log) == 0


async def test_an_admission_that_too_few_stand_behind_lets_nobody_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        friend = Coop("friend")
        judge = circles.load(town.member.database, town.circle)
        latest = max(judge.entries[head].order[0] for head in judge.heads())
        body = write_body(bytes(16), Admit(friend.id, bytes(16)), refs=judge.heads())
        alone = town.member.signing().publish(
            town.member.database, town.circle, [Draft(ADMIT, body)], after_ms=latest
        )
        async with stranger(town.node, town.member) as peer:
            await peer.greet()
            await peer.push(town.circle, *alone.paths)
            await push_good(town, peer)
        async with stranger(town.node, friend) as peer:
            assert (await peer.farewell())[0] == "peer-not-listed"


async def test_a_record_from_the_future_is_held_until_its_time_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        soon = town.member.offer(
            town.circle, "in time", instance=1, now_ms=NOW_MS + SKEW_MS_MAX
        ).paths
        late = town.member.offer(
            town.circle, "too early", instance=2, now_ms=NOW_MS + SKEW_MS_MAX + 1
        ).paths
        await peer.push(town.circle, *late)
        await peer.push(town.circle, *soon)
        await until_titles(town.node, town.circle, "in time")
        assert "too early" not in await titles(town.node, town.circle)
        assert await records_of(town, late[0].log) == 0
        town.clock.advance(1)
        town.neighbour.clock.advance(1)  # type: ignore[attr-defined]
        await peer.push(town.circle, *late)
        await until_titles(town.node, town.circle, "too early")


async def test_what_a_fast_clock_published_is_fetched_when_its_time_has_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        town.neighbour.clock.advance(2 * SKEW_MS_MAX)  # type: ignore[attr-defined]
        await publish(town.neighbour, town.circle, "from tomorrow")
        await push_good(town, peer)
        assert "from tomorrow" not in await titles(town.node, town.circle)
        town.clock.advance(2 * SKEW_MS_MAX)
        await town.node.peers.links[town.neighbour.coop].compare()
        await until_titles(town.node, town.circle, "from tomorrow")


def loose_fields(raw: bytes) -> bytes:
    parts = Body(bytes(16), None, "", None, (), msgspec.Raw(raw), None)
    return msgspec.msgpack.encode(parts)


MALFORMED_BODIES = {
    "text spelt longer than needed": loose_fields(b"\x81\xa5title\x81\xa2en\xd9\x04fish"),
    "no body at all": b"\xc1",
    "a field that offers have not": write_body(bytes(16), {"title": {"en": "fish"}, "zeal": 1}),
    "another shape": write_body(bytes(16), [1, 2, 3]),
}


@pytest.mark.parametrize("body", MALFORMED_BODIES.values(), ids=MALFORMED_BODIES)
async def test_a_malformed_body_stays_a_link_of_its_chain_and_shows_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        before = await titles(town.node, town.circle)
        await peer.push(town.circle, *town.member.say(town.circle, trade.OFFER, body).paths)
        await push_good(town, peer)
        await until_titles(town.neighbour, town.circle, "good")
        for one in (town.node, town.neighbour):
            assert await titles(one, town.circle) == sorted([*before, "good"])
            assert await count(one, "malformed") == 1
        await until_equal(town.circle, [town.node, town.neighbour])


@pytest.mark.parametrize("kind", ["festival/1", "offer/9"])
async def test_a_newer_kind_is_stored_and_handed_on_and_folded_into_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        before = await titles(town.node, town.circle)
        body = write_body(bytes(16), {"what": "nobody here knows"})
        await peer.push(town.circle, *town.member.say(town.circle, kind, body).paths)
        await push_good(town, peer)
        await until_titles(town.neighbour, town.circle, "good")
        for one in (town.node, town.neighbour):
            kept = "SELECT body FROM record JOIN kind ON kind.n = record.kind WHERE kind.name = ?"
            assert await read(one, kept, kind) == [(body,)]
            assert await titles(one, town.circle) == sorted([*before, "good"])
            assert await count(one, "malformed") == 0


async def records_of(town: Siege, log: bytes) -> int:
    rows = await read(
        town.node,
        "SELECT count(*) FROM record JOIN branch ON branch.n = record.branch "
        "JOIN log ON log.n = branch.log WHERE log.id = ?",
        log,
    )
    return int(rows[0][0])


async def push_good(town: Siege, peer: Stranger, title: str = "good") -> None:
    """What came before it on the link is dealt with when this one shows."""
    await peer.push(town.circle, *town.member.offer(town.circle, title).paths)
    await until_titles(town.node, town.circle, title)
