#!/usr/bin/env python3
"""Draws the demo's pictures: each SVG beside this file becomes a small WebP, by Chromium.

Records name pictures as WebP, JPEG or PNG alone, so that none can run a script where it is shown.
"""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
BYTES_MAX = 25_000
QUALITY = 0.82
DRAW = """async ([svg, quality]) => {
    const image = new Image();
    image.src = "data:image/svg+xml;base64," + svg;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


def main() -> None:
    """Draw all of them again."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for source in sorted(FOLDER.glob("*.svg")):
            svg = base64.b64encode(sized(source.read_text(encoding="utf-8")).encode()).decode()
            drawn = base64.b64decode(page.evaluate(DRAW, [svg, QUALITY]))
            assert len(drawn) <= BYTES_MAX, f"{source.name} becomes {len(drawn)} bytes"
            source.with_suffix(".webp").write_bytes(drawn)
        browser.close()


def sized(svg: str) -> str:
    """The drawing with its size in pixels, which a canvas needs."""
    size = svg.partition('viewBox="0 0 ')[2].partition('"')[0].split()
    return svg.replace("<svg ", f'<svg width="{size[0]}" height="{size[1]}" ', 1)


if __name__ == "__main__":
    main()
