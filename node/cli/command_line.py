"""Command line: all families of verbs under one name; wrong usage, and its exit code 2.

Loads no verb's own needs: `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import typer

from node.cli import (
    catalogues,
    circles,
    configuration,
    coops,
    devices,
    initial,
    invites,
    logs,
    notes,
    offers,
    peers,
    profiles,
    running,
    status,
    users,
)
from node.cli.verb import before, print_json
from node.cli.words import mark as _

PROGRAM: Final = "coop-node"
WRONG_USAGE: Final = 2


def main() -> None:
    """Run the verb that the process was started with; ends the process."""
    # a terminal that cannot show a letter shows a question mark, and goes on
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    words = sys.argv[1:]
    try:
        command_line(words)(prog_name=PROGRAM)
    except SystemExit as ending:
        if ending.code == WRONG_USAGE and "--json" in words:
            sentence = _("this is not how it is used; see standard error, and --help")
            print_json({"error": {"code": "wrong-usage", "sentence": sentence}})
        raise


def command_line(words: Sequence[str]) -> typer.Typer:
    """The program; `words` are those that it will be asked, as `run` alone needs all settings."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="A co-op's own node: offers and wants, signed and shared with its peers.",
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(before)
    app.add_typer(initial.app)
    running.register(app, with_settings=not words or "run" in words)
    app.add_typer(status.app)
    app.add_typer(invites.join_app)
    offers.offer_app.add_typer(catalogues.app)
    for name, family in FAMILIES.items():
        app.add_typer(family, name=name)
    return app


FAMILIES: Final = {
    "profile": profiles.app,
    "circle": circles.app,
    "invite": invites.app,
    "peer": peers.app,
    "coop": coops.app,
    "offer": offers.offer_app,
    "want": offers.want_app,
    "note": notes.app,
    "log": logs.app,
    "device": devices.app,
    "key": devices.key_app,
    "dispute": devices.dispute_app,
    "user": users.user_app,
    "token": users.token_app,
    "config": configuration.app,
}
