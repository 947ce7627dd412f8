"""Files: pictures and documents that are here, by their ids."""

from __future__ import annotations

import msgspec

from node.store import overview
from node.store.reading import Connection
from node.views.ids import text
from protocol.keys import BLOB


class FileView(msgspec.Struct, frozen=True):
    """A file that is wholly here."""

    blob: str
    bytes: int
    type: str


def file_of(connection: Connection, blob: bytes) -> FileView | None:
    """Size and media type of a file; None while it is not here."""
    found = overview.file_of(connection, blob)
    return None if found is None else FileView(text(BLOB, blob), *found)
