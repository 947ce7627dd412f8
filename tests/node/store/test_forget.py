"""What is over is forgotten: bodies and rows, never a header, never anything lasting."""

from node import acts
from node.store import digests, fold
from node.store.forget import forget
from protocol.limits import DAY_MS, SKEW_MS_MAX
from protocol.profile import Contact, Profile
from protocol.trade import OFFER, Offer
from tests.coops import NOW_MS, Coop, Talk, trio

LATER_MS = (NOW_MS // DAY_MS + 400) * DAY_MS


def forget_all(coop: Coop, now_ms: int) -> int:
    coop_fold(coop)
    total = 0
    while some := forget(coop.database, now_ms, 2):
        total += some
    return total


def coop_fold(coop: Coop) -> None:
    with coop.database.transaction():
        while fold.fold(coop.database, fold.BATCH_RECORDS):
            pass


def bodies_left(coop: Coop) -> int:
    row = coop.database.connection.execute(
        "SELECT count(*) FROM record WHERE body NOT NULL AND expires_day NOT NULL"
    ).fetchone()
    return int(row[0])


def test_nothing_is_forgotten_before_its_day_is_over_everywhere() -> None:
    circle, fishers, _, _ = trio()
    until = NOW_MS + DAY_MS
    short = [(OFFER, Offer(title={"en": "cod"}, valid_until_ms=until), None)]
    acts.add_offers(fishers.database, fishers.signing(), circle, short, live=True)
    over = (until // DAY_MS + 1) * DAY_MS + SKEW_MS_MAX
    assert forget_all(fishers, over - 1) == 0
    assert fishers.titles(circle) == ["cod"]
    assert forget_all(fishers, over) == 2
    assert (fishers.titles(circle), bodies_left(fishers)) == ([], 0)


def test_headers_roots_and_lasting_records_stay() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, *(f"fish {number}" for number in range(7)))
    acts.set_profile(
        fishers.database, fishers.signing(), circle, Profile(name="Fishers", country="KE")
    )
    acts.set_contact(fishers.database, fishers.signing(), circle, Contact(person="Amina"))
    records, root = fishers.records(), fishers.root(circle)
    assert forget_all(fishers, LATER_MS) > 7
    assert (fishers.records(), fishers.root(circle)) == (records, root)
    families = fishers.database.connection.execute("SELECT family FROM standing").fetchall()
    assert families == [("profile",)]
    assert fishers.database.connection.execute("SELECT * FROM local_wanted_body").fetchall() == []
    Talk(fishers, growers).hello()
    assert growers.root(circle) == root


def test_one_who_forgot_and_one_who_did_not_yet_have_the_same_digest() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "cod", "hake")
    Talk(fishers, growers).hello()
    coop_fold(growers)
    forget_all(fishers, LATER_MS)
    found = [digests.over_all(one.database.connection, LATER_MS) for one in (fishers, growers)]
    assert found[0] == found[1]


def test_the_words_of_what_is_forgotten_are_not_found_any_more() -> None:
    circle, fishers, _, _ = trio()
    fishers.offer(circle, "unmistakable")
    forget_all(fishers, LATER_MS)
    query = "SELECT count(*) FROM offer_text WHERE offer_text MATCH 'unmistakable'"
    assert fishers.database.connection.execute(query).fetchone() == (0,)
    integrity = "INSERT INTO offer_text (offer_text) VALUES ('integrity-check')"
    fishers.database.connection.execute(integrity)
