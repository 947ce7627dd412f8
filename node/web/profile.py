"""Profile: how the co-op presents itself and how it is reached: the form in which it is changed.

As others see it, it stands on the co-op's own page among all co-ops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from node import pictures
from node.gate.bodies import FORM_BYTES_MAX
from node.gate.forms import FormLimits
from node.text import Message
from node.text import mark as _
from node.views import Connection, names
from node.views.ids import text, whole
from node.web.choices import GOVERNANCE, SECTORS, countries, languages
from node.web.form_fields import Reader
from node.web.profile_form import read_profile
from node.web.visit import PageRoute, Visit
from protocol.blob import sniff
from protocol.errors import REFUSALS, Refusal
from protocol.keys import BLOB, COOP
from protocol.limits import (
    BLOB_BYTES_MAX,
    CODE_BYTES_MAX,
    NAME_BYTES_MAX,
    TEXT_BYTES_MAX,
    TITLE_BYTES_MAX,
)
from protocol.profile import Contact, Profile
from protocol.values import URL_CHARS_MAX, Blob, Url


class Kept(NamedTuple):
    """What this node keeps."""

    profile: Profile | None
    contact: Contact


async def show(visit: Visit) -> web.StreamResponse:
    """The form with what is kept; who may not change it sees the co-op's page."""
    if not visit.may("admin"):
        return visit.see(f"/coops/{text(COOP, visit.node.coop)}")
    kept = await visit.read(_kept)
    return await _page(visit, typed_of(kept.profile, kept.contact), {})


async def change(visit: Visit) -> web.StreamResponse:
    """Keep what was typed and show it everywhere; else the form with what is wrong."""
    kept = await visit.read(_kept)
    reader = Reader(visit.form, visit.language)
    picture = await _picture(visit, reader, None if kept.profile is None else kept.profile.picture)
    fields, contact = read_fields(reader, picture)
    if reader.problems or fields is None:
        return await _page(visit, dict(visit.form), reader.problems)
    if fields != kept.profile:
        await visit.node.set_profile(fields, role=visit.principal.role)
    if contact != kept.contact:
        await visit.node.set_contact(contact, role=visit.principal.role)
    return visit.see(f"/coops/{text(COOP, visit.node.coop)}")


def read_fields(reader: Reader, picture: Blob | None) -> tuple[Profile | None, Contact]:
    """(profile or None, contact) as they were typed; the reader has what is wrong."""
    typed = {
        "name": [reader.typed("name")],
        "country": [reader.typed("country")],
        "registration": [reader.typed("registration")],
        "governance": [reader.typed("governance")],
        "language": [reader.typed(f"language.{place}") for place in range(LANGUAGES_SHOWN)],
        "sector": reader.ticked("sector"),
    }
    fields, problems = read_profile(typed)
    for name, message in problems.items():
        reader.problems.setdefault(name, message)
    description = reader.texts("description", TEXT_BYTES_MAX)
    website = reader.line("website", URL_CHARS_MAX)
    try:
        msgspec.convert(website, Url | None)
    except msgspec.ValidationError:
        reader.wrong("website", _("write the whole address, such as https://coop.example"))
    contact = Contact(
        person=reader.line("person", NAME_BYTES_MAX),
        email=reader.line("email", NAME_BYTES_MAX),
        phone=reader.line("phone", CODE_BYTES_MAX),
        address=reader.line("address", NAME_BYTES_MAX),
    )
    if fields is None:
        return None, contact
    replaced = msgspec.structs.replace(
        fields, description=description, website=website, picture=picture
    )
    return replaced, contact


def typed_of(fields: Profile | None, contact: Contact) -> dict[str, str]:
    """What a form has in its fields when nobody has typed yet."""
    values = {
        name: getattr(contact, name) or "" for name in ("person", "email", "phone", "address")
    }
    if fields is None:
        return values
    values |= {
        name: getattr(fields, name) or ""
        for name in ("name", "country", "registration", "governance", "website")
    }
    values |= {f"language.{place}": tag for place, tag in enumerate(fields.languages)}
    values |= {f"sector.box.{code}": "1" for code in fields.sectors}
    values |= {f"description.{tag}": said for tag, said in fields.description.items()}
    if fields.picture is not None:
        values |= {f"alt.{tag}": said for tag, said in fields.picture.alt.items()}
    return values


async def _picture(visit: Visit, reader: Reader, kept: Blob | None) -> Blob | None:
    """The picture that was handed in, or the one from before, with what it shows in words."""
    alt = reader.texts("alt", TITLE_BYTES_MAX, is_line=True)
    given = next((one for one in visit.uploads if one.field == "picture" and one.data), None)
    if reader.is_on("no-picture") and given is None:
        return None
    if given is not None:
        if not (sniff(given.data) or "").startswith("image/"):
            reader.problems["picture"] = Message(REFUSALS["not-a-picture"].sentence)
            return kept
        try:
            found = await pictures.put(visit.node, given.data)
        except Refusal as refusal:
            reader.problems["picture"] = Message(REFUSALS[refusal.code].sentence)
            return kept
        made = {"hash": whole(BLOB, found.blob), "bytes": found.bytes, "type": found.type}
        return msgspec.convert(made | {"alt": alt}, Blob, builtin_types=(bytes,))
    return None if kept is None else msgspec.structs.replace(kept, alt=alt)


async def _page(
    visit: Visit, values: Mapping[str, str], problems: Mapping[str, Message]
) -> web.StreamResponse:
    kept = await visit.read(_kept)
    spoken = [values.get(f"language.{place}", "") for place in range(LANGUAGES_SHOWN)]
    told: dict[str, Any] = {
        "values": values,
        "problems": {name: one.say(visit.translate) for name, one in problems.items()},
        "kept": kept,
        "picture": None
        if kept.profile is None or kept.profile.picture is None
        else text(BLOB, kept.profile.picture.hash),
        "own": text(COOP, visit.node.coop),
        "countries": countries(visit.language),
        "languages_known": languages(visit.language),
        "language_names": {one.code: one.name for one in languages(visit.language)},
        "tags": _tags(values, spoken, visit.language),
        "sectors": SECTORS,
        "other_sectors": _others(values),
        "governances": GOVERNANCE,
        "places": range(LANGUAGES_SHOWN),
    }
    return visit.page("profile.html", told, status=422 if problems else 200)


def _tags(values: Mapping[str, str], spoken: Iterable[str], language: str) -> list[str]:
    """In which languages texts are asked for: the co-op's, those that there are, the reader's."""
    written = [name.partition(".")[2] for name in values if name.startswith("description.")]
    return [tag for tag in dict.fromkeys([*spoken, *written, language.partition("-")[0]]) if tag]


def _others(values: Mapping[str, str]) -> list[str]:
    """Sectors that were written elsewhere, which stay."""
    known = {one.code for one in SECTORS}
    boxes = [name.removeprefix("sector.box.") for name in values if name.startswith("sector.box.")]
    return [code for code in boxes if code not in known]


def _kept(reader: Connection) -> Kept:
    return Kept(names.own_profile(reader), names.own_contact(reader))


LANGUAGES_SHOWN: Final = 6
LIMITS: Final = FormLimits(bytes_max=BLOB_BYTES_MAX + FORM_BYTES_MAX, fields_max=200)
ROUTES: Final = (
    PageRoute("GET", "/profile", show),
    PageRoute("POST", "/profile", change, "admin", limits=LIMITS, is_kept=True),
)
