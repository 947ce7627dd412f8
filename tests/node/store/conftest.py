"""A file of a store, and a reader beside its writer."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.store.database import Database, connect
from protocol.keys import Network


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "node.db", Network("test"))
    yield opened
    opened.close()


@pytest.fixture
def reader(database: Database) -> Iterator[sqlite3.Connection]:
    connection = connect(database.path, read_only=True)
    yield connection
    connection.close()
