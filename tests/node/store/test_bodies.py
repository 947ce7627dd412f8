"""Forgettable bodies that came absent: wanted, filled when they fit, and otherwise left alone."""

from node import ingest
from node.store import bodies
from protocol.limits import ASKED_BODIES_MAX
from protocol.record import write_body
from protocol.sessionevents import BodyCame
from protocol.trade import ERASE, Erase
from tests.coops import Coop, Talk, trio


def number_of(coop: Coop, record: bytes) -> int:
    row = coop.database.connection.execute("SELECT n FROM record WHERE id = ?", (record,))
    return int(row.fetchone()[0])


def body_of(coop: Coop, record: bytes) -> bytes | None:
    row = coop.database.connection.execute("SELECT body FROM record WHERE id = ?", (record,))
    body: bytes | None = row.fetchone()[0]
    return body


def without_body(coop: Coop, records: list[bytes]) -> None:
    for record in records:
        assert bodies.drop(coop.database, number_of(coop, record))


def lacking(count: int) -> tuple[bytes, Coop, Coop, list[bytes]]:
    """Growers that got offers from one who had dropped their bodies; fishers have them."""
    circle, fishers, growers, _ = trio()
    ids = fishers.offer(circle, *(f"fish {number}" for number in range(count))).ids
    twin = fishers.copy()
    without_body(twin, ids)
    Talk(twin, growers).hello()
    return circle, fishers, growers, ids


def test_absent_bodies_are_wanted_and_what_lacks_one_shows_nowhere() -> None:
    circle, fishers, growers, ids = lacking(3)
    assert growers.root(circle) == fishers.root(circle)
    assert bodies.wanted(growers.database, circle) == ids
    assert growers.titles(circle) == []
    assert bodies.wanted(growers.database, bytes(32)) == []


def test_a_body_that_comes_late_is_folded_and_wanted_no_more() -> None:
    circle, fishers, growers, _ = lacking(2)
    growers.titles(circle)
    talk = Talk(fishers, growers).hello()
    talk.of(growers).ask_bodies(circle, bodies.wanted(growers.database, circle))
    talk.run()
    assert len(talk.told(growers, BodyCame)) == 2
    assert growers.titles(circle) == fishers.titles(circle) == ["fish 0", "fish 1"]
    assert bodies.wanted(growers.database, circle) == []


def test_an_erasure_waits_for_a_body_to_tell_which_offer_it_speaks_of() -> None:
    circle, fishers, growers, ids = lacking(2)
    kept = [(one, body_of(fishers, one)) for one in ids]
    # It names a version of another offer too: that one stays, wherever its body is.
    erase = write_body(bytes(16), Erase(tuple(sorted(ids))), subject=ids[0])
    fishers.say(circle, ERASE, erase)
    Talk(fishers, growers).hello()
    assert growers.titles(circle) == []
    for record, body in kept:
        assert body is not None
        ingest.ingest_body(growers.database, circle, record, body)
    assert growers.titles(circle) == fishers.titles(circle) == ["fish 1"]
    assert body_of(growers, ids[0]) is None
    assert bodies.wanted(growers.database, circle) == []


def test_a_false_body_and_one_that_nobody_wants_are_left_alone() -> None:
    circle, _, growers, ids = lacking(1)
    for record, body in ((ids[0], b"false"), (bytes(32), b"unknown")):
        outcome = ingest.ingest_body(growers.database, circle, record, body)
        assert outcome.new_records == 0
    assert bodies.wanted(growers.database, circle) == ids


def test_all_are_asked_for_in_turn_even_when_nobody_has_the_first_ones() -> None:
    circle, _, growers, ids = lacking(ASKED_BODIES_MAX + 10)
    asked: set[bytes] = set()
    for _ in range(2):
        some = bodies.wanted(growers.database, circle)
        assert len(some) <= ASKED_BODIES_MAX
        asked |= set(some)
    assert asked == set(ids)


def test_a_dropped_body_leaves_its_hash_and_length() -> None:
    circle, fishers, _, _ = trio()
    (offer,) = fishers.offer(circle, "cod").ids
    number = number_of(fishers, offer)
    body = fishers.replica.body(circle, offer)
    assert body is not None
    assert bodies.drop(fishers.database, number)
    assert not bodies.drop(fishers.database, number)
    row = fishers.database.connection.execute(
        "SELECT absent_hash, absent_len FROM record WHERE n = ?", (number,)
    ).fetchone()
    assert row == (fishers.database.network.hash(b"body", body), len(body))
