"""Running: the daemon itself, in the foreground, until it is told to stop.

Every setting is an option too. Standard output has one line, `ready http://HOST:PORT`, after the
link to the first run where the folder has no node yet; what the node writes about itself goes to
standard error.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from node.cli.verb import Call, verb
from node.cli.words import mark as _

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Awaitable, Callable

    from node.clock import Clock
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
        await _run(call)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # for `verb`
    verb(app, "run")(run)


async def _run(call: Call) -> None:
    from node import keyring
    from node.app import running
    from node.cli import offline
    from node.clock import SystemClock
    from node.log_setup import set_up_log
    from node.server import serving

    settings = call.settings
    clock = SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with offline.held(settings.home):
        set_up_log(settings.log_level, settings.log_format, clock.now_ms)
        async with _first_run(call, clock, stop) as first:
            if stop.is_set():
                return
            ring, opened = keyring.load(settings.home), first.sockets
            async with running(settings, ring, clock) as node, serving(node, opened=opened) as port:
                if not first.sockets:
                    print(f"ready {_address(settings, port)}", flush=True)
                await first.end()
                await stop.wait()


class _First(NamedTuple):
    """What a first run leaves: sockets that listen, and how its own pages end."""

    sockets: list[socket.socket]
    end: Callable[[], Awaitable[None]]


@asynccontextmanager
async def _first_run(call: Call, clock: Clock, stop: asyncio.Event) -> AsyncIterator[_First]:
    """Serve the pages of a first run until a node is made, if there is none yet."""
    from node import firstrun
    from node.keyring import entropy
    from node.server import first_serving
    from node.text import translator
    from node.web.first_wizard import Wizard
    from protocol.keys import Network

    settings = call.settings
    async with AsyncExitStack() as stack:
        if firstrun.standing(settings.home, Network(settings.network)) == "made":
            yield _First([], stack.aclose)
            return
        wizard = Wizard(settings, clock, entropy)
        site = await stack.enter_async_context(first_serving(wizard))
        address = _address(settings, site.port)
        told = translator(call.language)(_("first run: open this link once: {link}"))
        print(told.format(link=f"{address}/start/{wizard.link_token}"))
        print(f"ready {address}", flush=True)
        await _either(wizard.finished, stop)
        sockets = site.copies()
        await site.stop()

        async def end() -> None:
            """Whoever waits at the old pages is sent to the node."""
            wizard.taken_over.set()
            await stack.aclose()

        try:
            yield _First(sockets, end)
        finally:
            for one in sockets:
                one.close()


async def _either(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(one.wait()) for one in events]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()


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
