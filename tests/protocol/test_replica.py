"""The protocol that a session asks of a replica, held to by the one over SQLite."""

import pytest

from node import acts
from node.store import blobs, peers
from node.store.replica import BranchReader
from protocol.chunk import Parent, Path, walk
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX, HAVE_IDS_MAX
from protocol.log import verify_head
from protocol.replica import LeafState, LogReader, Replica
from protocol.trie import EMPTY, key_leaf, root_of, tips_hash
from tests.coops import NETWORK, Coop, join, trio


def log_of(coop: Coop, log: bytes) -> bytes:
    row = coop.database.connection.execute("SELECT leaf FROM log WHERE id = ?", (log,)).fetchone()
    return bytes(row[0])


def leaves_of(coop: Coop) -> dict[bytes, bytes]:
    return dict(coop.database.connection.execute("SELECT key, value FROM trie_leaf").fetchall())


def read_all(reader: LogReader | None, records: int = CHUNK_RECORDS_MAX) -> list[Path]:
    assert reader is not None
    paths: list[Path] = []
    while (path := reader.next_path(records, CHUNK_BYTES_MAX)) is not None:
        paths.append(path)
    assert reader.finished
    return paths


def ids_in(coop: Coop, paths: list[Path]) -> list[bytes]:
    """The records of paths that follow each other, every head checked."""
    found: list[bytes] = []
    parent: Parent | None = None
    for path in paths:
        if path.parent is not None and (parent is None or parent.id != path.parent):
            row = coop.database.connection.execute(
                "SELECT seq, time_ms FROM record WHERE id = ?", (path.parent,)
            ).fetchone()
            parent = Parent(path.parent, *row)
        records = walk(NETWORK, path, parent)
        last = records[-1]
        verify_head(NETWORK, coop.device, last.header, last.id, path.signature)
        parent = Parent(last.id, last.header.seq, last.header.time_ms)
        found += [record.id for record in records]
    return found


def test_the_replica_over_sqlite_is_one() -> None:
    coop = Coop("fishers")
    replica: Replica = coop.replica
    reader: type[LogReader] = BranchReader
    assert replica.own_key_log() == [coop.inception]
    assert reader is BranchReader


def test_the_nodes_of_the_trie_make_the_root() -> None:
    circle, fishers, _, _ = trio()
    for instance in range(40):
        fishers.offer(circle, f"fish {instance}", instance=instance)
    found: dict[bytes, bytes] = {}
    todo = [""]
    while todo:
        prefix = todo.pop()
        node = fishers.replica.trie_at(circle, prefix)
        children = [node] if isinstance(node, LeafState) else list(node)
        for index, child in enumerate(children):
            if isinstance(child, LeafState):
                found[child.key] = child.value
                assert fishers.replica.leaf_value(circle, child.key) == child.value
            elif child is not None:
                todo.append(f"{prefix}{index:x}")
    assert found == leaves_of(fishers)
    assert root_of(NETWORK, found) == fishers.root(circle)
    assert fishers.replica.trie_at(circle, "0" * 64) == ()
    assert fishers.replica.leaf_value(circle, bytes(32)) is None


def test_a_leaf_says_where_its_log_ends() -> None:
    circle, fishers, _, _ = trio()
    published = fishers.offer(circle, "cod")
    leaf = log_of(fishers, published.paths[0].log)
    assert fishers.replica.leaf_value(circle, leaf) == tips_hash(NETWORK, published.ids)


def test_what_is_here_is_told_by_tips_and_steps_that_double() -> None:
    circle, fishers, _, _ = trio()
    ids = fishers.offer(circle, *(f"fish {number}" for number in range(300))).ids
    log = fishers.database.connection.execute("SELECT log.leaf FROM log").fetchone()[0]
    have = fishers.replica.have(circle, log)
    assert have[:4] == [ids[-1], ids[-2], ids[-4], ids[-8]]
    assert len(have) <= 12
    assert fishers.replica.have(circle, bytes(32)) == []


def test_no_more_ids_are_told_than_a_request_may_name() -> None:
    circle, fishers, _, _ = trio()
    for instance in range(3):
        fishers.offer(circle, *(f"fish {number}" for number in range(1000)), instance=instance)
    for (leaf,) in fishers.database.connection.execute("SELECT leaf FROM log").fetchall():
        assert len(fishers.replica.have(circle, leaf)) <= HAVE_IDS_MAX


