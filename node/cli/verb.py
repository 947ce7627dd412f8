"""Verb: how every verb is run: its options, its answer as JSON or for people, its exit code.

A verb is an async function of a `Call` and its own arguments that gives an `Answer`. Refusals and
faults end here, as one sentence with a code on standard error, and as JSON where that was asked
for. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from node.cli.words import mark as _
from node.cli.words import message, told

if TYPE_CHECKING:
    from node.cli.client import Client
    from node.cli.show import Screen
    from node.settings import Settings
    from node.text import Message

FAILED: Final = 1

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The node's data folder; else COOP_NODE_HOME, else ~/.coop-node."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer with one JSON object on standard output.")
]


class Answer(NamedTuple):
    """What a verb found or did: for programs, and how people see it; `failed` gives exit code 1."""

    value: Mapping[str, Any]
    show: Callable[[Screen], None]
    failed: bool = False


Verb = Callable[..., Awaitable[Answer | None]]


class Call:
    """One run of a verb: where its node lives and what it was asked for."""

    def __init__(self, home: Path | None, *, as_json: bool) -> None:
        """Read nothing yet: some verbs need no settings."""
        self._home = home
        self.as_json = as_json
        self.flags: dict[str, str | None] = {}

    @cached_property
    def environ(self) -> Mapping[str, str]:
        """The environment."""
        from node import config

        return config.environment()

    @cached_property
    def settings(self) -> Settings:
        """All settings of the data folder; raises ConfigError."""
        from node import config

        return config.load(self._home, self.environ, self.flags)

    @cached_property
    def language(self) -> str:
        """The language of what is shown; English when the settings cannot be read."""
        from node.config import ConfigError

        try:
            return self.settings.language
        except (ConfigError, OSError):
            return "en"

    def client(self) -> Client:
        """The running node of this folder."""
        from node.cli.client import Client, Refused
        from node.socket_path import client_socket_path
        from protocol.errors import REFUSALS

        path = client_socket_path(self.settings.home)
        if path is None:
            raise Refused("not-running", REFUSALS["not-running"].sentence)
        return Client(path)

    def screen(self, *, is_error: bool = False) -> Screen:
        """Where people read."""
        from node.cli.show import Screen

        return Screen(self.language, is_error=is_error)


class Given:
    """`--home` and `--json` as they stand before the verb; those after it go first."""

    home: Path | None = None
    as_json = False


def before(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag of the command line
    """Keep the options that stand before a verb; the callback of the program and each family."""
    given = context.ensure_object(Given)
    given.home = home or given.home
    given.as_json = as_json or given.as_json


def family(app: typer.Typer, name: str, about: str) -> typer.Typer:
    """A family of verbs, such as `circle`."""
    made = typer.Typer(no_args_is_help=True, help=about)
    made.callback()(before)
    app.add_typer(made, name=name)
    return made


def verb(app: typer.Typer, name: str) -> Callable[[Verb], Verb]:
    """Register a function as a verb, with `--home` and `--json` added to its own arguments."""

    def register(function: Verb) -> Verb:
        def carry_out(context: typer.Context, /, **own: Any) -> None:  # noqa: ANN401  # typer's
            given = context.ensure_object(Given)
            home = own.pop("home") or given.home
            call = Call(home, as_json=own.pop("as_json") or given.as_json)
            raise typer.Exit(run(call, function(call, **own), call_of=own))

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        both = inspect.signature(before, eval_str=True).parameters
        named = [
            one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for one in [*own, both["home"], both["as_json"]]
        ]
        context = both["context"].replace(kind=inspect.Parameter.POSITIONAL_ONLY)
        carry_out.__signature__ = inspect.Signature([context, *named])  # type: ignore[attr-defined]  # any function has it
        carry_out.__annotations__ = {one.name: one.annotation for one in [context, *named]}
        app.command(name, help=inspect.getdoc(function))(carry_out)
        return function

    return register
