"""Circles: founding them, and who is in: admitting, endorsing, removing, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.common import at, circle_of
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Circles of co-ops that trade with each other.")

PairArgument = Annotated[
    list[str],
    typer.Argument(metavar="[CIRCLE] ID", help="The circle, unless it is the only one, and who."),
]
CircleNamed = Annotated[str | None, typer.Option("--circle", help="The circle, by option.")]


@verb(app, "create")
async def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody read what is offered in it.")
    ] = False,
) -> Answer:
    """Found a circle, with this co-op as its first member and steward."""
    async with call.client() as client:
        made = await client.post("/circles", {"name": name, "public": public})
    text = _("the circle was founded: {circle}")
    return Answer(made, lambda screen: screen.line(text, circle=made["circle"]))


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List the circles that this node knows."""
    async with call.client() as client:
        found = await client.get("/circles")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "show")
async def show(
    call: Call,
    circle: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Its id, or a unique beginning of it.")
    ] = None,
    named: CircleNamed = None,
) -> Answer:
    """Show a circle's rules, members and what waits for endorsements."""
    async with call.client() as client:
        found = await client.get(at("circles", await circle_of(client, circle or named)))
    return Answer(found, lambda screen: _show(screen, found))


@verb(app, "admit")
async def admit(call: Call, ids: PairArgument, circle: CircleNamed = None) -> Answer:
    """Admit a co-op, or endorse its admission where others have to say yes too."""
    return await _decide(call, ids, circle, "admissions", "coop")


@verb(app, "endorse")
async def endorse(call: Call, ids: PairArgument, circle: CircleNamed = None) -> Answer:
    """Endorse a proposal by its digest, as `circle show` lists it."""
    return await _decide(call, ids, circle, "endorsements", "digest")


@verb(app, "remove")
async def remove(call: Call, ids: PairArgument, circle: CircleNamed = None) -> Answer:
    """Remove a co-op, or endorse its removal where others have to say yes too."""
    return await _decide(call, ids, circle, "removals", "coop")


@verb(app, "leave")
async def leave(
    call: Call,
    circle: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Its id, or a unique beginning of it.")
    ] = None,
    named: CircleNamed = None,
) -> Answer:
    """Leave a circle; what was offered in it stays with the others."""
    async with call.client() as client:
        own = (await client.get("/status"))["coop"]
        place = at("circles", await circle_of(client, circle or named), "removals")
        done = await client.post(place, {"coop": own})
    return Answer(done, lambda screen: screen.line(_("this co-op has left the circle")))


async def _decide(call: Call, ids: list[str], circle: str | None, place: str, field: str) -> Answer:
    """Name one co-op or digest in one circle: `CIRCLE ID`, or `ID` with or without --circle."""
    *before, who = ids
    if len(before) > 1 or (before and circle is not None):
        raise typer.BadParameter("write the circle and one id, no more")
    async with call.client() as client:
        where = await circle_of(client, before[0] if before else circle)
        done = await client.post(at("circles", where, place), {field: who})
    text = _("done") if done["done"] else _("endorsed; it takes effect once enough others do too")
    return Answer(done, lambda screen: screen.line(text))


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("circle"), _("id"), _("members"), _("records")],
        [
            [one["name"], short(one["id"]), one.get("members"), one.get("records")]
            for one in found["circles"]
        ],
    )


def _show(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    rules = found["rules"]
    screen.facts(
        [
            (_("circle"), found["name"]),
            (_("id"), found["id"]),
            (_("records"), found["records"]),
            (_("root"), found["root"]),
            (_("digest"), found["digest"]),
            (_("who may read"), rules["read"]),
            (_("to admit a co-op"), _threshold(screen, rules["admit"])),
            (_("to remove one"), _threshold(screen, rules["remove"])),
            (_("to change the rules"), _threshold(screen, rules["rule"])),
        ]
    )
    screen.blank()
    screen.table(
        [_("member"), _("id"), _("country"), _("state")],
        [
            [one["name"], short(one["coop"]), one.get("country"), one.get("state")]
            for one in found["members"]
        ],
    )
    if found["proposals"]:
        screen.blank()
        screen.table(
            [_("proposal"), _("about"), _("digest"), _("endorsed by")],
            [
                [
                    one["act"],
                    short(one.get("coop")),
                    one["digest"],
                    ", ".join(short(coop) for coop in one["endorsed_by"]),
                ]
                for one in found["proposals"]
            ],
        )


def _threshold(screen: Screen, threshold: dict[str, Any]) -> str:
    """How many of whom; no number means more than half."""
    by = screen.say(WHOM[threshold["by"]])
    if threshold["count"]:
        text = _("{count} of the {by}; all, where there are fewer")
        return screen.say(text, count=threshold["count"], by=by)
    return screen.say(_("more than half of the {by}"), by=by)


WHOM: Final = {"members": _("members"), "stewards": _("stewards")}
