"""Profile form: what a person typed about a co-op, as a profile or as a sentence for each field.

Pure: texts in, values out. Never shows or keeps anything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from node.codes import is_country
from node.text import Message
from node.text import mark as _
from node.web.shown import plain
from protocol.limits import CODE_BYTES_MAX, LANGUAGES_MAX, LIST_MAX, NAME_BYTES_MAX
from protocol.profile import Profile

Typed = Mapping[str, Sequence[str]]


def read_profile(typed: Typed) -> tuple[Profile | None, dict[str, Message]]:
    """(the profile, {}) or (None, field -> what is wrong with it)."""
    name, country = text_of(typed, "name"), text_of(typed, "country").upper()
    registration = text_of(typed, "registration")
    problems: dict[str, Message] = {}
    if not name:
        problems["name"] = Message(_("write the co-op's name"))
    else:
        _check_line(problems, "name", name, NAME_BYTES_MAX)
    if not is_country(country):
        problems["country"] = Message(_("choose the country"))
    _check_line(problems, "registration", registration, CODE_BYTES_MAX)
    if problems:
        return None, problems
    given = {
        "name": name,
        "country": country,
        "languages": chosen(typed, "language")[:LANGUAGES_MAX],
        "sectors": chosen(typed, "sector")[:LIST_MAX],
        "governance": text_of(typed, "governance") or None,
        "registration": registration or None,
    }
    try:
        return msgspec.convert(given, Profile), {}
    except msgspec.ValidationError as wrong:  # what no form of ours sends
        field = str(wrong).rpartition("$.")[2].partition("[")[0].rstrip("`")
        return None, {FIELDS.get(field, "name"): Message(_("choose one of the list"))}


def text_of(typed: Typed, field: str) -> str:
    """The last value of a field, without blanks around it, in one spelling."""
    values = typed.get(field) or ("",)
    return unicodedata.normalize("NFC", values[-1]).strip()


def chosen(typed: Typed, field: str) -> tuple[str, ...]:
    """All values of a field that can be chosen several times, each once."""
    return tuple(dict.fromkeys(one.strip() for one in typed.get(field, ()) if one.strip()))


def _check_line(problems: dict[str, Message], field: str, text: str, most: int) -> None:
    if len(text) > most:
        sentence = _("this is longer than {most} characters; shorten it")
        problems[field] = Message(sentence, values={"most": most})
    elif plain(text) != text:
        problems[field] = Message(_("there are invisible characters in it; type it anew"))


FIELDS: Final = {"languages": "language", "sectors": "sector", "governance": "governance"}
