"""export: offers and wants as our own CSV, which reads back to exactly the same.

Never changes a text: a cell that begins with = + - or @ stays so, and README.md warns of programs
that would run it.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from node.catalogue import cells
from node.catalogue.cells import BadCell
from node.catalogue.own import COLUMNS, LINK_KINDS, TEXTS, Column, Tree, column_names
from node.catalogue.row import Kind
from node.codes import currency_exponent
from protocol.trade import Offer
from protocol.values import Decimal


def write(
    path: Path,
    offers: Iterable[tuple[Kind, Offer]],
    languages: Sequence[str] = (),
    attributes: Sequence[str] = (),
) -> int:
    """Write a catalogue, replacing the file; gives how many rows.

    Texts in `languages` and these `attributes` get columns of their own; what else has no column
    goes into `more`.
    """
    names = header(languages, attributes)
    count = 0
    # table programs know UTF-8 by this mark
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        for kind, offer in offers:
            row = row_of(kind, offer, languages, attributes)
            rows.writerow([row.get(name, "") for name in names])
            count += 1
    return count


def header(languages: Sequence[str] = (), attributes: Sequence[str] = ()) -> list[str]:
    """The columns of a catalogue, each text followed by its other languages, `more` the last."""
    names: list[str] = []
    for name in column_names():
        names.append(name)
        if name in TEXTS:
            names += [f"{name}:{language}" for language in languages]
    names.remove("more")
    return [*names, *(f"attribute:{name}" for name in attributes), "more"]


def row_of(
    kind: Kind, offer: Offer, languages: Sequence[str] = (), attributes: Sequence[str] = ()
) -> dict[str, str]:
    """The cells of one offer, by column. What a cell cannot say exactly is left for `more`."""
    tree: Tree = msgspec.to_builtins(offer)
    language = next((one for one in languages if one in offer.title), next(iter(offer.title)))
    row = {"kind": kind, "language": language}
    for family, path in TEXTS.items():
        _move(tree, (*path, language), row, family)
        for other in languages:
            _move(tree, (*path, other), row, f"{family}:{other}")
    for name in attributes:
        _move(tree, ("attributes", name), row, f"attribute:{name}")
    for name, column in COLUMNS.items():
        _move_column(tree, row, name, column)
    _move_prices(tree, row)
    _move_links(tree, row)
    if rest := _pruned(tree):
        row["more"] = msgspec.json.encode(rest).decode()
    return row


def _move(tree: Tree, path: tuple[str, ...], row: dict[str, str], name: str) -> None:
    text = _at(tree, path)
    if text is not None and _is_cell(text):
        row[name] = text
        _remove(tree, path)


def _move_column(tree: Tree, row: dict[str, str], name: str, column: Column) -> None:
    value = _at(tree, column.path)
    if value is None:
        return
    cell = column.show(value)
    try:
        back = column.read(cell)
    except BadCell:
        return
    if _is_cell(cell) and _plain(back) == _plain(value):
        row[name] = cell
        _remove(tree, column.path)


def _move_prices(tree: Tree, row: dict[str, str]) -> None:
    """Prices that are one price with tiers, and the amounts that are in its currency."""
    prices = tree.get("prices", ())
    if not prices:
        return
    currency, decimals = prices[0]["currency"], prices[0]["exponent"]
    common = {
        key: value for key, value in prices[0].items() if key in {"currency", "exponent", "per"}
    }
    tiers = prices[1:]
    if (
        currency_exponent(currency) != decimals
        or prices[0].keys() - {*common, "minor"}
        or any(tier.keys() ^ {*common, "minor", "from_quantity"} for tier in tiers)
        or any(tier[key] != value for tier in tiers for key, value in common.items())
        or any(tier["from_quantity"][0] < 0 for tier in tiers)
    ):
        return
    row["currency"] = currency
    row["price"] = cells.minor_cell(prices[0]["minor"], decimals)
    if "per" in common:
        row["per"] = str(Decimal(*common["per"]))
    row["tiers"] = cells.names_cell(
        f"{Decimal(*tier['from_quantity'])}={cells.minor_cell(tier['minor'], decimals)}"
        for tier in tiers
    )
    del tree["prices"]
    terms = tree.get("terms", {})
    if "free_delivery_from_minor" in terms:
        least = terms.pop("free_delivery_from_minor")
        row["free_delivery_from"] = cells.minor_cell(least, decimals)
    if all(_is_simple(carrier) for carrier in terms.get("carriers", ())):
        row["carriers"] = cells.names_cell(
            f"{carrier['name']}={cells.minor_cell(carrier['price_minor'], decimals)}"
            if "price_minor" in carrier
            else carrier["name"]
            for carrier in terms.pop("carriers", ())
        )


def _is_simple(carrier: Tree) -> bool:
    """Whether a carrier is a name and at most a price, and the name has none of our signs."""
    name = carrier["name"]
    return (
        "units_per_parcel" not in carrier
        and _is_cell(name)
        and name == name.strip()
        and not set(name) & {";", "="}
    )


def _move_links(tree: Tree, row: dict[str, str]) -> None:
    links = tree.get("links", ())
    in_order = sorted(links, key=lambda link: LINK_KINDS.index(link["kind"]))
    # several addresses are apart by blanks: one with other white space in it would be cut
    if list(links) != in_order or any(link["url"].split() != [link["url"]] for link in links):
        return
    if any("\0" in link["url"] for link in links):
        return
    for kind in LINK_KINDS:
        row[f"{kind}_url"] = " ".join(link["url"] for link in links if link["kind"] == kind)
    tree.pop("links", None)


def _is_cell(text: str) -> bool:
    """Whether a cell can hold this text: one without content is empty, NUL is no text."""
    return bool(text) and not text.isspace() and "\0" not in text


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field
    return list(msgspec.to_builtins(value)) if isinstance(value, Decimal | tuple) else value


def _at(tree: Tree, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any field
    found: Any = tree
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


def _remove(tree: Tree, path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        tree = tree[key]
    del tree[path[-1]]


def _pruned(tree: Tree) -> Tree:
    """The tree without maps that have become empty."""
    pruned = {
        key: _pruned(value) if isinstance(value, dict) else value for key, value in tree.items()
    }
    return {key: value for key, value in pruned.items() if value != {}}
