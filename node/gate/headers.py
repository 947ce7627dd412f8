"""Headers: what every answer tells a browser not to do.

No script or style but our own files, no frame, no guessing of types, nothing kept in a cache unless
a handler says otherwise.
"""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Set what a handler has not set itself; a signal of the application."""
    del request
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    # Which software answers is nobody's business.
    response.headers.popall(hdrs.SERVER, None)


SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Its own pages may know where a request came from; `access.check_origin` asks for it.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
