"""Stranger: a peer that says whatever a test wants, over a real websocket and a real handshake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientWebSocketResponse

from node.app import Node
from node.keyring import entropy
from node.net.wire import Own, Wire, initiate
from protocol import messages as m
from protocol.chunk import Path, pack
from protocol.keys import Network
from protocol.serve import split
from tests.coops import NETWORK, Coop
from tests.node.net.nodes import GUARD_S


class Stranger:
    """One link of a co-op to a node; `say` and `hear` are all it does by itself."""

    def __init__(self, coop: Coop, wire: Wire) -> None:
        self.coop = coop
        self.wire = wire

    async def say(self, *messages: m.Message) -> None:
        for message in messages:
            await self.wire.send(m.write(message))

    async def hear(self) -> m.AnyMessage | None:
        """The node's next message; None when it has closed."""
        async with asyncio.timeout(GUARD_S):
            frame = await self.wire.receive()
        return None if frame is None else m.read(frame)

    async def hear_until(self, kind: type[m.Message]) -> m.AnyMessage:
        """Skip to the next message of a kind; the node must not close before."""
        while (message := await self.hear()) is not None:
            if isinstance(message, kind):
                return message
        raise AssertionError(f"closed before {kind.__name__}")

    async def farewell(self) -> tuple[str, str]:
        """Why the node closes: code and detail; empty when it says nothing."""
        said = ("", "")
        while (message := await self.hear()) is not None:
            if isinstance(message, m.Close):
                said = (message.code, message.detail)
        return said

    async def greet(self, *circles: tuple[bytes, bytes]) -> m.Hello:
        """Introduce itself where asked, say hello with roots by circle, and hear the node's."""
        hello = None
        await self.say(m.Hello(1, 0, tuple((self.blind(one), root) for one, root in circles)))
        while hello is None:
            message = await self.hear()
            assert message is not None, "closed instead of a hello"
            if isinstance(message, m.AskIntroduction):
                await self.say(m.Introduction((self.coop.inception,), last=True))
            elif isinstance(message, m.Hello):
                hello = message
        return hello

    async def push(self, circle: bytes, *paths: Path) -> None:
        """Send paths as a live change."""
        await self.push_bytes(circle, pack(paths))

    async def push_bytes(self, circle: bytes, packed: bytes) -> None:
        """Send anything as a live change."""
        for piece, last in split(packed):
            await self.say(m.Push(self.blind(circle), last, piece))

    def blind(self, circle: bytes) -> bytes:
        return NETWORK.hash(b"blind", circle + self.wire.handshake_hash)[:16]


@asynccontextmanager
async def socket_to(node: Node) -> AsyncIterator[ClientWebSocketResponse]:
    """A bare websocket to a node's peer endpoint, without a handshake."""
    async with ClientSession() as client, client.ws_connect(f"{node.address}/peer") as socket:
        yield socket


@asynccontextmanager
async def stranger(
    node: Node, coop: Coop, *, network: Network = NETWORK, nonce: bytes | None = None
) -> AsyncIterator[Stranger]:
    """A co-op that has shaken hands with a node."""
    async with socket_to(node) as socket:
        own = Own(coop.id, coop.device, coop.keyring.noise_private)
        wire = await initiate(socket, own, network, entropy, node.coop, nonce)
        yield Stranger(coop, wire)
