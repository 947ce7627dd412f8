"""Forms: what a form of a page brings, its fields and its files, read within limits.

Both ways in which a browser sends a form are read, with and without files. It never keeps a file
and never judges what a field says.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec
from aiohttp import hdrs, web

from node.gate.bodies import FORM_BYTES_MAX, FORM_FIELDS_MAX, read_body
from protocol.errors import Refusal


class FormLimits(msgspec.Struct, frozen=True):
    """How much a form may bring."""

    bytes_max: int = FORM_BYTES_MAX
    fields_max: int = FORM_FIELDS_MAX


class Upload(NamedTuple):
    """A file that a form brings: the field it is in, its name on the other side, its bytes."""

    field: str
    name: str
    data: bytes


class Form(NamedTuple):
    """The fields by name, of several of one name the last; and the files."""

    fields: dict[str, str]
    uploads: tuple[Upload, ...] = ()


def is_form(request: web.Request) -> bool:
    """Whether the body says that it is a form."""
    return request.content_type in (PLAIN_TYPE, FILES_TYPE)


async def read_form(request: web.Request, limits: FormLimits) -> Form:
    """The form in a body; refuses `too-large`, `malformed`, `peer-stalled`."""
    body = await read_body(request, limits.bytes_max)
    if request.content_type == FILES_TYPE:
        return parse_files(request.headers[hdrs.CONTENT_TYPE], body, limits.fields_max)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=limits.fields_max
        )
    except ValueError:
        raise Refusal("malformed", NEEDED) from None
    return Form(dict(pairs))


def parse_files(content_type: str, body: bytes, fields_max: int) -> Form:
    """The fields and files of a `multipart/form-data` body (RFC 7578); refuses `malformed`."""
    told = BOUNDARY.search(content_type)
    if told is None:
        raise Refusal("malformed", NEEDED)
    boundary = (told[1] or told[2]).encode()
    start, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, fields_max + 1)
    if start or not parts or not parts[-1].startswith(b"--"):
        raise Refusal("malformed", NEEDED)
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    for part in parts[:-1]:
        head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name, file_name = _named(head)
        if not blank or name is None:
            raise Refusal("malformed", NEEDED)
        if file_name is not None:
            uploads += [Upload(name, file_name, content)] if file_name or content else []
            continue
        try:
            fields[name] = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("malformed", NEEDED) from None
    return Form(fields, tuple(uploads))


def _named(head: bytes) -> tuple[str | None, str | None]:
    """The name of a part's field and of its file, as browsers write them."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            said = {name.lower(): unquote(text) for name, text in PARAMETER.findall(value)}
            return said.get("name"), said.get("filename")
    return None, None


PLAIN_TYPE: Final = "application/x-www-form-urlencoded"
FILES_TYPE: Final = "multipart/form-data"
NEEDED: Final = "a form is needed"
BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))')
# a browser writes `"` and line ends in a name as %22, %0D and %0A
PARAMETER: Final = re.compile(r';\s*(name|filename)="([^"]*)"', re.IGNORECASE)
