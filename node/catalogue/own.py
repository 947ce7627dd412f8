"""own: the node's own CSV format, read and written, with every field of an offer or want.

Columns are whole words in any order; README.md beside this file lists them. What has no column
stands as JSON in the column `more`, so that a written catalogue reads back to the same offers.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import msgspec

from node.catalogue import cells
from node.catalogue.cells import BadCell
from node.catalogue.row import Defaults, Format, Parsed, Parser, build
from node.codes import Problem, bad_field, check_code
from node.text import mark as _
from protocol.errors import Refusal
from protocol.trade import Offer
from protocol.values import Decimal

Tree = dict[str, Any]
"""Fields of an offer as plain maps and lists, as msgspec builds and reads them."""


class Column(msgspec.Struct, frozen=True):
    """A column that holds one field: where the field is, and its two spellings."""

    path: tuple[str, ...]
    read: Callable[[str], Any] = str.strip
    show: Callable[[Any], str] = str


def parser(header: tuple[str, ...], defaults: Defaults) -> Parser:
    """A reader of rows under this header. Refuses a header with a column that there is not."""
    puts = [_put_for(name) for name in header]
    plain = [name.casefold() for name in header]

    def parse(row: list[str]) -> Parsed:
        tree: Tree = {}
        notes: dict[str, str] = {}
        problems: list[Problem] = []
        for name, cell, put in zip(plain, row, puts, strict=True):
            if not cell or put is None:
                continue
            try:
                put(tree, notes, cell)
            except BadCell as found:
                problems.append(Problem(name, found.message))
        return _finished(tree, notes, problems, defaults, row)

    return parse


def fits(header: tuple[str, ...]) -> bool:
    """Whether a header is of this format: it names a title, or a sku and what to do with it."""
    names = {name.casefold().partition(":")[0] for name in header}
    return "title" in names or {"sku", "action"} <= names


def lacks(header: tuple[str, ...]) -> frozenset[str]:
    """The defaults for which a file under this header has no column, where it has need of them."""
    names = {name.casefold() for name in header}
    asked = {"country"}
    if names & set(TEXTS):
        asked.add("language")
    if names & {name for columns in MONEY for name in columns}:
        asked.add("currency")
    return frozenset(asked - names)


def merge(tree: Tree, more: Tree) -> Tree:
    """Add what is not there yet; maps are merged, anything else in `tree` stays."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            merge(tree[key], value)
        else:
            tree.setdefault(key, value)
    return tree


def _finished(
    tree: Tree, notes: dict[str, str], problems: list[Problem], defaults: Defaults, row: list[str]
) -> Parsed:
    """The parts of an offer that several columns make together, then the offer."""
    parsed = Parsed(problems=problems)
    _take_row_notes(parsed, notes)
    if sku := tree.get("item", {}).get("sku"):
        parsed.external_id = f"sku:{sku}"
    if parsed.action not in {"create", "update"}:
        if not parsed.external_id:
            problems.append(bad_field("sku", _("this action needs the number of what it is about")))
        return parsed
    _add_texts(tree, notes, problems, defaults)
    _add_money(tree, notes, problems, defaults)
    if links := _links(notes):
        tree["links"] = links
    if "holds" in (pack := tree.get("pack", {})):
        pack["holds"].setdefault("unit", tree.get("unit", "C62"))
    if defaults.country and "country" not in tree.get("where", {}):
        put_at(tree, ("where", "country"), defaults.country)
    if "more" in notes:
        _add_more(tree, notes["more"], problems)
    if not problems:
        parsed.offer, found = build(tree, COLUMN_OF, row)
        problems += found
    return parsed


def _take_row_notes(parsed: Parsed, notes: dict[str, str]) -> None:
    kind = notes.get("kind", "offer").strip().casefold()
    if kind in {"offer", "want"}:
        parsed.kind = kind  # type: ignore[assignment]  # it is one of the two
    else:
        parsed.problems.append(
            bad_field("kind", _("{cell} is neither offer nor want"), cell=cells.shown(kind))
        )
    action = notes.get("action", "").strip().casefold()
    if action in ACTIONS:
        parsed.action = parsed.action_if_known = action  # type: ignore[assignment]  # likewise
    elif action:
        text = _("{cell} is none of {known}")
        values = {"cell": cells.shown(action), "known": ", ".join(ACTIONS)}
        parsed.problems.append(bad_field("action", text, **values))


def _add_texts(
    tree: Tree, notes: dict[str, str], problems: list[Problem], defaults: Defaults
) -> None:
    language = notes.get("language", "").strip() or defaults.language
    if not LANGUAGE.fullmatch(language):
        text = _("{cell} is no language such as en or pt-BR")
        problems.append(bad_field("language", text, cell=cells.shown(language)))
    for family, path in TEXTS.items():
        if family in notes:
            put_at(tree, (*path, language), notes[family])


