"""fairmondo: Fairmondo's file for mass upload, in UTF-8: `€` first, `;` between the cells.

Its 71 columns in any order, the older 67 as well. A row is judged by that market's own rules, but
for those about the seller's account there. Prices are in cents of EUR, texts in German.
"""

import re
from typing import Any

from node.catalogue import cells
from node.catalogue.fairmondo_fair import COLUMNS as FAIR_COLUMNS
from node.catalogue.fairmondo_fair import LANGUAGE, fair_claims
from node.catalogue.fields import Fields, indexed
from node.catalogue.plain_text import plain_text
from node.catalogue.row import Action, Defaults, Format, Parsed, Parser, build
from node.codes import is_gtin
from node.text import mark as _
from protocol.limits import CODE_BYTES_MAX, TEXT_BYTES_MAX

Tree = dict[str, Any]


def parser(header: tuple[str, ...], defaults: Defaults) -> Parser:
    """A reader of rows under this header."""
    index = indexed(header)
    others = [name for name in index if name not in MAPPED]

    def parse(row: list[str]) -> Parsed:
        fields = Fields(index, row)
        parsed = Parsed(problems=fields.problems, external_id=_external_id(fields))
        _take_action(parsed, fields)
        if parsed.action not in {"create", "update"}:
            if not parsed.external_id:
                text = _("this action needs an id or a custom_seller_identifier")
                fields.wrong("action", text)
            return parsed
        tree = _tree(fields, others, defaults)
        if not fields.problems:
            parsed.offer, parsed.problems = build(tree, COLUMN_OF, row)
        return parsed

    return parse


def fits(header: tuple[str, ...]) -> bool:
    """Whether a header is of this format."""
    names = {name.casefold() for name in header}
    known = ({"title", "content", "price_cents"}, {"id", "action"}, {"custom_seller_identifier"})
    return header[:1] == ("€",) or any(needed <= names for needed in known)


def _external_id(fields: Fields) -> str:
    """Its number there goes before the seller's own, as there."""
    if number := fields.text("id"):
        return f"fairmondo:{number}"
    sku = fields.text("custom_seller_identifier")
    return f"sku:{sku}" if sku else ""


def _take_action(parsed: Parsed, fields: Fields) -> None:
    word = fields.text("action")
    if not word:
        parsed.action, parsed.action_if_known = "create", "nothing"
    elif action := ACTIONS.get(word):
        parsed.action = parsed.action_if_known = action
    else:
        values = {"cell": cells.shown(word), "known": ", ".join(ACTIONS)}
        fields.wrong("action", _("{cell} is none of {known}"), **values)


def _tree(fields: Fields, others: list[str], defaults: Defaults) -> Tree:
    kept = [*others, *ONLY_KEPT]
    tree: Tree = {
        "title": {LANGUAGE: _sized(fields, "title", TITLE_MIN, TITLE_MAX)},
        "text": {LANGUAGE: _content(fields)},
        "condition": _condition(fields, kept),
        "item": _item(fields, kept),
        "terms": _terms(fields, kept),
        "fair": fair_claims(fields),
        "unit": "C62",
    }
    for name in ("quantity", "price_cents"):
        fields.needed(name)
    if (quantity := fields.between("quantity", 1, QUANTITY_MAX)) is not None:
        tree["quantity"] = cells.decimal(str(quantity))
    if (price := fields.between("price_cents", 0, PRICE_CENTS_MAX)) is not None:
        tree["prices"] = [{"currency": "EUR", "exponent": 2, "minor": price}]
    if fields.between("basic_price_cents", 0, PRICE_CENTS_MAX):
        fields.needed("basic_price_amount")
    fields.choice("basic_price_amount", BASIC_AMOUNTS)
    if vat := fields.choice("vat", VAT_CATEGORIES):
        category = VAT_CATEGORIES[vat]
        tree["tax"] = {"category": category, "rate": cells.decimal(vat), "included": True}
    if links := _links(fields):
        tree["links"] = links
    if defaults.country:
        tree["where"] = {"country": defaults.country}
    tree["attributes"] = fields.attributes("fairmondo", kept)
    return tree


