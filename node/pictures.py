"""Pictures: files that a member uploads, put into the store by their hash.

Never looks further into a file than its first bytes, and never changes one.
"""

from __future__ import annotations

from node.app import Node
from node.store import blobs as rows
from node.views.files import FileView
from node.views.ids import text
from protocol.keys import BLOB


async def put(node: Node, data: bytes) -> FileView:
    """Keep a file; one that is here already stays. Refuses `not-a-picture`, `too-large`."""
    blob, media_type = await node.store.write(lambda database: rows.put(database, data))
    return FileView(text(BLOB, blob), len(data), media_type)
