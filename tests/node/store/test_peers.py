"""Whom a node may talk to and where they answer: the operator's list and the circles."""

import pytest

from node import acts
from node.author import Draft
from node.store import peers
from node.store.database import Database
from protocol.invite import Invite
from protocol.profile import CONTACT, Contact
from protocol.record import write_body
from tests.coops import NETWORK, NOW_MS, Coop, Talk, join, trio

HERE, THERE = "http://127.0.0.1:7410", "http://127.0.0.1:7411"


def invite_of(coop: Coop, circle: bytes, address: str = HERE) -> Invite:
    return Invite(
        addresses=(address,), circle=circle, circle_name="Sea and soil", coop=coop.id,
        coop_name=coop.name, expires_ms=NOW_MS, network=NETWORK.name, nonce=bytes(16),
    )  # fmt: skip


def known(coop: Coop) -> dict[bytes, peers.Peer]:
    return {one.coop: one for one in peers.all_known(coop.database.connection, coop.id)}


def tell(coop: Coop, circle: bytes, *nodes: str, now_ms: int = NOW_MS) -> None:
    acts.set_contact(coop.database, coop.signing(now_ms=now_ms), circle, Contact(nodes=nodes))


def test_members_are_known_by_their_circle_and_others_by_the_list() -> None:
    circle, fishers, growers, others = trio()
    database = fishers.database
    assert peers.standing_of(database.connection, fishers.id, growers.id) == "member"
    assert peers.standing_of(database.connection, fishers.id, others.id) == "unknown"
    peers.put(database, others.id, "Others", (HERE,), NOW_MS)
    assert peers.standing_of(database.connection, fishers.id, others.id) == "listed"
    assert set(known(fishers)) == {growers.id, others.id}
    acts.remove(database, fishers.signing(), circle, growers.id)
    assert peers.standing_of(database.connection, fishers.id, growers.id) == "unknown"
    assert set(known(fishers)) == {others.id}


def test_who_is_blocked_stays_so_whatever_circle_it_is_in() -> None:
    _, fishers, growers, _ = trio()
    peers.set_blocked(fishers.database, growers.id, blocked=True, now_ms=NOW_MS)
    assert peers.standing_of(fishers.database.connection, fishers.id, growers.id) == "blocked"
    assert known(fishers)[growers.id].blocked
    peers.set_blocked(fishers.database, growers.id, blocked=False, now_ms=NOW_MS)
    assert peers.standing_of(fishers.database.connection, fishers.id, growers.id) == "listed"


def test_a_node_is_not_its_own_peer() -> None:
    _, fishers, _, _ = trio()
    assert fishers.id not in known(fishers)
    assert fishers.id not in peers.members_of_own_circles(fishers.database.connection, fishers.id)


def test_what_a_member_tells_comes_before_what_the_list_says() -> None:
    circle, fishers, growers, _ = trio()
    peers.put(fishers.database, growers.id, "Growers", (HERE,), NOW_MS)
    tell(growers, circle, THERE)
    Talk(fishers, growers).hello()
    fishers.titles(circle)
    assert known(fishers)[growers.id].addresses == (THERE, HERE)
    assert peers.told_addresses(fishers.database.connection, growers.id) == (THERE,)
    assert peers.told_addresses(fishers.database.connection, growers.id, circle) == (THERE,)
    assert peers.told_addresses(fishers.database.connection, growers.id, bytes(32)) == ()


def test_the_newest_contact_record_stands_and_a_broken_one_says_nothing() -> None:
    circle, fishers, _, _ = trio()
    tell(fishers, circle, HERE)
    tell(fishers, circle, THERE, now_ms=NOW_MS + 1)
    assert peers.told_addresses(fishers.database.connection, fishers.id) == (THERE,)
    day = NOW_MS // 86_400_000 + 400
    body = write_body(bytes(16), {"nodes": ["gopher://hole"]})
    signing = fishers.signing(now_ms=NOW_MS + 2)
    signing.publish(fishers.database, circle, [Draft(CONTACT, body, day)])
    assert peers.told_addresses(fishers.database.connection, fishers.id) == (THERE,)


def test_listing_again_puts_the_new_address_first_and_keeps_the_name() -> None:
    coop, other = Coop("fishers"), Coop("growers")
    peers.put(coop.database, other.id, "Growers", (HERE,), NOW_MS)
    peers.put(coop.database, other.id, "", (THERE,), NOW_MS)
    assert known(coop)[other.id].name == "Growers"
    assert known(coop)[other.id].addresses == (THERE, HERE)
    for number in range(20):
        peers.put(coop.database, other.id, "", (f"http://127.0.0.1:{number + 1}",), NOW_MS)
    assert len(known(coop)[other.id].addresses) == peers.ADDRESSES_MAX


