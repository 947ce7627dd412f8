"""Hostile and clumsy peers before, in and after the handshake, over real sockets."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

from node.net import link as links
from node.net import wire as wires
from node.net.wire import Own, initiate
from node.store import blobs
from protocol import messages as m
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import (
    BLOB_PIECE_BYTES,
    FRAME_BYTES_MAX,
    FRAME_PLAIN_BYTES_MAX,
    REQUESTS_IN_FLIGHT_MAX,
)
from tests.coops import NETWORK, Coop
from tests.node.net.nodes import GUARD_S, count
from tests.node.net.siege import Siege, siege
from tests.node.net.stranger import Stranger, socket_to, stranger


@pytest.mark.parametrize("size", [0, 31, 32, 200, FRAME_BYTES_MAX])
async def test_garbage_instead_of_a_handshake_is_hung_up_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    async with siege(tmp_path, caplog) as town, socket_to(town.node) as socket:
        await socket.send_bytes(bytes(size))
        await socket.send_bytes(bytes(size))
        assert await ends(socket)


async def test_text_instead_of_a_handshake_is_hung_up_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, socket_to(town.node) as socket:
        await socket.send_str("hello?")
        assert await ends(socket)


async def test_a_plain_request_at_the_endpoint_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        siege(tmp_path, caplog) as town,
        ClientSession() as client,
        client.get(f"{town.node.address}/peer") as answer,
    ):
        assert answer.status == 400


async def test_who_stalls_in_the_handshake_is_hung_up_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with siege(tmp_path, caplog) as town:
        monkeypatch.setattr(wires, "HANDSHAKE_S_MAX", 0.05)
        async with socket_to(town.node) as socket:
            assert await ends(socket)


async def test_who_never_says_hello_is_told_that_it_stalled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with siege(tmp_path, caplog) as town:
        monkeypatch.setattr(links, "HELLO_S_MAX", 0.05)
        async with stranger(town.node, town.member) as peer:
            assert (await peer.farewell())[0] == "peer-stalled"


async def test_who_is_silent_after_hello_is_ended_at_the_second_question(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet((town.circle, bytes(32)))
        link = town.node.peers.links[town.member.id]
        await peer.hear_until(m.AskTrie)
        await peer.say(m.Roots((), answer=True))
        await peer.hear_until(m.Roots)
        await link.compare()
        await link.compare()
        assert (await peer.farewell())[0] == "peer-stalled"


async def test_a_frame_at_the_limit_is_read_and_one_past_it_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        async with stranger(town.node, Coop("unknown")) as peer:
            pass
        await town.node.peers.add(Coop("listed").id, "")
        async with stranger(town.node, Coop("listed")) as peer:
            await peer.wire.send(bytes(FRAME_PLAIN_BYTES_MAX))
            assert (await peer.farewell())[0] in {"malformed", "bad-field"}
        async with stranger(town.node, Coop("listed")) as peer:
            await peer.wire.socket.send_bytes(bytes(FRAME_BYTES_MAX + 1))
            assert await peer.farewell() == ("", "")


async def test_a_frame_that_does_not_decrypt_ends_the_link(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        await peer.wire.socket.send_bytes(bytes(100))
        assert (await peer.farewell())[0] == "malformed"


class Watched(deque[bytes]):
    """A queue that remembers how long it was at most."""

    peak = 0

    def append(self, frame: bytes) -> None:
        super().append(frame)
        self.peak = max(self.peak, len(self))


UNASKED: list[Callable[[Stranger, Siege], m.Message]] = [
    lambda _, __: m.Data(1, last=True, piece=b"x"),
    lambda _, __: m.Done(1),
    lambda peer, town: m.Trie(peer.blind(town.circle), ()),
    lambda peer, town: m.Keys(peer.blind(town.circle), (), (), last=True),
    lambda peer, _: m.Introduction((peer.coop.inception,), last=True),
    lambda _, __: m.Hello(1, 0, ()),
]


@pytest.mark.parametrize("unasked", UNASKED, ids=["data", "done", "trie", "keys", "who", "hello"])
async def test_who_sends_what_nobody_asked_for_is_closed(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    unasked: Callable[[Stranger, Siege], m.Message],
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        await peer.say(unasked(peer, town))
        assert (await peer.farewell())[0] in {"peer-flooding", "other-network"}


async def test_a_seventeenth_request_in_flight_is_flooding(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        blind = peer.blind(town.circle)
        leaf = (await town.node.store.session(lambda replica: leaf_of(replica, town.circle)))[0]
        asked = [
            m.AskLogs(number, blind, (m.LogAsk(leaf, ()),), credit=1)
            for number in range(1, REQUESTS_IN_FLIGHT_MAX + 2)
        ]
        await peer.say(*asked[:-1])
        heard = set()
        for _ in asked[:-1]:
            data = await peer.hear_until(m.Data)
            assert isinstance(data, m.Data)
            heard.add(data.request)
        assert heard == set(range(1, REQUESTS_IN_FLIGHT_MAX + 1))
        await peer.say(asked[-1])
        assert (await peer.farewell())[0] == "peer-flooding"


async def test_answers_to_one_who_never_reads_are_not_piled_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        picture = b"\xff\xd8\xff" + bytes(16 * BLOB_PIECE_BYTES)
        blob, _ = await town.node.store.write(lambda database: blobs.put(database, picture))
        monkeypatch.setattr(wires, "SEND_S_MAX", 0.2)
        await peer.greet()
        link = town.node.peers.links[town.member.id]
        outgoing = link._session.outgoing = Watched(link._session.outgoing)
        for _ in range(64):
            await peer.say(m.AskBlob(peer.blind(town.circle), blob, 1, 16))
        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
        frames_of_one_answer = 32
        assert outgoing.peak <= links.OUTGOING_FRAMES_MAX + frames_of_one_answer
        assert link.error is not None
        assert link.error.code == "peer-stalled"


async def test_a_member_of_another_network_is_not_understood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        with pytest.raises(Refusal) as refused:
            async with stranger(town.node, town.member, network=Network("elsewhere")):
                pass
        assert refused.value.code in {"other-network", "peer-stalled"}


async def test_an_unknown_coop_without_an_invite_is_told_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        async with stranger(town.node, Coop("unknown")) as peer:
            assert (await peer.farewell())[0] == "peer-not-listed"
        assert await count(town.node, "key_event") == 3


async def test_a_blocked_coop_is_told_so_and_a_linked_one_is_cut_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        async with stranger(town.node, town.member) as peer:
            await peer.greet()
            await town.node.peers.set_blocked(town.member.id, blocked=True)
            assert (await peer.farewell())[0] == "peer-blocked"
        async with stranger(town.node, town.member) as peer:
            assert (await peer.farewell())[0] == "peer-blocked"
        await town.node.peers.set_blocked(town.member.id, blocked=False)
        async with stranger(town.node, town.member) as peer:
            await peer.greet()


async def test_who_borrows_a_members_name_is_not_let_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It knows the member's public key log, and not its keys."""
    async with siege(tmp_path, caplog) as town, socket_to(town.node) as socket:
        thief = Coop("thief").keyring.noise_private
        own = Own(town.member.id, town.member.device, thief)
        wire = await initiate(socket, own, NETWORK, town.member.draw, town.node.coop, None)
        peer = Stranger(town.member, wire)
        await peer.hear_until(m.AskIntroduction)
        await peer.say(m.Introduction((town.member.inception,), last=True))
        assert (await peer.farewell())[0] == "not-its-device"
        assert town.member.id not in town.node.peers.links


