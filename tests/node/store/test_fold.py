"""Folding: from a persisted cursor, in batches, live or late, always to the same rows."""

import random

import pytest

from node import acts, home, ingest
from node.author import Draft
from node.store import digests, fold
from protocol.chunk import pack
from protocol.record import write_body
from protocol.trade import ERASE, OFFER, WITHDRAW, Erase, Offer, Withdraw
from tests.coops import NOW_MS, Coop, Talk, join, trio


def digest(coop: Coop) -> bytes:
    coop_titles(coop)
    return digests.over_all(coop.database.connection, NOW_MS)


def coop_titles(coop: Coop) -> None:
    with coop.database.transaction():
        while fold.fold(coop.database, fold.BATCH_RECORDS):
            pass


def edit(coop: Coop, circle: bytes, subject: bytes, title: str) -> bytes:
    offer = (OFFER, Offer(title={"en": title}), subject)
    return acts.add_offers(coop.database, coop.signing(), circle, [offer], live=True).ids[0]


def test_bulk_arrivals_lag_until_they_are_folded_in_batches() -> None:
    circle, fishers, _, _ = trio()
    coop_titles(fishers)
    offers = [(OFFER, Offer(title={"en": f"fish {one}"}), None) for one in range(50)]
    acts.add_offers(fishers.database, fishers.signing(), circle, offers, live=False)
    assert fold.lag(fishers.database) == 50
    done = []
    while True:
        with fishers.database.transaction():
            done.append(fold.fold(fishers.database, 20))
        if not done[-1]:
            break
    assert done == [20, 20, 10, 0]
    assert fold.lag(fishers.database) == 0
    assert len(fishers.titles(circle)) == 50


def test_the_cursor_survives_a_restart_and_nothing_is_folded_twice() -> None:
    circle, fishers, _, _ = trio()
    offers = [(OFFER, Offer(title={"en": f"fish {one}"}), None) for one in range(50)]
    acts.add_offers(fishers.database, fishers.signing(), circle, offers, live=False)
    with fishers.database.transaction():
        fold.fold(fishers.database, 20)
    fishers.database.forget()
    before = fold.lag(fishers.database)
    assert 0 < before < 50
    assert len(fishers.titles(circle)) == 50
    again = digest(fishers)
    home.rebuild(fishers.database, NOW_MS)
    assert digest(fishers) == again


def test_a_fold_that_fails_moves_nothing() -> None:
    circle, fishers, _, _ = trio()
    offers = [(OFFER, Offer(title={"en": "cod"}), None)]
    acts.add_offers(fishers.database, fishers.signing(), circle, offers, live=False)
    lag = fold.lag(fishers.database)

    def fails() -> None:
        with fishers.database.transaction():
            fold.fold(fishers.database, fold.BATCH_RECORDS)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fails()
    assert fold.lag(fishers.database) == lag
    assert fishers.titles(circle) == ["cod"]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_arrival_comes_to_the_same_rows_and_digest(seed: int) -> None:
    circle, fishers, growers, others = trio()
    join(circle, fishers, others)
    Talk(fishers, growers).hello()
    chunks: list[bytes] = []

    def told(coop: Coop, kind: str, body: bytes, day: int | None = None) -> bytes:
        signing = coop.signing()
        draft = Draft(kind, body, day)
        published = signing.publish(coop.database, circle, [draft])
        chunks.append(pack(published.paths))
        return published.ids[0]

    for coop in (fishers, growers):
        day = NOW_MS // 86_400_000 + 30
        cod = told(coop, OFFER, write_body(bytes(16), Offer(title={"en": "cod"})), day)
        hake = told(coop, OFFER, write_body(bytes(16), Offer(title={"en": "hake"})), day)
        better = write_body(bytes(16), Offer(title={"en": "fresh cod"}), subject=cod)
        told(coop, OFFER, better, day + 1)
        told(coop, WITHDRAW, write_body(bytes(16), Withdraw(), subject=cod))
        told(coop, ERASE, write_body(bytes(16), Erase((hake,)), subject=hake))
        told(coop, OFFER, write_body(bytes(16), Offer(title={"en": "again"}), subject=cod), day + 2)
    order = list(range(len(chunks)))
    random.Random(seed).shuffle(order)
    waiting = [chunks[number] for number in order]
    while waiting:
        data = waiting.pop(0)
        outcome = ingest.ingest(others.database, circle, data, NOW_MS, live=bool(seed % 2))
        if outcome.gap:
            waiting.append(data)
    Talk(fishers, growers).hello()
    assert others.root(circle) == fishers.root(circle) == growers.root(circle)
    assert others.titles(circle) == fishers.titles(circle) == ["again", "again"]
    assert digest(others) == digest(fishers) == digest(growers)
    before, after = home.rebuild(others.database, NOW_MS)
    assert before == after == digest(fishers)


def test_a_record_that_comes_before_its_subject_waits_for_it() -> None:
    circle, fishers, growers, _ = trio()
    Talk(fishers, growers).hello()
    cod = fishers.offer(circle, "cod", instance=1)
    change = acts.withdraw(fishers.database, fishers.signing(), cod.ids[0], {})
    ingest.ingest(growers.database, circle, pack(change.paths), NOW_MS, live=True)
    assert growers.titles(circle) == []
    assert growers.database.connection.execute("SELECT count(*) FROM waiting").fetchone() == (1,)
    ingest.ingest(growers.database, circle, pack(cod.paths), NOW_MS, live=True)
    assert growers.titles(circle) == []
    assert growers.database.connection.execute("SELECT count(*) FROM waiting").fetchone() == (0,)
    assert digest(growers) == digest(fishers)


def test_an_edit_is_searched_by_its_words_and_no_more_by_the_old_ones() -> None:
    circle, fishers, _, _ = trio()
    (cod,) = fishers.offer(circle, "ordinary cod").ids
    edit(fishers, circle, cod, "splendid hake")
    assert fishers.titles(circle) == ["splendid hake"]

    def found(word: str) -> int:
        query = "SELECT count(*) FROM offer_text WHERE offer_text MATCH ?"
        return int(fishers.database.connection.execute(query, (word,)).fetchone()[0])

    assert [found(word) for word in ("ordinary", "cod", "splendid", "hake")] == [0, 0, 1, 1]


def test_a_rebuild_of_a_circle_leaves_others_alone() -> None:
    circle, fishers, _, _ = trio()
    other = fishers.found("another circle")
    fishers.offer(circle, "cod")
    fishers.offer(other, "hake")
    before = digest(fishers)
    with fishers.database.transaction():
        fold.rebuild_circle(fishers.database, circle)
        fold.rebuild_circle(fishers.database, bytes(32))
    assert digest(fishers) == before
    assert fishers.titles(other) == ["hake"]
