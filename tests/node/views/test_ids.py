"""Ids as people write them: any beginning that fits one alone, a whole one by its check sum."""

import pytest

from node.views import ids
from protocol.errors import Refusal
from protocol.keys import BLOB, CIRCLE, COOP, RECORD, to_text
from tests.node.store.market import Market


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.mark.parametrize("length", [8, 9, 20, 57, 58, 59, 60, 63])
def test_a_beginning_is_enough(market: Market, length: int) -> None:
    text = to_text(CIRCLE, market.circle)
    assert ids.circle_id(market.connection, text[:length]) == market.circle


def test_a_whole_id_is_enough_in_either_case(market: Market) -> None:
    text = to_text(CIRCLE, market.circle)
    assert ids.circle_id(market.connection, f"  {text}\n") == market.circle
    assert ids.circle_id(market.connection, text.upper()) == market.circle


def test_offers_and_coops_likewise(market: Market) -> None:
    subject = market.add("Coffee")
    assert ids.offer_id(market.connection, to_text(RECORD, subject)[:12]) == subject
    own = to_text(COOP, market.coop.id)
    assert ids.coop_id(market.connection, own[:12]) == market.coop.id


def test_a_whole_coop_id_may_be_unknown(market: Market) -> None:
    stranger = bytes([9]) * 32
    assert ids.coop_id(market.connection, to_text(COOP, stranger)) == stranger


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "bad-id"),
        ("circle1", "bad-id"),
        ("circle", "bad-id"),
        ("coop1qqqqqqqq", "bad-id"),
        ("circle1bbbbbbb", "bad-id"),
        ("circle1qqqqqqqqqq", "not-found"),
        ("circle1" + "q" * 58, "bad-id"),
        ("circle1" + "q" * 100, "bad-id"),
        ("circle1\u212a\u212a\u212a\u212a", "bad-id"),
    ],
)
def test_what_is_no_beginning_is_refused(market: Market, written: str, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        ids.circle_id(market.connection, written)


def test_a_whole_id_that_is_not_here_is_refused(market: Market) -> None:
    with pytest.raises(Refusal, match="unknown-circle"):
        ids.circle_id(market.connection, to_text(CIRCLE, bytes(32)))
    with pytest.raises(Refusal, match="not-found"):
        ids.offer_id(market.connection, to_text(RECORD, bytes(32)))


def test_a_version_is_no_offer(market: Market) -> None:
    subject = market.add("Coffee")
    version = market.add("Tea", subject=subject)
    with pytest.raises(Refusal, match="not-found"):
        ids.offer_id(market.connection, to_text(RECORD, version))


def test_a_beginning_of_two_is_ambiguous(market: Market) -> None:
    first, second = bytes.fromhex("00ff" + "00" * 30), bytes.fromhex("00ff" + "01" * 30)
    for one in (first, second):
        market.connection.execute("INSERT INTO coop (id) VALUES (?)", (one,))
    with pytest.raises(Refusal, match="ambiguous-id"):
        ids.coop_id(market.connection, to_text(COOP, first)[:8])
    assert ids.coop_id(market.connection, to_text(COOP, first)[:14]) == first


def test_peers_that_are_only_listed_are_found(market: Market) -> None:
    listed = bytes([8]) * 32
    market.connection.execute(
        "INSERT INTO local_peer (coop, name, addresses, blocked, added_ms) "
        "VALUES (?, '', '[]', 0, 0)",
        (listed,),
    )
    assert ids.coop_id(market.connection, to_text(COOP, listed)[:12]) == listed


@pytest.mark.parametrize("written", ["", "1234567", "xyzxyzxyz", "0" * 65])
def test_an_invite_is_hexadecimal(market: Market, written: str) -> None:
    with pytest.raises(Refusal, match="bad-id"):
        ids.invite_id(market.connection, written)
    with pytest.raises(Refusal, match="not-found"):
        ids.invite_id(market.connection, "12345678")


def test_a_whole_id_has_its_own_prefix() -> None:
    text = to_text(BLOB, bytes(32))
    assert ids.whole(BLOB, text) == bytes(32)
    for wrong in (to_text(COOP, bytes(32)), to_text(BLOB, bytes(31)), text[:-1], "blob1"):
        with pytest.raises(Refusal, match="bad-id"):
            ids.whole(BLOB, wrong)


def test_a_short_id_can_be_written_back(market: Market) -> None:
    shown = ids.short(CIRCLE, market.circle)
    assert len(shown) == len("circle1") + ids.SHORT_CHARS
    assert ids.circle_id(market.connection, shown) == market.circle
