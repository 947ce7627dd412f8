"""Notes: what pages and the API do before they show notes, and after someone has read some."""

from __future__ import annotations

from node.app import Node
from node.store import notes as rows
from node.views import notes, read


async def opened(node: Node) -> None:
    """Open what came since the last look."""
    if await read(node.store, notes.is_behind):
        await node.open_notes()


async def mark_read(node: Node, thread: bytes) -> None:
    """Note that all notes of a thread were read, and tell the open pages when that is news."""
    some = await read(node.store, lambda reader: notes.in_thread(reader, thread))
    fresh = [one.id for one in some if not one.is_read]
    if fresh:
        await node.store.write(lambda database: rows.mark_read(database, fresh))
        node.events.put("notes", {})
