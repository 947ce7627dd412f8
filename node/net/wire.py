"""Wire: one websocket with Noise inside, from the handshake to encrypted frames.

It proves who is at the other end as far as a static key goes; whose key that is, `link` asks the
key logs. It never interprets a frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Final, NamedTuple

from aiohttp import ClientWebSocketResponse, WSMsgType, web

from protocol import invite as links
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import FRAME_BYTES_MAX, KEY_BYTES, PROTOCOL_VERSION
from protocol.messages import Greeting, read_greeting
from protocol.noise import Handshake, HandshakeFailed

Socket = ClientWebSocketResponse | web.WebSocketResponse


class Own(NamedTuple):
    """What this node shows in a handshake."""

    coop: bytes
    device: bytes
    noise_private: bytes


class Wire:
    """An encrypted link; `greeting` and `remote_static` say who claims to be at the other end."""

    def __init__(
        self,
        socket: Socket,
        handshake: Handshake,
        greeting: Greeting,
        proof_hash: bytes,
        *,
        initiator: bool,
    ) -> None:
        self.socket = socket
        self.greeting = greeting
        self.proof_hash = proof_hash
        """The handshake hash before message 3, over which an invite is proven."""
        self.handshake_hash = handshake.handshake_hash
        self.remote_static = handshake.remote_static or b""
        self.initiator = initiator
        self.bytes_in = 0
        self.bytes_out = 0
        self._send, self._receive = handshake.split()

    async def send(self, frame: bytes) -> None:
        """Encrypt and send; waits while the other side is slow, but not for ever."""
        data = self._send.encrypt(frame)
        self.bytes_out += len(data)
        async with asyncio.timeout(SEND_S_MAX):
            await self.socket.send_bytes(data)

    async def receive(self) -> bytes | None:
        """The next frame; None when the other side has closed."""
        message = await self.socket.receive()
        if message.type is WSMsgType.BINARY:
            self.bytes_in += len(message.data)
            try:
                return self._receive.decrypt(message.data)
            except HandshakeFailed as failed:
                raise Refusal("malformed", "a frame that does not decrypt") from failed
        if message.type in _ENDS:
            return None
        raise Refusal("malformed", "a frame that is not binary")

    async def close(self) -> None:
        """Close the socket, whatever state it is in."""
        await close_socket(self.socket)


async def close_socket(socket: Socket) -> None:
    """Close politely; a peer that does not answer, or takes nothing any more, is cut off."""
    connection = socket.get_extra_info("socket")
    try:
        async with asyncio.timeout(CLOSE_S_MAX):
            await socket.close()
    except TimeoutError:
        # Closing the transport would wait until what is queued has gone out.
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)


async def initiate(
    socket: Socket,
    own: Own,
    network: Network,
    draw: Callable[[int], bytes],
    expected: bytes | None,
    nonce: bytes | None,
) -> Wire:
    """Shake hands as the dialling side; `nonce` proves an invite in message 3.

    Refuses `to-itself`, `invite-other-coop`, `other-network`, `peer-stalled`.
    """
    handshake = _handshake(network, own, draw(KEY_BYTES), initiator=True)
    with _told():
        async with asyncio.timeout(HANDSHAKE_S_MAX):
            await socket.send_bytes(handshake.write(b""))
            greeting = read_greeting(handshake.read(await _binary(socket)))
            _refuse_itself(greeting, own)
            if expected is not None and greeting.coop != expected:
                raise Refusal("invite-other-coop")
            proof_hash = handshake.handshake_hash
            invite = links.invite_id(network, nonce) if nonce else None
            proof = links.proof(nonce, proof_hash) if nonce else None
            mine = Greeting(own.coop, own.device, invite, proof)
            await socket.send_bytes(handshake.write(encode(mine)))
    return Wire(socket, handshake, greeting, proof_hash, initiator=True)


async def respond(socket: Socket, own: Own, network: Network, draw: Callable[[int], bytes]) -> Wire:
    """Shake hands as the listening side."""
    handshake = _handshake(network, own, draw(KEY_BYTES), initiator=False)
    with _told():
        async with asyncio.timeout(HANDSHAKE_S_MAX):
            handshake.read(await _binary(socket))
            mine = Greeting(own.coop, own.device, None, None)
            await socket.send_bytes(handshake.write(encode(mine)))
            message = await _binary(socket)
            proof_hash = handshake.handshake_hash
            greeting = read_greeting(handshake.read(message))
            _refuse_itself(greeting, own)
    return Wire(socket, handshake, greeting, proof_hash, initiator=False)


def _refuse_itself(greeting: Greeting, own: Own) -> None:
    """Another node of the same co-op is not this node: it has a device of its own."""
    if (greeting.coop, greeting.device) == (own.coop, own.device):
        raise Refusal("to-itself")


def prologue(network: Network) -> bytes:
    """What both sides must have in common before anything else."""
    return encode(["coop-node", PROTOCOL_VERSION, network.name])


def _handshake(network: Network, own: Own, ephemeral: bytes, *, initiator: bool) -> Handshake:
    return Handshake("XX", initiator, prologue(network), own.noise_private, ephemeral)


class _told:  # noqa: N801 - reads as a word where it is used
    """Turn what goes wrong in a handshake into refusals."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> None:
        if kind is not None and issubclass(kind, HandshakeFailed):
            raise Refusal("other-network", str(fault)) from None
        if kind is not None and issubclass(kind, TimeoutError):
            raise Refusal("peer-stalled", "handshake") from None
        if kind is not None and issubclass(kind, ConnectionError):
            raise Refusal("peer-stalled", "closed in the handshake") from None


async def _binary(socket: Socket) -> bytes:
    message = await socket.receive()
    if message.type is WSMsgType.BINARY:
        return bytes(message.data)
    if message.type in _ENDS:
        raise Refusal("peer-stalled", "closed in the handshake")
    raise Refusal("malformed", "a frame that is not binary")


HANDSHAKE_S_MAX: Final = 10
# How long a close waits for the other side's.
CLOSE_S_MAX: Final = 5
# A peer that takes no frame for so long has stalled.
SEND_S_MAX: Final = 60
# The websocket library refuses a message of exactly its limit.
SOCKET_MESSAGE_BYTES_MAX: Final = FRAME_BYTES_MAX + 1
_ENDS: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})
