import sqlite3
from pathlib import Path

import pytest

from node.access import ROLES
from node.store import accounts
from node.store.accounts import Session, Token, User
from node.store.database import Database
from protocol.errors import Refusal
from protocol.keys import Network

NOW_MS = 1_750_000_000_000
LATER_MS = NOW_MS + 86_400_000
HASH = "$argon2id$one"
SECRET = bytes(32)
CSRF = bytes([7]) * 32


def make(database: Database, name: str = "asha", role: str = "owner") -> User:
    user = accounts.create_user(database, name, role, HASH, NOW_MS)
    assert user is not None
    return user


def log_in(database: Database, user: User, secret: bytes = SECRET) -> None:
    accounts.start_session(database, secret, user.n, CSRF, NOW_MS, LATER_MS)


def secret(number: int) -> bytes:
    return number.to_bytes(32, "big")


# ----------------------------------------------------------------------------------- users


def test_a_user_is_found_by_name(database: Database, reader: sqlite3.Connection) -> None:
    user = make(database)
    assert user == User(user.n, "asha", "owner", HASH, NOW_MS)
    assert accounts.find_user(reader, "asha") == user
    assert accounts.find_user(reader, "juma") is None


def test_users_survive_a_restart(database: Database, tmp_path: Path) -> None:
    user = make(database)
    again = Database(tmp_path / "node.db", Network("test"))
    assert accounts.list_users(again.connection) == [user]
    again.close()


def test_a_taken_name_is_answered_with_none_and_changes_nothing(
    database: Database, reader: sqlite3.Connection
) -> None:
    user = make(database)
    assert accounts.create_user(database, "asha", "auditor", "other", LATER_MS) is None
    assert accounts.list_users(reader) == [user]


def test_users_are_listed_the_oldest_first(database: Database, reader: sqlite3.Connection) -> None:
    assert accounts.list_users(reader) == []
    made = [make(database, name) for name in ("juma", "asha", "rosa")]
    assert accounts.list_users(reader) == made


def test_users_are_limited(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "USERS_MAX", 2)
    make(database, "asha")
    make(database, "juma")
    with pytest.raises(Refusal) as refused:
        accounts.create_user(database, "rosa", "owner", HASH, NOW_MS)
    assert refused.value.code == "too-large"
    assert len(accounts.list_users(database.connection)) == 2


def test_a_new_password_ends_the_sessions_of_this_user_alone(
    database: Database, reader: sqlite3.Connection
) -> None:
    asha, juma = make(database), make(database, "juma", "trader")
    log_in(database, asha, secret(1))
    log_in(database, juma, secret(2))
    accounts.create_token(database, "till", secret(3), asha.n, "read", NOW_MS)
    assert accounts.set_password(database, "asha", "new")
    assert accounts.find_user(reader, "asha") == asha._replace(password_hash="new")
    assert accounts.find_user(reader, "juma") == juma
    assert accounts.find_session(reader, secret(1), NOW_MS) is None
    assert accounts.find_session(reader, secret(2), NOW_MS) is not None
    assert accounts.find_token(reader, secret(3), NOW_MS) is not None


def test_a_password_of_nobody_is_not_set(database: Database) -> None:
    assert not accounts.set_password(database, "nobody", "new")


def test_a_removed_user_takes_sessions_and_tokens_along(
    database: Database, reader: sqlite3.Connection
) -> None:
    make(database)
    juma = make(database, "juma", "trader")
    log_in(database, juma)
    accounts.create_token(database, "till", secret(3), juma.n, "read", NOW_MS)
    assert accounts.remove_user(database, "juma")
    assert not accounts.remove_user(database, "juma")
    assert accounts.find_session(reader, SECRET, NOW_MS) is None
    assert accounts.find_token(reader, secret(3), NOW_MS) is None
    assert accounts.list_tokens(reader) == []


def test_the_last_owner_stays(database: Database, reader: sqlite3.Connection) -> None:
    make(database)
    make(database, "juma", "trader")
    with pytest.raises(Refusal, match="make another owner first"):
        accounts.remove_user(database, "asha")
    assert accounts.OWNER in ROLES
    make(database, "rosa", accounts.OWNER)
    assert accounts.remove_user(database, "asha")
    assert [user.name for user in accounts.list_users(reader)] == ["juma", "rosa"]