@pytest.mark.parametrize("known", [0, 1, 2, 150, 299, 300])
def test_a_log_is_read_on_from_behind_what_the_asker_has(known: int) -> None:
    circle, fishers, _, _ = trio()
    published = fishers.offer(circle, *(f"fish {number}" for number in range(300)))
    leaf = log_of(fishers, published.paths[0].log)
    have = [published.ids[known - 1], bytes(32)] if known else []
    paths = read_all(fishers.replica.open_log(circle, leaf, have))
    ids = ids_in(fishers, paths)
    assert ids[-300 + known :] == published.ids[known:] if known < 300 else ids == []
    assert not known or len(ids) == 300 - known


def test_paths_keep_to_the_limits_and_nothing_is_left_out_or_told_twice() -> None:
    circle, fishers, _, _ = trio()
    published = fishers.offer(circle, *(f"fish {number}" for number in range(700)))
    leaf = log_of(fishers, published.paths[0].log)
    paths = read_all(fishers.replica.open_log(circle, leaf, ()), records=200)
    assert max(len(path.bodies) for path in paths) <= 200
    ids = ids_in(fishers, paths)
    assert ids[-700:] == published.ids
    assert len(ids) == len(set(ids))
    reader = fishers.replica.open_log(circle, leaf, ())
    assert reader is not None
    assert reader.next_path(1000, 1) is None
    assert not reader.finished


def test_a_log_that_is_not_here_cannot_be_read() -> None:
    circle, fishers, _, _ = trio()
    other = fishers.found("another circle")
    leaf = fishers.database.connection.execute(
        "SELECT log.leaf FROM log JOIN circle ON circle.n = log.circle WHERE circle.id = ?",
        (other,),
    ).fetchone()[0]
    assert fishers.replica.open_log(circle, bytes(32), ()) is None
    assert fishers.replica.open_log(circle, leaf, ()) is None
    assert fishers.replica.open_log(other, leaf, ()) is not None


def test_key_logs_are_told_of_those_whom_the_circle_names() -> None:
    circle, fishers, growers, others = trio()
    leaf = key_leaf(NETWORK, growers.id)
    assert fishers.replica.key_log(circle, leaf) == ([growers.inception], [])
    stranger = key_leaf(NETWORK, others.id)
    assert fishers.replica.key_log(circle, stranger) == ([], [])


def test_forgettable_bodies_of_the_circle_are_told_and_no_others() -> None:
    circle, fishers, _, _ = trio()
    other = fishers.found("another circle")
    (offer,) = fishers.offer(circle, "cod").ids
    lasting = acts.withdraw(fishers.database, fishers.signing(), offer, {}).ids[0]
    body = fishers.replica.body(circle, offer)
    assert body is not None
    assert b"cod" in body
    assert fishers.replica.body(other, offer) is None
    assert fishers.replica.body(circle, lasting) is None
    assert fishers.replica.body(circle, bytes(32)) is None


def test_a_picture_is_told_of_only_when_it_is_whole() -> None:
    circle, fishers, growers, _ = trio()
    identifier, _ = blobs.put(fishers.database, b"\xff\xd8\xff" + bytes(100))
    found = fishers.replica.blob(circle, identifier)
    assert found is not None
    blobs.put_list(growers.database, identifier, found[0], list(found[1]))
    assert growers.replica.blob(circle, identifier) is None
    assert growers.replica.blob_piece(identifier, 0) is None
    assert fishers.replica.blob_piece(identifier, 0) == b"\xff\xd8\xff" + bytes(100)


def test_a_circle_is_shared_with_those_who_are_in_it_now() -> None:
    circle, fishers, growers, others = trio()
    assert fishers.replica.shared_circles(growers.id) == [(circle, fishers.root(circle))]
    assert fishers.replica.shared_circles(others.id) == []
    join(circle, fishers, others)
    assert fishers.replica.shared_circles(others.id) == [(circle, fishers.root(circle))]
    acts.remove(fishers.database, fishers.signing(), circle, others.id)
    assert fishers.replica.shared_circles(others.id) == []


def test_an_admitted_coop_is_served_before_it_has_said_yes() -> None:
    circle, fishers, growers, others = trio()
    growers.admit(circle, others)
    assert growers.replica.shared_circles(others.id) == [(circle, growers.root(circle))]
    assert others.replica.shared_circles(growers.id) == []
    assert fishers.replica.shared_circles(others.id) == []


def test_a_circle_that_is_being_joined_is_shared_with_the_one_who_lets_in() -> None:
    circle, fishers, growers, others = trio()
    others.wish(circle, fishers)
    assert others.replica.shared_circles(fishers.id) == [(circle, EMPTY)]
    assert others.replica.shared_circles(growers.id) == []
    peers.end_joining(others.database, circle)
    assert others.replica.shared_circles(fishers.id) == []


def test_a_public_circle_is_shared_with_every_peer() -> None:
    circle, fishers, _, others = trio(public=True)
    assert fishers.replica.shared_circles(others.id) == [(circle, fishers.root(circle))]
