"""Pictures: files that a member uploads, put into the store by their hash.

A picture is made anew from its pixels before it is kept: upright, in plain colours, no larger than
a screen shows, and without what the camera wrote into it (the place, the time, its owner). A
document stays as it is. Never looks at what is on a picture.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from PIL import Image, ImageCms, ImageOps

from node.app import Node
from node.store import blobs as rows
from node.views.files import FileView
from node.views.ids import text
from protocol.blob import sniff
from protocol.errors import Refusal
from protocol.keys import BLOB
from protocol.limits import BLOB_BYTES_MAX


async def put(node: Node, data: bytes) -> FileView:
    """Keep a file; one that is here already stays. Refuses `not-a-picture`, `too-large`."""
    loop = asyncio.get_running_loop()
    kept = await loop.run_in_executor(_ONE_AT_A_TIME, cleaned, data)
    blob, media_type = await node.store.write(lambda database: rows.put(database, kept))
    return FileView(text(BLOB, blob), len(kept), media_type)


def cleaned(data: bytes) -> bytes:
    """The same picture without anything but its pixels; a document unchanged.

    The same bytes always give the same bytes. Refuses `not-a-picture`, `too-large`.
    """
    if len(data) > BLOB_BYTES_MAX:
        raise Refusal("too-large", f"a file has at most {BLOB_BYTES_MAX >> 20} MiB")
    media_type = sniff(data)
    if media_type is None:
        raise Refusal("not-a-picture")
    form = FORMATS.get(media_type)
    if form is None:
        return data
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as opened:
            _check_size(opened)
            opened.draft("RGB", (SIDE_PX_MAX, SIDE_PX_MAX))  # a JPEG is read smaller at once
            return _written(_plain(opened), form)
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as fault:
        raise Refusal("not-a-picture", f"it is damaged: {fault}"[:DETAIL_CHARS_MAX]) from None


def _check_size(picture: Image.Image) -> None:
    """Before anything is unpacked: a small file can say that it is as large as a house."""
    width, height = picture.size
    if width * height > PIXELS_MAX:
        raise Refusal(
            "too-large", f"{PIXELS_MAX // 10**6} million pixels are the most; make it smaller"
        )


def _plain(picture: Image.Image) -> Image.Image:
    """Upright, in sRGB, of at most SIDE_PX_MAX on its longer side, and with nothing attached."""
    profile = picture.info.get("icc_profile")
    shape = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        picture = picture.convert(shape)
    picture.thumbnail((SIDE_PX_MAX, SIDE_PX_MAX), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(picture)
    if isinstance(profile, bytes):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            upright = ImageCms.profileToProfile(upright, own, SRGB, outputMode=shape) or upright
        except (ImageCms.PyCMSError, OSError):
            pass  # colours a shade off are better than no picture
    flat = upright.convert(shape)
    bare = Image.new(shape, flat.size)
    bare.paste(flat)
    return bare


def _written(picture: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    if form == "JPEG":
        picture.convert("RGB").save(out, form, quality=QUALITY, optimize=True, progressive=True)
    elif form == "WEBP":
        picture.save(out, form, quality=QUALITY)
    else:
        picture.save(out, form, optimize=True)
    return out.getvalue()


# A camera of today has half of it; unpacked these are 150 million bytes.
PIXELS_MAX: Final = 50_000_000
# Twice what a large telephone shows.
SIDE_PX_MAX: Final = 2_048
QUALITY: Final = 85
DETAIL_CHARS_MAX: Final = 200
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
SRGB: Final = ImageCms.createProfile("sRGB")
# `_check_size` judges before the pixels are read, and as a refusal.
Image.MAX_IMAGE_PIXELS = None
# Unpacking is heavy: however many come, one is in memory.
_ONE_AT_A_TIME: Final = ThreadPoolExecutor(1, "pictures")
