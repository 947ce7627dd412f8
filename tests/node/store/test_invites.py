"""Invites in the store: each refused with its reason, and uses counted once."""

from collections.abc import Callable

import pytest

from node.store import invites
from node.store.database import Database
from node.store.invites import Given
from protocol.errors import Refusal
from protocol.invite import proof
from tests.coops import NETWORK, NOW_MS

ID, NONCE, HASH, CIRCLE = b"i" * 32, b"n" * 16, b"h" * 32, b"c" * 32


def with_invite(uses: int = 2) -> Database:
    database = Database(":memory:", NETWORK)
    given = Given(
        ID, "coopinvite:x", CIRCLE, NOW_MS + 1_000, uses, revoked=False, created_ms=NOW_MS
    )
    invites.put(database, given, NONCE)
    return database


def check(database: Database, *, now_ms: int = NOW_MS, nonce: bytes = NONCE) -> bytes:
    return invites.check(database, ID, proof(nonce, HASH), HASH, now_ms)


def refused(do: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        do()
    return refusal.value.code


def test_a_proven_one_names_its_circle_until_the_moment_it_expires() -> None:
    database = with_invite()
    assert check(database, now_ms=NOW_MS + 1_000) == CIRCLE
    assert refused(lambda: check(database, now_ms=NOW_MS + 1_001)) == "invite-expired"


def test_without_its_secret_or_over_another_handshake_it_is_unknown() -> None:
    database = with_invite()
    assert refused(lambda: check(database, nonce=bytes(16))) == "invite-unknown"
    other = proof(NONCE, bytes(32))
    assert refused(lambda: invites.check(database, ID, other, HASH, NOW_MS)) == "invite-unknown"
    right = proof(NONCE, HASH)
    assert refused(lambda: invites.check(database, HASH, right, HASH, NOW_MS)) == "invite-unknown"


def test_it_is_good_for_so_many_uses_and_one_that_let_nobody_in_comes_back() -> None:
    database = with_invite(uses=2)
    invites.use(database, ID)
    invites.use(database, ID)
    assert refused(lambda: check(database)) == "invite-used"
    assert refused(lambda: invites.use(database, ID)) == "invite-used"
    invites.give_back(database, ID)
    assert check(database) == CIRCLE
    assert invites.all_given(database)[0].uses_left == 1


def test_one_that_was_taken_back_is_refused_as_such_first_of_all() -> None:
    database = with_invite(uses=1)
    invites.revoke(database, ID)
    invites.use(database, ID)
    assert refused(lambda: check(database, now_ms=NOW_MS + 10_000)) == "invite-revoked"
    assert refused(lambda: invites.revoke(database, HASH)) == "not-found"
    assert [one.revoked for one in invites.all_given(database)] == [True]


def test_the_newest_is_listed_first() -> None:
    database = with_invite()
    later = Given(HASH, "coopinvite:y", CIRCLE, NOW_MS, 1, revoked=False, created_ms=NOW_MS + 5)
    invites.put(database, later, bytes(16))
    assert [one.id for one in invites.all_given(database)] == [HASH, ID]
    assert invites.all_given(database)[0] == later
