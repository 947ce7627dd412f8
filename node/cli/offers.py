"""Offers: what co-ops offer and want: publishing, showing, changing, withdrawing, listing.

The families `offer` and `want` are one, told apart by the kind.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from node.cli.common import CircleOption, IdArgument, at, circle_of, fields_in, named, texts_of
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.client import Client
    from node.cli.show import Screen

offer_app = family("What co-ops offer.")
want_app = family("What co-ops want.")

# the API's own limit of one page; longer lists are asked for page by page
PAGE_OFFERS_MAX: Final = 1000
# what a person looks through; a program says how many it wants
LIST_OFFERS: Final = 50
LIST_OFFERS_MAX: Final = 1_000_000

# UN/ECE Recommendation 20: one piece, which goes without saying
PIECE: Final = "C62"

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE.json", help="Its fields as a JSON object; - for stdin.")
]
LimitOption = Annotated[
    int, typer.Option(min=1, max=LIST_OFFERS_MAX, help="How many to list at most.")
]
# What a list may be narrowed to: a field of the API's query -> its option.
FILTERS: Final[dict[str, Any]] = {
    "search": Annotated[str | None, typer.Option(help="Only with these words.")],
    "country": Annotated[str | None, typer.Option(help="Only of this country, such as KE.")],
    "kind": Annotated[
        Literal["offer", "want"] | None, typer.Option(help="Only offers, or only wants.")
    ],
    "circle": Annotated[str | None, typer.Option(help="Only in this circle.")],
    "mode": Annotated[
        Literal["sell", "give", "lend", "rent", "service", "work", "copy"] | None,
        typer.Option(help="Only of this kind of deal."),
    ],
    "category": Annotated[str | None, typer.Option(help="Only of this plain category.")],
    "hs": Annotated[
        str | None, typer.Option(help="Only goods of this chapter, heading or code of the HS.")
    ],
    "currency": Annotated[str | None, typer.Option(help="Only with a price in it, such as KES.")],
    "price_min": Annotated[
        str | None, typer.Option(help="The least price for one unit; needs --currency.")
    ],
    "price_max": Annotated[
        str | None, typer.Option(help="The highest price for one unit; needs --currency.")
    ],
    "condition": Annotated[
        Literal["new", "as-new", "very-good", "good", "fair", "broken"] | None,
        typer.Option(help="Only in this condition."),
    ],
    "fair": Annotated[
        Literal["claimed", "evidence", "confirmed"] | None,
        typer.Option(help="Only with fair terms, and this behind them at least."),
    ],
    "ends_within_days": Annotated[int | None, typer.Option(min=1, help="Only what ends so soon.")],
    "coop": Annotated[str | None, typer.Option(help="Only of this co-op.")],
    "sort": Annotated[Literal["newest", "ending"] | None, typer.Option(help="What stands first.")],
    "mine": Annotated[bool | None, typer.Option("--mine", help="Only this co-op's own.")],
}


@verb(offer_app, "add")
async def add_offer(call: Call, file: FileArgument, circle: CircleOption = None) -> Answer:
    """Publish an offer in a circle."""
    return await _add(call, "offer", file, circle)


@verb(want_app, "add")
async def add_want(call: Call, file: FileArgument, circle: CircleOption = None) -> Answer:
    """Publish a want in a circle."""
    return await _add(call, "want", file, circle)


async def show(call: Call, offer: IdArgument) -> Answer:
    """Show all its fields, and by whom it is signed."""
    async with call.client() as client:
        found = await client.get(at("offers", offer))
    return Answer(found, lambda screen: _show(screen, found))


async def edit(
    call: Call,
    offer: IdArgument,
    file: FileArgument,
    over: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Only if this version stands there still.")
    ] = None,
) -> Answer:
    """Publish a new version in its place."""
    wish = named({"offer": fields_in(file), "over": over})
    async with call.client() as client:
        done = await client.put(at("offers", offer), wish)
    text = _("changed; the new version of {offer} is {version}")
    shown = {"offer": done["offer"], "version": done["version"]}
    return Answer(done, lambda screen: screen.line(text, **shown))


async def withdraw(
    call: Call,
    offer: IdArgument,
    reason: Annotated[
        list[str] | None, typer.Option(metavar="[LANG=]TEXT", help="Why; in one or many languages.")
    ] = None,
) -> Answer:
    """Take it back; editing it offers it again."""
    async with call.client() as client:
        said = {"reason": texts_of(reason or [], call.language)}
        done = await client.post(at("offers", offer, "withdrawal"), said)
    return Answer(done, lambda screen: screen.line(_("withdrawn: {offer}"), offer=offer))


@verb(offer_app, "mine")
async def list_own(call: Call, *, limit: LimitOption = LIST_OFFERS) -> Answer:
    """List this co-op's own offers and wants, those over and taken back too."""
    async with call.client() as client:
        found = await client.get("/own-offers", {"limit": min(limit, PAGE_OFFERS_MAX)})
    return Answer(found, lambda screen: _show_own(screen, found))