def _add_money(
    tree: Tree, notes: dict[str, str], problems: list[Problem], defaults: Defaults
) -> None:
    """Everything whose decimals depend on the currency."""
    currency = notes.get("currency", "").strip() or defaults.currency
    for names, add in MONEY.items():
        if any(name in notes for name in names):
            try:
                add(tree, notes, currency)
            except BadCell as found:
                problems.append(Problem(names[0], found.message))


def _links(notes: dict[str, str]) -> list[Tree]:
    return [
        {"kind": kind, "url": url}
        for kind in LINK_KINDS
        for url in notes.get(f"{kind}_url", "").split()
    ]


def _add_prices(tree: Tree, notes: dict[str, str], currency: str) -> None:
    """`price`, `currency`, `per` and `tiers`: one price for each quantity from which it holds."""
    if "price" not in notes:
        raise cells.bad(_("this is missing"))
    if not currency:
        raise cells.bad(_("a price needs a currency; fill the column currency"))
    price = {"currency": currency, "exponent": cells.decimals_of(currency)}
    if "per" in notes:
        price["per"] = cells.amount(notes["per"])
    tree["prices"] = [{**price, "minor": cells.minor(cells.decimal(notes["price"]), currency)}]
    for written, each in cells.pairs(notes.get("tiers", "")):
        if each is None:
            raise cells.bad(_("{cell} in tiers is not like 100=2.90"), cell=cells.shown(written))
        tier = {"from_quantity": cells.amount(written), "minor": cells.minor(each, currency)}
        tree["prices"].append({**price, **tier})


def _add_free(tree: Tree, notes: dict[str, str], currency: str) -> None:
    least = cells.minor(cells.decimal(notes["free_delivery_from"]), currency)
    put_at(tree, ("terms", "free_delivery_from_minor"), least)


def _add_carriers(tree: Tree, notes: dict[str, str], currency: str) -> None:
    carriers: list[Tree] = [
        {"name": name}
        if price is None
        else {"name": name, "price_minor": cells.minor(price, currency)}
        for name, price in cells.pairs(notes["carriers"])
    ]
    put_at(tree, ("terms", "carriers"), carriers)


def _add_more(tree: Tree, text: str, problems: list[Problem]) -> None:
    try:
        more = msgspec.json.decode(text, type=dict)
    except (msgspec.DecodeError, RecursionError) as wrong:
        told = _("this is no JSON object: {reason}; leave the column more as it was written")
        problems.append(bad_field("more", told, reason=str(wrong)))
        return
    merge(tree, more)


Put = Callable[[Tree, dict[str, str], str], None]


def _put_for(name: str) -> Put | None:
    """What a column's cells do to a row; None for one that is ignored."""
    base, colon, tail = name.partition(":")
    base = base.strip().casefold()
    if not colon and base in IGNORED:
        return None
    if not colon and base in NOTES:
        return _put_note(base)
    if not colon and base in COLUMNS:
        return _put_column(COLUMNS[base])
    if colon and base in TEXTS:
        if not LANGUAGE.fullmatch(tail.strip()):
            raise Refusal("bad-file", f"column {name!r}: write a language like {base}:pt-BR")
        return _put_text((*TEXTS[base], tail.strip()))
    if colon and base == "attribute" and tail.strip():
        return _put_text(("attributes", tail.strip()))
    near = difflib.get_close_matches(base, column_names(), n=1)
    guess = f", did you mean {near[0]}?" if near else ""
    raise Refusal("bad-file", f"there is no column {name!r}{guess}; correct its name or remove it")


def column_names() -> Iterator[str]:
    """Every column without a language or a name of its own after a colon."""
    yield from ("sku", *NOTES, *(name for name in COLUMNS if name != "sku"))


def _put_note(name: str) -> Put:
    def put(tree: Tree, notes: dict[str, str], cell: str) -> None:
        del tree
        if not cell.isspace():
            notes[name] = cell

    return put


def _put_text(path: tuple[str, ...]) -> Put:
    def put(tree: Tree, notes: dict[str, str], cell: str) -> None:
        del notes
        if not cell.isspace():
            put_at(tree, path, cell)

    return put


def _put_column(column: Column) -> Put:
    read, path = column.read, column.path

    def put(tree: Tree, notes: dict[str, str], cell: str) -> None:
        del notes
        if not cell.isspace():
            put_at(tree, path, read(cell))

    return put


