"""Languages: which ones a request asks for, and in which one of them this node can speak.

What a person chose on the page (a cookie) comes before what the browser asks for by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from gettext import NullTranslations
from typing import Final

from aiohttp import hdrs, web

from node.gate.keys import NODE
from node.text import SOURCE_LANGUAGE, catalogue, is_language_tag


def languages_of(request: web.Request) -> tuple[str, ...]:
    """The languages that are asked for, best first, the node's own last."""
    return asked_languages(request, request.app[NODE].settings.language)


def asked_languages(request: web.Request, own: str) -> tuple[str, ...]:
    """The same where no node runs yet."""
    weighed: list[tuple[float, str]] = []
    header = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:HEADER_CHARS_MAX]
    for part in header.split(",")[:LANGUAGES_MAX]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if is_language_tag(tag) and weight > 0:
            weighed.append((-weight, tag))
    weighed.sort(key=lambda one: one[0])
    chosen = request.cookies.get(COOKIE, "")
    first = [chosen] if chosen in LANGUAGES else []
    return tuple(dict.fromkeys([*first, *(tag for _, tag in weighed), own]))


def spoken(languages: Sequence[str]) -> str:
    """The first of them that there is a catalogue for; the source language else."""
    for language in languages:
        is_source = language.partition("-")[0].lower() == SOURCE_LANGUAGE
        if is_source or type(catalogue(language)) is not NullTranslations:
            return language
    return SOURCE_LANGUAGE


# what a browser sends is a tenth of it
HEADER_CHARS_MAX: Final = 1_000
LANGUAGES_MAX: Final = 16
COOKIE: Final = "coop_language"
# The languages of the page, by the name that their speakers give them.
LANGUAGES: Final = {"en": "English", "es": "Español", "ar": "العربية"}
