"""Who is with us in which circles, and how much stands offered."""

from node import acts
from node.acts import Signing
from node.store import coops
from node.store.database import Database
from protocol import profile
from tests.coops import NOW_MS, trio
from tests.node.store.market import Market


def test_members_of_our_circles_are_together_with_us() -> None:
    circle, fishers, growers, _ = trio()
    found = coops.together(fishers.database.connection, fishers.id)
    assert found == {one.id: [circle] for one in (fishers, growers)}
    assert coops.together(fishers.database.connection, bytes(32)) == {}


def test_what_stands_is_counted_for_each() -> None:
    market = Market()
    market.add("Coffee")
    market.add("Soon over", valid_until_ms=NOW_MS + 5)
    market.add("For another", recipients=(bytes([7]) * 32,))
    gone = market.add("Gone")
    market.do(lambda database, signing: acts.withdraw(database, signing, gone, {}))
    own = market.coop.id
    assert coops.offers_of_each(market.connection, NOW_MS) == {own: 2}
    assert coops.offers_of_each(market.connection, NOW_MS + 6) == {own: 1}


def test_contacts_are_bodies_the_newest_first() -> None:
    market = Market()
    for phone in ("1", "2"):
        fields = profile.Contact(phone=phone)

        def show(database: Database, signing: Signing, fields: profile.Contact = fields) -> None:
            acts.set_contact(database, signing, market.circle, fields)

        market.do(show)
    bodies = coops.contact_bodies(market.connection, market.coop.id)
    assert len(bodies) == 1
    assert b"2" in bodies[0]
