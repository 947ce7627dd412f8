"""search: codes of the published lists by words: goods of the Harmonized System, units.

The names of both lists are English. Never says that a code is right; `check_code` does.
"""

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from node.codes import LISTS, hs_name


class Hit(NamedTuple):
    """A code that was found; `path` are the names above it, the widest first."""

    code: str
    name: str
    path: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A code as it is searched: its own words and those above it, each behind a space."""

    code: str
    own: str
    above: str


def search_hs(text: str, limit: int) -> list[Hit]:
    """Goods that have all these words as beginnings in their name or above it, the best first."""
    found = _found(text, _hs_entries, limit)
    return [Hit(code, hs_name(code) or "", hs_path(code)) for code in found]


def search_units(text: str, limit: int) -> list[Hit]:
    """Units and packages with these words in their names, or with this code."""
    names = LISTS["unit"].names()
    code = text.strip().upper()
    exact = [code] if code in names else []
    found = [one for one in _found(text, _unit_entries, limit) if one != code]
    return [Hit(one, names[one]) for one in (*exact, *found)][:limit]


def hs_path(code: str) -> tuple[str, ...]:
    """The names of the headings above a code, the chapter first."""
    return tuple(hs_name(code[:size]) or "" for size in (2, 4) if size < len(code))


def _found(text: str, entries: Callable[[], Sequence[Entry]], limit: int) -> list[str]:
    asked = _words(text[:ASKED_CHARS_MAX])[:ASKED_WORDS_MAX]
    if not asked:
        return []
    hits = [
        (-sum(word in one.own for word in asked), len(one.own), one.code)
        for one in entries()
        if all(word in one.own or word in one.above for word in asked)
    ]
    return [code for _missing, _length, code in sorted(hits)[:limit]]


@cache
def _hs_entries() -> tuple[Entry, ...]:
    return tuple(
        Entry(code, "".join(_words(name)), "".join(_words(" ".join(hs_path(code)))))
        for code, name in LISTS["hs"].names().items()
    )


@cache
def _unit_entries() -> tuple[Entry, ...]:
    return tuple(
        Entry(code, "".join(_words(name)), "") for code, name in LISTS["unit"].names().items()
    )


def _words(text: str) -> list[str]:
    """Its words, small, without accents and the s of many, each behind a space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return [f" {_single(word)}" for word in "".join(letters).split()]


def _single(word: str) -> str:
    is_many = len(word) > SHORT_WORD and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_many else word


ASKED_CHARS_MAX = 100
ASKED_WORDS_MAX = 8
SHORT_WORD = 3
