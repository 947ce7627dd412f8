"""Qr: a text as a QR code, a picture that a telephone reads."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno
from aiohttp import web

SVG: Final = "image/svg+xml"
# four modules of white around it, as the standard asks for; on dark pages too
BORDER_MODULES: Final = 4


def svg(text: str) -> bytes:
    """The picture as SVG, dark on white."""
    picture = BytesIO()
    segno.make(text, micro=False, error="l", boost_error=False).save(
        picture, kind="svg", border=BORDER_MODULES, dark="#000", light="#fff", xmldecl=False,
        svgns=True, omitsize=True,
    )  # fmt: skip
    return picture.getvalue()


def answer(text: str) -> web.Response:
    """The picture as an answer, kept by nobody: who has it has what it says."""
    return web.Response(body=svg(text), content_type=SVG)
