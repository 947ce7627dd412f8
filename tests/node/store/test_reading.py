"""Reading: one function, one view of the data, beside a writer that goes on."""

from pathlib import Path

import pytest

from node.store.reading import Connection, read
from node.store.store import Store
from tests.coops import NETWORK, Coop

RECORDS = "SELECT count(*) FROM record"


@pytest.fixture
def coop(tmp_path: Path) -> Coop:
    return Coop("reader", tmp_path / "node.sqlite3")


async def test_a_function_reads_and_its_answer_comes_back(coop: Coop, tmp_path: Path) -> None:
    circle = coop.found()
    store = Store(tmp_path / "node.sqlite3", NETWORK, coop.id, lambda: None)
    await store.open()
    try:
        found = await read(store, lambda reader: reader.execute(RECORDS).fetchone()[0])
        assert found == coop.records()

        def twice(reader: Connection) -> tuple[int, int]:
            before = reader.execute(RECORDS).fetchone()[0]
            coop.offer(circle, "Coffee")
            return before, reader.execute(RECORDS).fetchone()[0]

        before, after = await read(store, twice)
        assert before == after
        assert await read(store, lambda reader: reader.execute(RECORDS).fetchone()[0]) > after
    finally:
        await store.close()


async def test_what_it_raises_is_raised_and_it_cannot_write(coop: Coop, tmp_path: Path) -> None:
    coop.found()
    store = Store(tmp_path / "node.sqlite3", NETWORK, coop.id, lambda: None)
    await store.open()
    try:
        with pytest.raises(Exception, match="readonly"):
            await read(store, lambda reader: reader.execute("DELETE FROM record"))
        assert await read(store, lambda reader: reader.execute(RECORDS).fetchone()[0]) > 0
    finally:
        await store.close()
