"""Install: what makes the page an app on a phone: its manifest, its worker, its offline page."""

from __future__ import annotations

import json
from typing import Final

from aiohttp import hdrs, web

from node.web.assets import STATIC, path_of
from node.web.visit import PageRoute, Visit

MANIFEST_TYPE: Final = "application/manifest+json"
COLOR: Final = "#0e6b5c"
PAPER: Final = "#faf7f1"


async def manifest(visit: Visit) -> web.StreamResponse:
    """What a phone shows for the app. The same for everybody: it names no co-op."""
    text = {
        "name": "coop-node",
        "short_name": "coop-node",
        "description": visit.translate("A market, decisions and help among co-operatives"),
        "start_url": f"{visit.base}/",
        "scope": f"{visit.base}/",
        "display": "standalone",
        "theme_color": COLOR,
        "background_color": PAPER,
        "icons": [
            {"src": visit.base + path_of(name), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ],
    }
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    return web.Response(text=json.dumps(text), content_type=MANIFEST_TYPE, headers=headers)


async def worker(visit: Visit) -> web.StreamResponse:
    """The worker, at the top of the pages that it keeps."""
    del visit
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    body = (STATIC / "worker.js").read_bytes()
    return web.Response(body=body, content_type="text/javascript", headers=headers)


async def offline(visit: Visit) -> web.StreamResponse:
    """What stands where a page would, that was never seen and cannot be fetched now.

    It is kept on the device for whoever comes, so it is a stranger's.
    """
    return Visit(visit.request, None, {}).page("offline.html", {})


ICONS: Final = (
    ("icon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
)
ROUTES: Final = (
    PageRoute("GET", "/manifest.webmanifest", manifest, stranger=True),
    PageRoute("GET", "/worker.js", worker, stranger=True),
    PageRoute("GET", "/offline", offline, stranger=True),
)
