"""Views: what people and programs see of the rows."""

from typing import NamedTuple

import pytest

from node import acts
from node.ingest import ingest_keys
from node.store.market import Asker
from node.views import circles, files, names, offers, peers, status
from node.views import market as lists
from node.views.market import Wanted
from protocol import profile, trade
from protocol.errors import Refusal
from protocol.keys import BLOB, CIRCLE, COOP, RECORD, from_text, to_text
from protocol.values import Decimal
from tests.coops import Coop
from tests.node.store.market import NOW_MS, Market


class Link(NamedTuple):
    """What the links know of a peer."""

    coop: bytes
    name: str = ""
    state: str = "connected"
    address: str = "http://127.0.0.1:1"
    blocked: bool = False
    last_seen_ms: int | None = None
    last_error: str = ""


@pytest.fixture
def market() -> Market:
    return Market()


def show_profile(coop: Coop, circle: bytes, name: str, country: str = "KE") -> None:
    fields = profile.Profile(name=name, country=country)
    acts.set_profile(coop.database, coop.signing(0, NOW_MS + 1), circle, fields)


# ---------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("languages", "text"),
    [
        (("sw",), "Kahawa"),
        (("pt-BR",), "Café"),
        (("pt",), "Café"),
        (("fr", "sw"), "Kahawa"),
        (("fr",), "Coffee"),
        ((), "Coffee"),
    ],
)
def test_a_text_is_picked_by_language(languages: tuple[str, ...], text: str) -> None:
    assert names.pick({"pt-PT": "Café", "en": "Coffee", "sw": "Kahawa"}, languages) == text


def test_any_text_is_better_than_none() -> None:
    assert names.pick({"hi": "कॉफी"}, ("fr",)) == "कॉफी"
    assert names.pick({}, ("fr",)) == ""


def test_a_co_op_goes_by_its_profile_or_by_its_id(market: Market) -> None:
    own, other = market.coop.id, bytes([3]) * 32
    nameless = names.names_of(market.connection, [own, other], own)
    show_profile(market.coop, market.circle, "Kahawa")
    named = names.names_of(market.connection, [own, other], bytes(32))
    assert nameless[own] == to_text(COOP, own)[:15]
    assert named == {own: "Kahawa", other: to_text(COOP, other)[:15]}


# --------------------------------------------------------------------------------- offers


def page(market: Market, limit: int = 10, after: str | None = None) -> lists.OfferPage:
    languages = ("sw", "en")
    return lists.page(market.connection, Wanted(), market.asker, languages, after, limit)


def test_a_line_says_what_a_list_needs(market: Market) -> None:
    show_profile(market.coop, market.circle, "Kahawa Co-op")
    price = trade.Price(currency="KES", exponent=2, minor=540, per=Decimal(6, 1))
    where = trade.Where(country="KE")
    subject = market.add(
        "Coffee", where=where, prices=(price,), unit="KGM", quantity=Decimal(125, -1)
    )
    (line,) = page(market).offers
    assert line.id == to_text(RECORD, subject)
    assert (line.coop_name, line.country, line.kind, line.mine) == (
        "Kahawa Co-op", "KE", "offer", True,
    )  # fmt: skip
    assert (line.title, line.prices, str(line.quantity)) == ("Coffee", (price,), "12.5")
    assert line.circle == to_text(CIRCLE, market.circle)


def test_pages_follow_each_other_to_the_end(market: Market) -> None:
    for number in range(5):
        market.add(f"Offer {number}")
    shown, after, pages = [], None, 0
    while True:
        found = page(market, 2, after)
        shown += [line.title for line in found.offers]
        pages += 1
        assert (found.total, found.more) == (5, False)
        if found.next is None:
            break
        after = found.next
    assert shown == [f"Offer {number}" for number in (4, 3, 2, 1, 0)]
    assert pages == 3


def test_a_new_offer_does_not_move_the_next_page(market: Market) -> None:
    for number in range(4):
        market.add(f"Offer {number}")
    first = page(market, 2)
    market.add("In between")
    assert [line.title for line in page(market, 2, first.next).offers] == ["Offer 1", "Offer 0"]


@pytest.mark.parametrize("after", ["", "x", "1", "1-", "-1", "1-2-3", "9" * 17 + "-1", "1-٣"])
def test_a_place_that_is_none_is_refused(market: Market, after: str) -> None:
    with pytest.raises(Refusal, match="bad-field"):
        page(market, 2, after)


def test_an_offer_that_only_mentions_us_is_not_for_us(market: Market) -> None:
    other, own = bytes([7]) * 32, bytes([6]) * 32
    provenance = trade.Provenance(producer_coop=own)
    market.add("For another", recipients=(other,), provenance=provenance)
    found = lists.page(market.connection, Wanted(), Asker(own, NOW_MS), (), None, 10)
    assert found.offers == ()
    everything = lists.all_fields(market.connection, Wanted(), Asker(own, NOW_MS))
    assert list(everything) == []


