"""Profile: how the co-op presents itself in every circle that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.common import texts_of
from node.cli.verb import Answer, Call, family, verb

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Show or change how the co-op presents itself.")


@verb(app, "show")
async def show(call: Call) -> Answer:
    """Show the co-op's own profile."""
    async with call.client() as client:
        found = await client.get("/profile")
    return Answer(found, lambda screen: _show(screen, found))


@verb(app, "set")
async def change(  # noqa: PLR0913  # an option each field
    call: Call,
    *,
    name: Annotated[str | None, typer.Option(help="The co-op's name.")] = None,
    country: Annotated[str | None, typer.Option(help="Its country, such as KE.")] = None,
    description: Annotated[
        list[str] | None,
        typer.Option(metavar="[LANG=]TEXT", help="What it does; may be given in many languages."),
    ] = None,
    governance: Annotated[
        str | None, typer.Option(help="Who decides: worker, consumer, producer, ...")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A language that it speaks; may be repeated.")
    ] = None,
    sector: Annotated[
        list[str] | None, typer.Option(help="What it works in; may be repeated.")
    ] = None,
    registration: Annotated[str | None, typer.Option(help="Its number in a register.")] = None,
    website: Annotated[str | None, typer.Option(help="Its address in the web.")] = None,
) -> Answer:
    """Change what is given and leave the rest; an empty value takes a field away."""
    given: dict[str, Any] = {
        "name": name,
        "country": country.upper() if country else country,
        "description": texts_of(description, call.language) if description else None,
        "governance": governance,
        "languages": language or None,
        "sectors": sector or None,
        "registration": registration,
        "website": website,
    }
    if all(value is None for value in given.values()):
        raise typer.BadParameter("name at least one field, such as --website")
    async with call.client() as client:
        fields = {**await client.get("/profile"), **_present(given)}
        kept = {key: fields[key] for key in FIELDS if fields.get(key) not in EMPTY}
        found = await client.put("/profile", kept)
    return Answer(found, lambda screen: _show(screen, found))


@verb(app, "contact")
async def contact(
    call: Call,
    *,
    person: Annotated[str | None, typer.Option(help="Whom to ask for.")] = None,
    email: Annotated[str | None, typer.Option(help="An address of e-mail.")] = None,
    phone: Annotated[str | None, typer.Option(help="A telephone number.")] = None,
    address: Annotated[str | None, typer.Option(help="Street and place.")] = None,
) -> Answer:
    """Show how people reach the co-op, or change what is given; an empty value takes it away."""
    given = {"person": person, "email": email, "phone": phone, "address": address}
    async with call.client() as client:
        found = await client.get("/contact")
        if any(value is not None for value in given.values()):
            fields = {**found, **_present(given)}
            kept = {key: fields[key] for key in given if fields.get(key) not in EMPTY}
            found = await client.put("/contact", kept)
    return Answer(found, lambda screen: _show(screen, found))


def _present(given: dict[str, Any]) -> dict[str, Any]:
    """What was given; `--sector ""` empties a list."""
    return {
        key: [one for one in value if one] if isinstance(value, list) else value
        for key, value in given.items()
        if value is not None
    }


def _show(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import flat

    screen.facts(flat(found))


FIELDS: Final = (
    "country",
    "description",
    "governance",
    "languages",
    "name",
    "picture",
    "registration",
    "sectors",
    "website",
)
EMPTY: Final[tuple[object, ...]] = (None, "", [], {})