# -------------------------------------------------------------------------------- sessions


def test_a_session_holds_until_it_expires(database: Database, reader: sqlite3.Connection) -> None:
    user = make(database)
    log_in(database, user)
    expected = Session(user.n, "asha", "owner", CSRF, NOW_MS, LATER_MS, NOW_MS)
    assert accounts.find_session(reader, SECRET, LATER_MS - 1) == expected
    assert accounts.find_session(reader, SECRET, LATER_MS) is None
    assert accounts.find_session(reader, secret(9), NOW_MS) is None


def test_one_session_ends(database: Database, reader: sqlite3.Connection) -> None:
    user = make(database)
    log_in(database, user, secret(1))
    log_in(database, user, secret(2))
    assert accounts.end_session(database, secret(1))
    assert not accounts.end_session(database, secret(1))
    assert accounts.find_session(reader, secret(1), NOW_MS) is None
    assert accounts.find_session(reader, secret(2), NOW_MS) is not None


def test_all_sessions_of_a_user_end(database: Database, reader: sqlite3.Connection) -> None:
    asha, juma = make(database), make(database, "juma")
    log_in(database, asha, secret(1))
    log_in(database, asha, secret(2))
    log_in(database, juma, secret(3))
    assert accounts.end_sessions_of(database, asha.n) == 2
    assert accounts.end_sessions_of(database, asha.n) == 0
    assert accounts.find_session(reader, secret(2), NOW_MS) is None
    assert accounts.find_session(reader, secret(3), NOW_MS) is not None


def test_expired_sessions_are_purged(database: Database) -> None:
    user = make(database)
    log_in(database, user, secret(1))
    accounts.start_session(database, secret(2), user.n, CSRF, NOW_MS, LATER_MS + 1)
    assert accounts.purge_sessions(database, LATER_MS - 1) == 0
    assert accounts.purge_sessions(database, LATER_MS) == 1
    assert accounts.find_session(database.connection, secret(2), LATER_MS) is not None


