"""One round, step by step, over the replica of a co-op that lacks something."""

from itertools import count

import pytest

from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keyevents import Device, Receipt, Rotate
from protocol.keylog import Signed, write_event
from protocol.limits import (
    ASKED_KEY_LOGS_MAX,
    ASKED_LOGS_MAX,
    CREDIT_BYTES,
    FRAME_PLAIN_BYTES_MAX,
    TRIE_PREFIXES_MAX,
)
from protocol.messages import AskKeys, AskLogs, AskTrie, Leaf, Message, TrieNode, write
from protocol.pull import REQUESTS_AT_ONCE, Pull
from protocol.serve import trie_nodes
from protocol.trie import key_leaf
from tests.coops import NETWORK, Coop, Talk, trio

BLIND = bytes(16)


def new_pull(circle: bytes) -> Pull:
    return Pull(NETWORK, circle, BLIND, count(1))


def leaf(number: int, *, is_keys: bool = False) -> Leaf:
    return Leaf(number.to_bytes(32, "big"), bytes(8), is_keys)


def is_over(pull: Pull) -> bool:
    return pull.finished


def nodes_of(served: Coop, circle: bytes, asked: Message) -> tuple[TrieNode, ...]:
    assert isinstance(asked, AskTrie)
    return trie_nodes(served.replica, circle, asked.prefixes)


def given(pull: Pull, puller: Coop, *leaves: Leaf) -> None:
    """Let the other side have these leaves and no others, under as many prefixes as it takes."""
    pull.step(puller.replica)
    pull.trie([TrieNode("", ())], puller.replica)
    for one in leaves:
        pull._want(one, puller.replica)


def walk(pull: Pull, puller: Coop, served: Coop) -> list[Message]:
    """The trie, to its end; the first messages of another kind."""
    for _ in range(64):
        out = pull.step(puller.replica)
        if not out or not isinstance(out[0], AskTrie):
            return out
        pull.trie(nodes_of(served, pull.circle, out[0]), puller.replica)
    raise AssertionError("the walk does not end")


def test_a_round_between_equal_replicas_ends_with_the_root() -> None:
    circle, fishers, growers, _ = trio()
    pull = new_pull(circle)
    assert pull.step(growers.replica) == [AskTrie(BLIND, ("",))]
    assert not is_over(pull)
    pull.trie(trie_nodes(fishers.replica, circle, ("",)), growers.replica)
    assert pull.step(growers.replica) == []
    assert is_over(pull)
    assert not pull.progressed


def test_only_logs_that_differ_are_asked_for_with_what_is_here_of_them() -> None:
    circle, fishers, growers, _ = trio()
    changed = fishers.offer(circle, "cod").paths[0].log
    out = walk(new_pull(circle), growers, fishers)
    row = fishers.database.connection.execute(
        "SELECT leaf FROM log WHERE id = ?", (changed,)
    ).fetchone()
    (asked,) = out
    assert isinstance(asked, AskLogs)
    assert [one.leaf for one in asked.logs] == [row[0]]
    assert asked.logs[0].have == tuple(growers.replica.have(circle, row[0]))
    assert (asked.request, asked.credit) == (1, CREDIT_BYTES)


def test_a_log_that_differs_is_found_among_hundreds_in_a_few_steps() -> None:
    circle, fishers, growers, _ = trio()
    for instance in range(250):
        fishers.offer(circle, f"fish {instance}", instance=instance)
    Talk(fishers, growers).hello()
    changed = fishers.offer(circle, "cod", instance=77).paths[0].log
    pull, steps = new_pull(circle), 0
    while isinstance((out := pull.step(growers.replica))[0], AskTrie):
        pull.trie(nodes_of(fishers, circle, out[0]), growers.replica)
        steps += 1
    assert steps <= 3
    (asked,) = out
    assert isinstance(asked, AskLogs)
    assert len(asked.logs) == 1
    reader = fishers.replica.open_log(circle, asked.logs[0].leaf, asked.logs[0].have)
    assert reader is not None
    path = reader.next_path(9, 10_000)
    assert path is not None
    assert path.log == changed


def test_key_logs_are_asked_for_first_and_a_message_of_them_at_a_time() -> None:
    circle, _, growers, _ = trio()
    pull = new_pull(circle)
    keys = [leaf(number, is_keys=True) for number in range(ASKED_KEY_LOGS_MAX + 1)]
    given(pull, growers, *keys, leaf(1000))
    (first,) = pull.step(growers.replica)
    assert first == AskKeys(BLIND, tuple(one.key for one in keys[:-1]))
    assert pull.step(growers.replica) == []
    pull.keys_end(progressed=True)
    (second,) = pull.step(growers.replica)
    assert second == AskKeys(BLIND, (keys[-1].key,))
    pull.keys_end(progressed=False)
    assert isinstance(pull.step(growers.replica)[0], AskLogs)
    assert pull.progressed


def asked_for(pull: Pull, puller: Coop, *coops: Coop) -> Pull:
    """The same pull, waiting for the key logs of co-ops."""
    given(pull, puller, *(Leaf(key_leaf(NETWORK, one.id), bytes(8), True) for one in coops))
    (asked,) = pull.step(puller.replica)
    assert isinstance(asked, AskKeys)
    return pull


def test_key_logs_that_were_not_asked_for_are_refused() -> None:
    circle, _, growers, others = trio()
    made_up = Coop("made up")
    pull = asked_for(new_pull(circle), growers, others)
    pull.keys([others.inception], [])
    for events, receipts in (
        ([made_up.inception], []),
        ([others.inception, made_up.inception], []),
        ([], [receipt_by(others, made_up)]),
    ):
        with pytest.raises(Refusal, match="peer-flooding"):
            pull.keys(events, receipts)
    pull.keys([], [receipt_by(made_up, others)])
    pull.keys_end(progressed=True)
    with pytest.raises(Refusal, match="peer-flooding"):
        pull.keys([others.inception], [])


