"""Whatever order leaves are put, changed and dropped in, the trie is that of its leaves."""

from hypothesis import given
from hypothesis import strategies as st

from protocol import trie
from tests.protocol.coops import NETWORK, word
from tests.protocol.tries import Tries

# Keys that share long beginnings, and keys that do not.
KEYS = st.builds(
    lambda start, digit, end: bytes.fromhex((start + digit).ljust(62, "0") + end),
    st.sampled_from(["", "a", "ab", "abc", "abcd" * 10]),
    st.sampled_from("0123456789abcdef"),
    st.sampled_from(["00", "01", "0f", "f0"]),
)
VALUES = st.sampled_from([word("v"), word("w"), word("x")])
CHANGES = st.lists(st.tuples(KEYS, st.none() | VALUES), max_size=30)


@given(changes=CHANGES)
def test_each_change_leaves_the_trie_of_the_leaves(
    changes: list[tuple[bytes, bytes | None]],
) -> None:
    store = Tries()
    leaves: dict[bytes, bytes] = {}
    for key, value in changes:
        root = trie.update(NETWORK, store, key, value)
        leaves.pop(key, None)
        if value is not None:
            leaves[key] = value
        assert root == trie.root(NETWORK, store) == trie.root_of(NETWORK, leaves)


@given(changes=CHANGES, data=st.data())
def test_the_order_of_arrival_leaves_no_trace(
    changes: list[tuple[bytes, bytes | None]], data: st.DataObject
) -> None:
    """The same leaves make the same nodes, also after detours."""
    detour, straight = Tries(), Tries()
    for key, value in changes:
        trie.update(NETWORK, detour, key, value)
    for key in data.draw(st.permutations(sorted(detour.leaves))):
        trie.update(NETWORK, straight, key, detour.leaves[key])
    assert straight.leaves == detour.leaves
    assert straight.nodes == detour.nodes


@given(leaves=st.dictionaries(KEYS, VALUES, min_size=1, max_size=12), data=st.data())
def test_other_leaves_have_another_root(leaves: dict[bytes, bytes], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(leaves)))
    without = {one: value for one, value in leaves.items() if one != key}
    changed = {**leaves, key: word("another")}
    roots = {trie.root_of(NETWORK, some) for some in (leaves, without, changed)}
    assert len(roots) == 3
