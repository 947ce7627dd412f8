import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from node.net import wire as wires
from node.net.wire import SOCKET_MESSAGE_BYTES_MAX, Own, Wire, close_socket, initiate, respond
from protocol import invite
from protocol.errors import Refusal
from protocol.keys import Network, agreement_public
from protocol.limits import FRAME_PLAIN_BYTES_MAX
from tests.coops import NETWORK, Coop

DIALLING, ANSWERING = Coop("dialling"), Coop("answering")
GUARD_S = 30
NOISE_TAG_BYTES = 16


def own(coop: Coop) -> Own:
    return Own(coop.id, coop.device, coop.keyring.noise_private)


Serve = Callable[[web.WebSocketResponse], Awaitable[None]]


@asynccontextmanager
async def sockets(serve: Serve) -> AsyncIterator[ClientWebSocketResponse]:
    """A real websocket whose other end is handed to `serve`."""

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=SOCKET_MESSAGE_BYTES_MAX)
        await socket.prepare(request)
        await serve(socket)
        return socket

    application = web.Application()
    application.router.add_get("/peer", handler)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    async with (
        ClientSession() as client,
        client.ws_connect(
            f"http://{host}:{port}/peer", max_msg_size=SOCKET_MESSAGE_BYTES_MAX
        ) as socket,
        asyncio.timeout(GUARD_S),
    ):
        yield socket
    await runner.cleanup()


class Answering:
    """The other side: shakes hands, then does what a test wants."""

    def __init__(self, then: Callable[[Wire], Awaitable[None]] | None = None) -> None:
        self.wire: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self._then = then

    async def __call__(self, socket: web.WebSocketResponse) -> None:
        try:
            wire = await respond(socket, own(ANSWERING), NETWORK, ANSWERING.draw)
        except Refusal as refusal:
            self.wire.set_exception(refusal)
            self.wire.exception()
            return
        self.wire.set_result(wire)
        if self._then is not None:
            await self._then(wire)


async def shake(
    socket: ClientWebSocketResponse,
    expected: bytes | None = None,
    nonce: bytes | None = None,
    network: Network = NETWORK,
) -> Wire:
    return await initiate(socket, own(DIALLING), network, DIALLING.draw, expected, nonce)


async def test_both_learn_who_is_at_the_other_end_and_share_one_name_for_the_link() -> None:
    answering = Answering()
    async with sockets(answering) as socket:
        ours = await shake(socket, ANSWERING.id)
        theirs = await answering.wire
    assert (ours.greeting.coop, ours.greeting.device) == (ANSWERING.id, ANSWERING.device)
    assert (theirs.greeting.coop, theirs.greeting.device) == (DIALLING.id, DIALLING.device)
    assert ours.remote_static == agreement_public(ANSWERING.keyring.noise_private)
    assert theirs.remote_static == agreement_public(DIALLING.keyring.noise_private)
    assert ours.handshake_hash == theirs.handshake_hash
    assert (ours.initiator, theirs.initiator) == (True, False)


async def test_an_invite_is_proven_over_this_handshake_and_its_secret_does_not_travel() -> None:
    answering = Answering()
    async with sockets(answering) as socket:
        await shake(socket, nonce=b"n" * 16)
        greeting, proof_hash = (await answering.wire).greeting, (await answering.wire).proof_hash
    assert greeting.invite == invite.invite_id(NETWORK, b"n" * 16)
    assert greeting.proof is not None
    assert invite.proves(greeting.proof, b"n" * 16, proof_hash)
    assert not invite.proves(greeting.proof, b"n" * 16, bytes(32))
    assert not invite.proves(greeting.proof, b"m" * 16, proof_hash)


async def test_who_expects_another_coop_stops_before_saying_who_it_is() -> None:
    answering = Answering()
    async with sockets(answering) as socket:
        with pytest.raises(Refusal, match="invite-other-coop"):
            await shake(socket, expected=DIALLING.draw(32))
        await socket.close()
        with pytest.raises(Refusal, match="peer-stalled"):
            await answering.wire


