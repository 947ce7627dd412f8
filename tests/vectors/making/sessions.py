"""Vectors of links: whole handshakes, names of circles on a link, and a round between two nodes.

Chunks in the round are frames that hold their content uncompressed, so that they are the same
whatever library made them.
"""

from collections.abc import Sequence

import msgspec

from node import ingest
from node.store import keylogs
from protocol import invite
from protocol import messages as m
from protocol.chunk import Path
from protocol.codec import encode
from protocol.keyevents import Device, DeviceAdd
from protocol.keylog import Signed, event_hash, write_event
from protocol.keys import controller_seed, sign, signing_pair
from protocol.limits import PROTOCOL_VERSION
from protocol.noise import Handshake, static_public
from tests.coops import NETWORK as TEST
from tests.coops import Coop, Talk, trio
from tests.vectors.making.files import plain_frames
from tests.vectors.making.plain import NETWORK, Case, case, plain, stored, word

FRAMES = [encode([4, [], True]), encode([2]), encode([12, 7])]


def sessions() -> dict[str, list[Case]]:
    circle, handshake = word("circle"), word("handshake")
    name = NETWORK.hash(b"blind", circle + handshake)[:16]
    return {
        "handshakes": [
            _handshake("without an invite", None),
            _handshake("with an invite", word("nonce")[:16]),
        ],
        "blinds": [case("a circle", circle=circle, handshake_hash=handshake, blind=name)],
        "rounds": [_round()],
    }


def _handshake(name: str, nonce: bytes | None) -> Case:
    """Three messages, and what either side sends first of all behind them."""
    prologue = encode(["coop-node", PROTOCOL_VERSION, NETWORK.name])
    keys = {
        f"{side}_{part}": word(f"{side} {part}")
        for side in ("initiator", "responder")
        for part in ("static", "ephemeral")
    }
    sides = {
        side: Handshake(
            "XX", side == "initiator", prologue, keys[f"{side}_static"], keys[f"{side}_ephemeral"]
        )
        for side in ("initiator", "responder")
    }
    initiator, responder = sides["initiator"], sides["responder"]
    first = initiator.write(b"")
    responder.read(first)
    greeting = encode(m.Greeting(word("responder coop"), word("responder device"), None, None))
    second = responder.write(greeting)
    initiator.read(second)
    before = initiator.handshake_hash
    known = invite.invite_id(NETWORK, nonce) if nonce else None
    proof = invite.proof(nonce, before) if nonce else None
    answer = encode(m.Greeting(word("initiator coop"), word("initiator device"), known, proof))
    third = initiator.write(answer)
    responder.read(third)
    sends = initiator.split()[0], responder.split()[0]
    return case(
        name,
        network=NETWORK.name,
        prologue=prologue,
        **{f"{who}_private": key for who, key in keys.items()},
        initiator_noise=static_public(keys["initiator_static"]),
        responder_noise=static_public(keys["responder_static"]),
        invite_nonce=nonce,
        greetings=[b"", greeting, answer],
        messages=[first, second, third],
        hash_before_message_3=before,
        handshake_hash=initiator.handshake_hash,
        frames=[
            {"by": by, "plain": plain(frame), "sent": plain(cipher.encrypt(frame))}
            for by, cipher in zip(("initiator", "responder"), sends, strict=True)
            for frame in FRAMES
        ],
    )


def _round() -> Case:
    """Two members meet: one lacks a key event and offers of the other."""
    with plain_frames():
        circle, fishers, growers, _ = trio()
        fishers.offer(circle, "cod")
        Talk(fishers, growers).hello()
        ingest.ingest_keys(fishers.database, [_device(fishers)])
        fishers.offer(circle, "hake", "herring")
        fishers.offer(circle, "eel", instance=1)
        growers.offer(circle, "kale")
        sides = {"fishers": fishers, "growers": growers}
        before = {name: _holds(one, circle, (fishers, growers)) for name, one in sides.items()}
        talk = Talk(fishers, growers)
        hash_ = talk.of(fishers).blind(circle)
        talk.hello()
    names = {fishers.id: "growers", growers.id: "fishers"}
    return case(
        "two members that lack something of each other",
        network=TEST.name,
        circle=circle,
        blind=hash_,
        coops={name: one.id for name, one in sides.items()},
        before=before,
        said=[
            {
                "by": names[receiver],
                "message": type(m.read(frame)).__name__,
                "fields": msgspec.msgpack.decode(frame),
                "bytes": frame,
            }
            for receiver, frame in talk.heard
        ],
        root=fishers.root(circle),
    )


def _holds(coop: Coop, circle: bytes, coops: Sequence[Coop]) -> dict[str, object]:
    """What a side has to be given to begin with: key events, and chunks in an order that works."""
    events: list[Signed] = []
    for one in coops:
        events += keylogs.events_of(coop.database, one.id)
    leaves = coop.database.connection.execute("SELECT leaf FROM log ORDER BY n").fetchall()
    paths: list[Path] = []
    for (leaf,) in leaves:
        reader = coop.replica.open_log(circle, leaf, ())
        assert reader is not None
        while (path := reader.next_path(1000, 1_000_000)) is not None:
            paths.append(path)
    return {
        "events": [msgspec.to_builtins(one, builtin_types=(bytes,)) for one in events],
        "chunk": stored(encode(paths)),
        "root": coop.root(circle),
    }


def _device(coop: Coop) -> Signed:
    public, secret = signing_pair(controller_seed(TEST, coop.recovery, 0))
    fields = DeviceAdd(Device(noise=word("noise"), sign=word("sign")))
    event = write_event("device.add/1", coop.id, 0, coop.id, bytes(16), fields)
    return Signed(event, ((public, sign(secret, event_hash(TEST, event))),))
