"""One offer, what stands behind it, and the ones of a co-op."""

import pytest

from node import acts
from node.store import offers
from tests.node.store.market import Market


@pytest.fixture
def market() -> Market:
    return Market()


def test_an_offer_shows_its_versions_and_its_signature(market: Market) -> None:
    subject = market.add("Coffee")
    market.add("Other coffee", subject=subject)
    market.add("Tea")
    found = offers.find(market.connection, subject)
    assert found is not None
    assert found.version is not None
    signed = offers.signed(market.connection, found.version)
    assert [record for record, _ in offers.versions(market.connection, found)] == [
        subject,
        signed.id,
    ]
    assert signed.device == market.coop.device
    assert signed.head_seq is not None
    assert signed.head_seq >= signed.seq
    assert offers.find(market.connection, signed.id) is None


def test_own_offers_come_in_order_and_piece_by_piece(market: Market) -> None:
    ids = [market.add(f"Offer {number}") for number in range(3)]
    market.do(lambda database, signing: acts.withdraw(database, signing, ids[1], {}))
    first = offers.own(market.connection, market.circle, market.coop.id, 0, 2)
    rest = offers.own(market.connection, market.circle, market.coop.id, first[-1][0], 2)
    assert [row[1] for row in (*first, *rest)] == ids
    assert [row[3] for row in (*first, *rest)] == [0, 1, 0]
    assert offers.own(market.connection, market.circle, bytes(32), 0, 2) == []
