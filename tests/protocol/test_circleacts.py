"""Circle acts: the fields of each kind at their edges."""

import msgspec
import pytest

from protocol import circle, circleacts
from protocol.circleacts import Accept, Admit, Remove, Rules
from protocol.codec import decode_as, encode
from protocol.endorse import Threshold, act_digest
from protocol.keyevents import LogCut
from protocol.limits import INTEGER_MAX, MEMBERS_MAX, NAME_BYTES_MAX, STEWARDS_MAX
from tests.protocol.coops import NETWORK, code_of, salt, word

ONE = Threshold("members", 1)
RULES = Rules(
    admit=ONE,
    name="North Sea",
    nonce=bytes(16),
    read="members",
    remove=ONE,
    rule=ONE,
    stewards=(word("a"),),
    version=1,
)
CUT = LogCut((word("head"),), word("log"), (bytes(64),))


def ids(count: int) -> tuple[bytes, ...]:
    return tuple(sorted(word(f"id {number}") for number in range(count)))


def rules(**changes: object) -> Rules:
    return msgspec.structs.replace(RULES, **changes)


def code(kind: str, fields: object) -> str | None:
    def read() -> None:
        decode_as(circleacts.FIELDS[kind], encode(fields)).check()

    return code_of(read)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"read": "public"}, None),
        ({"name": "x" * NAME_BYTES_MAX}, None),
        ({"stewards": ids(STEWARDS_MAX)}, None),
        ({"version": INTEGER_MAX}, None),
        ({"admit": Threshold("stewards", MEMBERS_MAX)}, None),
        ({"nonce": salt("n")}, None),
        ({"read": "nobody"}, "bad-field"),
        ({"name": ""}, "bad-field"),
        ({"name": "x" * (NAME_BYTES_MAX + 1)}, "bad-field"),
        ({"name": "\u00e9" * NAME_BYTES_MAX}, "bad-field"),
        ({"stewards": ()}, "bad-field"),
        ({"stewards": ids(STEWARDS_MAX + 1)}, "malformed"),
        ({"stewards": ids(2)[::-1]}, "malformed"),
        ({"stewards": ids(1) * 2}, "malformed"),
        ({"stewards": (bytes(31),)}, "malformed"),
        ({"version": 0}, "bad-field"),
        ({"version": INTEGER_MAX + 1}, "bad-field"),
        ({"nonce": bytes(15)}, "malformed"),
        ({"admit": Threshold("members", -1)}, "malformed"),
        ({"remove": Threshold("members", MEMBERS_MAX + 1)}, "malformed"),
        ({"rule": Threshold("nobody", 1)}, "bad-field"),  # type: ignore[arg-type]
    ],
)
def test_rules_at_their_edges(changes: dict[str, object], expected: str | None) -> None:
    for kind in (circle.FOUND, circle.RULE):
        assert code(kind, rules(**changes)) == expected


def test_the_nonce_is_written_also_where_it_is_zero() -> None:
    plain = msgspec.to_builtins(RULES, builtin_types=(bytes,))
    assert plain["nonce"] == bytes(16)
    assert list(plain) == sorted(plain)
    without = {name: value for name, value in plain.items() if name != "nonce"}
    assert code(circle.FOUND, plain) is None
    assert code(circle.FOUND, without) == "bad-field"


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (circle.ADMIT, Admit(word("a"), salt("n")), None),
        (circle.ADMIT, Admit(word("a")[:31], salt("n")), "malformed"),
        (circle.ADMIT, Admit(word("a"), b""), "malformed"),
        (circle.ACCEPT, Accept(word("a")), None),
        (circle.ACCEPT, Accept(b""), "malformed"),
        (circle.REMOVE, Remove(ids(1), word("a"), (), salt("n")), None),
        (circle.REMOVE, Remove(ids(STEWARDS_MAX), word("a"), (CUT,), salt("n")), None),
        (circle.REMOVE, Remove((), word("a"), (), salt("n")), "malformed"),
        (circle.REMOVE, Remove(ids(2)[::-1], word("a"), (), salt("n")), "malformed"),
        (circle.REMOVE, Remove(ids(1), word("a"), (CUT, CUT), salt("n")), "malformed"),
        (circle.REMOVE, Remove(ids(1), b"", (), salt("n")), "malformed"),
        (circle.REMOVE, Remove(ids(1), word("a"), (), bytes(17)), "malformed"),
        (circle.REMOVE, {"admits": [], "coop": word("a")}, "bad-field"),
        (circle.ADMIT, {"coop": word("a"), "nonce": salt("n"), "role": "x"}, "bad-field"),
    ],
)
def test_the_other_acts_at_their_edges(kind: str, fields: object, expected: str | None) -> None:
    assert code(kind, fields) == expected


@pytest.mark.parametrize("fields", [Rules, Admit, Accept, Remove])
def test_fields_stand_in_the_order_of_the_wire(fields: type[msgspec.Struct]) -> None:
    assert list(fields.__struct_fields__) == sorted(fields.__struct_fields__)


def test_an_entry_knows_what_its_act_is_called() -> None:
    fields = Admit(word("a"), salt("n"))
    order = (7, word("log"), 3, word("record"))
    entry = circleacts.entry_of(
        NETWORK,
        word("circle"),
        order,
        word("by"),
        circle.ADMIT,
        (word("ref"),),
        encode(fields),
        fields,
    )
    assert (entry.id, entry.log, entry.order) == (word("record"), word("log"), order)
    assert entry.digest == act_digest(NETWORK, circle.ADMIT, word("circle"), encode(fields))
