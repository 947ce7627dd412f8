"""Server: one application for peers, API and pages, on a TCP port and on the machine's own socket.

The socket lies in a folder that only the machine's owner can enter; whoever comes over it is the
owner. Below a base path and without it everything is the same, so that a proxy may take it off.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from node import home
from node.api import table
from node.api.route import is_api, told_errors
from node.app import Node
from node.config import environment, listen_address, public_url
from node.gate.accounts import Accounts
from node.gate.bodies import clear_uploads
from node.gate.door import BACKLOG_CONNECTIONS, GuardedSite
from node.gate.headers import secure
from node.gate.keys import ACCOUNTS, JOBS, NODE, PEOPLE, REPEATS, base_path
from node.gate.people import People
from node.gate.repeats import Repeats
from node.jobs import Jobs
from node.keyring import entropy
from node.net.peers import peer_routes
from node.proxies import networks
from node.socket_path import server_socket_path
from node.views import names, read
from node.web import first, pages
from node.web.first_wizard import Wizard

# An idle connection costs memory and a descriptor; a browser opens another one at no cost.
KEEPALIVE_S: Final = 60
# What is under way when the node stops has so long to end.
SHUTDOWN_S_MAX: Final = 10
# The last page of a first run goes out at once.
FIRST_S_MAX: Final = 5
SOCKET_MODE: Final = 0o600


def application(node: Node) -> web.Application:
    """Everything that is answered over HTTP."""
    settings = node.settings
    app = web.Application(middlewares=[_told], client_max_size=settings.limits.body_bytes)
    app[NODE] = node
    app[ACCOUNTS] = Accounts(node.store, node.clock, entropy, settings.session.days)
    app[PEOPLE] = People(node.store, node.clock, entropy, app[ACCOUNTS])
    app[REPEATS] = Repeats(node.store, node.clock)
    app[JOBS] = Jobs(node, entropy)
    for base in dict.fromkeys(["", base_path(settings)]):
        table.add_routes(app, base)
        pages.add_routes(app, base)
        app.router.add_get(f"{base}/livez", live)
        app.router.add_get(f"{base}/readyz", ready)
        for route in peer_routes(node):
            app.router.add_route(route.method, base + route.path, route.handler)
    app.on_response_prepare.append(secure)
    app.on_startup.append(_take_up_jobs)
    app.on_shutdown.append(_end_streams)
    return app


@asynccontextmanager
async def first_serving(wizard: Wizard) -> AsyncIterator[GuardedSite]:
    """The first run's pages while the block runs, where the node will answer after it."""
    settings = wizard.settings
    runner = web.AppRunner(
        first.application(wizard, lambda: site.port), access_log=None, shutdown_timeout=FIRST_S_MAX
    )
    await runner.setup()
    host, port = listen_address(settings.listen)
    site = GuardedSite(runner, host, port, settings.limits.connections_per_address)
    try:
        await site.start()
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serving(
    node: Node,
    listen: str | None = None,
    socket_path: Path | None = None,
    opened: Sequence[socket.socket] = (),
) -> AsyncIterator[int]:
    """Answer requests while the block runs; the port that was really opened.

    `listen` and `socket_path` are the settings' when they are left out; `opened` are sockets that
    listen already. Raises OSError when the port is taken. Must run under the process lock of the
    data folder.
    """
    settings = node.settings
    listen = settings.listen if listen is None else listen
    if socket_path is None:
        socket_path = server_socket_path(settings.home, environment())
    await asyncio.to_thread(clear_uploads, settings)
    runner = web.AppRunner(
        application(node),
        access_log=None,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=SHUTDOWN_S_MAX,
    )
    await runner.setup()
    try:
        if opened:
            site = await _take_sites(node, runner, opened)
        else:
            site = await _open_site(node, runner, *listen_address(listen))
        own = _own_socket(socket_path)
        await web.SockSite(runner, own, backlog=BACKLOG_CONNECTIONS).start()
        address = public_url(settings, site.port)
        await node.listening(address)
        _log.info("listening", address=address, port=site.port)
        yield site.port
    finally:
        await runner.cleanup()
        socket_path.unlink(missing_ok=True)


async def _open_site(node: Node, runner: web.AppRunner, host: str, port: int) -> GuardedSite:
    """The TCP site; with port 0 the one of the last time is tried first: peers know it."""
    connections_max = node.settings.limits.connections_per_address
    proxies = networks(node.settings.trusted_proxies)
    last = 0 if port else await node.store.write(home.last_port)
    for candidate in dict.fromkeys([port or last, port]):
        site = GuardedSite(runner, host, candidate, connections_max, proxies=proxies)
        try:
            await site.start()
        except OSError:
            if candidate == port:
                raise
            await site.stop()
            continue
        await node.store.write(partial(home.keep_port, port=site.port))
        return site
    raise AssertionError("the last candidate opens or raises")


async def _take_sites(
    node: Node, runner: web.AppRunner, opened: Sequence[socket.socket]
) -> GuardedSite:
    """Go on at sockets that listen already; the first of them."""
    connections_max = node.settings.limits.connections_per_address
    proxies = networks(node.settings.trusted_proxies)
    sites = [GuardedSite(runner, "", 0, connections_max, one, proxies) for one in opened]
    for site in sites:
        await site.start()
    await node.store.write(partial(home.keep_port, port=sites[0].port))
    return sites[0]


async def live(request: web.Request) -> web.Response:
    """The process answers."""
    del request
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """The store answers too."""
    await read(request.app[NODE].store, names.own_profile)
    return web.Response(text="ok\n")


@web.middleware
async def _told(request: web.Request, handler: pages.Handler) -> web.StreamResponse:
    """Faults as a problem in JSON for the API, as a page for people."""
    return await (told_errors if is_api(request) else pages.told_pages)(request, handler)


async def _take_up_jobs(app: web.Application) -> None:
    """Go on with the imports that the end of the last run cut off."""
    await app[JOBS].open()


async def _end_streams(app: web.Application) -> None:
    """Let those go who only wait for what happens next: open pages and peers."""
    app[NODE].events.close()
    await app[NODE].peers.goodbye()
    await app[NODE].peers.goodbye()


def _own_socket(path: Path) -> socket.socket:
    """The listening unix socket, open to its owner alone from the first moment."""
    path.unlink(missing_ok=True)  # left by a crash; the process lock says that nobody uses it
    own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~SOCKET_MODE)
    try:
        own.bind(str(path))
    except OSError:
        own.close()
        raise
    finally:
        os.umask(before)
    return own


_log = structlog.get_logger(__name__)
