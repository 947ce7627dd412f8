"""Co-ops: who is with us in our circles: how they present themselves, and how the link stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from node.store import coops as rows
from node.store import overview
from node.store.reading import Connection
from node.views.ids import text
from node.views.names import names_of, profiles_of
from node.views.peers import Seen
from protocol import merge
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP
from protocol.profile import CONTACT, Contact, Profile
from protocol.record import open_body


class SharedCircle(msgspec.Struct, frozen=True):
    """A circle that we are in together."""

    id: str
    name: str


class CoopLine(msgspec.Struct, frozen=True):
    """A co-op in the list; `state` as a peer's, `offers` are those that stand."""

    id: str
    name: str
    country: str | None
    sectors: tuple[str, ...]
    governance: str | None
    mine: bool
    state: str
    last_seen_ms: int | None
    offers: int
    circles: tuple[SharedCircle, ...]


class Coops(msgspec.Struct, frozen=True):
    """Everybody in our circles and on the operator's list, by name."""

    coops: tuple[CoopLine, ...]


class CoopDetail(CoopLine, frozen=True):
    """All of one; `contact` is what it shows of itself, `profile` None when it showed none."""

    profile: Profile | None
    contact: Contact | None
    address: str
    last_error: str
    blocked: bool


def coops(connection: Connection, own: bytes, seen: Sequence[Seen], now_ms: int) -> Coops:
    """All of them; `seen` is how the links stand."""
    shared = rows.together(connection, own)
    links = {one.coop: one for one in seen}
    known = {*shared, *links}
    names = names_of(connection, known, own)
    profiles = profiles_of(connection, known, own)
    circles = _circle_names(connection)
    offers = rows.offers_of_each(connection, now_ms)
    lines = [
        _line(coop, own, _name(coop, names, links.get(coop)), profiles.get(coop), links.get(coop))
        for coop in known
    ]
    lines = [
        msgspec.structs.replace(
            line,
            offers=offers.get(coop, 0),
            circles=tuple(
                SharedCircle(text(CIRCLE, one), circles[one]) for one in shared.get(coop, ())
            ),
        )
        for coop, line in zip(known, lines, strict=True)
    ]
    return Coops(tuple(sorted(lines, key=lambda one: (one.name.casefold(), one.id))))


def detail(
    connection: Connection, coop: bytes, own: bytes, seen: Sequence[Seen], now_ms: int
) -> CoopDetail:
    """One of them; refuses `not-found` for one that is neither in a circle nor listed."""
    wanted = text(COOP, coop)
    found = coops(connection, own, seen, now_ms).coops
    line = next((one for one in found if one.id == wanted), None)
    link = next((one for one in seen if one.coop == coop), None)
    if line is None:
        line = _left(connection, coop, own, now_ms)
    return CoopDetail(
        **{name: getattr(line, name) for name in CoopLine.__struct_fields__},
        profile=profiles_of(connection, [coop], own).get(coop),
        contact=_contact(connection, coop),
        address="" if link is None else link.address,
        last_error="" if link is None else link.last_error,
        blocked=link is not None and link.blocked,
    )


def _left(connection: Connection, coop: bytes, own: bytes, now_ms: int) -> CoopLine:
    """One that is in no circle with us any more, as its offers still name it."""
    profile = profiles_of(connection, [coop], own).get(coop)
    offers = rows.offers_of_each(connection, now_ms).get(coop, 0)
    if profile is None and not offers and not overview.ids_between(connection, "coop", coop, coop):
        raise Refusal("not-found")
    line = _line(coop, own, names_of(connection, [coop], own)[coop], profile, None)
    return msgspec.structs.replace(line, offers=offers)


def _line(
    coop: bytes, own: bytes, name: str, profile: Profile | None, link: Seen | None
) -> CoopLine:
    return CoopLine(
        id=text(COOP, coop),
        name=name,
        country=None if profile is None else profile.country,
        sectors=() if profile is None else profile.sectors,
        governance=None if profile is None else profile.governance,
        mine=coop == own,
        state=UNKNOWN if link is None else link.state,
        last_seen_ms=None if link is None else link.last_seen_ms,
        offers=0,
        circles=(),
    )


def _name(coop: bytes, names: dict[bytes, str], link: Seen | None) -> str:
    """What it calls itself, else what the operator listed it by, else its id."""
    name = names[coop]
    return link.name if link and link.name and text(COOP, coop).startswith(name) else name


def _circle_names(connection: Connection) -> dict[bytes, str]:
    return {row.id: row.name for row in overview.circles(connection)}


def _contact(connection: Connection, coop: bytes) -> Contact | None:
    """The newest one that names more than nodes, else the newest."""
    found: list[Contact] = []
    for body in rows.contact_bodies(connection, coop):
        try:
            fields = merge.read_fields(CONTACT, open_body(body))
        except Refusal:
            continue
        assert isinstance(fields, Contact)
        found.append(fields)
    told = [one for one in found if one.person or one.email or one.phone or one.address]
    return next(iter([*told, *found]), None)


UNKNOWN: Final = "unknown"
