"""open_food_network: the product CSV of Open Food Network, for its product list and its inventory.

There a price is for one pack, and stock counts packs. Here an offer's price is for an amount of a
unit: a pack of 500 g at 3.20 becomes unit GRM, 3.20 per 500, sold in steps of 500, and a stock of
five packs 2500. Nothing is rounded or converted to another unit.
"""

from typing import Any

from node.catalogue import cells
from node.catalogue.cells import BadCell
from node.catalogue.fields import Fields, indexed, times
from node.catalogue.plain_text import plain_text
from node.catalogue.row import Defaults, Format, Parsed, Parser, build, external_ids
from node.codes import Problem
from node.text import mark as _
from protocol.errors import Refusal
from protocol.limits import CODE_BYTES_MAX, TITLE_BYTES_MAX
from protocol.values import Decimal

Tree = dict[str, Any]


def parser(header: tuple[str, ...], defaults: Defaults) -> Parser:
    """A reader of rows under this header."""
    index = indexed(header)
    if "producer" not in index and "supplier" in index:  # its name until 2018
        index["producer"] = index.pop("supplier")
    others = [name for name in index if name not in MAPPED]

    def parse(row: list[str]) -> Parsed:
        fields = Fields(index, row)
        tree = _tree(fields, others, defaults)
        if fields.problems:
            return Parsed(problems=fields.problems)
        offer, problems = build(tree, COLUMN_OF, row)
        ids = external_ids(offer) if offer else ()
        known = ids[-1] if ids else ""  # the last is what that program goes by
        return Parsed(offer=offer, problems=problems, external_id=known)

    return parse


def fits(header: tuple[str, ...]) -> bool:
    """Whether a header is of this format."""
    names = {name.casefold() for name in header}
    return {"name", "price", "units"} <= names and bool(names & {"producer", "supplier"})


def _tree(fields: Fields, others: list[str], defaults: Defaults) -> Tree:
    language = defaults.language
    name, display = fields.needed("name"), fields.text("display_name")
    title = f"{name}, {display}" if display else name
    # a title that is too long keeps the product's name; the variant's own stands in the attributes
    tree: Tree = {"title": {language: title if len(title) <= TITLE_BYTES_MAX else name}}
    if description := plain_text(fields.text("description")):
        tree["text"] = {language: description}
    if defaults.country:
        tree["where"] = {"country": defaults.country}
    if producer := fields.text("producer"):
        tree["provenance"] = {"producer": producer}
    item: Tree = {}
    kept = [*others, "display_name"]
    if category := fields.text("category"):
        if len(category) <= CODE_BYTES_MAX:
            item["category"] = [category]
        else:
            kept.append("category")
    if sku := fields.text("sku"):
        if len(sku) <= CODE_BYTES_MAX:
            item["sku"] = sku
        else:
            kept.append("sku")
    tree["item"] = item
    _add_pack(tree, fields, language)
    _add_price(tree, fields, defaults.currency)
    if fields.text("display_as"):
        kept.append("variant_unit_name")
    if "quantity" not in tree:
        kept += ["on_demand", "on_hand"]
    if attributes := fields.attributes("ofn", kept):
        tree["attributes"] = attributes
    return tree


def _add_pack(tree: Tree, fields: Fields, language: str) -> None:
    """Unit, size of the pack, its name, and the stock."""
    size = fields.read("units", cells.amount)
    if size == ZERO or not fields.text("units"):
        fields.wrong("units", _("write how much one pack holds, such as 500"))
    unit = _unit(fields)
    if size is None or unit is None:
        return
    tree["unit"] = unit
    tree["minimum"] = tree["step"] = size
    if name := fields.text("display_as") or fields.text("variant_unit_name"):
        tree["pack"] = {"name": {language: name}, "holds": {"amount": size, "unit": unit}}
    if _is_on_demand(fields):
        return
    packs = fields.read("on_hand", _packs)
    if packs is not None:
        try:
            tree["quantity"] = times(packs, size)
        except Refusal as refused:
            fields.wrong("on_hand", _("this does not fit: {reason}"), reason=refused.detail)


def _unit(fields: Fields) -> str | None:
    """The unit of Recommendation 20 for `unit_type`; without one it is sold by the piece."""
    written = fields.text("unit_type")
    if not written:
        if not fields.text("variant_unit_name") and not fields.text("display_as"):
            text = _(
                "name what one is, such as bunch, or fill unit_type with g, kg, ml or the like"
            )
            fields.wrong("variant_unit_name", text)
            return None
        return "C62"
    unit = UNITS.get(written.casefold())
    if unit is None:
        values = {"cell": cells.shown(written), "known": ", ".join(UNITS)}
        fields.wrong("unit_type", _("{cell} is none of {known}"), **values)
    return unit


def _add_price(tree: Tree, fields: Fields, currency: str) -> None:
    price = fields.read("price", cells.decimal)
    if price is None:
        if not fields.text("price"):
            fields.wrong("price", _("this is missing"))
        return
    if not currency:
        text = _("the file names no currency; name one for the import")
        fields.wrong("price", text)
        return
    try:
        minor = cells.minor(price, currency)
        decimals = cells.decimals_of(currency)
    except BadCell as found:
        fields.problems.append(Problem("price", found.message))
        return
    tree["prices"] = [{"currency": currency, "exponent": decimals, "minor": minor}]
    size = tree.get("minimum", ONE)
    if size != ONE:
        tree["prices"][0]["per"] = size


def _is_on_demand(fields: Fields) -> bool:
    """Made to order, so without limit; a dash stands for an empty cell there."""
    if fields.text("on_demand") not in NOTHING and fields.yes("on_demand"):
        return True
    if fields.text("on_hand") in NOTHING:
        fields.wrong("on_hand", _("write how many are in stock, or 1 under on_demand"))
    return False


def _packs(cell: str) -> Decimal | None:
    return None if cell in NOTHING else cells.amount(cell)


ZERO, ONE = Decimal(0, 0), Decimal(1, 0)
NOTHING = ("", "-")

# unit_type -> UN/ECE Recommendation 20. `gal` is 4.54609 litres there: the gallon of the UK.
UNITS = {
    "mg": "MGM",
    "g": "GRM",
    "kg": "KGM",
    "t": "TNE",
    "oz": "ONZ",
    "lb": "LBR",
    "ml": "MLT",
    "cl": "CLT",
    "dl": "DLT",
    "l": "LTR",
    "kl": "K6",
    "gal": "GLI",
    "items": "C62",
}

# columns that have a field of their own in an offer; all others become attributes
MAPPED = frozenset(
    {
        "category",
        "description",
        "display_as",
        "display_name",
        "name",
        "on_demand",
        "on_hand",
        "price",
        "producer",
        "sku",
        "unit_type",
        "units",
        "variant_unit_name",
    }
)
COLUMN_OF = {
    "title": "name",
    "text": "description",
    "item.category": "category",
    "item.sku": "sku",
    "provenance.producer": "producer",
    "pack.name": "variant_unit_name",
    "quantity": "on_hand",
    "unit": "unit_type",
    "prices": "price",
}

FORMAT = Format(
    name="open-food-network",
    title="Open Food Network",
    needs="the columns name, producer, price and units",
    fits=fits,
    parser=parser,
    lacks=lambda _: frozenset({"country", "currency", "language"}),
)
