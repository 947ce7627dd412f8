"""Mine: this co-op's own offers and wants, those too that are over, taken back or erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from node.store import offers as rows
from node.store.market import Asker
from node.store.offers import OwnRow
from node.store.reading import Connection
from node.views.ids import text
from node.views.market import KINDS, OfferLine, line_of, place_in
from node.views.names import names_of
from protocol.keys import CIRCLE, RECORD
from protocol.record import day_of

State = Literal["standing", "over", "withdrawn", "erased", "forgotten"]
PAGE_OFFERS: Final = 50


class OwnLine(msgspec.Struct, frozen=True):
    """One of them; `offer` is None when its content is gone."""

    id: str
    kind: str
    circle: str
    state: State
    published_ms: int
    offer: OfferLine | None


class OwnPage(msgspec.Struct, frozen=True):
    """The newest first; `next` is where the following page begins, None at the end."""

    offers: tuple[OwnLine, ...]
    next: str | None


def page(
    connection: Connection, asker: Asker, languages: Sequence[str], after: str | None, limit: int
) -> OwnPage:
    """Some of them behind a place; refuses `bad-field` for a place that is none."""
    place = None if after is None else place_in(after)
    found = rows.own_newest(connection, asker.coop, place, limit + 1)
    names = names_of(connection, [asker.coop], asker.coop)
    end = found[limit - 1] if len(found) > limit else None
    return OwnPage(
        tuple(_line(one, asker, names, languages) for one in found[:limit]),
        None if end is None else f"{end.listed.published_ms}-{end.listed.root}",
    )


def _line(row: OwnRow, asker: Asker, names: dict[bytes, str], languages: Sequence[str]) -> OwnLine:
    listed = row.listed
    shown = None
    if row.has_body and not row.is_erased:
        shown = line_of(listed, asker, names, languages)
    return OwnLine(
        id=text(RECORD, listed.id),
        kind=KINDS[listed.is_want],
        circle=text(CIRCLE, listed.circle),
        state=_state(row, asker.now_ms),
        published_ms=listed.published_ms,
        offer=shown,
    )


def _state(row: OwnRow, now_ms: int) -> State:
    if row.is_erased:
        return "erased"
    if row.hidden and row.withdrawn is not None:
        return "withdrawn"
    if not row.has_body:
        return "forgotten"
    day = row.expires_day
    is_over = row.listed.ends_ms < now_ms or (day is not None and day < day_of(now_ms))
    return "over" if is_over else "standing"
