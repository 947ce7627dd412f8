"""Status: how the node stands, its rows made anew, and which version this is."""

from __future__ import annotations

from typing import Any

import typer

from node.cli.show import Screen
from node.cli.verb import Answer, Call, verb
from node.cli.words import mark as _


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "status")(status)
    verb(app, "rebuild")(rebuild)
    verb(app, "version")(version)


async def status(call: Call) -> Answer:
    """Show the circles, the peers and how far the node is."""
    async with call.client() as client:
        found = await client.get("/status")
    return Answer(found, lambda screen: _show(screen, found))
