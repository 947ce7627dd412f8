"""Whatever order, split and repetition records come in: the same rows, digest and root."""

from collections.abc import Callable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from node import ingest
from node.store import circles, cuts, fold, forget, logs, records
from node.store.database import Database
from node.store.replica import SqliteReplica
from protocol import trade
from protocol.record import header_id, open_body
from tests.laws.delivering import ROUNDS_MAX, deliver_all, fill
from tests.laws.history import NETWORK, Command, History
from tests.sim.picture import Picture, differences, picture, settle

NUMBER = st.integers(0, 40)
COMMANDS = st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER), min_size=10, max_size=40)


def law(test: Callable[[list[Command], int], None]) -> Callable[[], None]:
    """Some histories, each delivered as one seed has it; rare ones matter, so more than usual."""
    more = settings(max_examples=settings().max_examples * 3 // 2)
    return more(given(commands=COMMANDS, seed=st.integers(0, 2**32))(test))


@law
def test_any_order_split_and_repetition_gives_the_same_rows(
    commands: list[Command], seed: int
) -> None:
    history = told(commands)
    database = deliver(history, Random(seed))
    assert_same(history, history.reference, database)
    assert_remembered(history, database)
    assert_about_own(database)
    with database.transaction():
        fold.rebuild_circle(database, history.circle)
    assert_same(history, history.reference, database)


@law
def test_bulk_and_live_arrivals_come_to_the_same_rows(commands: list[Command], seed: int) -> None:
    history = told(commands)
    live = deliver(history, Random(seed), live=True)
    bulk = deliver(history, Random(seed), live=False)
    assert_same(history, live, bulk)


@law
def test_what_is_over_may_be_forgotten_at_any_time(commands: list[Command], seed: int) -> None:
    history = told(commands)
    database = deliver(history, Random(seed), forgets=True)
    assert_same(history, history.reference, database)
    with database.transaction():
        fold.rebuild_circle(database, history.circle)
    assert_same(history, history.reference, database)


@law
def test_a_newcomer_is_served_all_that_is_carried(commands: list[Command], seed: int) -> None:
    history = told(commands)
    database = deliver(history, Random(seed))
    newcomer = fresh(history)
    for _ in range(ROUNDS_MAX):
        if not sum(serve(history, database, newcomer, leaf) for leaf in log_leaves(database)):
            break
    settle(newcomer)
    fill(history, newcomer)
    assert_same(history, database, newcomer)
    assert_read_back(history, newcomer)


def told(commands: list[Command]) -> History:
    history = History()
    for command in commands:
        history.obey(command)
    deliver_all(history, history.reference)
    # An erasure that lost its effect leaves a body that is asked for again.
    fill(history, history.reference)
    return history


def fresh(history: History) -> Database:
    database = Database(":memory:", NETWORK)
    ingest.ingest_keys(database, [one.inception for one in history.coops])
    return database


def deliver(
    history: History, random: Random, *, live: bool | None = None, forgets: bool = False
) -> Database:
    """Everything, in any order, split and repeated; then, until nothing is new, once more."""
    database = fresh(history)
    heads = list(history.signatures)
    some = random.choices(heads, k=len(heads))
    for head in some + random.sample(heads, len(heads)):
        start = random.choice((0, 0, len(history.lineage(head)) - 1, random.randrange(9)))
        paths = history.paths_to(
            head, start, lambda _: random.random() < 0.5, lambda: random.random() < 0.2
        )
        if paths:
            at_once = random.random() < 0.5 if live is None else live
            put = ingest.ingest_paths
            put(database, history.circle, paths, history.now_ms, live=at_once)
        if random.random() < 0.3:
            with database.transaction():
                fold.fold(database, random.randrange(1, 9))
        if random.random() < 0.1:
            fill(history, database)
        if forgets and random.random() < 0.2:
            forget.forget(database, history.now_ms, random.randrange(1, 9))
    deliver_all(history, database)
    fill(history, database)
    if forgets:
        while forget.forget(database, history.now_ms, 7):
            pass
    return database


def serve(history: History, source: Database, target: Database, leaf: bytes) -> int:
    """Let one replica read a log to another, from where that one stands; how much was new."""
    coop = history.coops[0].coop
    have = SqliteReplica(target.connection, NETWORK, coop).have(history.circle, leaf)
    reader = SqliteReplica(source.connection, NETWORK, coop).open_log(history.circle, leaf, have)
    assert reader is not None
    new = 0
    while (path := reader.next_path(1024, 1024 * 1024)) is not None:
        outcome = ingest.ingest_paths(target, history.circle, [path], history.now_ms, live=False)
        new += outcome.new_records
    assert reader.finished
    return new


def log_leaves(database: Database) -> list[bytes]:
    found = database.connection.execute("SELECT key FROM trie_leaf WHERE NOT is_keys ORDER BY key")
    return [row[0] for row in found]


def assert_read_back(history: History, database: Database) -> None:
    """Headers come out of the store as they were signed."""
    for number, first, tip in database.connection.execute(
        "SELECT n, first_seq, tip_seq FROM branch"
    ).fetchall():
        for record in records.read(database.connection, number, first, tip, NETWORK):
            assert header_id(NETWORK, record.header) == record.id
            assert record.header == history.records[record.id].header


def assert_remembered(history: History, database: Database) -> None:
    """A judge that is loaded anew finds every log counted as far as it is."""
    before = shown(history, database)
    database.forget()
    judge = circles.load(database, history.circle)
    with database.transaction():
        for one in history.coops:
            for log in logs.logs_of(database, 1, database.coop_number(one.coop)):
                assert not cuts.recount(database, judge, one.coop, log)
    assert differences(before, shown(history, database)) == []


def assert_about_own(database: Database) -> None:
    """A stock that stands is about an offer of its co-op, a part of it about a stock."""
    found = database.connection.execute(
        "SELECT family, record.body, standing.coop FROM standing "
        "JOIN record ON record.n = version WHERE family IN ('stock', 'allotment')"
    )
    for family, body, coop in found.fetchall():
        about = database.connection.execute(
            "SELECT kind.name, log.coop FROM record JOIN kind ON kind.n = kind "
            "JOIN branch ON branch.n = branch JOIN log ON log.n = log WHERE record.id = ?",
            (open_body(body).subject,),
        ).fetchone()
        assert about == (trade.OFFER if family == "stock" else trade.STOCK, coop)


def shown(history: History, database: Database) -> Picture:
    return picture(database, history.circle, history.now_ms)


def assert_same(history: History, one: Database, other: Database) -> None:
    found = differences(shown(history, one), shown(history, other))
    assert found == [], found
