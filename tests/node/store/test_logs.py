"""Logs in the store: branches, places, tips, and which signatures are kept."""

from collections.abc import Sequence

import pytest

from node.store import logs
from node.store.database import Database
from protocol.limits import SIGNATURE_GAP_RECORDS_MAX
from protocol.trie import log_leaf, tips_hash
from tests.coops import NETWORK, Coop, Talk, join, trio


def log_of(coop: Coop, record: bytes) -> logs.LogRow:
    spot = logs.spot_of(coop.database, record)
    assert spot is not None
    row = coop.database.connection.execute("SELECT id FROM log WHERE n = ?", (spot.log,)).fetchone()
    found = logs.find_log(coop.database, row[0])
    assert found is not None
    return found


def signed_at(database: Database, log: logs.LogRow) -> list[int]:
    rows = database.connection.execute(
        "SELECT seq FROM signature JOIN branch ON branch.n = signature.branch "
        "WHERE branch.log = ? ORDER BY seq",
        (log.n,),
    ).fetchall()
    return [row[0] for row in rows]


def forked() -> tuple[bytes, Coop, Coop, Sequence[bytes], Sequence[bytes]]:
    """A co-op that wrote on with a copy of its folder, too: ..., its records here, and there."""
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "before")
    Talk(fishers, growers).hello()
    twin = fishers.copy()
    ours = fishers.offer(circle, "here").ids
    theirs = twin.offer(circle, "there").ids
    Talk(twin, growers).hello()
    Talk(fishers, growers).hello()
    return circle, fishers, growers, ours, theirs


def test_a_log_is_a_line_of_one_branch() -> None:
    circle, fishers, _, _ = trio()
    ids = fishers.offer(circle, "cod", "hake").ids
    log = log_of(fishers, ids[0])
    (branch,) = logs.branches_of(fishers.database, log.n)
    assert (branch.parent, branch.first_seq) == (None, 1)
    assert branch.tip_seq == branch.counted_seq == branch.carried_seq
    spots = [logs.spot_of(fishers.database, one) for one in ids]
    assert [spot.seq for spot in spots if spot] == [branch.tip_seq - 1, branch.tip_seq]
    assert log.leaf == log_leaf(NETWORK, fishers.id, log.id)
    assert logs.log_by_leaf(fishers.database, log.circle, log.leaf) == log
    assert logs.tips_of(fishers.database, [branch]) == [ids[1]]


def test_a_fork_is_two_branches_that_both_count() -> None:
    circle, fishers, growers, ours, theirs = forked()
    log = log_of(fishers, ours[0])
    first, second = logs.branches_of(fishers.database, log.n)
    assert (second.first_seq, second.tip_seq) == (first.tip_seq, first.tip_seq)
    tips = set(logs.tips_of(fishers.database, [first, second]))
    assert tips == {ours[-1], theirs[-1]}
    assert fishers.replica.leaf_value(circle, log.leaf) == tips_hash(NETWORK, sorted(tips))
    assert fishers.titles(circle) == ["before", "here", "there"]
    assert growers.titles(circle) == ["before", "here", "there"]
    assert growers.root(circle) == fishers.root(circle)


def test_ancestors_are_found_across_forks() -> None:
    _, fishers, _, ours, theirs = forked()
    spot = logs.spot_of(fishers.database, ours[0])
    assert spot is not None
    before = fishers.database.connection.execute(
        "SELECT id FROM record WHERE branch = ? AND seq = ?", (spot.branch, spot.seq - 1)
    ).fetchone()[0]
    database = fishers.database
    assert logs.at_or_below(database, before, ours[0])
    assert logs.at_or_below(database, before, theirs[0])
    assert logs.at_or_below(database, ours[0], ours[0])
    assert not logs.at_or_below(database, ours[0], theirs[0])
    assert not logs.at_or_below(database, theirs[0], ours[0])
    assert not logs.at_or_below(database, ours[0], before)
    assert not logs.at_or_below(database, bytes(32), ours[0])


def test_what_is_asked_on_from_either_end_of_a_fork_brings_the_other() -> None:
    circle, fishers, _, ours, theirs = forked()
    log = log_of(fishers, ours[0])
    have = fishers.replica.have(circle, log.leaf)
    assert {ours[-1], theirs[-1]} <= set(have)
    for known, lacking in ((ours, theirs), (theirs, ours)):
        reader = fishers.replica.open_log(circle, log.leaf, [known[-1]])
        assert reader is not None
        path = reader.next_path(1000, 1_000_000)
        assert path is not None
        assert len(path.bodies) == len(lacking)
        assert reader.finished


@pytest.mark.parametrize("at_once", [1, 50])
def test_signatures_are_kept_at_the_end_and_never_too_far_apart(at_once: int) -> None:
    circle, fishers, _, _ = trio()
    ids: list[bytes] = []
    for start in range(0, 600, at_once):
        ids += fishers.offer(circle, *(f"fish {start + one}" for one in range(at_once))).ids
    log = log_of(fishers, ids[-1])
    (branch,) = logs.branches_of(fishers.database, log.n)
    seqs = signed_at(fishers.database, log)
    assert seqs[-1] == branch.tip_seq
    gaps = [high - low for low, high in zip([0, *seqs], seqs, strict=False)]
    assert max(gaps) <= SIGNATURE_GAP_RECORDS_MAX
    assert len(seqs) < 40


def test_bodies_are_kept_verbatim_and_numbers_stand_for_kinds_and_keys() -> None:
    circle, fishers, growers, _ = trio()
    body = fishers.signing().body({"what": "a body that this version does not know"})
    record = fishers.say(circle, "festival/3", body).ids[0]
    Talk(fishers, growers).hello()
    for coop in (fishers, growers):
        row = coop.database.connection.execute(
            "SELECT body, kind.name FROM record JOIN kind ON kind.n = record.kind WHERE id = ?",
            (record,),
        ).fetchone()
        assert row == (body, "festival/3")


def test_logs_are_found_by_their_coop_and_circle() -> None:
    circle, fishers, growers, others = trio()
    join(circle, fishers, others)
    for instance in range(3):
        fishers.offer(circle, f"fish {instance}", instance=instance)
    database = fishers.database
    number = database.connection.execute("SELECT n FROM circle").fetchone()[0]
    assert len(logs.logs_of(database, number, database.coop_number(fishers.id))) == 3
    assert len(logs.logs_of(database, number, database.coop_number(growers.id))) == 1
    assert logs.find_log(database, bytes(32)) is None