def put_at(tree: Tree, path: tuple[str, ...], value: object) -> None:
    """Set a field of a tree, making the maps on the way to it."""
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _code(kind: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        code = cell.strip()
        if problem := check_code("", kind, code):
            raise BadCell(problem.message)
        return code

    return read


def _choice(field: str) -> Callable[[str], str]:
    choices = get_args(get_type_hints(Offer)[field])

    def read(cell: str) -> str:
        word = cell.strip()
        if word not in choices:
            text = _("{cell} is none of {known}")
            raise cells.bad(text, cell=cells.shown(word), known=", ".join(choices))
        return word

    return read


def _e6(cell: str) -> int:
    value = cells.decimal(cell)
    if value.exponent < -E6_DECIMALS:
        raise cells.bad(_("{cell} has more than six decimals"), cell=cells.shown(cell))
    e6: int = value.number * 10 ** (value.exponent + E6_DECIMALS)
    return e6


def _e6_cell(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{cells.minor_cell(abs(value), E6_DECIMALS)}"


def _decimal_cell(value: list[int]) -> str:
    return str(Decimal(*value))


def _yes_cell(value: object) -> str:
    return "yes" if value else "no"


E6_DECIMALS = 6
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")  # as protocol.values.Language
LINK_KINDS = ("image", "page", "document")
ACTIONS = ("create", "update", "activate", "deactivate", "delete", "nothing")
IGNORED = frozenset({"", "error"})

# texts in one language each: `title` in the language of the row, `title:sw` in Swahili
TEXTS = {
    "title": ("title",),
    "text": ("text",),
    "pack_name": ("pack", "name"),
    "delivery_text": ("terms", "delivery_text"),
    "payment_text": ("terms", "payment_text"),
}
# columns that are about the row, or that make a field together with others
NOTES = (
    "kind",
    "action",
    "language",
    *TEXTS,
    "price",
    "currency",
    "per",
    "tiers",
    "carriers",
    "free_delivery_from",
    *(f"{kind}_url" for kind in LINK_KINDS),
    "more",
)
COLUMNS = {
    "sku": Column(("item", "sku")),
    "mode": Column(("mode",), _choice("mode")),
    "condition": Column(("condition",), _choice("condition")),
    "category": Column(("item", "category"), cells.names, cells.names_cell),
    "hs": Column(("item", "hs"), _code("hs")),
    "gtin": Column(("item", "gtin"), _code("gtin")),
    "quantity": Column(("quantity",), cells.amount, _decimal_cell),
    "unit": Column(("unit",), _code("unit")),
    "minimum": Column(("minimum",), cells.amount, _decimal_cell),
    "step": Column(("step",), cells.amount, _decimal_cell),
    "pack_quantity": Column(("pack", "holds", "amount"), cells.amount, _decimal_cell),
    "pack_unit": Column(("pack", "holds", "unit"), _code("unit")),
    "tax_category": Column(("tax", "category"), _code("tax")),
    "tax_rate": Column(("tax", "rate"), cells.amount, _decimal_cell),
    "tax_included": Column(("tax", "included"), cells.yes, _yes_cell),
    "country": Column(("where", "country"), _code("country")),
    "region": Column(("where", "region")),
    "place": Column(("where", "place")),
    "latitude": Column(("where", "latitude_e6"), _e6, _e6_cell),
    "longitude": Column(("where", "longitude_e6"), _e6, _e6_cell),
    "incoterm": Column(("terms", "incoterm"), _code("incoterm")),
    "incoterm_place": Column(("terms", "place")),
    "lead_days_min": Column(("terms", "lead_days_min"), cells.whole),
    "lead_days_max": Column(("terms", "lead_days_max"), cells.whole),
    "pickup": Column(("terms", "pickup"), cells.yes, _yes_cell),
    "payments": Column(("terms", "payments"), cells.names, cells.names_cell),
    "due_days": Column(("terms", "due_days"), cells.whole),
    "origin": Column(("provenance", "origin"), _code("country")),
    "last_processing": Column(("provenance", "last_processing"), _code("country")),
    "producer": Column(("provenance", "producer")),
    "lot": Column(("lot", "code")),
    "lot_expires": Column(("lot", "expires_ms"), cells.until, cells.until_cell),
    "valid_from": Column(("valid_from_ms",), cells.since, cells.since_cell),
    "valid_until": Column(("valid_until_ms",), cells.until, cells.until_cell),
}
COLUMN_OF = {".".join(column.path): name for name, column in COLUMNS.items()} | {
    ".".join(path): name for name, path in TEXTS.items()
}
COLUMN_OF |= {"pack.holds": "pack_quantity", "links.url": "image_url", "prices": "price"}

MONEY = {
    ("price", "per", "tiers"): _add_prices,
    ("free_delivery_from",): _add_free,
    ("carriers",): _add_carriers,
}

FORMAT = Format(
    name="own",
    title="coop-node",
    needs="a column title (or title:sw and the like), or sku and action",
    fits=fits,
    parser=parser,
    lacks=lacks,
)
