"""The database file: its pragmas, its migrations, its transactions."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from node.store import database as databases
from node.store.database import Database, NewerSchema, OtherNetwork, connect, migrate
from protocol.keys import Network
from tests.coops import NETWORK, Coop

FULL = 2
SPARE_PAGES_MAX = 200


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_committed_survives_a_power_cut(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.sqlite3", NETWORK)
    assert pragma(database.connection, "journal_mode") == "wal"
    assert pragma(database.connection, "synchronous") == FULL
    assert pragma(database.connection, "foreign_keys") == 1
    assert pragma(database.connection, "wal_autocheckpoint") == databases.WAL_PAGES
    database.close()


def test_readers_cannot_write(tmp_path: Path) -> None:
    Database(tmp_path / "node.sqlite3", NETWORK).close()
    reader = connect(tmp_path / "node.sqlite3", read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO coop (id) VALUES (x'00')")
    reader.close()


def test_every_table_is_strict_and_only_local_ones_are_named_so() -> None:
    database = Database(":memory:", NETWORK)
    tables = database.connection.execute(
        "SELECT name, strict FROM pragma_table_list "
        "WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name NOT LIKE 'offer_text%'"
    ).fetchall()
    assert [name for name, strict in tables if not strict] == []
    assert len(tables) > 20


def test_a_new_file_has_the_newest_schema_and_an_old_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    connection = connect(path)
    migrate(connection)
    newest = pragma(connection, "user_version")
    assert isinstance(newest, int)
    assert newest >= 1
    migrate(connection)
    assert pragma(connection, "user_version") == newest
    connection.close()


def test_a_file_of_a_newer_node_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    Database(path, NETWORK).close()
    connection = connect(path)
    newer = int(str(pragma(connection, "user_version"))) + 1
    connection.execute(f"PRAGMA user_version = {newer}")
    connection.close()
    with pytest.raises(NewerSchema):
        Database(path, NETWORK)
    connection = connect(path, read_only=True)
    assert pragma(connection, "user_version") == newer
    connection.close()


def test_a_file_of_another_network_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    Database(path, NETWORK).close()
    with pytest.raises(OtherNetwork) as other:
        Database(path, Network("elsewhere"))
    assert other.value.name == NETWORK.name
    Database(path, NETWORK).close()


def test_the_network_of_an_older_file_is_told_by_its_key_logs(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    coop = Coop("fishers", path)
    coop.database.connection.execute("DELETE FROM meta WHERE name = 'network'")
    coop.database.close()
    with pytest.raises(OtherNetwork):
        Database(path, Network("elsewhere"))
    database = Database(path, NETWORK)
    assert database.meta("network") == NETWORK.name
    database.close()


def test_a_failed_transaction_leaves_nothing_in_the_file_or_in_memory() -> None:
    coop = Coop("fishers")
    database, other = coop.database, Coop("growers").id

    def fails() -> None:
        with database.transaction():
            database.coop_number(other)
            database.set_meta("word", "kept?")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fails()
    assert database.meta("word") is None
    assert not database.connection.in_transaction
    rows = database.connection.execute("SELECT 1 FROM coop WHERE id = ?", (other,)).fetchall()
    assert rows == []
    # Whoever remembered the number would write rows that point nowhere.
    with database.transaction():
        number = database.coop_number(other)
    row = database.connection.execute("SELECT id FROM coop WHERE n = ?", (number,)).fetchone()
    assert row == (other,)


def test_a_transaction_within_another_is_a_part_of_it() -> None:
    database = Database(":memory:", NETWORK)

    def inner() -> None:
        with database.transaction():
            database.set_meta("inner", 1)

    def outer() -> None:
        with database.transaction():
            inner()
            raise RuntimeError("after the inner one")

    with pytest.raises(RuntimeError):
        outer()
    assert database.meta("inner") is None
    with database.transaction():
        inner()
    assert database.meta("inner") == 1


@pytest.mark.parametrize("value", [b"bytes", 7, "text"])
def test_named_values_are_kept_as_they_are(value: bytes | int | str) -> None:
    database = Database(":memory:", NETWORK)
    database.set_meta("name", "before")
    database.set_meta("name", value)
    assert database.meta("name") == value
    assert database.meta("another") is None


def test_numbers_stand_for_the_same_value_for_ever() -> None:
    database = Database(":memory:", NETWORK)
    kinds = [database.kind_number(f"kind/{number}") for number in range(1, 30)]
    assert len(set(kinds)) == len(kinds)
    database.forget()
    assert [database.kind_number(f"kind/{number}") for number in range(1, 30)] == kinds
    assert database.key_ref_number(bytes(16)) == database.key_ref_number(bytes(16))


def test_a_full_disk_is_told_and_nothing_of_the_transaction_stays(tmp_path: Path) -> None:
    """Full a page later each time, so that it is another statement that finds no room."""
    coop = Coop("fishers", tmp_path / "node.sqlite3")
    connection = coop.database.connection
    circle = coop.found()
    coop.offer(circle, "cod")
    before = whole_file(coop.database)
    pages = int(str(pragma(connection, "page_count")))
    many = [f"fish {number} {'x' * 250}" for number in range(100)]
    fullest = 0
    for spare in range(SPARE_PAGES_MAX):
        connection.execute(f"PRAGMA max_page_count = {pages + spare}")
        if not was_full(lambda: coop.offer(circle, *many)):
            break
        fullest = spare
        assert whole_file(coop.database) == before
    assert 5 < fullest < SPARE_PAGES_MAX - 1
    coop.offer(circle, "hake")
    assert {"cod", "hake", *many} <= set(coop.titles(circle))
    assert pragma(connection, "integrity_check") == "ok"
    coop.database.close()


def test_what_was_written_before_the_disk_was_full_does_not_stay(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.sqlite3", NETWORK)
    pages = int(str(pragma(database.connection, "page_count")))
    database.connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    def fills() -> None:
        with database.transaction():
            database.set_meta("small", 1)
            database.set_meta("large", bytes(100_000))

    assert was_full(fills)
    assert (database.meta("small"), database.meta("large")) == (None, None)
    database.close()


def was_full(work: Callable[[], object]) -> bool:
    try:
        work()
    except sqlite3.OperationalError as fault:
        if not databases.is_full(fault):
            raise
        return True
    return False


def whole_file(database: Database) -> dict[str, list[object]]:
    """Every row of every table, the full-text index's own included."""
    tables = database.connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
    ).fetchall()
    return {
        name: sorted(database.connection.execute(f"SELECT * FROM {name}"), key=repr)
        for (name,) in tables
    }
