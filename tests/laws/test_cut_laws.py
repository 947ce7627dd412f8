"""Whatever order, split and repetition records and key events come in: the same rows and root."""

from contextlib import suppress
from random import Random

import pytest

from node import ingest
from node.store import circles, cuts, fold, logs
from node.store.database import Database
from node.store.replica import SqliteReplica
from protocol.errors import Refusal
from tests.laws import delivering
from tests.laws.history import NETWORK
from tests.laws.keyed_history import BOARDS, KeyedHistory
from tests.sim.picture import Picture, differences, picture, settle

SEEDS = range(60)
SEEDS_LONG = range(1000, 3000)
# More would fork some log so often that it is overgrown.
COMMANDS_MAX = 40


@pytest.mark.parametrize("seed", SEEDS)
def test_all_come_to_the_same_whenever_cuts_arrive(seed: int) -> None:
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS_LONG)
def test_all_come_to_the_same_whatever_the_seed(seed: int) -> None:
    check(seed)


def check(seed: int) -> None:
    """One history, which its seed replays; told in any order, read anew, rebuilt, handed on."""
    random = Random(seed)
    history = told(random)
    database = deliver(history, random)
    assert_same(history, history.reference, database)
    assert_remembered(history, database)
    with database.transaction():
        fold.rebuild_circle(database, history.circle)
    assert_same(history, history.reference, database)
    newcomer = fresh()
    new = True
    rounds = 0
    while new:
        rounds += 1
        assert rounds < delivering.ROUNDS_MAX
        new = serve(history, database, newcomer)
    settle(newcomer)
    delivering.fill(history, newcomer)
    assert_same(history, database, newcomer)


def told(random: Random) -> KeyedHistory:
    history = KeyedHistory()
    ingest.ingest_keys(history.reference, [one.inception for one in BOARDS])
    for _ in range(random.randrange(10, COMMANDS_MAX)):
        what, who, first, second, third = (random.randrange(41) for _ in range(5))
        history.obey((what, who, first, second, third))
    deliver_all(history, history.reference)
    delivering.fill(history, history.reference)
    return history


def fresh() -> Database:
    database = Database(":memory:", NETWORK)
    ingest.ingest_keys(database, [one.inception for one in BOARDS])
    return database


def deliver(history: KeyedHistory, random: Random) -> Database:
    """Everything, in any order, split and repeated; then, until nothing is new, once more."""
    database = fresh()
    ingest.ingest_keys(database, [one.inception for one in history.coops])
    heads = list(history.signatures)
    for head in random.choices(heads, k=len(heads)) + random.sample(heads, len(heads)):
        chance = random.random()
        if chance < 0.4 and history.events:
            with suppress(Refusal):  # a device that takes itself out before it was added
                ingest.take_keys(database, [random.choice(history.events)])
        elif chance < 0.5 and history.receipts:
            ingest.take_keys(database, (), [random.choice(history.receipts)])
        start = random.choice((0, 0, len(history.lineage(head)) - 1, random.randrange(9)))
        paths = history.paths_to(
            head, start, lambda _: random.random() < 0.5, lambda: random.random() < 0.2
        )
        if paths:
            live = random.random() < 0.5
            ingest.ingest_paths(database, history.circle, paths, history.now_ms, live=live)
        if random.random() < 0.3:
            with database.transaction():
                fold.fold(database, random.randrange(1, 9))
    events = history.events * 2
    random.shuffle(events)
    for _ in events:
        ingest.take_keys(database, events)
    deliver_all(history, database)
    delivering.fill(history, database)
    return database


def deliver_all(history: KeyedHistory, database: Database) -> None:
    """Its key events, then the rest as if asked for, in the order of writing."""
    for event in history.events:
        ingest.ingest_keys(database, [event])
    ingest.ingest_keys(database, (), history.receipts)
    delivering.deliver_all(history, database)


def serve(history: KeyedHistory, source: Database, target: Database) -> bool:
    """One round: let one replica read all its key logs and logs to another; whether it grew."""
    coop = history.coops[0].coop
    giver = SqliteReplica(source.connection, NETWORK, coop)
    taker = SqliteReplica(target.connection, NETWORK, coop)
    leaves = source.connection.execute("SELECT key, is_keys FROM trie_leaf ORDER BY is_keys DESC")
    new = False
    for leaf, is_keys in leaves.fetchall():
        if is_keys:
            new |= bool(ingest.take_keys(target, *giver.key_log(history.circle, leaf)))
            continue
        reader = giver.open_log(history.circle, leaf, taker.have(history.circle, leaf))
        assert reader is not None
        while (path := reader.next_path(1024, 1024 * 1024)) is not None:
            put = ingest.ingest_paths
            new |= put(target, history.circle, [path], history.now_ms, live=False).new_records > 0
        assert reader.finished
    return new


def assert_remembered(history: KeyedHistory, database: Database) -> None:
    """Read anew from the file, every log counts as far as it did."""
    before = shown(history, database)
    database.forget()
    with database.transaction():
        for one in history.coops:
            judge = circles.load(database, history.circle)
            for log in logs.logs_of(database, 1, database.coop_number(one.coop)):
                assert not cuts.recount(database, judge, one.coop, log)
            assert not circles.rejudge(database, history.circle, one.coop)
    assert differences(before, shown(history, database)) == []


def shown(history: KeyedHistory, database: Database) -> Picture:
    return picture(database, history.circle, history.now_ms)


def assert_same(history: KeyedHistory, one: Database, other: Database) -> None:
    found = differences(shown(history, one), shown(history, other))
    assert found == [], found
    assert affirmed(one) == affirmed(other)


def affirmed(database: Database) -> frozenset[bytes]:
    found = database.connection.execute(
        "SELECT record.id FROM affirmed JOIN record ON record.n = affirmed.record"
    )
    return frozenset(row[0] for row in found)
