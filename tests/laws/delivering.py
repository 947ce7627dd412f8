"""Delivering a whole history to a replica, the same way in several laws."""

from __future__ import annotations

from node import ingest
from node.store.database import Database
from tests.laws.history import History
from tests.sim.picture import settle

# A history of some dozens of commands is delivered in fewer; beyond it nothing comes to rest.
ROUNDS_MAX = 40


def deliver_all(history: History, database: Database) -> None:
    """As if asked for, in the order of writing, until nothing is new."""
    for _ in range(ROUNDS_MAX):
        new = 0
        for head in history.signatures:
            paths = history.paths_to(head, 0, lambda _: True, lambda: False)
            put = ingest.ingest_paths
            new += put(database, history.circle, paths, history.now_ms, live=False).new_records
        if not new:
            break
    settle(database)


def fill(history: History, database: Database) -> None:
    """Hand in every body there ever was: only those that are wanted are taken."""
    for record in history.records.values():
        assert record.body is not None
        ingest.ingest_body(database, history.circle, record.id, record.body)
