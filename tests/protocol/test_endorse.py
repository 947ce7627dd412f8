"""Endorsements: what they name, and how many of whom are enough."""

import msgspec
import pytest

from protocol import endorse
from protocol.codec import decode_as, encode
from protocol.endorse import Endorse, Threshold
from protocol.limits import KIND_BYTES_MAX, MEMBERS_MAX
from tests.protocol.coops import NETWORK, code_of, word

MEMBERS = [word(f"member {number}") for number in range(7)]


@pytest.mark.parametrize(
    ("count", "electors", "needed"),
    [
        (2, 0, 1),
        (2, 1, 1),
        (2, 2, 1),
        (2, 3, 2),
        (2, 100, 2),
        (1, 3, 1),
        (5, 3, 3),
        (MEMBERS_MAX, 4, 4),
        (0, 1, 1),
        (0, 2, 1),
        (0, 3, 2),
        (0, 4, 3),
        (0, 5, 3),
        (0, 100, 51),
    ],
)
def test_so_many_are_needed(count: int, electors: int, needed: int) -> None:
    assert endorse.needed(Threshold("members", count), electors) == needed


def test_only_electors_count_and_each_once() -> None:
    three = Threshold("members", 3)
    assert endorse.enough(three, MEMBERS[:3], MEMBERS)
    assert not endorse.enough(three, MEMBERS[:2], MEMBERS)
    assert not endorse.enough(three, [MEMBERS[0]] * 3, MEMBERS)
    assert not endorse.enough(three, [*MEMBERS[:2], word("stranger")], MEMBERS)
    assert not endorse.enough(three, MEMBERS[:2], [*MEMBERS, *MEMBERS])


def test_without_electors_nothing_is_enough() -> None:
    assert not endorse.enough(Threshold("stewards", 0), MEMBERS, [])
    assert not endorse.enough(Threshold("stewards", 1), [], MEMBERS)


def test_an_act_is_named_by_its_kind_circle_and_fields() -> None:
    digests = {
        endorse.act_digest(NETWORK, "circle.admit/1", word("circle"), b"fields"),
        endorse.act_digest(NETWORK, "circle.remove/1", word("circle"), b"fields"),
        endorse.act_digest(NETWORK, "circle.admit/1", word("other"), b"fields"),
        endorse.act_digest(NETWORK, "circle.admit/1", word("circle"), b"other"),
    }
    assert len(digests) == 4
    assert NETWORK.hash(b"act", encode(["circle.admit/1", word("circle"), b"fields"])) in digests


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (Endorse("circle.admit/1", bytes(32)), None),
        (Endorse("x" * KIND_BYTES_MAX, bytes(32)), None),
        (Endorse("x" * (KIND_BYTES_MAX + 1), bytes(32)), "malformed"),
        (Endorse("circle.admit/1", bytes(31)), "malformed"),
    ],
)
def test_lengths_of_an_endorsement(fields: Endorse, code: str | None) -> None:
    assert code_of(fields.check) == code


@pytest.mark.parametrize(
    ("count", "code"),
    [(0, None), (MEMBERS_MAX, None), (-1, "malformed"), (MEMBERS_MAX + 1, "malformed")],
)
def test_the_edges_of_a_threshold(count: int, code: str | None) -> None:
    assert code_of(Threshold("members", count).check) == code


def test_a_proposal_is_left_out_where_it_is_empty() -> None:
    decoder = msgspec.msgpack.Decoder(Endorse)
    bare = encode({"act": "a/1", "digest": bytes(32)})
    assert encode(Endorse("a/1", bytes(32))) == bare
    assert decode_as(decoder, bare) == Endorse("a/1", bytes(32))
    spelt = encode({"act": "a/1", "digest": bytes(32), "proposal": b""})
    assert code_of(lambda: decode_as(decoder, spelt)) == "not-canonical"
    assert decode_as(decoder, encode(Endorse("a/1", bytes(32), b"x"))).proposal == b"x"