def _listing(about: str, **fixed: str) -> Callable[..., Awaitable[Answer]]:
    """A verb that lists, with an option for each filter but the fixed ones."""

    async def listing(call: Call, *, limit: int, **asked: Any) -> Answer:  # noqa: ANN401
        return await _list(call, limit, **asked, **fixed)

    def option(name: str, kind: object, default: object) -> inspect.Parameter:
        return inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
        )

    listing.__doc__ = about
    options = [option(name, kind, None) for name, kind in FILTERS.items() if name not in fixed]
    call = inspect.Parameter("call", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    limited = option("limit", LimitOption, LIST_OFFERS)
    signature = inspect.Signature([call, *options, limited])
    listing.__signature__ = signature  # type: ignore[attr-defined]  # for `verb`
    return listing


verb(offer_app, "list")(_listing("List and search offers and wants, the newest first."))
verb(want_app, "list")(_listing("List and search wants, the newest first.", kind="want"))
for _app in (offer_app, want_app):
    verb(_app, "show")(show)
    verb(_app, "edit")(edit)
    verb(_app, "withdraw")(withdraw)


async def _add(call: Call, kind: str, file: Path, circle: str | None) -> Answer:
    fields = fields_in(file)
    async with call.client() as client:
        wish = {"circle": await circle_of(client, circle), "kind": kind, "offer": fields}
        made = await client.post("/offers", wish)
    text = _("published: {offer}")
    return Answer(made, lambda screen: screen.line(text, offer=made["offer"]))


async def _list(call: Call, limit: int, **wish: Any) -> Answer:  # noqa: ANN401  # any filter
    for name in ("country", "currency"):
        if wish[name]:
            wish[name] = wish[name].upper()
    query = {key: 1 if value is True else value for key, value in named(wish).items()}
    async with call.client() as client:
        found = await _pages(client, query, limit)
    return Answer(found, lambda screen: _show_all(screen, found))


async def _pages(client: Client, query: dict[str, Any], limit: int) -> dict[str, Any]:
    """The first `limit` offers, in as many pages as that takes."""
    found = await client.get("/offers", {**query, "limit": min(limit, PAGE_OFFERS_MAX)})
    page = found
    while page.get("next") and len(found["offers"]) < limit:
        most = min(limit - len(found["offers"]), PAGE_OFFERS_MAX)
        page = await client.get("/offers", {**query, "limit": most, "after": page["next"]})
        if not page["offers"]:
            break
        found["offers"] += page["offers"]
        found["next"] = page.get("next")
    return found


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("id"), _("kind"), _("title"), _("price"), _("quantity"), _("co-op"), _("country")],
        [
            [
                short(one["id"]),
                one["kind"],
                one["title"],
                _price(screen, one),
                _quantity(screen, one),
                one.get("coop_name") or short(one["coop"]),
                one.get("country"),
            ]
            for one in found["offers"]
        ],
    )
    shown = len(found["offers"])
    if found["more"]:
        screen.line(_("{shown} of more than {total}"), shown=shown, total=found["total"])
    else:
        screen.line(_("{shown} of {total}"), shown=shown, total=found["total"])


def _show_own(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("id"), _("kind"), _("state"), _("title"), _("published")],
        [
            [
                short(one["id"]),
                one["kind"],
                one["state"],
                (one["offer"] or {}).get("title"),
                screen.moment(one["published_ms"]),
            ]
            for one in found["offers"]
        ],
    )


def _show(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import flat

    about = {key: value for key, value in found.items() if key not in ("offer", "signed")}
    for part in (about, found["offer"], found["signed"]):
        if part is None:  # erased or forgotten, or its signature is not here yet
            continue
        screen.facts(
            (name, screen.moment(value) if name.endswith("_ms") else value)
            for name, value in flat(part)
        )
        screen.blank()


def _price(screen: Screen, offer: dict[str, Any]) -> str:
    """The first price, exactly as it was signed."""
    from decimal import Decimal

    from node.text import currency_exponent, money, number

    prices = offer.get("prices") or []
    if not prices:
        return ""
    minor, currency, exponent = (prices[0][key] for key in ("minor", "currency", "exponent"))
    if exponent == currency_exponent(currency):
        return money(minor, currency, screen.language)
    return f"{number(Decimal(minor).scaleb(-exponent), screen.language)} {currency}"


def _quantity(screen: Screen, offer: dict[str, Any]) -> str:
    from decimal import Decimal, InvalidOperation

    from node.text import number, quantity

    amount, unit = offer.get("quantity"), offer.get("unit")
    if amount is None or unit is None:
        return ""
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        return f"{amount} {unit}"
    if unit == PIECE:
        return number(exact, screen.language)
    return quantity(exact, unit, screen.language)
