"""The reader that was written from SPEC.md alone says the same of histories with stolen keys."""

from random import Random

import pytest

from node.store import circles
from protocol.chunk import Path
from protocol.codec import encode
from tests.interop.reader import take_paths
from tests.interop.reader_chunk import parse_path
from tests.interop.reader_circle import carried, counted
from tests.interop.reader_codec import Network, decode
from tests.interop.reader_keys import KeyLogs, parse_event
from tests.interop.reader_records import Store
from tests.interop.reader_trie import leaves_of, root
from tests.laws.keyed_history import BOARDS, KeyedHistory
from tests.laws.test_cut_laws import shown, told

SEEDS = range(2000, 2025)
SEEDS_LONG = range(5000, 5400)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_reader_counts_and_carries_the_same(seed: int) -> None:
    check(told(Random(seed)))


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS_LONG)
def test_the_reader_counts_and_carries_the_same_whatever_the_seed(seed: int) -> None:
    check(told(Random(seed)))


def check(history: KeyedHistory) -> None:
    store = Store(Network("laws"), history.circle, keys_of(history))
    paths: list[Path] = []
    seen: set[bytes] = set()
    for head in history.signatures:
        lineage = [one.id for one in history.lineage(head)]
        start = sum(one in seen for one in lineage)
        paths += history.paths_to(head, start, lambda _: True, lambda: False)
        seen.update(lineage)
    circle = take_paths(store, [parse_path(decode(encode(one))) for one in paths]).effective()
    there = circles.load(history.reference, history.circle)
    assert circle.valid == {one for one in there.entries if there.is_valid(one)}
    assert circle.standing() == {one for one in there.entries if there.is_standing(one)}
    picture = shown(history, history.reference)
    carries = carried(store, circle, counted(store, circle))
    assert {one.hex() for one in carries} == picture.carried
    made = root(Network("laws"), leaves_of(store, circle, carries))
    assert made.hex() == picture.root


def keys_of(history: KeyedHistory) -> KeyLogs:
    """All key logs and receipts, each event once, whoever signed it."""
    keys = KeyLogs(Network("laws"))
    signed = [one.inception for one in BOARDS]
    signed += [one.inception for one in history.coops]
    signed += history.events
    some = {one.event: one for one in signed}.values()
    keys.take([parse_event(keys.network, decode(encode(one))) for one in some])
    for receipt in dict.fromkeys(history.receipts):
        keys.take_receipt(decode(encode(receipt)))
    return keys