def test_all_of_an_offer_is_shown_with_its_signature(market: Market) -> None:
    subject = market.add("Coffee", text="washed")
    found = offers.detail(market.connection, subject, market.asker, ())
    assert found.offer is not None
    assert found.offer.text == {"en": "washed"}
    assert found.signed is not None
    assert found.signed.device == market.coop.device.hex()
    assert found.signed.head == found.id
    assert (found.withdrawn, found.erased, found.expired, found.mine) == (False,) * 3 + (True,)
    assert [one.record for one in found.versions] == [found.id]


def test_a_changed_and_withdrawn_offer_says_so(market: Market) -> None:
    subject = market.add("Coffee")
    market.add("Tea", subject=subject)
    market.do(lambda database, signing: acts.withdraw(database, signing, subject, {}))
    found = offers.detail(market.connection, subject, market.asker, ())
    assert (found.title, found.withdrawn, len(found.versions)) == ("Tea", True, 2)
    assert found.changed_ms is not None
    assert found.changed_ms > found.published_ms
    assert found.signed is not None
    assert found.signed.record == found.versions[-1].record


def test_an_offer_that_is_over_says_so(market: Market) -> None:
    subject = market.add("Fish", valid_until_ms=NOW_MS + 10)
    late = Asker(market.coop.id, NOW_MS + 11)
    assert offers.detail(market.connection, subject, market.asker, ()).expired is False
    assert offers.detail(market.connection, subject, late, ()).expired is True


def test_an_offer_that_is_not_here_is_refused(market: Market) -> None:
    with pytest.raises(Refusal, match="not-found"):
        offers.detail(market.connection, bytes(32), market.asker, ())


def test_all_fields_come_page_by_page(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "ALL_AT_ONCE", 2)
    for number in range(5):
        market.add(f"Offer {number}", kind=trade.WANT if number == 0 else trade.OFFER)
    found = list(lists.all_fields(market.connection, Wanted(), market.asker))
    assert [(kind, fields.title["en"]) for kind, fields in found] == [
        *(("offer", f"Offer {number}") for number in (4, 3, 2, 1)),
        ("want", "Offer 0"),
    ]


def test_own_offers_come_with_their_signed_bytes(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "OWN_AT_ONCE", 2)
    ids = [market.add(f"Offer {number}") for number in range(3)]
    first, behind = offers.own_after(market.connection, market.circle, market.coop.id, 0)
    assert behind is not None
    rest, end = offers.own_after(market.connection, market.circle, market.coop.id, behind)
    assert [one.id for one in (*first, *rest)] == ids
    assert end is None
    assert trade.Offer(title={"en": "Offer 0"}) == first[0].fields
    assert b"Offer 0" in first[0].raw


# -------------------------------------------------------------------------------- circles


def test_a_circle_shows_its_rules_and_members(market: Market) -> None:
    coop, other = market.coop, Coop("other")
    ingest_keys(coop.database, [other.inception])
    show_profile(coop, market.circle, "Kahawa", "KE")
    coop.admit(market.circle, other)
    found = circles.detail(coop.database, market.circle, coop.id, NOW_MS)
    assert found.rules.stewards == (to_text(COOP, coop.id),)
    assert (found.rules.admit.by, found.rules.admit.count) == ("members", 2)
    assert [(one.name, one.country, one.state) for one in found.members] == [
        ("Kahawa", "KE", "member"),
        (to_text(COOP, other.id)[:15], None, "admitted"),
    ]
    (line,) = circles.all_of(market.connection, coop.id, NOW_MS).circles
    assert (line.id, line.root, line.members, line.mine) == (found.id, found.root, 1, True)
    assert circles.all_of(market.connection, other.id, NOW_MS).circles[0].mine is False


def test_a_circle_that_is_not_here_is_refused(market: Market) -> None:
    with pytest.raises(Refusal, match="unknown-circle"):
        circles.detail(market.coop.database, bytes(32), market.coop.id, NOW_MS)


# ------------------------------------------------------------------------- peers, status, files


def test_peers_go_by_their_own_names_first(market: Market) -> None:
    show_profile(market.coop, market.circle, "Kahawa")
    other, third = bytes([3]) * 32, bytes([4]) * 32
    links = [Link(market.coop.id, "listed as this"), Link(other, "Zwei"), Link(third)]
    shown = peers.peers(market.connection, bytes(32), links)
    assert [one.name for one in shown] == [to_text(COOP, third)[:15], "Kahawa", "Zwei"]
    assert {from_text(one.coop)[1] for one in shown} == {market.coop.id, other, third}


def test_the_status_adds_up(market: Market) -> None:
    market.add("Coffee")
    found = status.status(market.connection, market.coop.id, 3, NOW_MS, ())
    (circle,) = found.circles
    assert (found.records, found.lag, found.time_ms) == (market.coop.records(), 3, NOW_MS)
    assert (circle.id, circle.records) == (to_text(CIRCLE, market.circle), found.records)
    assert found.digest != circle.digest
    assert found.forks == ()


def test_a_file_that_is_not_here_is_none(market: Market) -> None:
    assert files.file_of(market.connection, bytes(32)) is None
    market.connection.execute(
        "INSERT INTO local_blob (hash, size, type, pieces, complete) VALUES (?, 5, 'image/png', "
        "x'', 1)",
        (bytes(32),),
    )
    found = files.file_of(market.connection, bytes(32))
    assert found == files.FileView(to_text(BLOB, bytes(32)), 5, "image/png")
