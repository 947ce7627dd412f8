"""Imports that go on by themselves: through closed pages, restarts, faults, one at a time."""

from pathlib import Path

import msgspec
import pytest

from node import importing, job_files, jobs
from node.job_files import Choices, Folder, Job
from node.jobs import Jobs
from node.keyring import entropy
from node.views import market, read
from node.views.market import Wanted
from protocol.errors import Refusal
from protocol.limits import DAY_MS
from tests.node.served import Served, make_home, served

WAIT_S = 60
GOODS = b"sku,title,price\n1,Coffee,5\n2,Tea,x\n3,Ice,y\n"


async def handed_in(kept: Jobs, circle: str, data: bytes = GOODS) -> Job:
    job = await kept.add("goods.csv", data, Choices(circle=circle, currency="KES"), "ann", "owner")
    return await kept.settled(job.id, WAIT_S)


async def imported(kept: Jobs, job: Job) -> Job:
    await kept.start(job.id, "owner")
    return await kept.settled(job.id, WAIT_S)


async def titles(one: Served) -> list[str]:
    asker = market.Asker(one.node.coop, one.clock.now_ms())
    while one.node.store.lag:
        await one.node.store.write(lambda database: None)
    found = await read(
        one.node.store, lambda reader: list(market.all_fields(reader, Wanted(), asker))
    )
    return sorted(fields.title["en"] for _, fields in found)


@pytest.fixture
async def kept(one: Served) -> Jobs:
    return Jobs(one.node, entropy)


async def test_a_file_is_looked_through_imported_and_mended(one: Served, kept: Jobs) -> None:
    job = await handed_in(kept, await one.circle())
    assert (job.state, job.recognised, job.rows) == ("checked", ("own", "utf-8"), 3)
    assert (job.counts["published"], job.bad, await titles(one)) == (1, 2, [])
    job = await imported(kept, job)
    assert (job.state, job.total("published"), job.bad) == ("done", 1, 2)
    rows = await kept.bad(job, 0, 10)
    assert [(row.line, row.cells, row.problems[0].field) for row in rows] == [
        (3, ["2", "Tea", "x"], "price"),
        (4, ["3", "Ice", "y"], "price"),
    ]
    await kept.mend(job.id, {(1, 2): "7", (9, 9): "nowhere"}, "owner")
    job = await kept.settled(job.id, WAIT_S)
    assert (job.state, job.total("published"), job.bad, job.round) == ("done", 2, 1, 1)
    assert [row.line for row in await kept.bad(job, 0, 10)] == [3]
    assert await titles(one) == ["Coffee", "Ice"]


async def test_to_start_twice_is_to_start_once(one: Served, kept: Jobs) -> None:
    job = await handed_in(kept, await one.circle())
    await kept.start(job.id, "owner")
    await kept.start(job.id, "owner")
    job = await kept.settled(job.id, WAIT_S)
    await kept.start(job.id, "owner")
    assert kept.find(job.id) == job
    assert await titles(one) == ["Coffee"]


async def test_a_restart_loses_neither_the_rows_nor_their_problems(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    async with served(home) as one:
        kept = Jobs(one.node, entropy)
        job = await imported(kept, await handed_in(kept, await one.circle()))
        rows = await kept.bad(job, 0, 10)
    async with served(home) as one:
        kept = Jobs(one.node, entropy)
        await kept.open()
        assert [found.id for found in await kept.all()] == [job.id]
        assert await kept.bad(kept.find(job.id), 0, 10) == rows


async def test_what_was_cut_off_goes_on_behind_its_last_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 2)
    home = make_home(tmp_path / "home")
    lines = b"".join(b"%d,Tea %d,%s\n" % (n, n, b"x" if n == 1 else b"1") for n in range(7))
    async with served(home) as one:
        circle = await one.circle()
        kept = Jobs(one.node, entropy)
        job = await handed_in(kept, circle, b"sku,title,price\n" + lines)
        first = b"sku,title,price\n" + b"".join(lines.splitlines(keepends=True)[:4])
        done = await imported(kept, await handed_in(kept, circle, first))
        # as a kill leaves it: two batches are committed and kept, with their bad row
        folder = Folder(Path(one.node.settings.home) / jobs.FOLDER_NAME, job.id)
        bad = folder.add_bad(await kept.bad(done, 0, 9), 0)
        cut = {"state": "importing", "done": 4, "counts": dict(done.counts), "bad_bytes": bad}
        folder.save(msgspec.structs.replace(job, **cut))
    async with served(home) as one:
        # the server itself took it up
        shown = b"every 1s"
        while b"every 1s" in shown:
            shown = (await one.owner.raw("GET", f"/catalogue/{job.id}")).body
        (job,) = (found for found in job_files.found(folder.path.parent) if found.id == job.id)
        assert (job.state, job.total("published"), job.total("skipped")) == ("done", 6, 0)
        assert [row.cells[0] for row in folder.bad(job.bad_bytes)] == ["1"]
        assert await titles(one) == [f"Tea {n}" for n in range(7) if n != 1]


async def test_a_fault_of_the_file_is_kept_and_can_be_answered(one: Served, kept: Jobs) -> None:
    job = await handed_in(kept, await one.circle(), "title\nWürste\n".encode("cp1252"))
    assert job.refusal is not None
    assert (job.state, job.refusal[0]) == ("unread", "unknown-format")
    choices = Choices(circle=job.choices.circle, encoding="windows-1252")
    await kept.choose(job.id, choices)
    job = await kept.settled(job.id, WAIT_S)
    assert (job.state, job.refusal, job.counts["published"]) == ("checked", None, 1)


async def test_who_left_the_circle_is_told_and_goes_on_later(one: Served, kept: Jobs) -> None:
    circle = await one.circle()
    job = await handed_in(kept, circle)
    own = (await one.owner("GET", "/status")).json["coop"]
    await one.owner("POST", f"/circles/{circle}/removals", json={"coop": own})
    job = await imported(kept, job)
    assert job.refusal is not None
    assert (job.state, job.refusal[0]) == ("stopped", "not-a-member")


async def test_so_many_are_kept_and_no_more(
    one: Served, kept: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS_MAX", 2)
    circle = await one.circle()
    first = await handed_in(kept, circle)
    await handed_in(kept, circle)
    with pytest.raises(Refusal, match="remove one of them first"):
        await handed_in(kept, circle)
    await kept.remove(first.id)
    await handed_in(kept, circle)


async def test_after_a_week_a_file_is_gone(one: Served, kept: Jobs) -> None:
    job = await handed_in(kept, await one.circle())
    one.clock.advance(jobs.KEPT_DAYS * DAY_MS)
    assert [found.id for found in await kept.all()] == [job.id]
    one.clock.advance(1)
    assert await kept.all() == []
    with pytest.raises(Refusal, match="not-found"):
        kept.find(job.id)
    assert not list((Path(one.node.settings.home) / jobs.FOLDER_NAME).iterdir())


async def test_what_is_imported_is_chosen(one: Served, kept: Jobs) -> None:
    job = await imported(kept, await handed_in(kept, await one.circle()))
    with pytest.raises(Refusal, match="already-there"):
        await kept.choose(job.id, job.choices)
