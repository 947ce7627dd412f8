"""Assets: styles, scripts and pictures of the page, under names that change with their content.

Read and packed once; a browser keeps them for ever, since another content has another name. Never
serves a file that is not in the folder.
"""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import hdrs, web

STATIC: Final = Path(__file__).parent / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    """A file: its name below the folder, its content, the same packed, its type and its tag."""

    name: str
    content: bytes
    packed: bytes
    media_type: str
    tag: str


async def serve(request: web.Request) -> web.StreamResponse:
    """A file by its tag and name. An old tag gives today's content, which nobody may keep then."""
    asset = _assets().get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    is_named = request.match_info.get("tag") == asset.tag
    headers = {
        hdrs.ETAG: f'"{asset.tag}"',
        hdrs.CACHE_CONTROL: FOR_EVER if is_named else "no-cache",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    if request.headers.get(hdrs.IF_NONE_MATCH) == f'"{asset.tag}"':
        return web.Response(status=304, headers=headers)
    body = asset.content
    takes_packed = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if takes_packed and len(asset.packed) < len(asset.content):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = asset.packed
    return web.Response(body=body, content_type=asset.media_type, headers=headers)


def path_of(name: str) -> str:
    """Where a file is served, below the base path; the name must be one of the folder's."""
    return f"/static/{_assets()[name].tag}/{name}"


@cache
def _assets() -> dict[str, Asset]:
    found = {}
    for path in STATIC.rglob("*"):
        if path.suffix not in MEDIA_TYPES:
            continue
        content = path.read_bytes()
        name = path.relative_to(STATIC).as_posix()
        tag = blake2b(content, digest_size=8).hexdigest()
        packed = gzip.compress(content, mtime=0)
        found[name] = Asset(name, content, packed, MEDIA_TYPES[path.suffix], tag)
    return found


MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
}
