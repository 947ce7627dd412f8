"""Drawings for what has no picture: each thing has one, and each one is there."""

import pytest

from node.web.assets import STATIC
from node.web.signs import CHAPTERS, MODES, OTHER, sign_of


@pytest.mark.parametrize(
    ("mode", "code", "sign"),
    [("sell", "090111", "coffee"), ("sell", "030389", "fish"), ("sell", None, "box"),
     ("service", "090111", "hands"), ("sell", "3915", "recycle"), ("give", None, "gift"),
     ("sell", "99", "box")],
)  # fmt: skip
def test_a_thing_has_its_drawing(mode: str, code: str | None, sign: str) -> None:
    assert sign_of(mode, code) == sign


def test_each_drawing_is_there() -> None:
    drawn = (STATIC / "icons.svg").read_text()
    named = {OTHER, *MODES.values(), *(sign for _, sign in CHAPTERS)}
    assert [sign for sign in sorted(named) if f'<symbol id="{sign}"' not in drawn] == []
