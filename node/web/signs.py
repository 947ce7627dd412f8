"""Signs: which drawing stands for a thing that has no picture of its own.

By the mode (a service has hands), else by the chapter of the Harmonized System, whose names it
follows. Every sign is a symbol of `static/icons.svg`.
"""

from __future__ import annotations

from typing import Final

OTHER: Final = "box"


def sign_of(mode: str, hs: str | None) -> str:
    """The name of a symbol."""
    if mode in MODES:
        return MODES[mode]
    if hs is None:
        return OTHER
    chapter = int(hs[:2])
    return next((sign for last, sign in CHAPTERS if chapter <= last), OTHER)


MODES: Final = {
    "service": "hands",
    "work": "hands",
    "lend": "key",
    "rent": "key",
    "give": "gift",
    "copy": "book",
}

# The last chapter of each run of the Harmonized System 2022, and its sign.
CHAPTERS: Final = (
    (2, "milk"),
    (3, "fish"),
    (5, "milk"),
    (6, "leaf"),
    (8, "fruit"),
    (9, "coffee"),
    (11, "grain"),
    (14, "leaf"),
    (15, "jar"),
    (16, "fish"),
    (18, "jar"),
    (19, "grain"),
    (24, "jar"),
    (38, "flask"),
    (40, "recycle"),
    (43, "cloth"),
    (46, "house"),
    (47, "recycle"),
    (49, "book"),
    (67, "cloth"),
    (71, "stone"),
    (83, "gear"),
    (85, "gear"),
    (89, "wheel"),
    (93, "gear"),
    (94, "house"),
    (97, "box"),
)
