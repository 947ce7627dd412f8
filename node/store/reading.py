"""Reading in the store: one function on one reader's connection, with one view of the data.

Pages and the API read through this alone, beside the writer and never waiting for it. The function
runs on the reader's thread and must not write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from node.store.store import Store

Connection = sqlite3.Connection
T = TypeVar("T")


async def read(store: Store, function: Callable[[Connection], T]) -> T:
    """The function's answer; raises what it raises."""
    async with store.reader() as reader:
        # Statement by statement each would be two hops between threads; aiosqlite has no public way
        # to make it one for all.
        hidden: Any = reader
        answer: T = await hidden._execute(function, hidden._conn)  # noqa: SLF001
    return answer
