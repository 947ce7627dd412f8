"""The rows of offers and other subjects: what stands, what is searched, what is hidden."""

from collections.abc import Sequence

import pytest

from node import acts
from node.store import fold, rows
from protocol.errors import Refusal
from protocol.profile import CONTACT, PROFILE, Contact, Profile
from protocol.record import write_body
from protocol.trade import (
    ERASE,
    OFFER,
    STOCK,
    STOCK_ALLOT,
    WANT,
    Erase,
    Item,
    Offer,
    Stock,
    StockAllot,
    Where,
)
from protocol.values import Decimal, Quantity
from tests.coops import NOW_MS, Coop, Talk, trio

TODAY = NOW_MS // 86_400_000


def offer_row(coop: Coop, offer: bytes) -> Sequence[object]:
    row = coop.database.connection.execute(
        "SELECT is_want, hidden, country, ends_ms, offer.expires_day, withdrawn IS NULL "
        "FROM offer JOIN record ON record.n = offer.root WHERE record.id = ?",
        (offer,),
    ).fetchone()
    return tuple(row)


def found(coop: Coop, word: str) -> int:
    query = "SELECT count(*) FROM offer_text WHERE offer_text MATCH ?"
    return int(coop.database.connection.execute(query, (word,)).fetchone()[0])


def publish(coop: Coop, circle: bytes, offer: Offer, subject: bytes | None = None) -> bytes:
    some = [(OFFER, offer, subject)]
    return acts.add_offers(coop.database, coop.signing(), circle, some, live=True).ids[0]


def test_a_row_holds_what_lists_filter_by() -> None:
    circle, fishers, _, _ = trio()
    until = NOW_MS + 5 * 86_400_000
    full = Offer(title={"en": "cod"}, where=Where(country="KE"), valid_until_ms=until)
    offer = publish(fishers, circle, full)
    assert offer_row(fishers, offer) == (0, 0, "KE", until, TODAY + 5, 1)
    want = acts.add_offers(
        fishers.database, fishers.signing(), circle, [(WANT, full, None)], live=True
    ).ids[0]
    assert offer_row(fishers, want)[0] == 1


def test_titles_texts_categories_and_codes_are_searched_in_every_language() -> None:
    circle, fishers, _, _ = trio()
    offer = Offer(
        title={"en": "coffee", "pt": "café"},
        text={"sw": "kahawa safi"},
        item=Item(category=("Beverages",), gtin="40170725", hs="0901", sku="K-7"),
    )
    publish(fishers, circle, offer)
    for word in ("coffee", "cafe", "CAFÉ", "kahawa", "beverages", "40170725", "0901"):
        assert found(fishers, word) == 1, word
    assert found(fishers, "tea") == 0


def test_an_edit_replaces_every_column_and_keeps_the_place_of_the_first() -> None:
    circle, fishers, _, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "cod"}, where=Where(country="KE")))
    publish(fishers, circle, Offer(title={"en": "hake"}), subject=offer)
    assert fishers.titles(circle) == ["hake"]
    assert offer_row(fishers, offer)[2] is None


def test_a_withdrawn_offer_is_hidden_until_an_edit_offers_it_again() -> None:
    circle, fishers, _, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "cod"}))
    acts.withdraw(fishers.database, fishers.signing(), offer, {})
    assert fishers.titles(circle) == []
    with pytest.raises(Refusal, match="already-withdrawn"):
        acts.withdraw(fishers.database, fishers.signing(), offer, {})
    later = fishers.signing(now_ms=NOW_MS + 1)
    again = [(OFFER, Offer(title={"en": "fresh cod"}), offer)]
    acts.add_offers(fishers.database, later, circle, again, live=True)
    assert fishers.titles(circle) == ["fresh cod"]


def test_an_erased_version_is_gone_with_its_words_and_its_body() -> None:
    circle, fishers, growers, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "embarrassing"}))
    Talk(fishers, growers).hello()
    growers.titles(circle)
    fishers.say(circle, ERASE, write_body(bytes(16), Erase((offer,)), subject=offer))
    Talk(fishers, growers).hello()
    for coop in (fishers, growers):
        assert coop.titles(circle) == []
        assert found(coop, "embarrassing") == 0
        row = coop.database.connection.execute(
            "SELECT body, absent_len FROM record WHERE id = ?", (offer,)
        ).fetchone()
        assert row[0] is None
        assert row[1] > 0
    assert growers.database.connection.execute("SELECT * FROM local_wanted_body").fetchall() == []


@pytest.mark.parametrize("act", ["edit", "withdraw", "erase"])
def test_what_another_coop_says_of_an_offer_is_without_effect(act: str) -> None:
    circle, fishers, growers, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "cod"}))
    Talk(fishers, growers).hello()
    bodies = {
        "edit": (OFFER, write_body(bytes(16), Offer(title={"en": "hijacked"}), subject=offer)),
        "withdraw": ("withdraw/1", write_body(bytes(16), {}, subject=offer)),
        "erase": (ERASE, write_body(bytes(16), Erase((offer,)), subject=offer)),
    }
    growers.say(circle, *bodies[act])
    Talk(fishers, growers).hello()
    for coop in (fishers, growers):
        assert coop.titles(circle) == ["cod"]
        assert found(coop, "hijacked") == 0
    if act != "erase":
        with pytest.raises(Refusal, match="not-yours"):
            acts.own_offer(growers.database, growers.id, offer)


def test_an_offer_does_not_become_a_want_by_an_edit() -> None:
    circle, fishers, _, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "cod"}))
    body = write_body(bytes(16), Offer(title={"en": "wanted"}), subject=offer)
    fishers.say(circle, WANT, body)
    assert fishers.titles(circle) == ["cod"]


