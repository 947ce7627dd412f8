"""The published vectors as cases for tests: each file, section and case by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.interop.reader_codec import RefusalError, Value

FOLDER: Final = Path(__file__).resolve().parents[1] / "vectors"
Case = dict[str, Any]


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def value_of(told: object) -> Value:
    """A value whose byte strings stand as {"hex": ...}."""
    if isinstance(told, list):
        return [value_of(item) for item in told]
    if isinstance(told, dict):
        if list(told) == ["hex"]:
            return bytes.fromhex(told["hex"])
        return {key: value_of(item) for key, item in told.items()}
    assert told is None or isinstance(told, bool | int | str)
    return told


def octets_of(told: object) -> bytes:
    """Bytes that are told in hex, or as {"hex": ...}."""
    return bytes.fromhex(told["hex"] if isinstance(told, dict) else str(told))


def all_octets(told: list[Any]) -> list[bytes]:
    return [octets_of(one) for one in told]


# the sections that a test goes through, so that none is forgotten
COVERED: Final[set[tuple[str, str]]] = set()


def cases(name: str, *sections: str) -> pytest.MarkDecorator:
    """Parametrise a test by the cases of some sections."""
    COVERED.update((name, section) for section in sections)
    told = [case for section in sections for case in load(name)[section]]
    names = [str(case.get("name", place)) for place, case in enumerate(told)]
    return pytest.mark.parametrize("case", told, ids=names)


def verdict(doing: Callable[[], object]) -> str | None:
    """The code of the refusal, or None."""
    try:
        doing()
    except RefusalError as refusal:
        return refusal.code
    return None