def test_what_the_operator_gave_is_known_apart_from_what_others_told() -> None:
    coop, other = Coop("fishers"), Coop("growers")
    peers.put(coop.database, other.id, "", (HERE,), NOW_MS, by_operator=True)
    peers.put(coop.database, other.id, "", (THERE,), NOW_MS)
    assert known(coop)[other.id].addresses == (THERE, HERE)
    assert known(coop)[other.id].given == (HERE,)


def test_this_coops_other_nodes_are_known_when_the_operator_lists_it() -> None:
    circle, fishers, _, _ = trio()
    tell(fishers, circle, THERE)
    assert fishers.id not in known(fishers)
    connection = fishers.database.connection
    assert peers.standing_of(connection, fishers.id, fishers.id) == "own"
    peers.put(fishers.database, fishers.id, "", (HERE,), NOW_MS, by_operator=True)
    assert known(fishers)[fishers.id].addresses == (THERE, HERE)


def test_when_a_peer_was_seen_last_is_noted_and_lists_nobody() -> None:
    circle, fishers, growers, others = trio()
    peers.note(fishers.database, growers.id, NOW_MS)
    peers.note(fishers.database, growers.id, NOW_MS + 5)
    peers.note(fishers.database, growers.id, NOW_MS + 3)
    peers.note(fishers.database, others.id, NOW_MS)
    assert known(fishers)[growers.id].last_seen_ms == NOW_MS + 5
    assert others.id not in known(fishers)
    acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    assert peers.standing_of(fishers.database.connection, fishers.id, growers.id) == "unknown"


def joining(database: Database) -> list[tuple[bytes, bytes]]:
    return database.connection.execute("SELECT circle, coop FROM local_joining").fetchall()


def test_a_wish_to_join_lists_the_inviter_and_is_forgotten_when_refused() -> None:
    circle, fishers, _, others = trio()
    before = peers.begin_joining(others.database, others.id, invite_of(fishers, circle), NOW_MS)
    assert joining(others.database) == [(circle, fishers.id)]
    assert peers.joining(others.database) == [circle]
    assert known(others)[fishers.id].addresses == (HERE,)
    peers.give_up_joining(others.database, invite_of(fishers, circle), before)
    assert joining(others.database) == []
    assert known(others) == {}


def test_a_refused_wish_leaves_an_earlier_one_and_an_older_acquaintance_alone() -> None:
    circle, fishers, growers, others = trio()
    peers.put(others.database, growers.id, "Growers", (THERE,), NOW_MS)
    peers.begin_joining(others.database, others.id, invite_of(fishers, circle), NOW_MS)
    second = invite_of(growers, circle)
    before = peers.begin_joining(others.database, others.id, second, NOW_MS)
    assert joining(others.database) == [(circle, growers.id)]
    peers.give_up_joining(others.database, second, before)
    assert joining(others.database) == [(circle, fishers.id)]
    assert set(known(others)) == {fishers.id, growers.id}


def test_the_invite_that_is_followed_is_kept_until_it_was_answered() -> None:
    circle, fishers, growers, others = trio()
    invite = invite_of(fishers, circle)
    connection = others.database.connection
    peers.begin_joining(others.database, others.id, invite, NOW_MS)
    assert peers.open_wish(connection, fishers.id) == invite
    assert peers.open_wish(connection, growers.id) is None
    before = peers.begin_joining(others.database, others.id, invite_of(growers, circle), NOW_MS)
    peers.give_up_joining(others.database, invite_of(growers, circle), before)
    assert peers.open_wish(connection, fishers.id) == invite
    peers.joining_answered(others.database, circle)
    assert peers.open_wish(connection, fishers.id) is None
    assert peers.joining(others.database) == [circle]


@pytest.mark.parametrize("said_yes", [False, True])
def test_a_member_is_who_was_admitted_and_said_yes(*, said_yes: bool) -> None:
    circle, fishers, _, others = trio()
    if said_yes:
        join(circle, fishers, others)
    else:
        fishers.admit(circle, others)
    assert peers.is_accepted(fishers.database, circle, others.id) is said_yes
    assert peers.is_accepted(fishers.database, circle, Coop("nobody").id) is False
    assert others.id in peers.members_of_own_circles(fishers.database.connection, fishers.id)
