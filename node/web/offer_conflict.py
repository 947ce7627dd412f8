"""Offer conflict: two people changed one offer at the same time; what differs, side by side.

Compared are the form's fields of both, by the part of the offer that they are in. A form carries
a mark of each part as it was when it was opened, so that only what both changed has to be asked.
Pure; it never chooses where both did.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from node.text import mark as _

Values = Mapping[str, str]
Side = Literal["mine", "theirs"]


class Difference(NamedTuple):
    """A part of the offer that is not the same; `suggested` is whose change it alone is."""

    part: str
    name: str
    mine: dict[str, str]
    theirs: dict[str, str]
    suggested: Side
    is_both: bool


def marks_of(values: Values) -> str:
    """A short mark of each part, as a hidden field carries it."""
    return " ".join(f"{part}={_mark(said)}" for part, said in _parts(values).items())


def differences(mine: Values, theirs: Values, marks: str) -> list[Difference]:
    """All parts that differ; `marks` are those of the version that mine was made from."""
    was = dict(one.partition("=")[::2] for one in marks.split())
    own, others = _parts(mine), _parts(theirs)
    found = []
    for part in sorted({**own, **others}, key=_place):
        one, other = own.get(part, {}), others.get(part, {})
        if one == other:
            continue
        before = was.get(part, _mark({}))
        is_mine, is_theirs = _mark(one) != before, _mark(other) != before
        suggested: Side = "mine" if is_mine else "theirs"
        name = PARTS.get(part) or PARTS.get(part.partition(".")[0], part)
        found.append(Difference(part, name, one, other, suggested, is_mine and is_theirs))
    return found


def together(mine: Values, theirs: Values, take: Mapping[str, str]) -> dict[str, str]:
    """Mine, with the parts of theirs that `take` names as theirs."""
    parts = {**_parts(mine)}
    others = _parts(theirs)
    for part in {**parts, **others}:
        if take.get(part) == "theirs":
            parts[part] = others.get(part, {})
    return {name: said for part in parts.values() for name, said in part.items()}


def _parts(values: Values) -> dict[str, dict[str, str]]:
    parts: dict[str, dict[str, str]] = {}
    for name, said in values.items():
        parts.setdefault(_part_of(name), {})[name] = said
    return parts


def _part_of(name: str) -> str:
    """`prices.0.amount` is of `prices`; of the parts that hold many things it is the thing."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if first in WIDE and rest else first


def _mark(said: Values) -> str:
    told = "\n".join(f"{name}={said[name]}" for name in sorted(said))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _place(part: str) -> tuple[int, str]:
    names = list(PARTS)
    first = part if part in PARTS else part.partition(".")[0]
    return (names.index(first) if first in PARTS else len(names), part)


WIDE: Final = frozenset({"item", "terms", "provenance"})
# In the order of the form.
PARTS: Final = {
    "title": _("Name"),
    "text": _("Description"),
    "mode": _("What kind of deal"),
    "condition": _("Condition"),
    "item.category": _("Categories"),
    "item.hs": _("Customs number"),
    "item": _("Number"),
    "quantity": _("How much there is"),
    "unit": _("Unit"),
    "minimum": _("At least"),
    "step": _("In steps of"),
    "pack": _("Local measure"),
    "prices": _("Price"),
    "barter": _("In return"),
    "tax": _("Tax"),
    "images": _("Pictures"),
    "where": _("Where it is"),
    "valid_from": _("From"),
    "valid_until": _("Until"),
    "terms": _("Delivery and payment"),
    "provenance": _("Origin"),
    "fair": _("Fair terms"),
    "fees": _("Surcharges"),
    "cycle": _("Order cycle"),
    "lot": _("Lot"),
    "attributes": _("Details"),
    "links": _("Links"),
    "recipients": _("Who may see it"),
}