def test_too_many_sessions_end_the_oldest_of_this_user(
    database: Database, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SESSIONS_PER_USER_MAX", 2)
    asha, juma = make(database), make(database, "juma")
    log_in(database, juma, secret(9))
    for number in (3, 1, 2):
        log_in(database, asha, secret(number))
    found = {
        number
        for number in (1, 2, 3, 9)
        if accounts.find_session(reader, secret(number), NOW_MS) is not None
    }
    assert found == {1, 2, 9}


def test_a_session_of_nobody_is_our_own_fault(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        accounts.start_session(database, SECRET, 77, CSRF, NOW_MS, LATER_MS)
    assert not database.connection.in_transaction


# ---------------------------------------------------------------------------------- tokens


def test_a_token_is_found_until_it_expires(database: Database, reader: sqlite3.Connection) -> None:
    user = make(database)
    args = (database, "till", SECRET, user.n, "read write", NOW_MS, LATER_MS)
    number = accounts.create_token(*args)
    expected = Token(
        number, "till", user.n, "asha", "owner", "read write", NOW_MS, LATER_MS, revoked=False
    )
    assert accounts.find_token(reader, SECRET, LATER_MS - 1) == expected
    assert accounts.find_token(reader, SECRET, LATER_MS) is None
    assert accounts.find_token(reader, secret(9), NOW_MS) is None


def test_a_token_without_end_does_not_expire(
    database: Database, reader: sqlite3.Connection
) -> None:
    accounts.create_token(database, "till", SECRET, make(database).n, "read", NOW_MS)
    found = accounts.find_token(reader, SECRET, NOW_MS * 100)
    assert found is not None
    assert found.expires_ms is None


def test_a_revoked_token_works_no_more_and_is_listed(
    database: Database, reader: sqlite3.Connection
) -> None:
    user = make(database)
    first = accounts.create_token(database, "till", secret(1), user.n, "read", NOW_MS)
    second = accounts.create_token(database, "shop", secret(2), user.n, "write", NOW_MS)
    assert accounts.revoke_token(database, first)
    assert not accounts.revoke_token(database, first)
    assert not accounts.revoke_token(database, 99)
    assert accounts.find_token(reader, secret(1), NOW_MS) is None
    assert accounts.find_token(reader, secret(2), NOW_MS) is not None
    assert [(token.n, token.label, token.revoked) for token in accounts.list_tokens(reader)] == [
        (second, "shop", False),
        (first, "till", True),
    ]


def test_all_tokens_of_a_user_are_revoked(database: Database, reader: sqlite3.Connection) -> None:
    asha, juma = make(database), make(database, "juma")
    for number, user in ((1, asha), (2, asha), (3, juma)):
        accounts.create_token(database, "till", secret(number), user.n, "read", NOW_MS)
    assert accounts.revoke_tokens_of(database, asha.n) == 2
    assert accounts.revoke_tokens_of(database, asha.n) == 0
    assert [token.revoked for token in accounts.list_tokens(reader)] == [False, True, True]


def test_working_tokens_are_limited(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "TOKENS_PER_USER_MAX", 2)
    user = make(database)

    def create(number: int, now_ms: int, expires_ms: int | None = None) -> int:
        hashed = secret(number)
        return accounts.create_token(database, "t", hashed, user.n, "read", now_ms, expires_ms)

    create(1, NOW_MS, LATER_MS)
    first = create(2, NOW_MS)
    with pytest.raises(Refusal, match="revoke one") as refused:
        create(3, LATER_MS - 1)
    assert refused.value.code == "too-large"
    create(4, LATER_MS)
    with pytest.raises(Refusal):
        create(5, LATER_MS)
    accounts.revoke_token(database, first)
    create(6, LATER_MS)


# ------------------------------------------------------------------ roles, doors, lists of logins


def test_a_role_is_changed_but_for_the_last_owner(
    database: Database, reader: sqlite3.Connection
) -> None:
    make(database)
    make(database, "juma", "trader")
    assert accounts.set_role(database, "juma", "auditor")
    assert [user.role for user in accounts.list_users(reader)] == ["owner", "auditor"]
    with pytest.raises(Refusal, match="make another owner first"):
        accounts.set_role(database, "asha", "member")
    assert not accounts.set_role(database, "nobody", "member")


def test_who_is_shut_out_has_neither_session_nor_token_until_let_in_again(
    database: Database, reader: sqlite3.Connection
) -> None:
    make(database)
    juma = make(database, "juma", "trader")
    log_in(database, juma)
    accounts.create_token(database, "a program", secret(5), juma.n, "read", NOW_MS)
    assert accounts.set_disabled(database, "juma", disabled=True)
    assert accounts.find_session(reader, SECRET, NOW_MS) is None
    assert accounts.find_token(reader, secret(5), NOW_MS) is None
    assert accounts.set_disabled(database, "juma", disabled=False)
    assert accounts.find_token(reader, secret(5), NOW_MS) is not None
    with pytest.raises(Refusal, match="make another owner first"):
        accounts.set_disabled(database, "asha", disabled=True)
    assert not accounts.set_disabled(database, "nobody", disabled=True)


def test_a_shut_out_owner_is_no_owner_to_stay(database: Database) -> None:
    make(database)
    make(database, "rosa", "owner")
    accounts.set_disabled(database, "rosa", disabled=True)
    with pytest.raises(Refusal, match="make another owner first"):
        accounts.remove_user(database, "asha")


def test_sessions_are_listed_and_ended_by_whom_they_belong_to(
    database: Database, reader: sqlite3.Connection
) -> None:
    asha, juma = make(database), make(database, "juma", "trader")
    log_in(database, asha, bytes([1]) * 32)
    log_in(database, juma, bytes([2]) * 32)
    accounts.see_session(database, bytes([1]) * 32, NOW_MS + 5)
    listed = accounts.list_sessions(reader, None, NOW_MS)
    assert [(one.name, one.seen_ms) for one in listed] == [("asha", NOW_MS + 5), ("juma", NOW_MS)]
    own = accounts.list_sessions(reader, "juma", NOW_MS)
    assert accounts.end_listed(database, own[0].id, "asha") is None
    assert accounts.end_listed(database, own[0].id, "juma") == "juma"
    assert accounts.list_sessions(reader, "juma", NOW_MS) == []
    assert accounts.end_listed(database, listed[0].id, None) == "asha"
    assert accounts.list_sessions(reader, None, LATER_MS) == []
