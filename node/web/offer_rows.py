"""Offer rows: what the small buttons in an offer's form do: a row more or less, up or down.

Also a language more or less, a unit or a code of goods that was found. Each takes what is typed and
gives what is typed then; nothing is read or judged here. A button is `verb:what`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from node.web.fair_words import ASKED
from node.web.form_fields import LANGUAGE, rows_of
from protocol.limits import IMAGES_MAX, LANGUAGES_MAX, LIST_MAX, PRICES_MAX

Values = Mapping[str, str]


class Pressed(NamedTuple):
    """What is typed after a button was pressed, and the field that comes next."""

    values: dict[str, str]
    focus: str = ""


def press(values: Values, button: str) -> Pressed:
    """What a button does; one that is unknown does nothing."""
    verb, _, what = button.partition(":")
    do = BUTTONS.get(verb)
    return Pressed(dict(values)) if do is None else do(dict(values), what)


def languages_of(values: Values) -> list[str]:
    """The languages that the form has columns for."""
    listed = values.get("languages", "").split()
    return [tag for tag in dict.fromkeys(listed) if LANGUAGE.fullmatch(tag)][:LANGUAGES_MAX]


def languages_in(values: Values) -> list[str]:
    """The languages in which something is written."""
    tails = (name.rpartition(".") for name in values)
    found = (tag for head, _, tag in tails if TEXTS.fullmatch(head) and LANGUAGE.fullmatch(tag))
    return list(dict.fromkeys(found))


def with_questions(values: Values) -> dict[str, str]:
    """The same with an empty answer for each question that a claim asks and that is not there."""
    found = dict(values)
    for row in rows_of(values, "fair"):
        prefix = f"fair.{row}.answers"
        places = rows_of(values, prefix)
        known = {values.get(f"{prefix}.{place}.code") for place in places}
        place = max(places, default=-1)
        for question in ASKED.get(values.get(f"fair.{row}.scheme", ""), ()):
            if question.name not in known:
                place += 1
                found[f"{prefix}.{place}.code"] = question.name
    return found


def with_row(values: Values, prefix: str, row: Values) -> dict[str, str]:
    """The same with one more row at the end of a list."""
    place = max(rows_of(values, prefix), default=-1) + 1
    return {**values, **{f"{prefix}.{place}.{name}": said for name, said in row.items()}}


def is_full(values: Values, prefix: str) -> bool:
    """Whether a list takes no more rows."""
    return len(rows_of(values, prefix)) >= ROWS_MAX.get(prefix, LIST_MAX)


def _add(values: dict[str, str], what: str) -> Pressed:
    first = FIRST_FIELDS.get(ROW.sub("*", what))
    if first is None or is_full(values, what):
        return Pressed(values, what)
    if first.endswith("."):
        first += (languages_of(values) or ["en"])[0]
    start: dict[str, str] = {first: ""}
    if what == "prices" and (rows := rows_of(values, "prices")):
        last = f"prices.{rows[-1]}"
        start |= {name: values.get(f"{last}.{name}", "") for name in ("currency", "per")}
    added = with_row(values, what, start)
    return Pressed(added, f"{what}.{rows_of(added, what)[-1]}.{first}")


def _remove(values: dict[str, str], what: str) -> Pressed:
    prefix, place = _placed(what)
    order = [row for row in rows_of(values, prefix) if row != place]
    return Pressed(_ordered(values, prefix, order), f"{prefix}.add")


def _up(values: dict[str, str], what: str) -> Pressed:
    return _move(values, what, -1)


def _down(values: dict[str, str], what: str) -> Pressed:
    return _move(values, what, 1)


def _move(values: dict[str, str], what: str, step: int) -> Pressed:
    prefix, place = _placed(what)
    order = rows_of(values, prefix)
    if place not in order or not 0 <= order.index(place) + step < len(order):
        return Pressed(values, what)
    at = order.index(place)
    order[at], order[at + step] = order[at + step], order[at]
    verb = "up" if step < 0 else "down"
    return Pressed(_ordered(values, prefix, order), f"{prefix}.{at + step}.{verb}")


def _speak(values: dict[str, str], what: str) -> Pressed:
    tag = what or values.get("new_language", "")
    if not LANGUAGE.fullmatch(tag):
        return Pressed(values, "new_language")
    spoken = list(dict.fromkeys([*languages_of(values), tag]))
    return Pressed({**values, "languages": " ".join(spoken)}, f"title.{tag}")


def _hush(values: dict[str, str], what: str) -> Pressed:
    """Take a language away with all that stands in it; the last one stays."""
    left = [tag for tag in languages_of(values) if tag != what]
    if not left:
        return Pressed(values, "new_language")
    kept = {
        name: said
        for name, said in values.items()
        if not (name.endswith(f".{what}") and TEXTS.fullmatch(name.removesuffix(f".{what}")))
    }
    return Pressed({**kept, "languages": " ".join(left)}, "new_language")


def _goods(values: dict[str, str], what: str) -> Pressed:
    return Pressed({**values, "item.hs": what, "search.hs": ""}, "item.hs")


def _unit(values: dict[str, str], what: str) -> Pressed:
    return Pressed({**values, "unit": what, "search.unit": ""}, "unit")


def _placed(what: str) -> tuple[str, int]:
    prefix, _, place = what.rpartition(".")
    return prefix, int(place) if place.isdecimal() else -1


def _ordered(values: Values, prefix: str, order: list[int]) -> dict[str, str]:
    """The rows of a list in another order, numbered anew; those that are not in it are gone."""
    kept = {name: said for name, said in values.items() if not _is_in_row(name, prefix)}
    for place, row in enumerate(order):
        start = f"{prefix}.{row}."
        for name, said in values.items():
            if name.startswith(start):
                kept[f"{prefix}.{place}.{name.removeprefix(start)}"] = said
    return kept


def _is_in_row(name: str, prefix: str) -> bool:
    rest = name.removeprefix(f"{prefix}.")
    return rest != name and rest.partition(".")[0].isdecimal()


BUTTONS: Final = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "speak": _speak,
    "hush": _hush,
    "goods": _goods,
    "unit": _unit,
}
# The first field of a row of each list; one that ends in a point is a text, by language.
FIRST_FIELDS: Final = {
    "prices": "amount",
    "barter": "name.",
    "links": "url",
    "attributes": "name",
    "fees": "percent",
    "fair": "scheme",
    "terms.carriers": "name",
}
ROWS_MAX: Final = {"prices": PRICES_MAX, "images": IMAGES_MAX}
ROW: Final = re.compile(r"\d+")
# Fields that are texts by language: what stands before the tag.
TEXTS: Final = re.compile(
    r"title|text|pack\.name|terms\.(delivery|payment)_text|barter\.\d+\.name|images\.\d+\.alt"
    r"|fair\.\d+\.evidence\.\d+\.alt|fair\.\d+\.answers\.\d+\.explanation"
)
