"""Records: headers and bodies, what their own bytes decide, and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import record
from protocol.codec import decode, encode
from protocol.limits import (
    BODY_BYTES_MAX,
    DAY_MS,
    EXPIRES_DAYS_MAX,
    INTEGER_MAX,
    KIND_BYTES_MAX,
    REFS_MAX,
    ROLE_BYTES_MAX,
)
from protocol.record import Header, is_forgettable
from tests.protocol.coops import NETWORK, code_of, salt, word

TIME_MS = 1_790_000_000_000
TODAY = TIME_MS // DAY_MS
HEADER = Header(
    version=1,
    coop=word("coop"),
    log=word("log"),
    seq=2,
    prev=word("prev"),
    key_event=word("event")[:16],
    time_ms=TIME_MS,
    kind="note/1",
    body_hash=word("body"),
    body_len=100,
    expires_day=None,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seq": 1, "prev": None, "kind": "log.open/1"},
        {"seq": INTEGER_MAX},
        {"time_ms": 0},
        {"time_ms": INTEGER_MAX},
        {"body_len": 1},
        {"body_len": BODY_BYTES_MAX},
        {"expires_day": TODAY},
        {"expires_day": TODAY + EXPIRES_DAYS_MAX},
        {"kind": "offer/2", "expires_day": TODAY},
        {"kind": "something.new/17"},
    ],
)
def test_a_good_header_passes(changes: dict[str, object]) -> None:
    record.check_header(HEADER._replace(**changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 2}, "unknown-version"),
        ({"version": 0}, "unknown-version"),
        ({"seq": 1}, "malformed"),
        ({"seq": 0}, "malformed"),
        ({"seq": -1}, "malformed"),
        ({"seq": INTEGER_MAX + 1}, "malformed"),
        ({"prev": None}, "malformed"),
        ({"seq": 1, "prev": None}, "malformed"),
        ({"kind": "log.open/1"}, "malformed"),
        ({"seq": 2, "prev": None, "kind": "log.open/1"}, "malformed"),
        ({"time_ms": -1}, "malformed"),
        ({"time_ms": INTEGER_MAX + 1}, "malformed"),
        ({"key_event": bytes(15)}, "malformed"),
        ({"key_event": bytes(17)}, "malformed"),
        ({"kind": "Note/1"}, "malformed"),
        ({"body_len": 0}, "too-large"),
        ({"body_len": -1}, "too-large"),
        ({"body_len": BODY_BYTES_MAX + 1}, "too-large"),
        ({"expires_day": TODAY - 1}, "malformed"),
        ({"expires_day": TODAY + EXPIRES_DAYS_MAX + 1}, "malformed"),
        ({"expires_day": -1}, "malformed"),
        ({"kind": "profile/1", "expires_day": TODAY}, "malformed"),
        ({"kind": "withdraw/1", "expires_day": TODAY}, "malformed"),
        ({"kind": "something.new/1", "expires_day": TODAY}, "malformed"),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused(changes: dict[str, object], code: str) -> None:
    header = HEADER._replace(**changes)  # type: ignore[arg-type]
    assert code_of(lambda: record.check_header(header)) == code


@pytest.mark.parametrize(
    "kind", ["offer/1", "profile.contact/1", "a/9", "a.b.c/12", "x" * (KIND_BYTES_MAX - 2) + "/1"]
)
def test_a_kind_is_dotted_words_and_a_version(kind: str) -> None:
    assert record.is_kind(kind)


@pytest.mark.parametrize(
    "kind",
    ["", "/", "offer", "offer/", "/1", "offer/0", "offer/01", "offer/1/2", "offer/-1", "offer/1 ",
     "offer/one", "Offer/1", "of fer/1", "offer./1", ".offer/1", "a..b/1", "offer-x/1", "offer1/1",
     "\u00f6ffer/1", "offer/\u0661", "offer/1\n", "x" * (KIND_BYTES_MAX - 1) + "/1"],
)  # fmt: skip
def test_another_spelling_is_no_kind(kind: str) -> None:
    assert not record.is_kind(kind)


def test_sealing_fills_in_what_the_header_says_of_its_body() -> None:
    body = record.write_body(salt("a"), {"text": "x"})
    made = record.seal(NETWORK, HEADER, body)
    assert made.header == HEADER._replace(body_hash=NETWORK.hash(b"body", body), body_len=len(body))
    assert made.id == NETWORK.hash(b"header", encode(list(made.header)))
    assert made.body == body


def test_every_part_of_a_header_is_part_of_the_id() -> None:
    others = [
        HEADER._replace(**{name: changed})  # type: ignore[arg-type]
        for name, changed in {
            "version": 2, "coop": word("x"), "log": word("x"), "seq": 3, "prev": word("x"),
            "key_event": bytes(16), "time_ms": 1, "kind": "post/1", "body_hash": word("x"),
            "body_len": 1, "expires_day": 1,
        }.items()
    ]  # fmt: skip
    assert len({record.header_id(NETWORK, one) for one in [HEADER, *others]}) == 12


def test_a_body_comes_back_with_its_refs_in_order() -> None:
    refs = (word("b"), word("a"), word("b"))
    body = record.write_body(
        salt("a"), {"n": 1}, subject=word("s"), acting_role="clerk", authority=word("d"), refs=refs,
        sealed=b"sealed",
    )  # fmt: skip
    parts = record.open_body(body)
    assert parts.refs == tuple(sorted({word("a"), word("b")}))
    assert (parts.subject, parts.acting_role, parts.authority) == (word("s"), "clerk", word("d"))
    assert (parts.salt, parts.sealed, decode(bytes(parts.fields))) == (
        salt("a"),
        b"sealed",
        {"n": 1},
    )


def parts(**changes: object) -> bytes:
    """A body with parts of one's own."""
    whole: dict[str, object] = {
        "salt": salt("a"),
        "subject": None,
        "acting_role": "",
        "authority": None,
        "refs": [],
        "fields": {},
        "sealed": None,
    }
    return encode(list({**whole, **changes}.values()))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"refs": sorted(word(str(n)) for n in range(REFS_MAX))},
        {"acting_role": "x" * ROLE_BYTES_MAX},
        {"acting_role": "\u00e9" * (ROLE_BYTES_MAX // 2)},
        {"sealed": b""},
        {"fields": None},
    ],
)
def test_parts_at_the_edge_pass(changes: dict[str, object]) -> None:
    record.open_body(parts(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"salt": bytes(15)}, "malformed"),
        ({"salt": bytes(17)}, "malformed"),
        ({"salt": None}, "bad-field"),
        ({"subject": bytes(31)}, "malformed"),
        ({"subject": "x"}, "bad-field"),
        ({"authority": bytes(33)}, "malformed"),
        ({"acting_role": "x" * (ROLE_BYTES_MAX + 1)}, "malformed"),
        ({"acting_role": "\u00e9" * (ROLE_BYTES_MAX // 2 + 1)}, "malformed"),
        ({"acting_role": None}, "bad-field"),
        ({"refs": sorted(word(str(n)) for n in range(REFS_MAX + 1))}, "malformed"),
        ({"refs": sorted([word("a"), word("b")])[::-1]}, "malformed"),
        ({"refs": [word("a"), word("a")]}, "malformed"),
        ({"refs": [bytes(31)]}, "malformed"),
        ({"refs": None}, "bad-field"),
        ({"sealed": "x"}, "bad-field"),
        ({"more": None}, "bad-field"),
    ],
)
def test_parts_that_break_a_rule_are_refused(changes: dict[str, object], code: str) -> None:
    assert code_of(lambda: record.open_body(parts(**changes))) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"\xc1", "malformed"),
        (parts()[:-1], "malformed"),
        (parts() + b"\xc0", "malformed"),
        (b"\xdc\x00\x07" + parts()[1:], "not-canonical"),
        (b"\x96" + parts()[1:-1], "bad-field"),
        (b"\x80", "bad-field"),
    ],
)
def test_bytes_that_are_no_body_are_refused(body: bytes, code: str) -> None:
    assert code_of(lambda: record.open_body(body)) == code


