"""row: what each format makes of one line of a catalogue, and how a format is described.

Never reads a file and never publishes: it holds the values that importers hand on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from node.codes import Problem, bad_field, check_offer
from node.text import Message
from node.text import mark as _
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.limits import BODY_BYTES_MAX
from protocol.trade import Offer

# what a record's body needs beside the offer's fields (kind, subject, recipients, expiry)
OFFER_BYTES_MAX = BODY_BYTES_MAX - 1024

Action = Literal["create", "update", "activate", "deactivate", "delete", "nothing"]
Kind = Literal["offer", "want"]


class Defaults(msgspec.Struct, frozen=True):
    """What a file leaves open: currency (ISO 4217), country (ISO 3166), language of its texts.

    Empty means that there is none: a price without a currency is then a problem of its row, and an
    offer without a country has no `where`.
    """

    currency: str = ""
    country: str = ""
    language: str = "en"


class Row(msgspec.Struct, frozen=True):
    """One line of a catalogue.

    `offer` is None when there are problems, and for actions that only need the id. `external_id` is
    one of `external_ids(offer)` for the offer that this row means, or empty. When it is known here
    since before this import, `action_if_known` is to be done instead of `action`: they differ where
    the file names no action. `line` is the file's line on which the row begins.
    """

    line: int
    action: Action
    action_if_known: Action
    external_id: str
    kind: Kind
    offer: Offer | None
    problems: list[Problem]
    raw: list[str]


class Parsed(msgspec.Struct):
    """What a format finds in the cells of one row."""

    offer: Offer | None = None
    problems: list[Problem] = msgspec.field(default_factory=list)
    action: Action = "create"
    action_if_known: Action = "update"
    external_id: str = ""
    kind: Kind = "offer"


Parser = Callable[[list[str]], Parsed]


class Format(msgspec.Struct, frozen=True):
    """A kind of file: how its header is told apart, and who reads its rows."""

    name: str
    title: str
    needs: str
    fits: Callable[[tuple[str, ...]], bool]
    parser: Callable[[tuple[str, ...], Defaults], Parser]
    lacks: Callable[[tuple[str, ...]], frozenset[str]]
    """Which of the defaults a file under this header leaves open: fields of `Defaults`."""
    ids_unique: bool = True


def external_ids(offer: Offer) -> tuple[str, ...]:
    """All ids by which a later file may mean this offer: `sku:...`, `fairmondo:...`, `product:...`.

    The last is what Open Food Network goes by: producer, name and size of the pack.
    """
    found = [f"sku:{offer.item.sku}"] if offer.item.sku else []
    if number := offer.attributes.get("fairmondo:id"):
        found.append(f"fairmondo:{number}")
    if offer.provenance.producer and offer.prices:
        title = next(iter(offer.title.values()))
        size = f"{offer.prices[0].per} {offer.unit}"
        found.append(f"product:{offer.provenance.producer}|{title}|{size}")
    return tuple(found)


def build(
    fields: Mapping[str, Any], column_of: Mapping[str, str], cells: Iterable[str]
) -> tuple[Offer | None, list[Problem]]:
    """The offer with these fields, or what is wrong with them, by the columns they came from."""
    try:
        offer = msgspec.convert(fields, Offer)
        offer.check()
    except msgspec.ValidationError as wrong:
        return None, [_problem(str(wrong), column_of)]
    except Refusal as refused:
        return None, [bad_field("", _("this does not fit: {reason}"), reason=refused.detail)]
    problems = [
        msgspec.structs.replace(problem, field=column_of.get(problem.field, problem.field))
        for problem in check_offer(offer)
    ]
    # a character is at most four bytes: only rows with very much text are worth encoding
    if not problems and sum(map(len, cells)) > OFFER_BYTES_MAX // 4:
        size = len(encode(offer))
        if size > OFFER_BYTES_MAX:
            text = _("an offer of {size} bytes, {most} are the most: shorten its texts")
            values: Mapping[str, str | int] = {"size": size, "most": OFFER_BYTES_MAX}
            problems.append(Problem("", Message(text, "too-large", values)))
    return (None if problems else offer), problems


def _problem(wrong: str, column_of: Mapping[str, str]) -> Problem:
    """A sentence of our own for what msgspec says."""
    reason, _at, place = wrong.partition(" - at ")
    told = PLACE.search(place)
    path = POSITION.sub("", told[1]) if told else ""
    if missing := MISSING.fullmatch(reason):
        path = f"{path}.{missing[1]}".lstrip(".")
        return bad_field(column_of.get(path, path), _("this is missing"))
    field = column_of.get(path, path)
    if limit := LENGTH.fullmatch(reason):
        most = int(limit[2])
        if limit[1] == "str":
            return bad_field(field, _("longer than {most} characters; shorten it"), most=most)
        return bad_field(field, _("more than {most} of them; leave some out"), most=most)
    if "matching regex" in reason:
        return bad_field(field, _("this has not the form that it needs"))
    return bad_field(field, _("this does not fit: {reason}"), reason=reason)


PLACE = re.compile(r"`\$\.?([^`]*)`")
POSITION = re.compile(r"\[[^\]]*\]")
LENGTH = re.compile(r"Expected `(str|array|object)` of length <= (\d+)")
MISSING = re.compile(r"Object missing required field `(\w+)`")