def test_the_latest_profile_and_contact_of_a_coop_stand() -> None:
    circle, fishers, _, _ = trio()
    for number in range(3):
        signing = fishers.signing(now_ms=NOW_MS + number)
        fields = Profile(name=f"Fishers {number}", country="KE")
        acts.set_profile(fishers.database, signing, circle, fields)
        acts.set_contact(fishers.database, signing, circle, Contact(person=f"Amina {number}"))
    rows_now = fishers.database.connection.execute(
        "SELECT family, subject, record.body, kind.name FROM standing "
        "JOIN record ON record.n = version JOIN kind ON kind.n = kind ORDER BY family"
    ).fetchall()
    contact, profile = rows_now
    assert (contact[0], contact[1], contact[3]) == ("contact", fishers.id, CONTACT)
    assert b"Amina 2" in contact[2]
    assert (profile[0], profile[3]) == ("profile", PROFILE)
    assert b"Fishers 2" in profile[2]


def test_a_stock_is_a_subject_of_its_own() -> None:
    circle, fishers, _, _ = trio()
    offer = publish(fishers, circle, Offer(title={"en": "cod"}))
    stock = Stock(book=bytes(32), epoch=0, quantity=Quantity(amount=Decimal(3, 0), unit="KGM"))
    ids = [
        fishers.say(circle, STOCK, write_body(bytes([n]) * 16, stock, subject=offer)).ids[0]
        for n in range(2)
    ]
    rows_now = fishers.database.connection.execute(
        "SELECT subject FROM standing WHERE family = 'stock'"
    ).fetchall()
    assert sorted(row[0] for row in rows_now) == sorted(ids)


def test_a_body_that_breaks_its_kinds_rules_is_noted_with_the_reason() -> None:
    circle, fishers, _, _ = trio()
    loose = write_body(bytes(16), {"title": {}})
    record = fishers.say(circle, OFFER, loose).ids[0]
    noted = fishers.database.connection.execute(
        "SELECT record.id, code FROM malformed JOIN record ON record.n = malformed.record"
    ).fetchall()
    assert noted == [(record, "bad-field")]
    assert fishers.titles(circle) == []


def test_dropping_a_circle_leaves_no_row_word_or_sum_of_it() -> None:
    circle, fishers, _, _ = trio()
    publish(fishers, circle, Offer(title={"en": "cod"}))
    fishers.say(circle, OFFER, b"\xc1")
    other = fishers.found("another circle")
    publish(fishers, other, Offer(title={"en": "hake"}))
    with fishers.database.transaction():
        while fold.fold(fishers.database, fold.BATCH_RECORDS):
            pass
        number = fishers.database.connection.execute(
            "SELECT n FROM circle WHERE id = ?", (circle,)
        ).fetchone()[0]
        rows.drop(fishers.database, number)
    assert fishers.titles(circle) == []
    assert (found(fishers, "cod"), found(fishers, "hake")) == (0, 1)
    for table in ("offer", "standing", "digest"):
        query = f"SELECT count(*) FROM {table} WHERE circle = ?"
        assert fishers.database.connection.execute(query, (number,)).fetchone() == (0,)


def standing(coop: Coop, family: str) -> list[bytes]:
    query = "SELECT subject FROM standing WHERE family = ? ORDER BY subject"
    return [row[0] for row in coop.database.connection.execute(query, (family,))]


def test_a_stock_is_about_an_own_offer_and_its_parts_about_an_own_stock() -> None:
    circle, fishers, growers, _ = trio()
    cod, beans = (publish(coop, circle, Offer(title={"en": "x"})) for coop in (fishers, growers))
    want = acts.add_offers(
        fishers.database, fishers.signing(), circle, [(WANT, Offer(title={"en": "x"}), None)],
        live=True,
    ).ids[0]  # fmt: skip
    Talk(fishers, growers).hello()
    fields: dict[str, object] = {
        STOCK: Stock(book=bytes(32), epoch=0, quantity=Quantity(Decimal(3, 0), "KGM")),
        STOCK_ALLOT: StockAllot(amount=Decimal(1, 0), epoch=0, log=bytes(32)),
    }

    def say(coop: Coop, kind: str, subject: bytes) -> bytes:
        body = write_body(coop.draw(16), fields[kind], subject=subject)
        return coop.say(circle, kind, body).ids[0]

    stock, foreign = say(fishers, STOCK, cod), say(growers, STOCK, beans)
    part = say(fishers, STOCK_ALLOT, stock)
    for kind, subject in [
        *((STOCK, one) for one in (beans, want, stock)),
        *((STOCK_ALLOT, one) for one in (foreign, cod, part)),
    ]:
        say(fishers, kind, subject)
    Talk(fishers, growers).hello()
    for coop in (fishers, growers):
        coop.titles(circle)
        assert standing(coop, "stock") == sorted([stock, foreign])
        assert standing(coop, "allotment") == [part]


def test_a_stock_waits_for_the_offer_that_it_is_about() -> None:
    circle, fishers, _, _ = trio()
    unsaid = bytes(31) + b"1"
    stock = Stock(book=bytes(32), epoch=0, quantity=Quantity(Decimal(3, 0), "KGM"))
    said = fishers.say(circle, STOCK, write_body(bytes(16), stock, subject=unsaid)).ids[0]
    waiting = fishers.database.connection.execute(
        "SELECT ref, record.id FROM waiting JOIN record ON record.n = waiting.record"
    ).fetchall()
    assert waiting == [(unsaid, said)]
    assert standing(fishers, "stock") == []
