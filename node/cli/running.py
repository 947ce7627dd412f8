"""Running: the daemon itself, in the foreground, until it is told to stop.

Every setting is an option too. Standard output has one line, `ready http://HOST:PORT`; what the
node writes about itself goes to standard error.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.verb import Call, verb

if TYPE_CHECKING:
    from node.settings import Setting, Settings


def register(app: typer.Typer, *, with_settings: bool) -> None:
    """Add the verb; the table of settings takes a while to load, and only `run` shows it."""
    parameters = [inspect.Parameter("call", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    if with_settings:
        from node.settings import SETTINGS

        parameters += [_option(setting) for setting in SETTINGS if setting.in_file]

    async def run(call: Call, **flags: str | None) -> None:
        """Run the node in the foreground; SIGTERM or Ctrl-C ends it cleanly."""
        call.flags.update({_setting_name(name): value for name, value in flags.items()})
        await _run(call.settings)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # for `verb`
    verb(app, "run")(run)


async def _run(settings: Settings) -> None:
    from node.app import running
    from node.cli import offline
    from node.clock import SystemClock
    from node.log_setup import set_up_log
    from node.server import serving

    clock = SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    set_up_log(settings.log_level, settings.log_format, clock.now_ms)
    with offline.opened(settings.home) as ring:
        async with running(settings, ring, clock) as node, serving(node) as port:
            print(f"ready {_address(settings, port)}", flush=True)
            await stop.wait()


def _address(settings: Settings, port: int) -> str:
    """Where this machine reaches the node, whatever address others use."""
    from msgspec.structs import replace

    from node.config import public_url

    return public_url(replace(settings, public_url=""), port)


def _option(setting: Setting) -> inspect.Parameter:
    """The option of a setting: `--limits.body-s` or, as in the file, `--limits.body_s`."""
    flags = dict.fromkeys(f"--{one}" for one in (setting.name.replace("_", "-"), setting.name))
    option = typer.Option(*flags, help=setting.help, metavar=setting.type.__name__.upper())
    return inspect.Parameter(
        setting.name.replace(".", SECTION_MARK),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, option],
    )


def _setting_name(parameter: str) -> str:
    return parameter.replace(SECTION_MARK, ".")


# what stands for the point of `limits.body_s` in the name of a parameter
SECTION_MARK = "__"
