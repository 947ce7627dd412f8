"""Real nodes: data folders, stores, websockets on ports of this machine; and waiting for news."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from node import acts, config, home, ingest, keyring
from node.app import Node, running
from node.clock import Clock, SystemClock
from node.net.peers import peer_routes
from node.settings import Value
from node.store import circles, peers
from node.store.database import Database
from protocol import profile, trade
from protocol.endorse import act_digest
from tests.coops import NETWORK, Coop, titles_in
from tests.node.net.relay import Relay

# Not a measure of anything: a test that waits for so long is broken.
GUARD_S = 60


@asynccontextmanager
async def running_node(
    folder: Path,
    *,
    port: int = 0,
    clock: Clock | None = None,
    at: Relay | str | None = None,
    flags: Mapping[str, Value] | None = None,
) -> AsyncIterator[Node]:
    """A node on its data folder, made when it is new; `at` is what stands before its port."""
    given = {"listen": f"127.0.0.1:{port}", "network": NETWORK.name, **(flags or {})}
    settings = config.load(folder, {}, given)
    if not (folder / home.DATABASE_NAME).exists():
        fields = profile.Profile(name=folder.name, country="KE")
        home.make(folder, NETWORK, fields, keyring.entropy)
    async with running(settings, keyring.load(folder), clock or SystemClock()) as node:
        application = web.Application()
        application.add_routes(peer_routes(node))

        async def goodbye(_: web.Application) -> None:
            await node.peers.goodbye()

        application.on_shutdown.append(goodbye)
        runner = web.AppRunner(application, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            real_port = runner.addresses[0][1]
            if isinstance(at, Relay):
                at.target = real_port
                at = at.address
            await node.listening(at or f"http://127.0.0.1:{real_port}")
            yield node
        finally:
            await runner.cleanup()


@asynccontextmanager
async def village(folder: Path, *names: str) -> AsyncIterator[tuple[bytes, list[Node]]]:
    """Nodes of which the first has founded a circle and let in the others, one after another."""
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(running_node(folder / name)) for name in names]
        circle = await nodes[0].found_circle("Sea and soil", public=False)
        for newcomer in nodes[1:]:
            await let_in(circle, nodes, newcomer)
        yield circle, nodes


async def let_in(circle: bytes, nodes: Sequence[Node], newcomer: Node) -> None:
    """Join by an invite of the first node; the second one endorses when two have to say yes."""
    joining = await newcomer.join(await invite(nodes[0], circle))
    if joining.pending:
        await endorse_one(nodes[1], circle)
    await until(nodes[0], lambda: is_member(nodes[0], circle, newcomer.coop))
    await until(newcomer, lambda: is_member(newcomer, circle, newcomer.coop))


async def endorse_one(node: Node, circle: bytes) -> None:
    """Wait for a proposal and give it the last yes that it needs."""
    await until(node, lambda: has_proposal(node, circle))
    digests = await node.store.write(lambda database: proposals(database, circle))
    assert await node.endorse(circle, digests[0])


async def invite(node: Node, circle: bytes, *, uses: int = 1) -> str:
    given = await node.invites.create(
        circle, "Sea and soil", "founder", [node.address], uses=uses, days=7
    )
    return given.link


async def until(nodes: Node | Sequence[Node], condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds, looking again whenever a node tells that something happened."""
    some = [nodes] if isinstance(nodes, Node) else nodes
    news = asyncio.Event()
    watching = [asyncio.create_task(_watch(node, news)) for node in some]
    try:
        async with asyncio.timeout(GUARD_S):
            await asyncio.sleep(0)  # from here on nothing is missed
            while not await condition():
                await news.wait()
                news.clear()
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def _watch(node: Node, news: asyncio.Event) -> None:
    async with aclosing(node.events.subscribe()) as events:
        async for _ in events:
            news.set()


async def until_titles(node: Node, circle: bytes, *wanted: str) -> None:
    async def has() -> bool:
        return set(wanted) <= set(await titles(node, circle))

    await until(node, has)


async def until_linked(node: Node, *others: Node) -> None:
    async def linked() -> bool:
        links = node.peers.links
        return all(one.coop in links and links[one.coop].greeted for one in others)

    await until(node, linked)


async def until_equal(circle: bytes, nodes: Sequence[Node]) -> None:
    """Wait until all nodes have the same root, nothing left to fold, and show the same offers.

    What came by comparing roots is stored first and folded a moment later.
    """

    async def equal() -> bool:
        if len({await root(one, circle) for one in nodes}) > 1:
            return False
        shown = {tuple(await titles(one, circle)) for one in nodes}
        return len(shown) == 1 and not any(one.store.lag for one in nodes)

    await until(nodes, equal)


def offer(title: str) -> trade.Offer:
    return trade.Offer(title={"en": title})


async def publish(node: Node, circle: bytes, title: str) -> bytes:
    return await node.add_offer(circle, trade.OFFER, offer(title))


async def titles(node: Node, circle: bytes) -> list[str]:
    rows = await read(
        node,
        "SELECT kind.name, record.body FROM offer JOIN record ON record.n = offer.version "
        "JOIN kind ON kind.n = record.kind JOIN circle ON circle.n = offer.circle "
        "WHERE circle.id = ? AND NOT hidden",
        circle,
    )
    return sorted(titles_in(rows))


async def root(node: Node, circle: bytes) -> bytes:
    rows = await read(node, "SELECT root FROM circle WHERE id = ?", circle)
    return bytes(rows[0][0]) if rows else b""


async def count(node: Node, table: str) -> int:
    return int((await read(node, f"SELECT count(*) FROM {table}"))[0][0])


async def read(node: Node, statement: str, *values: object) -> list[Any]:
    async with node.store.reader() as connection:
        return list(await connection.execute_fetchall(statement, values))


async def is_member(node: Node, circle: bytes, coop: bytes) -> bool:
    return await node.store.write(lambda database: peers.is_accepted(database, circle, coop))


async def has_proposal(node: Node, circle: bytes) -> bool:
    return bool(await node.store.write(lambda database: proposals(database, circle)))


def proposals(database: Database, circle: bytes) -> list[bytes]:
    return [
        act_digest(NETWORK, act, circle, data)
        for act, data, _ in circles.load(database, circle).proposals()
    ]


async def enrol(node: Node, circle: bytes, coop: Coop) -> None:
    """Make a member of a co-op without a node: its records go through this one's door."""
    await node.store.write(lambda database: ingest.ingest_keys(database, [coop.inception]))
    assert await node.admit(circle, coop.id)
    await node.publisher.run(
        lambda database, _: acts.accept(database, coop.signing(now_ms=node.clock.now_ms()), circle),
        role="owner",
        results=lambda answer: answer,
    )


def port_of(node: Node) -> int:
    port = urlsplit(node.address).port
    assert port is not None
    return port