def test_the_key_log_of_a_witness_may_come_behind_the_one_that_names_it() -> None:
    circle, _, growers, others = trio()
    witness, made_up = Coop("witness"), Coop("made up")
    named = rotated(others, witnesses=(witness.id,))
    pull = asked_for(new_pull(circle), growers, others)
    with pytest.raises(Refusal, match="peer-flooding"):
        pull.keys([witness.inception, others.inception, named], [])
    pull = asked_for(new_pull(circle), growers, others)
    pull.keys([others.inception, named], [])
    pull.keys([witness.inception], [receipt_by(witness, others)])
    with pytest.raises(Refusal, match="peer-flooding"):
        pull.keys([made_up.inception], [])


def test_a_key_event_that_cannot_be_read_is_left_to_the_door() -> None:
    circle, _, growers, others = trio()
    pull = asked_for(new_pull(circle), growers, others)
    pull.keys([Signed(b"\xc1", ()), Signed(newer_event(others), ())], [])


def receipt_by(witness: Coop, of: Coop) -> Receipt:
    return Receipt(witness.id, of.id, of.id, witness.device, bytes(64))


def rotated(coop: Coop, *, witnesses: tuple[bytes, ...]) -> Signed:
    fields = Rotate(
        bytes(32), (), (Device(noise=bytes(32), sign=coop.device),), bytes(32), bytes(32), witnesses
    )
    return Signed(write_event("key.rotate/1", coop.id, 1, coop.id, bytes(16), fields), ())


def newer_event(coop: Coop) -> bytes:
    return encode(["key.festival/1", coop.id, 1, coop.id, bytes(16), {}])


def test_as_many_logs_as_a_message_holds_and_as_many_requests_as_allowed() -> None:
    circle, _, growers, _ = trio()
    pull = new_pull(circle)
    given(pull, growers, *(leaf(number) for number in range(3 * ASKED_LOGS_MAX)))
    out = pull.step(growers.replica)
    assert [len(ask.logs) for ask in out if isinstance(ask, AskLogs)] == [ASKED_LOGS_MAX] * 2
    assert len(out) == REQUESTS_AT_ONCE
    assert pull.step(growers.replica) == []
    pull.request_end(1)
    (third,) = pull.step(growers.replica)
    assert isinstance(third, AskLogs)
    assert third.request == 3


def test_requests_fit_a_frame_however_much_is_here_of_each_log() -> None:
    circle, fishers, growers, _ = trio()
    for instance in range(60):
        growers.offer(circle, *(f"coffee {number}" for number in range(200)), instance=instance)
    rows = growers.database.connection.execute("SELECT leaf FROM log").fetchall()
    pull = new_pull(circle)
    given(pull, growers, *(Leaf(row[0], bytes(8), False) for row in rows))
    out = pull.step(growers.replica)
    assert len(out) > 0
    assert all(len(write(message)) <= FRAME_PLAIN_BYTES_MAX for message in out)
    asked = [one.leaf for ask in out if isinstance(ask, AskLogs) for one in ask.logs]
    assert sorted(asked) == sorted(row[0] for row in rows)
    assert fishers.records() < growers.records()


def test_a_request_is_over_when_it_ended_and_all_its_chunks_are_taken_in() -> None:
    circle, _, growers, _ = trio()
    pull = new_pull(circle)
    given(pull, growers, leaf(1))
    pull.step(growers.replica)
    pull.chunk_came(1)
    pull.chunk_came(1)
    pull.chunk_taken(1, progressed=False)
    pull.request_end(1)
    assert pull.owns(1)
    assert not is_over(pull)
    pull.chunk_taken(1, progressed=True)
    assert not pull.owns(1)
    assert is_over(pull)
    assert pull.progressed
    pull.chunk_taken(1, progressed=True)


def test_more_prefixes_than_a_message_holds_are_asked_in_turn() -> None:
    circle, _, growers, _ = trio()
    pull = new_pull(circle)
    wide = tuple(bytes([index]) * 8 for index in range(16))
    for expected in (1, 16, TRIE_PREFIXES_MAX):
        (asked,) = pull.step(growers.replica)
        assert isinstance(asked, AskTrie)
        assert len(asked.prefixes) == expected
        pull.trie([TrieNode(prefix, wide) for prefix in asked.prefixes], growers.replica)
    (asked,) = pull.step(growers.replica)
    assert isinstance(asked, AskTrie)
    assert len(asked.prefixes) == TRIE_PREFIXES_MAX


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [TrieNode("0", ())],
        [TrieNode("", ()), TrieNode("", ())],
        [TrieNode("", (None, None))],
        [TrieNode("", (None,) * 15)],
    ],
    ids=["none", "another", "twice", "two children", "fifteen children"],
)
def test_nodes_that_were_not_asked_for_or_have_another_shape_are_refused(
    nodes: list[TrieNode],
) -> None:
    circle, _, growers, _ = trio()
    pull = new_pull(circle)
    pull.step(growers.replica)
    with pytest.raises(Refusal, match="malformed"):
        pull.trie(nodes, growers.replica)


def test_what_the_other_side_lacks_is_not_asked_for() -> None:
    circle, fishers, growers, _ = trio()
    growers.offer(circle, "coffee", instance=3)
    assert walk(new_pull(circle), growers, fishers) == []
