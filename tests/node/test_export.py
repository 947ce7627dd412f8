import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from node import acts, export, ingest
from node.author import Draft
from node.export import Taking
from node.export_file import Chunk, Header, Keys
from node.store.database import Database
from protocol import chunk, trade
from protocol.keyevents import Device, DeviceRevoke, LogCut, Receipt, Rotate
from protocol.keylog import Signed, event_hash, receipt_message, write_event
from protocol.keys import controller_seed, sign, signing_pair
from protocol.limits import (
    CHUNK_BYTES_MAX,
    CHUNK_RECORDS_MAX,
    DAY_MS,
    EXPORT_BLOCK_BYTES_MAX,
    SKEW_MS_MAX,
)
from tests.node.export_world import (
    NETWORK,
    NOW_MS,
    Check,
    Coop,
    World,
    code,
    coops,
    join,
    parts,
    paths_of,
    read,
    rewrite,
    two_members,
    verified,
    with_chunks,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with two_members(tmp_path) as members:
        yield members


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return partial(verified, tmp_path)


# ------------------------------------------------------------------------------- there and back


def test_a_stick_carries_a_circle_to_a_newcomer(tmp_path: Path) -> None:
    with coops(tmp_path, "shore", "hill") as (shore, hill):
        circle = shore.found()
        shore.offer(circle, ["salt fish", "net repair"])
        shore.admit(circle, hill)
        hill.ask_to_join(circle, shore)
        taken = hill.take(shore.stick(circle))
        assert taken == export.Taken(circle, 5, 5, 0, members_changed=True)
        assert hill.root(circle) == shore.root(circle)
        assert len(hill.titles()) == 2


def test_what_is_here_already_is_not_new(world: World) -> None:
    shore, hill, circle = world
    taken = hill.take(shore.stick(circle))
    assert taken == export.Taken(circle, 0, shore.records(), 0, members_changed=False)


def test_two_members_meet_by_stick_alone(world: World) -> None:
    shore, hill, circle = world
    shore.offer(circle, ["ice"])
    hill.offer(circle, ["tea", "honey"])
    assert shore.take(hill.stick(circle)).records_new == 2
    assert hill.take(shore.stick(circle)).records_new == 1
    assert shore.root(circle) == hill.root(circle)


def test_verify_proves_a_file_with_nothing_but_itself(world: World, check: Check) -> None:
    shore, _, circle = world
    assert check(shore.stick(circle)) == export.Verified(
        ok=True, network="test", circle=circle, coops=2, records=shore.records(),
        root=shore.root(circle),
    )  # fmt: skip


def test_a_file_shows_one_moment_while_the_node_goes_on(world: World, check: Check) -> None:
    shore, _, circle = world
    shore.offer(circle, [f"crate {number}" for number in range(1000)], "t" * 900)
    root, records = shore.root(circle), shore.records()
    pieces = export.write(shore.database.path, NETWORK, circle)
    first = next(pieces)
    shore.offer(circle, ["too late"])
    verified = check(first + b"".join(pieces))
    assert (verified.root, verified.records) == (root, records)
    assert shore.root(circle) != root


def test_a_file_of_many_chunks_keeps_every_limit(world: World, check: Check) -> None:
    shore, hill, circle = world
    for batch in range(3):
        titles = [f"{batch} {number}" for number in range(1000)]
        shore.offer(circle, titles)
    noise = os.urandom(5000).hex()
    shore.offer(circle, [f"large {number}" for number in range(100)], noise)
    stick = shore.stick(circle)
    sizes = []
    for one in parts(stick)[2]:
        paths = chunk.unpack(one.data)
        bodies = [body for path in paths for body in path.bodies if isinstance(body, bytes)]
        sizes.append((len(bodies), sum(map(len, bodies))))
    assert len(sizes) == 4
    assert max(records for records, _ in sizes) <= CHUNK_RECORDS_MAX
    assert max(size for _, size in sizes) <= CHUNK_BYTES_MAX
    pieces = export.write(shore.database.path, NETWORK, circle)
    assert max(map(len, pieces)) <= EXPORT_BLOCK_BYTES_MAX + 64
    assert check(stick).records == shore.records()
    assert hill.take(stick).records_new == 3100


def test_an_unknown_circle_cannot_be_written(world: World) -> None:
    shore, _, _ = world
    pieces = export.write(shore.database.path, NETWORK, bytes(32))
    assert code(lambda: next(pieces)) == "unknown-circle"


def test_a_log_whose_last_signature_is_not_here_cannot_be_written(world: World) -> None:
    shore, _, circle = world
    shore.offer(circle, ["ice"])
    shore.database.connection.execute(
        "DELETE FROM signature WHERE seq = (SELECT max(seq) FROM signature)"
    )
    assert code(lambda: shore.stick(circle)) == "gap"


def test_a_writer_that_is_left_alone_lets_go_of_the_database(world: World) -> None:
    shore, _, circle = world
    pieces = export.write(shore.database.path, NETWORK, circle)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    shore.database.connection.execute("PRAGMA busy_timeout = 0")
    busy = shore.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    assert busy == 0


# -------------------------------------------------------------------------- histories of a circle


def test_a_fork_and_a_second_log_are_carried(world: World, tmp_path: Path, check: Check) -> None:
    shore, hill, circle = world
    copy = tmp_path / "copy.sqlite3"
    copied = Database(copy, NETWORK)
    with copied.connection, shore.database.connection:
        shore.database.connection.backup(copied.connection)
    shore.offer(circle, ["one history"])
    signing = shore.signing()
    other = (trade.OFFER, trade.Offer(title={"en": "another"}, text={}), None)
    fork = acts.add_offers(copied, signing, circle, [other], live=False)
    copied.close()
    ingest.ingest_paths(shore.database, circle, fork.paths, NOW_MS, live=False)
    shore.offer(circle, ["from a copy"], instance=7)
    stick = shore.stick(circle)
    assert check(stick).root == shore.root(circle)
    assert hill.take(stick).records_new == 4
    assert hill.root(circle) == shore.root(circle)


def test_a_removed_member_is_carried_as_far_as_its_cut(
    world: World, tmp_path: Path, check: Check
) -> None:
    shore, hill, circle = world
    for batch in range(2):
        hill.offer(circle, [f"{batch} {number}" for number in range(900)])
    shore.take(hill.stick(circle))
    hill.offer(circle, ["unseen"])
    beyond = hill.stick(circle)
    done, _ = acts.remove(shore.database, shore.signing(), circle, hill.id)
    assert done
    stick = shore.stick(circle)
    assert check(stick).records == shore.records()
    with coops(tmp_path, "lake") as (lake,):
        join(circle, shore, lake)
        assert lake.root(circle) == shore.root(circle)
        assert len(lake.titles()) == len(shore.titles()) == 1802
        lake.take(beyond)
        assert lake.root(circle) == shore.root(circle), "what lies beyond the cut is not carried"
        assert len(lake.titles()) == 1802, "and shows nowhere"


def test_a_body_that_was_forgotten_stays_a_link_of_its_chain(world: World, check: Check) -> None:
    shore, _, circle = world
    offer = shore.offer(circle, ["soon gone"])[0]
    body = shore.database.connection.execute(
        "SELECT body FROM record WHERE id = ?", (offer,)
    ).fetchone()[0]
    shore.database.connection.execute(
        "UPDATE record SET body = NULL, absent_hash = ?, absent_len = ? WHERE id = ?",
        (NETWORK.hash(b"body", body), len(body), offer),
    )
    stick = shore.stick(circle)
    assert check(stick).root == shore.root(circle)
    assert sum(isinstance(b, tuple) for path in paths_of(stick) for b in path.bodies) == 1


def test_endorsements_and_logs_that_stand_on_each_other_need_one_pass(
    tmp_path: Path, check: Check
) -> None:
    names = ["shore", "hill", "lake", "moor", "wood"]
    with coops(tmp_path, *names) as (shore, hill, lake, moor, wood):
        circle = shore.found()
        join(circle, shore, hill)
        join(circle, shore, lake)
        for newcomer in (moor, wood):
            ingest.ingest_keys(lake.database, [newcomer.inception])
            ingest.ingest_keys(hill.database, [newcomer.inception])
            for one, other in ((shore, lake), (lake, hill)):
                other.take(one.stick(circle))
            done, _ = acts.admit(lake.database, lake.signing(), circle, newcomer.id)
            assert not done
            hill.take(lake.stick(circle))
            done, _ = acts.admit(hill.database, hill.signing(), circle, newcomer.id)
            assert done
            newcomer.ask_to_join(circle, hill)
            newcomer.take(hill.stick(circle))
            newcomer.accept(circle)
            newcomer.offer(circle, ["peat"])
            shore.take(newcomer.stick(circle))
        stick = shore.stick(circle)
        assert check(stick).coops == 5
        with coops(tmp_path, "reader") as (reader,):
            taking = Taking(io.BytesIO(stick), NETWORK, None, NOW_MS)
            steps = 1
            while taking.step(reader.database) is None:
                steps += 1
            assert steps == len(read(stick))
            assert reader.root(circle) == shore.root(circle)


# ---------------------------------------------------------------------------------------- key logs


def revoke_much(coop: Coop, number: int) -> Signed:
    """A key event of some 16 KB: a device that never was, cut in a great many logs."""
    public, secret = signing_pair(controller_seed(NETWORK, coop.recovery, 0))
    logs = sorted(NETWORK.hash(b"test", b"%d %d" % (number, log)) for log in range(100))
    fields = DeviceRevoke(
        cuts=tuple(LogCut((coop.id,), log, (bytes(64),)) for log in logs), device=coop.draw(32)
    )
    event = write_event("device.revoke/1", coop.id, 0, coop.id, coop.draw(16), fields)
    return Signed(event, ((public, sign(secret, event_hash(NETWORK, event))),))


def test_key_logs_are_cut_into_blocks(world: World, check: Check) -> None:
    shore, hill, circle = world
    events = [revoke_much(shore, number) for number in range(80)]
    assert sum(len(one.event) for one in events) > CHUNK_BYTES_MAX
    ingest.ingest_keys(shore.database, events)
    stick = shore.stick(circle)
    _, keys, _, _ = parts(stick)
    assert [len(block.events) > 0 for block in keys] == [True, True]
    assert keys[0].events[0] == shore.inception
    assert check(stick).root == shore.root(circle)
    hill.take(stick)
    assert hill.root(circle) == shore.root(circle)


def rotate(coop: Coop, place: int, prev: bytes, witness: bytes) -> Signed:
    public, secret = signing_pair(controller_seed(NETWORK, coop.recovery, place))
    following, _ = signing_pair(controller_seed(NETWORK, coop.recovery, place + 1))
    fields = Rotate(
        controller=public,
        cuts=(),
        devices=(Device(noise=bytes(32), sign=coop.author.device),),
        next_controller=NETWORK.hash(b"next", following),
        sealing=bytes(32),
        witnesses=(witness,),
    )
    event = write_event("key.rotate/1", coop.id, place, prev, coop.draw(16), fields)
    return Signed(event, ((public, sign(secret, event_hash(NETWORK, event))),))


def receipt_of(witness: Coop, coop: bytes, event: bytes) -> Receipt:
    """What the node of a witness signs at first sight."""
    device, secret = signing_pair(witness.ring.device_seed)
    blank = Receipt(witness.id, coop, event, device, bytes(64))
    signature = sign(secret, receipt_message(NETWORK, blank))
    return Receipt(witness.id, coop, event, device, signature)


def test_receipts_travel_with_the_key_logs_of_their_witnesses(
    world: World, tmp_path: Path, check: Check
) -> None:
    shore, hill, circle = world
    with coops(tmp_path, "witness", "stranger") as (witness, stranger):
        first = rotate(shore, 1, shore.id, witness.id)
        second = rotate(shore, 2, event_hash(NETWORK, first.event), witness.id)
        receipt = receipt_of(witness, shore.id, event_hash(NETWORK, second.event))
        keys = [witness.inception, stranger.inception, first, second]
        assert shore.id in ingest.ingest_keys(shore.database, keys, [receipt])
    stick = shore.stick(circle)
    _, blocks, _, _ = parts(stick)
    assert [(len(block.events), len(block.receipts)) for block in blocks] == [(5, 0), (0, 1)]
    verified = check(stick)
    assert (verified.coops, verified.root) == (2, shore.root(circle))
    hill.take(stick)
    assert hill.root(circle) == shore.root(circle)


def test_a_key_event_of_a_newer_kind_holds_up_nothing_else(world: World, check: Check) -> None:
    shore, hill, circle = world
    shore.offer(circle, ["ice"])
    public, secret = signing_pair(controller_seed(NETWORK, shore.recovery, 0))
    newer = write_event(
        "device.revoke/1", shore.id, 0, shore.id, bytes(16), DeviceRevoke((), public)
    )
    newer = newer.replace(b"device.revoke/1", b"device.revoke/2")
    event = Signed(newer, ((public, sign(secret, event_hash(NETWORK, newer))),))
    header, keys, chunks, end = parts(shore.stick(circle))
    stick = rewrite([header, Keys((event, *keys[0].events), ()), *chunks, end])
    assert hill.take(stick).records_new == 1
    assert hill.root(circle) == shore.root(circle)
    assert code(lambda: check(stick)) == "bad-file"


# ------------------------------------------------------------------------------------- taking in


def test_a_file_of_a_circle_that_is_not_ours_is_not_taken(world: World, tmp_path: Path) -> None:
    shore, _, circle = world
    with coops(tmp_path, "stranger") as (stranger,):
        assert code(lambda: stranger.take(shore.stick(circle))) == "not-a-member"
        assert (stranger.records(), stranger.root(circle)) == (0, b"")


def test_a_file_of_a_circle_that_is_open_to_read_is_taken(tmp_path: Path) -> None:
    with coops(tmp_path, "shore", "reader") as (shore, reader):
        circle = shore.found(public=True)
        shore.offer(circle, ["salt fish"])
        assert reader.take(shore.stick(circle)).records_new == 3
        shore.offer(circle, ["ice"])
        assert reader.take(shore.stick(circle)).records_new == 1


def test_a_damaged_file_changes_nothing(world: World) -> None:
    shore, hill, circle = world
    shore.offer(circle, ["ice"])
    stick = bytearray(shore.stick(circle))
    stick[-1] ^= 1
    before = hill.records()
    assert code(lambda: hill.take(bytes(stick))) == "bad-file"
    assert hill.records() == before


def test_a_file_of_another_network_is_not_taken(world: World) -> None:
    shore, hill, circle = world
    header, keys, chunks, end = parts(shore.stick(circle))
    other = Header(header.circle, "other", header.root)
    assert code(lambda: hill.take(rewrite([other, *keys, *chunks, end]))) == "other-network"


def test_logs_in_the_worst_order_need_more_passes(
    world: World, tmp_path: Path, check: Check
) -> None:
    shore, _, circle = world
    stick = shore.stick(circle)
    founding, *others = (Chunk(chunk.pack([path])) for path in paths_of(stick))
    mixed = rewrite(with_chunks(stick, [founding, *reversed(others)]))
    assert check(mixed).root == shore.root(circle)
    with coops(tmp_path, "lake") as (lake,):
        lake.ask_to_join(circle, shore)
        assert lake.take(mixed) == export.Taken(
            circle, shore.records(), shore.records(), 0, members_changed=True
        )


def test_others_write_between_two_steps(world: World) -> None:
    shore, hill, circle = world
    for batch in range(3):
        shore.offer(circle, [f"{batch} {number}" for number in range(1000)])
    taking = Taking(io.BytesIO(shore.stick(circle)), NETWORK, hill.id, NOW_MS)
    steps = 0
    while (taken := taking.step(hill.database)) is None:
        hill.offer(circle, [f"between {steps}"])
        steps += 1
    assert steps >= 4
    assert taken.records_new == 3000
    shore.take(hill.stick(circle))
    assert shore.root(circle) == hill.root(circle)


def test_a_record_from_the_future_waits_and_comes_with_the_next_stick(world: World) -> None:
    shore, hill, circle = world
    body = shore.signing().body(trade.Offer(title={"en": "tomorrow"}, text={}))
    later = NOW_MS + SKEW_MS_MAX + 1
    shore.author.publish(
        shore.database, circle, 0, [Draft(trade.OFFER, body, later // DAY_MS)], later,
        shore.draw(16), live=False,
    )  # fmt: skip
    stick = shore.stick(circle)
    held = hill.take(stick)
    assert (held.records_new, held.waiting) == (0, 1)
    assert hill.take(stick, now_ms=NOW_MS + 1).records_new == 1
    assert hill.root(circle) == shore.root(circle)


def test_the_new_offers_are_found_after_folding(world: World) -> None:
    shore, hill, circle = world
    shore.offer(circle, ["ice", "bait"])
    hill.take(shore.stick(circle))
    assert len(hill.titles()) == 4
