"""Invites: a link that says what it is, survives mail programs, and proves its secret."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import invite
from protocol.codec import encode
from protocol.invite import Invite
from protocol.keys import Network
from protocol.limits import ADDRESS_BYTES_MAX, INVITE_ADDRESSES_MAX
from tests.protocol.coops import NETWORK, code_of, salt, word

INVITE = Invite(
    addresses=("https://fish.example/node", "http://192.0.2.7:8440"),
    circle=word("circle"),
    circle_name="North Sea",
    coop=word("coop"),
    coop_name="Fishers of Norden",
    expires_ms=1_790_000_000_000,
    network="test",
    nonce=salt("nonce"),
)
LINK = invite.write_link(NETWORK, INVITE)


def code(link: str) -> str | None:
    return code_of(lambda: invite.read_link(NETWORK, link))


def with_fields(**changes: object) -> str:
    """A link with a right check sum over fields of one's own."""
    return invite.write_link(NETWORK, msgspec.structs.replace(INVITE, **changes))


def test_a_link_says_what_was_written() -> None:
    assert LINK.startswith("coopinvite:")
    assert invite.read_link(NETWORK, LINK) == INVITE


def test_white_space_of_mail_programs_does_no_harm() -> None:
    broken = "  " + "\r\n > ".join([LINK[:60], LINK[60:]]).replace(">", "") + "\t\n"
    assert invite.read_link(NETWORK, broken) == INVITE


@pytest.mark.parametrize(
    "link",
    [
        "",
        "coopinvite:",
        "coopinvite:AAAA",
        LINK.removeprefix("coopinvite:"),
        LINK.replace("coopinvite:", "COOPINVITE:"),
        LINK[:-1],
        LINK[:-4],
        LINK + "A",
        LINK + "=",
        LINK[:40] + "!" + LINK[40:],
        LINK[:40] + LINK[41:],
        LINK + "\u00e9",
        LINK[:40] + "\u00a0" + LINK[40:],
        "https://fish.example/join",
        "coopinvite:" + "A" * 5000,
    ],
)
def test_a_link_that_was_changed_or_lost_a_part_is_refused(link: str) -> None:
    assert code(link) == "invite-malformed"


def test_every_changed_character_is_noticed() -> None:
    start = len("coopinvite:")
    for place in range(start, len(LINK)):
        for other in "A_9":
            if LINK[place] != other:
                assert code(LINK[:place] + other + LINK[place + 1 :]) == "invite-malformed"


def test_an_invite_of_another_network_is_refused() -> None:
    assert code(invite.write_link(Network("coop"), INVITE)) == "invite-malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"addresses": ()},
        {"addresses": ("https://a.example",) * (INVITE_ADDRESSES_MAX + 1)},
        {"addresses": ("javascript:alert(1)",)},
        {"addresses": ("https://a b",)},
        {"circle": bytes(31)},
        {"coop": bytes(33)},
        {"circle_name": ""},
        {"coop_name": "x" * 201},
        {"expires_ms": -1},
        {"nonce": bytes(15)},
    ],
)
def test_fields_that_are_none_are_refused_whatever_the_check_sum(
    changes: dict[str, object],
) -> None:
    assert code(with_fields(**changes)) == "invite-malformed"


def test_an_invite_as_large_as_a_link_may_be_is_read_and_a_larger_one_is_not_written() -> None:
    longest = "https://" + "a" * (ADDRESS_BYTES_MAX - len("https://"))
    largest = with_fields(addresses=(longest,) * INVITE_ADDRESSES_MAX)
    assert code(largest) is None
    assert len(largest) <= invite.LINK_CHARS_MAX
    long_name = "\U0001f41f" * 200
    many = {"circle_name": long_name, "coop_name": long_name}
    assert (
        code_of(lambda: with_fields(addresses=(longest,) * INVITE_ADDRESSES_MAX, **many))
        == "too-large"
    )


def test_the_nonce_is_named_without_being_told() -> None:
    name = invite.invite_id(NETWORK, INVITE.nonce)
    assert len(name) == 32
    assert INVITE.nonce not in name
    assert name != invite.invite_id(NETWORK, salt("other"))


def test_a_proof_fits_one_nonce_and_one_handshake() -> None:
    proof = invite.proof(INVITE.nonce, word("handshake"))
    assert invite.proves(proof, INVITE.nonce, word("handshake"))
    assert not invite.proves(proof, salt("other"), word("handshake"))
    assert not invite.proves(proof, INVITE.nonce, word("other"))
    assert not invite.proves(proof[:-1], INVITE.nonce, word("handshake"))
    assert not invite.proves(b"", INVITE.nonce, word("handshake"))


@given(link=st.text(max_size=60))
def test_any_text_is_refused(link: str) -> None:
    assert code(link) == "invite-malformed"
    assert code("coopinvite:" + link) == "invite-malformed"


@given(data=st.binary(max_size=60))
def test_any_bytes_under_a_right_check_sum_are_refused(data: bytes) -> None:
    framed = invite._base64(data + NETWORK.hash(b"invitelink", data)[:8])
    assert code("coopinvite:" + framed) == "invite-malformed"


def test_the_bytes_in_a_link_are_the_canonical_map() -> None:
    data = encode(INVITE)
    assert invite._base64(data + NETWORK.hash(b"invitelink", data)[:8]) in LINK
