"""Links as the reader of SPEC.md alone understands them: handshakes, and a round word by word."""

from typing import Final

from tests.interop.reader_codec import Network, Value, encode
from tests.interop.reader_messages import greeting_of, message_of
from tests.interop.reader_noise import Handshake
from tests.interop.reader_session import Side
from tests.interop.reader_texts import keyed_hash
from tests.interop.reader_values import items_of
from tests.interop.vectors import Case, cases, octets_of, value_of

PROTOCOL: Final = "Noise_XX_25519_ChaChaPoly_SHA256"


@cases("sessions", "handshakes")
def test_handshake_is_shaken(case: Case) -> None:
    network = Network(case["network"])
    prologue = encode(["coop-node", 1, network.name])
    assert prologue == octets_of(case["prologue"])
    first, second = (
        Handshake(
            PROTOCOL,
            initiator=side == "initiator",
            prologue=prologue,
            static=octets_of(case[f"{side}_static_private"]),
            ephemeral=octets_of(case[f"{side}_ephemeral_private"]),
        )
        for side in ("initiator", "responder")
    )
    turns = [(first, second), (second, first), (first, second)]
    for place, (writer, reader) in enumerate(turns):
        payload = octets_of(case["greetings"][place])
        if place == 2:
            assert reader.hash == octets_of(case["hash_before_message_3"])
        message = writer.write(payload)
        assert message == octets_of(case["messages"][place])
        assert reader.read(message) == payload
    assert first.hash == second.hash == octets_of(case["handshake_hash"])
    assert second.remote["s"] == octets_of(case["initiator_noise"])
    assert first.remote["s"] == octets_of(case["responder_noise"])
    sends = dict(zip(("initiator", "responder"), first.split(), strict=True))
    for frame in case["frames"]:
        plain = octets_of(frame["plain"])
        message_of(plain)
        assert sends[frame["by"]].encrypt(plain) == octets_of(frame["sent"])


@cases("sessions", "handshakes")
def test_greetings_say_who_speaks_and_prove_an_invite(case: Case) -> None:
    network = Network(case["network"])
    responder, initiator = (greeting_of(octets_of(one)) for one in case["greetings"][1:])
    assert items_of(responder)[2:] == [None, None]
    expected: list[Value] = [None, None]
    if case["invite_nonce"] is not None:
        nonce, before = octets_of(case["invite_nonce"]), octets_of(case["hash_before_message_3"])
        expected = [network.hash("invite", nonce), keyed_hash(nonce, "invite", before)]
    assert items_of(initiator)[2:] == expected


@cases("sessions", "blinds")
def test_circle_has_a_name_on_a_link(case: Case) -> None:
    circle, link = octets_of(case["circle"]), octets_of(case["handshake_hash"])
    assert Network("coop").hash("blind", circle + link)[:16] == octets_of(case["blind"])


# ----------------------------------------------------------------------------------- a round


@cases("sessions", "rounds")
def test_round_is_what_the_text_says(case: Case) -> None:
    network, blind = Network(case["network"]), octets_of(case["blind"])
    sides = {
        name: Side.begun(
            network,
            octets_of(case["circle"]),
            blind,
            value_of(told["events"]),
            octets_of(told["chunk"]),
        )
        for name, told in case["before"].items()
    }
    assert {name: side.root.hex() for name, side in sides.items()} == {
        name: told["root"]["hex"] for name, told in case["before"].items()
    }
    one, other = sides
    partner = {one: sides[other], other: sides[one]}
    for step in case["said"]:
        fields = items_of(message_of(octets_of(step["bytes"])))
        assert fields == value_of(step["fields"])
        sides[step["by"]].says(partner[step["by"]], fields)
    assert {side.root.hex() for side in sides.values()} == {case["root"]}
    assert all(side.is_done for side in sides.values())
