"""Co-ops: who is with us in our circles, and how they present themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from node.cli.common import IdArgument, at
from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("Co-ops in our circles.")


@verb(app, "list")
async def show_all(call: Call) -> Answer:
    """List everybody in our circles and how the link to each stands."""
    async with call.client() as client:
        found = await client.get("/coops")
    return Answer(found, lambda screen: _show_all(screen, found))


@verb(app, "show")
async def show(call: Call, coop: IdArgument) -> Answer:
    """Show a co-op's profile, contact, circles and link."""
    async with call.client() as client:
        found = await client.get(at("coops", coop))
    return Answer(found, lambda screen: _show(screen, found))


def _show_all(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import short

    screen.table(
        [_("name"), _("id"), _("country"), _("state"), _("offers"), _("circles")],
        [
            [
                one["name"],
                short(one["id"]),
                one["country"],
                one["state"],
                one["offers"],
                ", ".join(circle["name"] for circle in one["circles"]),
            ]
            for one in found["coops"]
        ],
    )


def _show(screen: Screen, found: dict[str, Any]) -> None:
    from node.cli.show import flat

    plain = {key: value for key, value in found.items() if key not in ("profile", "contact")}
    for part in (plain, found["profile"], found["contact"]):
        if part is not None:
            screen.facts(
                (name, screen.moment(value) if name.endswith("_ms") and value else value)
                for name, value in flat(part)
            )
            screen.blank()
