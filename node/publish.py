"""Publish: a member's intent becomes sealed records and goes through the one door.

`run` hands an act to the writer thread and tells peers and pages once it is committed. It never
looks at what the act is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from node.acts import Signing
from node.author import Author, Published
from node.clock import Clock
from node.ingest import Outcome
from protocol.chunk import Path

T = TypeVar("T")
MARK: ContextVar[Callable[[Any], None] | None] = ContextVar("mark", default=None)
"""Called in the transaction of whatever is published for a request, to note that it was done."""


NOTED: ContextVar[Callable[[Any, Sequence[bytes], int], None] | None] = ContextVar(
    "noted", default=None
)
"""Called in that transaction with the ids of what was signed and the time: who wanted it."""


class Writer(Protocol):
    """What publishing needs of the store."""

    async def write(self, function: Callable[[Any], T]) -> T:
        """Run on the writer thread; committed when this returns."""


class Tell(Protocol):
    """Called after each commit: paths to push to peers, live pages to wake."""

    def __call__(self, outcome: Outcome, paths: Sequence[Path]) -> None: ...


class Publisher:
    """Signs for the co-op in the logs of this node's device."""

    def __init__(
        self,
        store: Writer,
        author: Author,
        instance: int,
        clock: Clock,
        draw: Callable[[int], bytes],
        tell: Tell,
        check: Callable[[], None],
    ) -> None:
        self._store = store
        self._author = author
        self._instance = instance
        self._clock = clock
        self._draw = draw
        self._tell = tell
        self._check = check

    async def run(
        self,
        act: Callable[[Any, Signing], T],
        *,
        role: str,
        results: Callable[[T], Published | None],
    ) -> T:
        """Do an act of `node.acts`, given as a function of the database and who signs.

        `results` picks what was published out of the act's answer; it is told after the commit.
        """
        self._check()
        signing = Signing(self._author, self._instance, self._clock.now_ms(), role, self._draw)
        mark, noted = MARK.get(), NOTED.get()

        def write(database: Any) -> T:  # noqa: ANN401 - the store's own type stays in its room
            with database.transaction():
                answer = act(database, signing)
                done = results(answer)
                if noted is not None and done is not None:
                    noted(database, done.ids, signing.now_ms)
                if mark is not None:
                    mark(database)
                return answer

        answer = await self._store.write(write)
        published = results(answer)
        if published is not None:
            self._tell(published.outcome, published.paths)
        return answer
