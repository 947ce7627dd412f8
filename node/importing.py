"""Importing: a catalogue's rows become offers and wants of this co-op, batch by batch.

Each batch is one transaction: whatever ends an import, whole batches stay. Run again, the same file
goes on where it ended: what stands already, by its id or word for word, is passed over. It never
reads a cell (the formats of `catalogue` do) and never decides what an offer may say.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import aclosing, closing
from functools import partial
from hashlib import blake2b
from itertools import groupby, islice
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from node import catalogue
from node.acts import ERASED_AT_ONCE_MAX
from node.app import OFFERS_AT_ONCE_MAX, Node
from node.catalogue import Catalogue, Defaults, Problem, Rejects, Row
from node.codes import bad_field, check_offer
from node.store import fold
from node.store.database import Database
from node.text import Message, country_currency
from node.text import mark as _
from node.views import offers, read
from node.views.offers import OwnOffer
from protocol import profile, trade
from protocol.codec import encode
from protocol.limits import CHUNK_BYTES_MAX

T = TypeVar("T")


class Wish(msgspec.Struct, frozen=True):
    """What is to be done with a file; a dry run only says what would be.

    `start`: so many rows at the beginning were done before, and are only looked at.
    """

    circle: bytes
    role: str
    dry_run: bool = False
    start: int = 0


class Progress(msgspec.Struct, frozen=True):
    """How many of the file's rows are done."""

    progress: int
    total: int


class Report(msgspec.Struct, frozen=True):
    """What came of it. `skipped` rows asked for nothing, or for what stands already.

    `rejects_csv` is the file of the rejected rows with their reasons, None without any.
    """

    format: str
    published: int
    updated: int
    withdrawn: int
    erased: int
    skipped: int
    rejected: int
    rejects_csv: str | None
    dry_run: bool


class Publish(NamedTuple):
    """A new offer, or a new version of `subject`."""

    kind: str
    fields: trade.Offer
    subject: bytes | None
    size: int


class Withdraw(NamedTuple):
    """An offer to be taken back."""

    subject: bytes


class Erase(NamedTuple):
    """An offer to be taken back, whose texts are to be dropped everywhere."""

    subject: bytes


class Skip(NamedTuple):
    """Nothing to do."""


class Reject(NamedTuple):
    """A row that cannot be taken, and why."""

    problems: list[Problem]


Step = Publish | Withdraw | Erase | Skip | Reject


class Batch(NamedTuple):
    """What is done together, in the order of the rows."""

    rows: int
    steps: list[Publish | Withdraw | Erase]
    skipped: int
    rejected: list[tuple[Row, list[Problem]]]

    @property
    def counts(self) -> Counter[str]:
        """How many of each kind, by the names that a report has for them."""
        counted = Counter(_count_of(step) for step in self.steps)
        counted.update(skipped=self.skipped, rejected=len(self.rejected))
        return counted


async def opened(
    path: Path, format_name: str | None, defaults: Defaults, encoding: str | None = None
) -> Catalogue:
    """The catalogue in a file, looked through once; refuses what is wrong with it as a whole."""
    return await asyncio.to_thread(catalogue.read, path, format_name, defaults, encoding)


def default_values(own: profile.Profile | None, language: str) -> Defaults:
    """What a file that leaves it open most likely means: the co-op's own country and language."""
    country = own.country if own else ""
    spoken = own.languages if own else ()
    return Defaults(
        currency=country_currency(country),
        country=country,
        language=(*spoken, language.replace("_", "-").partition("-")[0])[0],
    )


async def run(
    node: Node, source: Catalogue, wish: Wish, rejects_path: Path
) -> AsyncGenerator[Progress | Report, None]:
    """Do it; tells how far it is after each batch, and at the end what came of it.

    Refusals of a whole batch (`not-a-member`, `disk-full`) end the import; batches before it stay.
    """
    yield Progress(0, source.rows)
    counts: Counter[str] = Counter()
    done = 0
    with source.rejects(where=rejects_path) as rejects:
        async with aclosing(batches(node, source, wish)) as some:
            async for batch in some:
                await asyncio.to_thread(_keep, rejects, batch)
                done += batch.rows
                counts += batch.counts
                yield Progress(done, source.rows)
    yield Report(
        format=source.format.name,
        published=counts["published"],
        updated=counts["updated"],
        withdrawn=counts["withdrawn"],
        erased=counts["erased"],
        skipped=counts["skipped"],
        rejected=counts["rejected"],
        rejects_csv=await asyncio.to_thread(_text_of, rejects),
        dry_run=wish.dry_run,
    )


