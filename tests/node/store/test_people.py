import sqlite3

import pytest

from node.store import accounts, people
from node.store.database import Database
from node.store.people import Deed

NOW_MS = 1_750_000_000_000


def test_what_was_done_is_listed_newest_first(
    database: Database, reader: sqlite3.Connection
) -> None:
    people.note(database, Deed("asha", "owner", "role", "juma", "trader"), NOW_MS)
    people.note(database, Deed("juma", "trader", "login"), NOW_MS + 1)
    newest, oldest = people.lines(reader, None, 10)
    assert (newest.who, newest.act, newest.has_whom) == ("juma", "login", False)
    assert (oldest.who, oldest.role, oldest.whom, oldest.about) == (
        "asha", "owner", "juma", "trader",
    )  # fmt: skip
    assert people.lines(reader, newest.n, 10) == [oldest]


def test_a_removed_person_has_no_name_left_and_the_list_still_holds(
    database: Database, reader: sqlite3.Connection
) -> None:
    people.note(database, Deed("asha", "owner", "role", "juma", "trader"), NOW_MS)
    people.note(database, Deed("juma", "trader", "login"), NOW_MS)
    people.forget(database, "juma")
    newest, oldest = people.lines(reader, None, 10)
    assert (newest.who, oldest.whom, oldest.has_whom) == (None, None, True)
    assert people.first_broken(reader) is None
    # who comes later under the same name is another person
    people.note(database, Deed("juma", "member", "login"), NOW_MS)
    assert [one.who for one in people.lines(reader, None, 10)] == ["juma", None, "asha"]
    assert "juma" not in {one.whom for one in people.lines(reader, None, 10)}


def test_nothing_in_the_list_is_changed_or_taken_out(database: Database) -> None:
    people.note(database, Deed("asha", "owner", "login"), NOW_MS)
    for statement in ("DELETE FROM local_audit", "UPDATE local_audit SET act = 'logout'"):
        with pytest.raises(sqlite3.Error, match="only added to"), database.transaction() as one:
            one.execute(statement)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE local_audit SET time_ms = time_ms + 1 WHERE n = 2",
        "UPDATE local_audit SET role = 'member' WHERE n = 2",
        "UPDATE local_audit SET whom = NULL WHERE n = 2",
        "DELETE FROM local_audit WHERE n = 2",
    ],
)
def test_who_forces_it_is_found_out(
    database: Database, reader: sqlite3.Connection, damage: str
) -> None:
    for number in range(3):
        people.note(database, Deed("asha", "owner", "role", "juma", str(number)), NOW_MS)
    assert people.first_broken(reader) is None
    with database.transaction() as connection:
        connection.execute("DROP TRIGGER local_audit_unchanged")
        connection.execute("DROP TRIGGER local_audit_kept")
        connection.execute(damage)
    assert people.first_broken(reader) == 2


def test_an_author_is_shown_as_they_write_their_name(
    database: Database, reader: sqlite3.Connection
) -> None:
    accounts.create_user(database, "amina", "trader", "$argon2id$", NOW_MS, "Amina W.")
    with database.transaction() as connection:
        person = connection.execute(
            "INSERT INTO local_person (name) VALUES ('amina') RETURNING n"
        ).fetchone()[0]
        connection.execute("INSERT INTO local_author VALUES (?, ?)", (bytes(32), person))
    assert people.authors(reader, [bytes(32), bytes(31) + b"1"]) == {bytes(32): "Amina W."}
    accounts.remove_user(database, "amina")
    people.forget(database, "amina")
    assert people.authors(reader, [bytes(32)]) == {bytes(32): None}