async def test_a_node_does_not_talk_to_itself() -> None:
    async with sockets(Answering()) as socket:
        with pytest.raises(Refusal, match="to-itself"):
            await initiate(socket, own(ANSWERING), NETWORK, ANSWERING.draw, None, None)


async def test_another_node_of_the_same_coop_is_not_itself() -> None:
    mine, answering = (
        Own(ANSWERING.id, DIALLING.device, DIALLING.keyring.noise_private),
        Answering(),
    )
    async with sockets(answering) as socket:
        wire = await initiate(socket, mine, NETWORK, DIALLING.draw, ANSWERING.id, None)
        assert wire.greeting.coop == ANSWERING.id
        assert (await answering.wire).greeting.device == DIALLING.device


async def test_another_network_is_noticed_by_the_dialling_side() -> None:
    async with sockets(Answering()) as socket:
        with pytest.raises(Refusal, match=r"other-network|peer-stalled"):
            await shake(socket, network=Network("elsewhere"))


async def test_one_that_closes_in_the_handshake_is_a_refusal() -> None:
    async def hang_up(socket: web.WebSocketResponse) -> None:
        await socket.close()

    async with sockets(hang_up) as socket:
        with pytest.raises(Refusal, match="peer-stalled"):
            await shake(socket)


async def test_one_that_stalls_in_the_handshake_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires, "HANDSHAKE_S_MAX", 0.05)

    async def listen(socket: web.WebSocketResponse) -> None:
        async for _ in socket:
            pass

    async with sockets(listen) as socket:
        with pytest.raises(Refusal, match="peer-stalled"):
            await shake(socket)


async def test_frames_of_every_size_come_through_encrypted_and_counted() -> None:
    sizes = [0, 1, 1_000, FRAME_PLAIN_BYTES_MAX]

    async def echo(wire: Wire) -> None:
        while (frame := await wire.receive()) is not None:
            await wire.send(frame)

    answering = Answering(echo)
    async with sockets(answering) as socket:
        wire = await shake(socket)
        for size in sizes:
            await wire.send(b"x" * size)
            assert await wire.receive() == b"x" * size
        total = sum(sizes) + NOISE_TAG_BYTES * len(sizes)
        assert (wire.bytes_out, wire.bytes_in) == (total, total)
        await wire.close()


@pytest.mark.parametrize("tamper", ["flip", "swap", "repeat", "text"])
async def test_a_frame_that_was_changed_on_the_way_is_refused(tamper: str) -> None:
    async def say_wrong(wire: Wire) -> None:
        first, second = (bytearray(wire._send.encrypt(text)) for text in (b"first", b"second"))
        first[-1] ^= tamper == "flip"
        order = [second, first] if tamper == "swap" else [first, first]
        for frame in order:
            if tamper == "text":
                await wire.socket.send_str("first")
            else:
                await wire.socket.send_bytes(bytes(frame))
        await wire.receive()

    async with sockets(Answering(say_wrong)) as socket:
        wire = await shake(socket)
        if tamper == "repeat":
            assert await wire.receive() == b"first"
        with pytest.raises(Refusal, match="malformed"):
            await wire.receive()


async def test_who_takes_nothing_any_more_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires, "SEND_S_MAX", 0.05)
    monkeypatch.setattr(wires, "CLOSE_S_MAX", 0.05)
    over = asyncio.Event()

    async def never_read(wire: Wire) -> None:
        await over.wait()

    async with sockets(Answering(never_read)) as socket:
        wire = await shake(socket)
        with pytest.raises(TimeoutError):
            await send_for_ever(wire)
        await wire.close()
        assert socket.closed
        over.set()


async def send_for_ever(wire: Wire) -> None:
    while True:
        await wire.send(bytes(FRAME_PLAIN_BYTES_MAX))


async def test_closing_does_not_wait_for_one_that_never_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wires, "CLOSE_S_MAX", 0.05)
    over = asyncio.Event()

    async def never_close(socket: web.WebSocketResponse) -> None:
        await over.wait()

    async with sockets(never_close) as socket:
        await close_socket(socket)
        assert socket.closed
        over.set()
