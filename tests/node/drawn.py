"""Small real pictures for tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(
    form: str = "PNG",
    size: tuple[int, int] = (64, 32),
    **saved: Any,  # noqa: ANN401 - what Pillow takes
) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, form, **saved)
    return out.getvalue()