async def test_the_key_log_of_another_in_an_introduction_is_refused_and_not_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        listed, other = Coop("listed"), Coop("another")
        await town.node.peers.add(listed.id, "")
        async with stranger(town.node, listed) as peer:
            await peer.hear_until(m.AskIntroduction)
            await peer.say(m.Introduction((listed.inception, other.inception), last=True))
            assert (await peer.farewell())[0] == "bad-key-event"
        assert await count(town.node, "key_event") == 3


async def test_a_second_wish_for_an_introduction_is_flooding(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.say(m.AskIntroduction())
        await peer.hear_until(m.Introduction)
        await peer.say(m.AskIntroduction())
        assert (await peer.farewell())[0] == "peer-flooding"


async def test_a_replayed_handshake_opens_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        sent: list[bytes] = []
        async with socket_to(town.node) as socket:
            send = socket.send_bytes

            async def recorded(data: bytes, compress: int | None = None) -> None:
                sent.append(data)
                await send(data, compress)

            monkeypatched = pytest.MonkeyPatch()
            monkeypatched.setattr(socket, "send_bytes", recorded)
            own = Own(town.member.id, town.member.device, town.member.keyring.noise_private)
            await initiate(socket, own, NETWORK, town.member.draw, town.node.coop, None)
            monkeypatched.undo()
        async with socket_to(town.node) as socket:
            await socket.send_bytes(sent[0])
            await socket.receive_bytes()
            await socket.send_bytes(sent[1])
            assert await ends(socket)


async def test_one_address_cannot_take_all_places(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    few = {"limits.connections_per_address": 3}
    async with siege(tmp_path, caplog, few) as town:
        async with socket_to(town.node), socket_to(town.node):
            with pytest.raises(WSServerHandshakeError) as refused:
                async with socket_to(town.node):
                    pass
            assert refused.value.status == 429
        async with stranger(town.node, town.member) as peer:
            await peer.greet()


def leaf_of(replica: object, circle: bytes) -> list[bytes]:
    rows = replica._connection.execute(  # type: ignore[attr-defined]
        "SELECT log.leaf FROM log JOIN circle ON circle.n = log.circle WHERE circle.id = ?",
        (circle,),
    )
    return [row[0] for row in rows]


async def ends(socket: object) -> bool:
    """Whether the node closes; what it says before does not matter."""
    async with asyncio.timeout(GUARD_S):
        while True:
            message = await socket.receive()  # type: ignore[attr-defined]
            if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
                return True
