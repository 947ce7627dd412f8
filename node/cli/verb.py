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
from node.cli.words import message

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
        from node.text import Message
        from protocol.errors import REFUSALS

        path = client_socket_path(self.settings.home)
        if path is None:
            raise Refused("not-running", Message(REFUSALS["not-running"].sentence))
        return Client(path, language=self.language)

    def screen(self, *, is_error: bool = False) -> Screen:
        """Where people read."""
        from node.cli.show import Screen

        return Screen(self.language, is_error=is_error)


class Given:
    """`--home` and `--json` as they stand before the verb; those after it go first."""

    home: Path | None = None
    as_json = False


def before(context: typer.Context, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Keep the options that stand before a verb; the callback of the program and each family."""
    given = context.ensure_object(Given)
    given.home = home or given.home
    given.as_json = as_json or given.as_json


def family(about: str) -> typer.Typer:
    """A family of verbs, such as those of circles."""
    made = typer.Typer(no_args_is_help=True, help=about)
    made.callback()(before)
    return made


def verb(app: typer.Typer, name: str) -> Callable[[Verb], Verb]:
    """Register a function as a verb, with `--home` and `--json` added to its own arguments."""

    def register(function: Verb) -> Verb:
        def carry_out(**own: Any) -> None:  # noqa: ANN401  # what typer read
            given = own.pop("context").ensure_object(Given)
            home = own.pop("home") or given.home
            call = Call(home, as_json=own.pop("as_json") or given.as_json)
            raise typer.Exit(run(call, function(call, **own)))

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        both = inspect.signature(before, eval_str=True).parameters
        named = [
            one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for one in [both["context"], *own, both["home"], both["as_json"]]
        ]
        carry_out.__annotations__ = {one.name: one.annotation for one in named}
        # typer reads the options off it
        carry_out.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
        app.command(name, help=inspect.getdoc(function))(carry_out)
        return function

    return register


def run(call: Call, doing: Awaitable[Answer | None]) -> int:
    """Carry a verb out and print its answer; the exit code."""
    try:
        answer = asyncio.run(_waited(doing))
    except (BrokenPipeError, typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as fault:  # noqa: BLE001  # the edge: a sentence and an exit code come of it
        refusal = refusal_of(fault)
        tell(call, refusal)
        if call.as_json:
            print_json({"error": error_of(call, refusal)})
        return FAILED
    if answer is None:
        return 0
    if call.as_json:
        print_json(answer.value)
    else:
        answer.show(call.screen())
    return FAILED if answer.failed else 0


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object; on one line for a program, on many for a person."""
    import msgspec

    content = msgspec.json.encode(value)
    if sys.stdout.isatty():
        content = msgspec.json.format(content, indent=2)
    sys.stdout.buffer.write(content + b"\n")
    sys.stdout.buffer.flush()


def tell(call: Call, refusal: Message) -> None:
    """Say on standard error why a verb was not done."""
    call.screen(is_error=True).text(f"{sentence_of(call, refusal)} [{refusal.code}]")


def error_of(call: Call, refusal: Message) -> dict[str, str]:
    """A refusal as programs read it."""
    return {"code": refusal.code, "sentence": sentence_of(call, refusal)}


def sentence_of(call: Call, refusal: Message) -> str:
    """A refusal's sentence without its code, in the person's language."""
    import msgspec

    return call.screen(is_error=True).told(msgspec.structs.replace(refusal, code=""))


def refusal_of(fault: BaseException) -> Message:
    """The sentence and the code of whatever ended a verb."""
    from msgspec.structs import replace

    from node.lock import LockedElsewhere
    from node.text import Message, ToldError
    from protocol.errors import REFUSALS, Refusal

    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if isinstance(fault, LockedElsewhere):
        return replace(fault.message, code="home-in-use")
    if isinstance(fault, ToldError):
        return fault.message
    if isinstance(fault, Refusal):
        sentence = Message(REFUSALS[fault.code].sentence)
        if not fault.detail:
            return replace(sentence, code=fault.code)
        values: dict[str, str | int | Message] = {"sentence": sentence, "detail": fault.detail}
        return Message("{sentence}: {detail}", fault.code, values)
    if isinstance(fault, OSError):
        reason = fault.strerror or str(fault) or type(fault).__name__
        if fault.filename is None:
            return message(_("the machine refused: {reason}"), "machine", reason=reason)
        text = _("{path} cannot be used: {reason}")
        return message(text, "machine", path=str(fault.filename), reason=reason)
    if type(fault).__module__ == "sqlite3":
        text = _("the node's data cannot be read or written: {reason}; restore them from a backup")
        return message(text, "data-damaged", reason=str(fault))
    _log_cause(fault)
    reason = f"{type(fault).__name__}: {fault}"
    return message(_("coop-node failed, its cause is above ({reason})"), "internal", reason=reason)


def _log_cause(fault: BaseException) -> None:
    """Where our own fault lies; without local variables, which may hold secrets."""
    import traceback

    traceback.print_exception(fault, file=sys.stderr)


async def _waited(doing: Awaitable[Answer | None]) -> Answer | None:
    return await doing
