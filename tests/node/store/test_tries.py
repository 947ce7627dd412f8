"""A circle's trie in the store has the root that its leaves make, however they came and went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.store import circles, tries
from node.store.database import Database
from node.store.tries import SqliteTrie, prefix_range
from protocol import trie
from protocol.trie import EMPTY, root_of, tips_hash
from tests.coops import NETWORK, Coop, trio

KEYS = st.binary(min_size=32, max_size=32) | st.integers(0, 40).map(
    # Keys that share long prefixes: branches where a random one would never be.
    lambda number: bytes(30) + number.to_bytes(2, "big")
)


@given(st.lists(st.tuples(KEYS, st.integers(0, 3)), max_size=30))
def test_the_root_is_the_one_of_the_leaves_in_any_history(
    steps: list[tuple[bytes, int]],
) -> None:
    database = Database(":memory:", NETWORK)
    with database.transaction():
        number = circles.make_circle(database, bytes(32))
        store = SqliteTrie(database.connection, number, is_keys=False)
        leaves: dict[bytes, bytes] = {}
        for key, value in steps:
            tips = [bytes([value]) * 32] if value else []
            tries.set_log_leaf(database, number, key, tips)
            if tips:
                leaves[key] = tips_hash(NETWORK, tips)
            else:
                leaves.pop(key, None)
            row = database.connection.execute("SELECT root FROM circle").fetchone()
            assert row[0] == root_of(NETWORK, leaves) == trie.root(NETWORK, store)
    database.close()


def test_a_circle_without_leaves_has_the_empty_root() -> None:
    database = Database(":memory:", NETWORK)
    number = circles.make_circle(database, bytes(32))
    tries.set_log_leaf(database, number, b"k" * 32, [b"t" * 32])
    tries.set_log_leaf(database, number, b"k" * 32, [])
    assert database.connection.execute("SELECT root FROM circle").fetchone()[0] == EMPTY
    assert database.connection.execute("SELECT count(*) FROM trie_node").fetchone()[0] == 0


def test_circles_have_tries_of_their_own() -> None:
    circle, fishers, _, _ = trio()
    before = fishers.root(circle)
    other = fishers.found("another circle")
    fishers.offer(other, "cod")
    assert fishers.root(circle) == before
    assert fishers.root(other) not in {before, EMPTY}


def test_the_order_in_which_logs_come_does_not_show() -> None:
    circle, fishers, _, _ = trio()
    twin = fishers.copy()
    for instance in range(20):
        fishers.offer(circle, f"fish {instance}", instance=instance)
    rows = fishers.database.connection.execute("SELECT key, value, is_keys FROM trie_leaf")
    number = circles.circle_number(twin.database, circle)
    assert number is not None
    for key, value, is_keys in reversed(rows.fetchall()):
        tries._set_leaf(twin.database, number, key, value, is_keys=bool(is_keys))
    assert twin.root(circle) == fishers.root(circle)


@pytest.mark.parametrize("prefix", ["", "0", "f", "abc", "00" * 32])
def test_a_range_holds_the_keys_that_begin_so(prefix: str) -> None:
    low, high = prefix_range(prefix)
    assert low.hex().startswith(prefix)
    assert high.hex().startswith(prefix)
    assert len(low) == len(high) == 32
    assert low <= high
    beyond = (int.from_bytes(high, "big") + 1) % 2**256
    assert prefix == "" or not beyond.to_bytes(32, "big").hex().startswith(prefix)


def test_a_key_log_s_leaf_is_told_apart_from_a_log_s() -> None:
    _, fishers, growers, _ = trio()
    rows = dict(
        fishers.database.connection.execute("SELECT key, is_keys FROM trie_leaf").fetchall()
    )
    coops: list[Coop] = [fishers, growers]
    assert {key for key, is_keys in rows.items() if is_keys} == {
        trie.key_leaf(NETWORK, coop.id) for coop in coops
    }
    assert len(rows) == 4