def test_a_body_at_the_limit_and_one_past_it() -> None:
    room = BODY_BYTES_MAX - len(parts(sealed=bytes(256))) - 2 + 256
    largest = record.write_body(salt("a"), {}, sealed=bytes(room + 2))
    assert len(largest) == BODY_BYTES_MAX
    record.open_body(largest)
    assert code_of(lambda: record.write_body(salt("a"), {}, sealed=bytes(room + 3))) == "too-large"
    assert code_of(lambda: record.open_body(parts(sealed=bytes(room + 3)))) == "too-large"


@given(body=st.binary(max_size=120))
def test_any_bytes_are_a_body_or_refused(body: bytes) -> None:
    code_of(lambda: record.open_body(body))
    code_of(lambda: record.open_body(parts()[:-2] + body + b"\xc0"))


def test_days_are_those_of_utc() -> None:
    assert record.day_of(0) == record.day_of(DAY_MS - 1) == 0
    assert record.day_of(DAY_MS) == 1
    assert record.day_of(TIME_MS) == 20717  # 2026-09-21


def test_records_are_ordered_by_time_then_log_then_place() -> None:
    def key(time_ms: int, log: bytes, seq: int, identifier: bytes) -> object:
        return record.order_key(HEADER._replace(time_ms=time_ms, log=log, seq=seq), identifier)

    ordered = [
        key(1, b"b", 9, b"z"),
        key(2, b"a", 9, b"z"),
        key(2, b"b", 1, b"z"),
        key(2, b"b", 2, b"a"),
        key(2, b"b", 2, b"b"),
    ]
    assert ordered == sorted(ordered)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("kind", "forgettable"),
    [
        ("offer/1", True),
        ("offer/2", True),
        ("post.reply/1", True),
        ("note.answer/3", True),
        ("postal/1", False),
        ("offer.draft/1", False),
        ("profile/1", False),
        ("profile.contact/1", True),
    ],
)
def test_the_name_alone_says_what_may_be_forgotten(kind: str, *, forgettable: bool) -> None:
    assert is_forgettable(kind) == forgettable