def _sized(fields: Fields, name: str, least: int, most: int) -> str:
    text = fields.text(name)
    if not least <= len(text) <= most:
        told = _("it takes {least} to {most} characters; these are {count}")
        fields.wrong(name, told, least=least, most=most, count=len(text))
    return text


def _content(fields: Fields) -> str:
    text = plain_text(fields.needed("content"))
    if len(text) > TEXT_BYTES_MAX:
        fields.wrong("content", _("longer than {most} characters; shorten it"), most=TEXT_BYTES_MAX)
    return text


def _condition(fields: Fields, kept: list[str]) -> str:
    fields.needed("condition")
    extra = fields.choice("condition_extra", CONDITIONS)
    if fields.choice("condition", ("new", "old")) != "old":
        kept.append("condition_extra")
        return "new"
    fields.needed("condition_extra")
    if extra == "as_good_as_warranted":  # two of theirs are one of ours
        kept.append("condition_extra")
    return CONDITIONS.get(extra or "", "new")


def _item(fields: Fields, kept: list[str]) -> Tree:
    item: Tree = {}
    categories = [one.strip() for one in fields.needed("categories").split(",") if one.strip()]
    if not all(one.isascii() and one.isdigit() for one in categories):
        fields.wrong("categories", _("write the numbers of categories, such as 3,8"))
    elif len(categories) > CATEGORIES_MAX:
        text = _("more than {most} of them; leave some out")
        fields.wrong("categories", text, most=CATEGORIES_MAX)
    item["category"] = [f"fairmondo:{one}" for one in dict.fromkeys(categories)]
    gtin = fields.text("gtin")
    if gtin and not GTIN_CHARS_MIN <= len(gtin) <= GTIN_CHARS_MAX:
        _sized(fields, "gtin", GTIN_CHARS_MIN, GTIN_CHARS_MAX)
    elif is_gtin(gtin):
        item["gtin"] = gtin
    else:  # there any number of 8 to 14 characters passes
        kept.append("gtin")
    sku = fields.text("custom_seller_identifier")
    if len(sku) > SKU_CHARS_MAX:
        _sized(fields, "custom_seller_identifier", 0, SKU_CHARS_MAX)
    elif len(sku) > CODE_BYTES_MAX:  # one character more than a code has here
        kept.append("custom_seller_identifier")
    elif sku:
        item["sku"] = sku
    return item


def _terms(fields: Fields, kept: list[str]) -> Tree:
    """Transport and payment; at least one way of each."""
    terms: Tree = {"pickup": fields.yes("transport_pickup")}
    carriers = [_carrier(fields, name, kept) for name in ("transport_type1", "transport_type2")]
    terms["carriers"] = [carrier for carrier in carriers if carrier]
    if not terms["pickup"] and not terms["carriers"]:
        text = _("choose at least one of transport_pickup, transport_type1 and transport_type2")
        fields.wrong("transport_pickup", text)
    if written := fields.text("transport_time"):
        if days := DAYS.fullmatch(written):
            span = sorted(int(one) for one in days.groups() if one)
            terms["lead_days_min"], terms["lead_days_max"] = span[0], span[-1]
        else:
            fields.wrong("transport_time", _("write days such as 2 or 3-5"))
    terms["payments"] = [name for name in PAYMENTS if fields.yes(f"payment_{name}")]
    if not terms["payments"]:
        text = _("choose at least one of {known}")
        known = ", ".join(f"payment_{name}" for name in PAYMENTS)
        fields.wrong("payment_details", text, known=known)
    fields.between("payment_cash_on_delivery_price_cents", 0, TRANSPORT_CENTS_MAX)
    for name, field in (
        ("transport_details", "delivery_text"),
        ("payment_details", "payment_text"),
    ):
        if details := plain_text(_sized(fields, name, 0, DETAILS_MAX)):
            terms[field] = {LANGUAGE: details}
    if fields.yes("unified_transport"):
        kept.append("unified_transport")
    return terms


