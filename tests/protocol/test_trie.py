"""The Merkle trie: its shape follows from its leaves alone, however they came."""

import pytest

from protocol import trie
from protocol.codec import encode
from protocol.keys import Network
from protocol.limits import HASH_BYTES
from protocol.trie import EMPTY
from tests.protocol.coops import NETWORK, word
from tests.protocol.tries import Tries


def key(digits: str) -> bytes:
    return bytes.fromhex(digits.ljust(64, "0"))


def put(store: Tries, digits: str, value: bytes | None) -> bytes:
    return trie.update(NETWORK, store, key(digits), value)


def leaf(digits: str, value: bytes) -> bytes:
    return NETWORK.hash(b"leaf", key(digits) + value)


def branch(**children: bytes) -> bytes:
    return NETWORK.hash(b"trie", b"".join(children.get(f"_{d:x}", EMPTY) for d in range(16)))


V, W = word("v"), word("w")


def test_nothing_is_zeros() -> None:
    store = Tries()
    assert trie.root(NETWORK, store) == trie.root_of(NETWORK, {}) == EMPTY == bytes(HASH_BYTES)


def test_one_leaf_is_the_root_however_long_its_key() -> None:
    store = Tries()
    assert put(store, "ab", V) == leaf("ab", V) == trie.root(NETWORK, store)
    assert store.nodes == {}


def test_two_leaves_have_a_branch_where_they_part() -> None:
    store = Tries()
    put(store, "ab", V)
    assert put(store, "cd", W) == branch(_a=leaf("ab", V), _c=leaf("cd", W))
    assert list(store.nodes) == [""]


def test_what_they_share_is_a_row_of_branches_with_one_child() -> None:
    store = Tries()
    put(store, "abc1", V)
    root = put(store, "abc2", W)
    deepest = branch(_1=leaf("abc1", V), _2=leaf("abc2", W))
    assert root == branch(_a=branch(_b=branch(_c=deepest)))
    assert sorted(store.nodes) == ["", "a", "ab", "abc"]


def test_keys_that_part_at_the_last_digit() -> None:
    store = Tries()
    first, second = "0" * 63 + "1", "0" * 63 + "2"
    put(store, first, V)
    root = put(store, second, W)
    assert root == trie.root_of(NETWORK, {key(first): V, key(second): W})
    assert len(store.nodes) == 64
    assert put(store, first, None) == leaf(second, W)
    assert store.nodes == {}


def test_dropping_a_leaf_takes_its_branches_away() -> None:
    store = Tries()
    alone = put(store, "abc1", V)
    put(store, "abc2", W)
    put(store, "f", W)
    assert put(store, "f", None) == trie.root_of(NETWORK, {key("abc1"): V, key("abc2"): W})
    assert put(store, "abc2", None) == alone
    assert put(store, "abc1", None) == EMPTY
    assert (store.nodes, store.leaves) == ({}, {})


def test_dropping_what_is_not_there_changes_nothing() -> None:
    store = Tries()
    put(store, "abc1", V)
    root = put(store, "abc2", W)
    assert put(store, "abd", None) == root == trie.root(NETWORK, store)
    assert put(store, "0", None) == root


def test_a_new_value_is_a_new_root_and_the_old_value_the_old_one() -> None:
    store = Tries()
    put(store, "ab", V)
    old = put(store, "cd", V)
    assert put(store, "ab", W) != old
    assert put(store, "ab", V) == old


@pytest.mark.parametrize(
    ("leaves", "root"),
    [
        (
            {bytes(32): bytes(32)},
            "fbb1fdb8a838ffd286efd1e4cb4dc201c9336df973aa54e4bff013e7b88912f6",
        ),
        (
            {bytes(32): bytes(32), key("1"): bytes(32)},
            "123bae8a6aef704ec488e16c24e0e2f673d34104a404b060260958b6b7d59cb0",
        ),
    ],
)
def test_the_examples_of_the_spec(leaves: dict[bytes, bytes], root: str) -> None:
    assert trie.root_of(Network("coop"), leaves).hex() == root


def test_leaves_of_logs_and_key_logs() -> None:
    assert trie.log_leaf(NETWORK, V, W) == NETWORK.hash(b"logleaf", encode([V, W]))
    assert trie.key_leaf(NETWORK, V) == NETWORK.hash(b"keyleaf", encode([V]))
    low, high = sorted([V, W])
    expected = NETWORK.hash(b"tips", encode([[low, high]]))
    assert trie.tips_hash(NETWORK, [high, low]) == trie.tips_hash(NETWORK, [low, high]) == expected


def test_a_branch_is_its_sixteen_children() -> None:
    children = [word(str(number)) for number in range(16)]
    assert trie.children_of(b"".join(children)) == children
