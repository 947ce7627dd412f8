"""Jobs: catalogues on their way in, from the file to its last mended row.

A job goes on when the page that started it is closed, and after a restart. One is worked on at a
time; the others wait for their turn. It never reads a cell and never shows anything.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec.structs import replace

from node import importing, job_files
from node.app import Node
from node.catalogue import Catalogue, Defaults, Row
from node.importing import Batch
from node.job_files import Bad, Choices, Folder, Job, State
from node.views import read
from node.views.own import own_circle
from protocol.errors import Refusal
from protocol.limits import DAY_MS


class Jobs:
    """The jobs of a node. `draw` gives fresh random bytes for their names."""

    def __init__(self, node: Node, draw: Callable[[int], bytes]) -> None:
        self._node = node
        self._draw = draw
        self._path = Path(node.settings.home) / FOLDER_NAME
        self._jobs: dict[str, Job] = {}
        self._turn = asyncio.Lock()
        self._ended: dict[str, asyncio.Event] = {}

    async def open(self) -> None:
        """Take up what an earlier run of the node left."""
        for job in await asyncio.to_thread(job_files.found, self._path):
            self._jobs[job.id] = job
        await self._clean()
        for job in list(self._jobs.values()):
            if job.is_busy:
                self._begin(job)

    async def all(self) -> list[Job]:
        """All that are kept, the latest first."""
        await self._clean()
        return sorted(self._jobs.values(), key=lambda job: (-job.changed_ms, job.id))

    def find(self, identifier: str) -> Job:
        """One of them; refuses `not-found`."""
        job = self._jobs.get(identifier)
        if job is None:
            raise Refusal("not-found", f"a catalogue is kept for {KEPT_DAYS} days")
        return job

    async def add(self, name: str, data: bytes, choices: Choices, by: str, role: str) -> Job:
        """Keep a file and look through it; refuses `too-large` when too many are kept."""
        await self._clean()
        if len(self._jobs) >= JOBS_MAX:
            raise Refusal("too-large", f"{JOBS_MAX} catalogues are kept; remove one of them first")
        job = Job(
            id=self._draw(ID_BYTES).hex(), name=name[:NAME_CHARS_MAX], by=by, role=role,
            changed_ms=self._node.clock.now_ms(), state="checking", choices=choices,
        )  # fmt: skip
        await asyncio.to_thread(self._folder(job).make, data)
        await self._keep(job)
        return self._begin(job)

    async def choose(self, identifier: str, choices: Choices) -> Job:
        """Look through it again with other choices; refuses `already-there` once it is imported."""
        job = self._standing(identifier, "unread", "checked")
        return self._begin(await self._keep(_afresh(job, state="checking", choices=choices)))

    async def start(self, identifier: str, role: str) -> Job:
        """Import it, or go on with what was stopped; once more is as good as once."""
        job = self._standing(identifier, "checked", "stopped", "importing", "done")
        if job.state in {"importing", "done"}:
            return job
        if job.state == "checked":
            job = _afresh(job)
        job = replace(job, state="importing", role=role, refusal=None)
        return self._begin(await self._keep(job))

    async def mend(self, identifier: str, cells: Mapping[tuple[int, int], str], role: str) -> Job:
        """Try the bad rows again, these cells changed: (number of the row, of the column) each."""
        job = self._standing(identifier, "done", "importing")
        if job.state == "importing":
            return job
        if not job.bad:
            raise Refusal("not-found", "no row of it is left to mend")
        source = await self.opened(job)
        rows = [
            _changed(one, number, cells, len(source.header))
            for number, one in enumerate(await self.bad(job, 0, job.bad))
        ]
        folder = self._folder(job)
        await asyncio.to_thread(folder.mend, source.header, source.delimiter, rows)
        before = {name: job.total(name) for name in {*job.counts, *job.before} - {"rejected"}}
        job = _afresh(
            job, state="importing", role=role, before=before, round=job.round + 1, rows=len(rows),
            choices=replace(job.choices, encoding="utf-8", format=source.format.name),
        )  # fmt: skip
        return self._begin(await self._keep(job))

    async def remove(self, identifier: str) -> None:
        """Forget one that is not worked on; what was published stays."""
        job = self._standing(identifier, "unread", "checked", "stopped", "done")
        del self._jobs[job.id]
        await asyncio.to_thread(self._folder(job).remove)

    async def settled(self, identifier: str, seconds: float) -> Job:
        """The job once the node has done what it does for it, or after so long."""
        try:
            async with asyncio.timeout(seconds):
                while ended := self._ended.get(identifier):
                    await ended.wait()
        except TimeoutError:
            pass
        return self.find(identifier)

    async def opened(self, job: Job) -> Catalogue:
        """The file as a catalogue; refuses as `importing.opened` does."""
        choices = job.choices
        defaults = Defaults(choices.currency, choices.country, choices.language or "en")
        return await importing.opened(
            self._folder(job).source, choices.format or None, defaults, choices.encoding or None
        )

    async def first_rows(self, job: Job, most: int) -> list[Row]:
        """The first rows that have an offer."""
        source = await self.opened(job)
        return await asyncio.to_thread(
            lambda: list(islice((row for row in source if row.offer is not None), most))
        )

    async def bad(self, job: Job, start: int, most: int) -> list[Bad]:
        """Bad rows from the `start`-th on."""
        kept = self._folder(job).bad(job.bad_bytes)
        return await asyncio.to_thread(lambda: list(islice(kept, start, start + most)))

    def _begin(self, job: Job) -> Job:
        """Work on it beside everything else; when the node stops it is taken up the next time."""
        ended = self._ended[job.id] = asyncio.Event()

        async def work() -> None:
            try:
                async with self._turn:
                    await self._work(job)
            finally:
                del self._ended[job.id]
                ended.set()

        if self._node.peers.start(work()) is None:
            del self._ended[job.id]
        return job

    async def _work(self, job: Job) -> None:
        """Look through a file or import it, and keep what came of it or why it stopped."""
        try:
            job = await self._run(job)
        except Refusal as refusal:
            job = _stopped(self.find(job.id), refusal.code, refusal.detail)
        except Exception as fault:  # noqa: BLE001 - the edge of a task
            is_full = isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}
            _log.error("an import failed", job=job.id, exc_info=fault)
            job = _stopped(self.find(job.id), "disk-full" if is_full else "internal", "")
        await self._keep(job)
        self._node.events.put("imports", {"job": job.id, "state": job.state})

    async def _run(self, job: Job) -> Job:
        source = await self.opened(job)
        lines = await asyncio.to_thread(self._folder(job).lines)
        now_ms = self._node.clock.now_ms()
        circle = await read(
            self._node.store,
            partial(own_circle, coop=self._node.coop, now_ms=now_ms, written=job.choices.circle),
        )
        job = replace(
            job, rows=source.rows, recognised=(source.format.name, source.encoding),
            lacks=tuple(sorted(source.format.lacks(source.header))),
        )  # fmt: skip
        is_check = job.state == "checking"
        wish = importing.Wish(circle, job.role, is_check, job.done)
        async with aclosing(importing.batches(self._node, source, wish)) as batches:
            async for batch in batches:
                job = await self._after(job, batch, lines)
        return replace(job, state="checked" if is_check else "done")

    async def _after(self, job: Job, batch: Batch, lines: Mapping[int, int]) -> Job:
        """Keep how far it is behind a batch that is committed."""
        some = [
            Bad(lines.get(row.line, row.line), row.raw, problems)
            for row, problems in batch.rejected
        ]
        folder = self._folder(job)
        bad_bytes = await asyncio.to_thread(folder.add_bad, some, job.bad_bytes)
        counts = batch.counts
        counts.update(job.counts)
        return await self._keep(
            replace(job, done=job.done + batch.rows, counts=dict(counts), bad_bytes=bad_bytes)
        )

    async def _keep(self, job: Job) -> Job:
        job = replace(job, changed_ms=self._node.clock.now_ms())
        self._jobs[job.id] = job
        await asyncio.to_thread(self._folder(job).save, job)
        return job

    async def _clean(self) -> None:
        """Remove those that nobody has touched for a week."""
        oldest_ms = self._node.clock.now_ms() - KEPT_DAYS * DAY_MS
        for job in list(self._jobs.values()):
            if job.changed_ms < oldest_ms and not job.is_busy:
                del self._jobs[job.id]
                await asyncio.to_thread(self._folder(job).remove)

    def _standing(self, identifier: str, *states: str) -> Job:
        job = self.find(identifier)
        if job.state not in states:
            raise Refusal("already-there", "this catalogue is further on; look at it again")
        return job

    def _folder(self, job: Job) -> Folder:
        return Folder(self._path, job.id)


def _afresh(job: Job, **changes: Any) -> Job:  # noqa: ANN401 - fields of a job
    """From its first row on."""
    return replace(job, done=0, bad_bytes=0, counts={}, refusal=None, **changes)


def _stopped(job: Job, code: str, detail: str) -> Job:
    state: State = "unread" if job.state == "checking" else "stopped"
    return replace(job, state=state, refusal=(code, detail))


def _changed(one: Bad, number: int, cells: Mapping[tuple[int, int], str], width: int) -> Bad:
    raw = one.cells + [""] * (width - len(one.cells))
    return replace(one, cells=[cells.get((number, place), cell) for place, cell in enumerate(raw)])


FOLDER_NAME: Final = "imports"
# A co-op imports one catalogue, and mends it; more are forgotten ones.
JOBS_MAX: Final = 20
KEPT_DAYS: Final = 7
NAME_CHARS_MAX: Final = 120
ID_BYTES: Final = 8
_log = structlog.get_logger(__name__)