def _carrier(fields: Fields, name: str, kept: list[str]) -> Tree | None:
    """A parcel service with its price and how many fit one parcel; without a price it costs 0."""
    provider = fields.text(f"{name}_provider")
    cents = fields.between(f"{name}_price_cents", 0, TRANSPORT_CENTS_MAX)
    number = fields.between(f"{name}_number", 1, QUANTITY_MAX)
    if not fields.yes(name):
        # what is filled in for a way that is not offered; one piece a parcel is what forms prefill
        kept += [f"{name}_provider", f"{name}_price_cents"]
        return None
    _sized(fields, f"{name}_provider", 1, PROVIDER_MAX)
    return {"name": provider, "price_minor": cents or 0, "units_per_parcel": number or 1}


def _links(fields: Fields) -> list[Tree]:
    links = []
    for name in ("external_title_image_url", "image_2_url"):
        url = fields.text(name)
        if url and not ADDRESS.fullmatch(url):
            fields.wrong(name, _("{cell} is no address such as https://..."), cell=cells.shown(url))
        elif url:
            links.append({"kind": "image", "url": url})
    return links


TITLE_MIN, TITLE_MAX = 6, 200
PROVIDER_MAX = 200  # 255 there; a name here is shorter
DETAILS_MAX = 2_500
PRICE_CENTS_MAX = 1_000_000
TRANSPORT_CENTS_MAX = 50_000
QUANTITY_MAX = 10_000
CATEGORIES_MAX = 2
GTIN_CHARS_MIN, GTIN_CHARS_MAX = 8, 14
SKU_CHARS_MAX = 65

DAYS = re.compile(r"(\d{1,2})[-\u2013]?(\d{0,2})", re.ASCII)
ADDRESS = re.compile('https?://[^\\s<>"]{1,1990}')

ACTIONS: dict[str, Action] = {
    "c": "create",
    "create": "create",
    "u": "update",
    "update": "update",
    "x": "delete",
    "delete": "delete",
    "a": "activate",
    "activate": "activate",
    "d": "deactivate",
    "deactivate": "deactivate",
    "nothing": "nothing",
}
CONDITIONS = {
    "as_good_as_new": "as-new",
    "as_good_as_warranted": "as-new",
    "used_very_good": "very-good",
    "used_good": "good",
    "used_satisfying": "fair",
    "broken": "broken",
}
# percent -> UNCL 5305; 0 says no more than that no tax is added
VAT_CATEGORIES = {"0": "Z", "7": "S", "19": "S"}
PAYMENTS = ("bank_transfer", "cash", "paypal", "cash_on_delivery", "voucher", "invoice")
BASIC_AMOUNTS = (
    "kilogram",
    "gram",
    "liter",
    "milliliter",
    "cubicmeter",
    "meter",
    "squaremeter",
    "portion",
)

# columns that are checked and then stand in the attributes, as an offer has no field for them
ONLY_KEPT = (
    "id",
    "basic_price_cents",
    "basic_price_amount",
    "payment_cash_on_delivery_price_cents",
)
MAPPED = FAIR_COLUMNS.union(
    ONLY_KEPT,
    (f"payment_{name}" for name in PAYMENTS),
    (
        f"transport_type{number}{tail}"
        for number in (1, 2)
        for tail in ("", "_provider", "_price_cents", "_number")
    ),
    (
        "€",
        "action",
        "categories",
        "condition",
        "condition_extra",
        "content",
        "custom_seller_identifier",
        "external_title_image_url",
        "gtin",
        "image_2_url",
        "payment_details",
        "price_cents",
        "quantity",
        "title",
        "transport_details",
        "transport_pickup",
        "transport_time",
        "unified_transport",
        "vat",
    ),
)
COLUMN_OF = {
    "title": "title",
    "text": "content",
    "item.category": "categories",
    "links": "external_title_image_url",
    "terms.carriers": "transport_type1_provider",
}

FORMAT = Format(
    name="fairmondo",
    title="Fairmondo",
    needs="€ as its first column",
    fits=fits,
    parser=parser,
    lacks=lambda _: frozenset({"country"}),
    ids_unique=False,  # a seller's own number may be there twice
)
