"""Offer pictures: the pictures and papers that come with an offer's form, kept and put into it.

A browser with script has sent them before and says their ids; one without sends them along. What
cannot be kept is told beside the field, and the form stays.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from node import pictures
from node.text import Message
from node.text import mark as _
from node.views import files
from node.views.files import FileView
from node.views.ids import whole
from node.web.offer_rows import is_full, with_row
from node.web.visit import Visit
from protocol.errors import REFUSALS, Refusal
from protocol.keys import BLOB


async def with_uploads(
    visit: Visit, values: dict[str, str]
) -> tuple[dict[str, str], dict[str, Message]]:
    """The form with what came along, and what is wrong with some of it, by field."""
    problems: dict[str, Message] = {}
    for upload in visit.uploads:
        prefix = upload.field.removesuffix(".add")
        if not LISTS.fullmatch(prefix):
            continue
        try:
            file = await pictures.put(visit.node, upload.data)
        except Refusal as refusal:
            reason = Message(REFUSALS[refusal.code].sentence)
            name = upload.name[:NAME_CHARS_MAX]
            problems[prefix] = Message(_("{name}: {reason}"), "", {"name": name, "reason": reason})
            continue
        values = _with_file(values, prefix, file, problems)
    for prefix, blob in _said(visit.form.get("uploaded", "")):
        kept = await visit.read(partial(files.file_of, blob=blob))
        if kept is not None:
            values = _with_file(values, prefix, kept, problems)
    return values, problems


def _with_file(
    values: dict[str, str], prefix: str, file: FileView, problems: dict[str, Message]
) -> dict[str, str]:
    if prefix == "images" and not file.type.startswith("image/"):
        problems[prefix] = Message(_("choose a picture: JPEG, PNG or WebP"))
        return values
    if is_full(values, prefix):
        problems[prefix] = Message(_("there is no room for another one; take one away first"))
        return values
    known = {said for name, said in values.items() if name.startswith(f"{prefix}.")}
    if file.blob in known:
        return values
    row = {"hash": file.blob, "bytes": str(file.bytes), "type": file.type}
    return with_row(values, prefix, row)


def _said(uploaded: str) -> list[tuple[str, bytes]]:
    """The ids that a script sends: `images=blob1… images=blob1…`."""
    found = []
    for one in uploaded.split()[:UPLOADED_MAX]:
        prefix, _equals, written = one.partition("=")
        try:
            blob = whole(BLOB, written)
        except Refusal:
            continue
        if LISTS.fullmatch(prefix):
            found.append((prefix, blob))
    return found


LISTS: Final = re.compile(r"images|fair\.\d+\.evidence")
NAME_CHARS_MAX: Final = 60
UPLOADED_MAX: Final = 64
