"""An act is told once it is on the disk, and not at all when it was refused."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from node import acts
from node.author import Author, Published
from node.clock import ManualClock
from node.ingest import Outcome
from node.publish import NOTED, Publisher
from node.store.store import Store
from protocol import trade
from protocol.chunk import Path as ChunkPath
from protocol.errors import Refusal
from protocol.record import open_body
from tests.coops import NETWORK, NOW_MS, Coop

OFFER = (trade.OFFER, trade.Offer(title={"en": "cod"}), None)


class Teller:
    """Looks at the file, through a connection of its own, each time that it is told something."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.told: list[tuple[Outcome, Sequence[ChunkPath]]] = []
        self.on_disk: list[int] = []

    def __call__(self, outcome: Outcome, paths: Sequence[ChunkPath]) -> None:
        self.told.append((outcome, paths))
        with sqlite3.connect(self._path) as connection:
            row: tuple[int] = connection.execute("SELECT count(*) FROM record").fetchone()
        connection.close()
        self.on_disk.append(row[0])


class Desk:
    """A publisher over a real store, and who is told."""

    def __init__(self, path: Path) -> None:
        self.coop = Coop("fishers", path)
        self.circle = self.coop.found()
        self.before = self.coop.records()
        self.coop.database.close()
        self.store = Store(path, NETWORK, self.coop.id, lambda: None)
        self.clock = ManualClock(NOW_MS)
        self.teller = Teller(path)
        self.refusal: Refusal | None = None
        author = Author(self.coop.id, self.coop.keyring.device_seed)
        self.publisher = Publisher(
            self.store, author, 0, self.clock, self.coop.draw, self.teller, self.checked
        )

    def checked(self) -> None:
        if self.refusal is not None:
            raise self.refusal


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    one = Desk(tmp_path / "node.sqlite3")
    await one.store.open()
    yield one
    await one.store.close()


async def test_it_is_told_after_the_commit(desk: Desk) -> None:
    published = await desk.publisher.run(
        lambda database, signing: acts.add_offers(
            database, signing, desk.circle, [OFFER, OFFER], live=True
        ),
        role="owner",
        results=lambda answer: answer,
    )
    assert desk.teller.on_disk == [desk.before + 2]
    ((outcome, paths),) = desk.teller.told
    assert (outcome.circle, outcome.new_records) == (desk.circle, 2)
    assert list(paths) == published.paths


async def test_what_is_refused_is_not_told_and_the_next_act_goes_on(desk: Desk) -> None:
    with pytest.raises(Refusal, match="not-found"):
        await desk.publisher.run(
            lambda database, signing: acts.withdraw(database, signing, bytes(32), {}),
            role="owner",
            results=lambda answer: answer,
        )
    assert desk.teller.told == []
    await desk.publisher.run(
        lambda database, signing: acts.add_offers(
            database, signing, desk.circle, [OFFER], live=True
        ),
        role="owner",
        results=lambda answer: answer,
    )
    assert desk.teller.on_disk == [desk.before + 1]


async def test_an_act_that_had_nothing_to_say_is_not_told(desk: Desk) -> None:
    answer = await desk.publisher.run(
        lambda database, signing: acts.accept(database, signing, desk.circle),
        role="owner",
        results=lambda answer: answer,
    )
    assert answer is None
    assert desk.teller.told == []


async def test_the_role_and_the_nodes_clock_are_signed(desk: Desk) -> None:
    desk.clock.advance(5_000)
    published = await desk.publisher.run(
        lambda database, signing: acts.add_offers(
            database, signing, desk.circle, [OFFER], live=True
        ),
        role="editor",
        results=lambda answer: answer,
    )
    body = published.paths[0].bodies[0]
    assert isinstance(body, bytes)
    assert open_body(body).acting_role == "editor"
    assert published.paths[0].times[0] == NOW_MS + 5_000


async def test_a_check_that_refuses_lets_nothing_be_signed(desk: Desk) -> None:
    desk.refusal = Refusal("clock-is-off")
    with pytest.raises(Refusal, match="clock-is-off"):
        await desk.publisher.run(
            lambda database, signing: acts.add_offers(
                database, signing, desk.circle, [OFFER], live=True
            ),
            role="owner",
            results=lambda answer: answer,
        )
    assert desk.teller.told == []


async def publish(desk: Desk) -> Published:
    return await desk.publisher.run(
        lambda database, signing: acts.add_offers(
            database, signing, desk.circle, [OFFER], live=True
        ),
        role="owner",
        results=lambda answer: answer,
    )


async def test_who_wanted_it_is_noted_with_it_or_not_at_all(desk: Desk) -> None:
    noted: list[tuple[list[bytes], int]] = []

    def fail(database: object, ids: Sequence[bytes], now_ms: int) -> None:
        raise Refusal("disk-full")

    token = NOTED.set(lambda database, ids, now_ms: noted.append((list(ids), now_ms)))
    try:
        published = await publish(desk)
        assert noted == [(published.ids, NOW_MS)]
        before = len(desk.teller.told)
        NOTED.set(fail)
        with pytest.raises(Refusal, match="disk"):
            await publish(desk)
        assert len(desk.teller.told) == before
    finally:
        NOTED.reset(token)
