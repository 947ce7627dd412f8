"""The digest of merged rows: equal where the rows are, and blind to what is over."""

from node import acts
from node.store import digests, fold
from protocol.limits import DAY_MS, SKEW_MS_MAX
from protocol.trade import OFFER, Offer
from tests.coops import NOW_MS, Coop, Talk, trio


def digest(coop: Coop, now_ms: int = NOW_MS) -> bytes:
    with coop.database.transaction():
        while fold.fold(coop.database, fold.BATCH_RECORDS):
            pass
    return digests.over_all(coop.database.connection, now_ms)


def test_replicas_with_the_same_records_have_the_same_digest() -> None:
    circle, fishers, growers, _ = trio()
    assert digest(fishers) == digest(growers)
    fishers.offer(circle, "cod")
    assert digest(fishers) != digest(growers)
    Talk(fishers, growers).hello()
    assert digest(fishers) == digest(growers)


def test_every_change_of_a_row_changes_it_and_a_change_back_is_another() -> None:
    circle, fishers, _, _ = trio()
    seen = [digest(fishers)]
    (cod,) = fishers.offer(circle, "cod").ids
    seen.append(digest(fishers))
    acts.withdraw(fishers.database, fishers.signing(), cod, {})
    seen.append(digest(fishers))
    later = fishers.signing(now_ms=NOW_MS + 1)
    again = [(OFFER, Offer(title={"en": "cod"}), cod)]
    acts.add_offers(fishers.database, later, circle, again, live=True)
    seen.append(digest(fishers))
    assert len(set(seen)) == len(seen)


def test_it_does_not_matter_what_is_not_folded_into_rows() -> None:
    circle, fishers, _, _ = trio()
    before = digest(fishers)
    fishers.say(circle, "festival/1", fishers.signing().body({"new": 1}))
    fishers.say(circle, OFFER, b"\xc1")
    assert digest(fishers) == before


def test_days_that_are_over_are_left_out() -> None:
    circle, fishers, growers, _ = trio()
    before = digest(fishers)
    until = NOW_MS + 2 * DAY_MS
    short = [(OFFER, Offer(title={"en": "cod"}, valid_until_ms=until), None)]
    acts.add_offers(fishers.database, fishers.signing(), circle, short, live=True)
    Talk(fishers, growers).hello()
    assert digest(fishers) == digest(growers) != before
    over = (until // DAY_MS + 1) * DAY_MS + SKEW_MS_MAX
    assert digest(fishers, over - 1) != before
    assert digest(fishers, over) == before


def test_a_day_is_over_when_it_is_on_every_clock_within_the_allowed_skew() -> None:
    day = 20_000
    begins = day * DAY_MS
    assert digests.first_day(begins + SKEW_MS_MAX - 1) == day - 1
    assert digests.first_day(begins + SKEW_MS_MAX) == day


def test_circles_have_digests_of_their_own() -> None:
    circle, fishers, _, _ = trio()
    number = fishers.database.connection.execute("SELECT n FROM circle").fetchone()[0]
    fishers.offer(circle, "cod")
    digest(fishers)
    before = digests.of_circle(fishers.database.connection, number, NOW_MS)
    other = fishers.found("another circle")
    fishers.offer(other, "hake")
    digest(fishers)
    assert digests.of_circle(fishers.database.connection, number, NOW_MS) == before


def test_sums_that_are_nothing_and_the_order_of_rows_do_not_show() -> None:
    rows = [(1, "offer/1", bytes(31) + b"\x01"), (2, "want/1", bytes(31) + b"\x02")]
    nothing = (3, "offer/1", bytes(32))
    assert digests.combine(rows) == digests.combine([nothing, *rows[::-1]])
    assert digests.combine(rows) != digests.combine(rows[:1])
    pairs = [(b"a" * 32, b"1" * 32), (b"b" * 32, b"2" * 32)]
    assert digests.over(pairs) == digests.over(pairs[::-1])
    assert digests.over(pairs) != digests.over([])
