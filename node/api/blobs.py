"""Blobs: pictures and documents, by the hash of their content."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from node import pictures
from node.api.route import Call, Route
from node.gate.bodies import read_body
from node.views.files import FileView
from node.views.ids import whole
from protocol import blob as trees
from protocol.errors import Refusal
from protocol.keys import BLOB
from protocol.limits import BLOB_BYTES_MAX

OCTETS: Final = "application/octet-stream"


async def put(call: Call) -> FileView:
    """Keep one; its type is told by its first bytes."""
    data = await read_body(call.request, BLOB_BYTES_MAX)
    return await pictures.put(call.node, data)


async def show(call: Call) -> web.Response:
    """Give one out, fetched from a peer when it is not here. It never changes."""
    blob = whole(BLOB, call.part("blob"))
    etag = f'"{blob.hex()}"'
    headers = {
        hdrs.ETAG: etag,
        hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable",
        # whatever is in it, it may not run anything, wherever it is opened
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if call.request.headers.get(hdrs.IF_NONE_MATCH) == etag:
        return web.Response(status=304, headers=headers)
    data = await call.node.peers.blob(blob)
    if data is None:
        raise Refusal("not-found", "no peer that is connected has it now; try again later")
    media_type = trees.sniff(data) or OCTETS
    if not media_type.startswith("image/"):
        headers[hdrs.CONTENT_DISPOSITION] = "attachment"
    return web.Response(body=data, content_type=media_type, headers=headers)


ROUTES: Final = (
    Route(
        method="POST", path="/blobs", summary="Keep a picture or document", scope="write",
        handle=put, takes=OCTETS, answer=FileView, status=201,
    ),
    Route(
        method="GET", path="/blobs/{blob}", summary="A picture or document", handle=show,
        answer=OCTETS,
    ),
)  # fmt: skip
