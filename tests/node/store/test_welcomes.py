import sqlite3

import pytest

from node.store import accounts, welcomes
from node.store.database import Database
from protocol.errors import Refusal

NOW_MS = 1_750_000_000_000
LATER_MS = NOW_MS + 86_400_000


def secret(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_a_link_is_closed_once(database: Database, reader: sqlite3.Connection) -> None:
    number = welcomes.create(database, secret(1), "trader", None, NOW_MS, LATER_MS)
    found = welcomes.find(reader, secret(1))
    assert found is not None
    assert (found.n, found.role, found.name, found.state) == (number, "trader", None, "open")
    assert welcomes.by_number(reader, number) == found
    assert welcomes.find(reader, secret(2)) is None
    assert welcomes.close(database, number, welcomes.USED)
    assert not welcomes.close(database, number, welcomes.REVOKED)
    closed = welcomes.find(reader, secret(1))
    assert closed is not None
    assert closed.state == "used"
    assert welcomes.open_ones(reader, NOW_MS) == []


def test_a_link_for_an_account_names_it_and_goes_with_it(
    database: Database, reader: sqlite3.Connection
) -> None:
    user = accounts.create_user(database, "juma", "trader", "$argon2id$", NOW_MS)
    assert user is not None
    welcomes.create(database, secret(1), "trader", user.n, NOW_MS, LATER_MS)
    assert [one.name for one in welcomes.open_ones(reader, NOW_MS)] == ["juma"]
    accounts.remove_user(database, "juma")
    assert welcomes.find(reader, secret(1)) is None


def test_old_ones_are_dropped_after_a_while(database: Database, reader: sqlite3.Connection) -> None:
    welcomes.create(database, secret(1), "trader", None, NOW_MS, LATER_MS)
    assert welcomes.open_ones(reader, LATER_MS) == []
    assert welcomes.purge(database, LATER_MS + welcomes.KEPT_MS - 1) == 0
    assert welcomes.purge(database, LATER_MS + welcomes.KEPT_MS) == 1


def test_there_are_no_more_open_links_than_there_can_be_people(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcomes, "WELCOMES_MAX", 2)
    for number in (1, 2):
        welcomes.create(database, secret(number), "trader", None, NOW_MS, LATER_MS)
    with pytest.raises(Refusal, match="take one back"):
        welcomes.create(database, secret(3), "trader", None, NOW_MS, LATER_MS)
    welcomes.create(database, secret(3), "trader", None, LATER_MS, LATER_MS + 1)
