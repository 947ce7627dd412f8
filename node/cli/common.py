"""Common: arguments that several families take, and the circle that is meant when none is named.

Never looks into an id: the node resolves what a person wrote of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from node.cli.words import mark as _
from node.cli.words import told

if TYPE_CHECKING:
    from pathlib import Path

    from node.cli.client import Client

CircleOption = Annotated[
    str | None,
    typer.Option("--circle", help="The circle; may be left out where there is only one."),
]
IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="An id, or a unique beginning of it.")
]

# offers and profiles as files: a record is at most 64 kB, this leaves room for white space
FIELDS_BYTES_MAX: Final = 1_048_576


async def circle_of(client: Client, given: str | None) -> str:
    """The circle that was named, or the only one that there is."""
    if given is not None:
        return given
    status = await client.get("/status")
    circles = [one["id"] for one in status["circles"]]
    if len(circles) == 1:
        return str(circles[0])
    if not circles:
        text = _("this node is in no circle; found one with: coop-node circle create NAME")
        raise told(text, "unknown-circle")
    text = _("this node is in {count} circles; name one with --circle")
    raise told(text, "ambiguous-id", count=len(circles))


def at(*parts: str) -> str:
    """A path of the API; what a person wrote cannot leave its place in it."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def fields_in(path: Path) -> dict[str, Any]:
    """The JSON object in a file; `-` reads standard input."""
    import sys

    import msgspec

    if str(path) == "-":
        content = sys.stdin.buffer.read(FIELDS_BYTES_MAX + 1)
    else:
        with path.open("rb") as file:
            content = file.read(FIELDS_BYTES_MAX + 1)
    if len(content) > FIELDS_BYTES_MAX:
        text = _("{path} is larger than {most} bytes; it cannot be one offer")
        raise told(text, "too-large", path=str(path), most=FIELDS_BYTES_MAX)
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        text = _("{path} is not one JSON object ({reason}); correct it")
        raise told(text, "bad-file", path=str(path), reason=str(wrong)) from None


def texts_of(given: list[str], language: str) -> dict[str, str]:
    """Texts by language, of `pt=Bom dia`; one without a language is in the node's own."""
    texts: dict[str, str] = {}
    for one in given:
        tag, separator, text = one.partition("=")
        if separator and LANGUAGE_TAG.fullmatch(tag):
            texts[tag] = text
        else:
            texts[language] = one
    return texts


def named(given: dict[str, Any]) -> dict[str, Any]:
    """Only what was given: an option that is left out asks for nothing."""
    return {
        name: value for name, value in given.items() if value is not None and value is not False
    }


LANGUAGE_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
