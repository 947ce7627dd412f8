"""Configuration: what every setting is, where it comes from, and whether all are right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.verb import Answer, Call, family, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    from node.cli.show import Screen

app = family("The node's settings.")


@verb(app, "show")
async def show(
    call: Call,
    *,
    origin: Annotated[
        bool, typer.Option("--origin", help="Also where each value comes from.")
    ] = False,
) -> Answer:
    """Show the value of every setting."""
    from node.settings import SETTINGS

    settings = call.settings
    values = {setting.name: settings[setting.name] for setting in SETTINGS}
    shown = {key: str(one) if isinstance(one, Path) else one for key, one in values.items()}
    value: dict[str, Any] = {"settings": shown}
    if origin:
        value["origins"] = {name: settings.origin(name) for name in shown}
    return Answer(value, lambda screen: _show(screen, value))


@verb(app, "check")
async def check(call: Call) -> Answer:
    """Check the settings file, the environment and the data folder's name."""
    from node.config import SETTINGS_FILE_NAME

    file = call.settings.home / SETTINGS_FILE_NAME
    value = {"ok": True, "file": str(file) if file.exists() else None}
    text = _("all settings are right") if value["file"] else _("all settings are right; no {file}")
    return Answer(value, lambda screen: screen.line(text, file=file))


def _show(screen: Screen, value: dict[str, Any]) -> None:
    origins = value.get("origins")
    columns = [_("setting"), _("value")]
    rows = [[name, str(one)] for name, one in value["settings"].items()]
    if origins is not None:
        columns.append(_("from"))
        rows = [[*row, origins[row[0]]] for row in rows]
    screen.table(columns, rows)