async def batches(node: Node, source: Catalogue, wish: Wish) -> AsyncGenerator[Batch, None]:
    """Do it; each batch once it is committed. Refuses as `run` does."""
    matching = await _matching(node, wish.circle)
    with closing(_rows(source)) as rows:
        await asyncio.to_thread(_look_at, rows, matching, wish.start)
        while True:
            batch = await asyncio.to_thread(_next_batch, rows, matching)
            if batch.rows == 0:
                return
            if not wish.dry_run:
                await _publish(node, wish, batch.steps)
            yield batch


class Standing(NamedTuple):
    """An own offer since before the import; `fields` are kept of withdrawn ones alone."""

    id: bytes
    kind: str
    hidden: bool
    digest: bytes
    fields: trade.Offer | None


class Matching:
    """Which offer a row means, and what is to be done with it."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._known: dict[str, list[Standing]] = {}
        self._same: Counter[bytes] = Counter()
        self._seen: Counter[str] = Counter()

    def know(self, own: Iterable[OwnOffer]) -> None:
        """Note offers that stand since before the import."""
        for one in own:
            digest = _digest(one.kind, one.raw)
            kept = one.fields if one.hidden else None
            standing = Standing(one.id, one.kind, one.hidden, digest, kept)
            for external_id in catalogue.external_ids(one.fields):
                self._known.setdefault(external_id, []).append(standing)
            if not one.hidden:
                self._same[digest] += 1

    def step(self, row: Row) -> Step:
        """What a row asks for.

        Where one id may stand in several rows, the first of them means the first offer that has
        it, and so on: so an import that was cut off among them goes on.
        """
        if row.problems:
            return Reject(row.problems)
        standing = self._known.get(row.external_id, [])
        place = self._seen[row.external_id]
        if row.external_id:
            self._seen[row.external_id] += 1
        action = row.action_if_known if place < len(standing) else row.action
        size = 0
        digest = b""
        if row.offer is not None:
            raw = encode(row.offer)
            size, digest = len(raw), _digest(row.kind, raw)
        if action == "nothing":
            self._take_same(digest)
            return Skip()
        if action == "create":
            assert row.offer is not None
            if self._take_same(digest):
                return Skip()
            return self._publish(row, row.offer, None, size)
        if not standing:
            text = _("nothing with this id is offered here; import it without an action first")
            return Reject([Problem("", Message(text, "not-found"))])
        return self._change(row, action, standing[min(place, len(standing) - 1)], digest, size)

    def _change(self, row: Row, action: str, one: Standing, digest: bytes, size: int) -> Step:
        """An action on an offer that stands."""
        if action == "delete":
            return Erase(one.id)
        if action == "deactivate":
            return Skip() if one.hidden else Withdraw(one.id)
        if action == "activate":
            if one.fields is None:
                return Skip()
            return Publish(one.kind, one.fields, one.id, len(encode(one.fields)))
        assert action == "update"
        assert row.offer is not None
        if one.kind != row.kind:
            return Reject([bad_field("kind", _("an offer cannot become a want, nor a want one"))])
        if one.digest == digest and not one.hidden:
            self._take_same(digest)
            return Skip()
        return self._publish(row, row.offer, one.id, size)

    def _publish(self, row: Row, fields: trade.Offer, subject: bytes | None, size: int) -> Step:
        over = check_offer(fields, self._now_ms)
        return Reject(over) if over else Publish(row.kind, fields, subject, size)

    def _take_same(self, digest: bytes) -> bool:
        """Whether an offer of just these fields stands that no row has spoken for yet."""
        if self._same[digest] <= 0:
            return False
        self._same[digest] -= 1
        return True


def _look_at(rows: Iterator[Row], matching: Matching, count: int) -> None:
    """Pass over rows that were done before, so that those behind them mean what they meant."""
    for row in islice(rows, count):
        matching.step(row)


def _next_batch(rows: Iterator[Row], matching: Matching) -> Batch:
    """The steps of the next rows, as many as one transaction takes."""
    steps: list[Publish | Withdraw | Erase] = []
    rejected: list[tuple[Row, list[Problem]]] = []
    count = skipped = size = 0
    for row in rows:
        count += 1
        match matching.step(row):
            case Reject(problems):
                rejected.append((row, problems))
                size += sum(map(len, row.raw))
            case Skip():
                skipped += 1
            case Withdraw() | Erase() as step:
                steps.append(step)
            case Publish() as step:
                steps.append(step)
                size += step.size + BODY_OVERHEAD_BYTES
        if count >= BATCH_ROWS or size >= BATCH_BYTES:
            break
    return Batch(count, steps, skipped, rejected)


async def _publish(node: Node, wish: Wish, steps: list[Publish | Withdraw | Erase]) -> None:
    """Do the steps in order; alike ones that stand beside each other are one transaction."""
    for kind, alike in groupby(steps, type):
        some = list(alike)
        if kind is Publish:
            offers_ = [(KINDS[one.kind], one.fields, one.subject) for one in _of(Publish, some)]
            await node.add_offers(wish.circle, offers_, role=wish.role)
        elif kind is Withdraw:
            for one in _of(Withdraw, some):
                await node.withdraw(one.subject, {}, role=wish.role)
        else:
            subjects = list(dict.fromkeys(one.subject for one in _of(Erase, some)))
            for start in range(0, len(subjects), ERASED_AT_ONCE_MAX):
                await node.erase(subjects[start : start + ERASED_AT_ONCE_MAX], role=wish.role)


def _of(kind: type[T], steps: list[Publish | Withdraw | Erase]) -> list[T]:
    return [step for step in steps if isinstance(step, kind)]


def _keep(rejects: Rejects, batch: Batch) -> None:
    """Write the refused rows of a batch, as far as there is room."""
    for row, problems in batch.rejected:
        if rejects.path is None or rejects.path.stat().st_size < REJECTS_BYTES_MAX:
            rejects.write(row.raw, problems)


def _count_of(step: Publish | Withdraw | Erase) -> str:
    if isinstance(step, Publish):
        return "published" if step.subject is None else "updated"
    return "withdrawn" if isinstance(step, Withdraw) else "erased"


async def _matching(node: Node, circle: bytes) -> Matching:
    """What stands already, once everything stored is in the rows.

    An import that was killed may have left records that are not: they must not be made again.
    """
    while await node.store.write(_fold_some):
        pass
    matching = Matching(node.clock.now_ms())
    root: int | None = 0
    while root is not None:
        page = partial(offers.own_after, circle=circle, coop=node.coop, root=root)
        some, root = await read(node.store, page)
        await asyncio.to_thread(matching.know, some)
    return matching


def _fold_some(database: Database) -> int:
    with database.transaction():
        return fold.fold(database, fold.BATCH_RECORDS)


def _rows(source: Catalogue) -> Generator[Row, None, None]:
    yield from source


def _text_of(rejects: Rejects) -> str | None:
    if rejects.path is None:
        return None
    return rejects.path.read_bytes().decode("utf-8")


def _digest(kind: str, raw: bytes) -> bytes:
    return blake2b(raw, digest_size=16, person=kind.encode()).digest()


# One transaction, one signature: long enough to be quick, short enough for others to get between.
BATCH_ROWS: Final = 1_000
# Leaves room for one more offer of the largest size.
BATCH_BYTES: Final = CHUNK_BYTES_MAX - 64 * 1024
# Salt, subject, role and the like of one body.
BODY_OVERHEAD_BYTES: Final = 192
# More bad rows than this are one fault repeated; the first ones show it.
REJECTS_BYTES_MAX: Final = 16 * 1024 * 1024

KINDS: Final = {"offer": trade.OFFER, "want": trade.WANT}

assert BATCH_ROWS <= OFFERS_AT_ONCE_MAX
