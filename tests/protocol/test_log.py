"""Logs: their ids, where a record goes, and who signs a head."""

import pytest

from protocol import log
from protocol.codec import encode
from protocol.limits import (
    LOG_INSTANCE_MAX,
    SIGNATURE_GAP_BYTES_MAX,
    SIGNATURE_GAP_RECORDS_MAX,
)
from protocol.log import Open, Place, place
from protocol.record import write_body
from tests.protocol.coops import NETWORK, Coop, LogWriter, code_of, salt, word

CIRCLE = word("circle")
COOP = Coop("fishers")
OPENED = Open(CIRCLE, word("device"), 7)


@pytest.mark.parametrize(
    ("identifier", "prev", "where"),
    [
        ("new", "c", Place.NEXT),
        ("c", "b", Place.KNOWN),
        ("a", None, Place.KNOWN),
        ("new", "b", Place.BRANCH),
        ("new", "x", Place.GAP),
        ("new", None, Place.BRANCH),
    ],
)
def test_a_record_goes_behind_its_parent(identifier: str, prev: str | None, where: Place) -> None:
    known = {word("a"), word("b"), word("c")}
    parent = None if prev is None else word(prev)
    assert place(word(identifier), parent, known, {word("c")}) is where


def test_the_first_record_opens_an_empty_log() -> None:
    assert place(word("a"), None, set(), set()) is Place.NEXT


def test_each_part_of_an_opening_makes_another_log() -> None:
    openings = [
        (COOP.id, OPENED),
        (word("other"), OPENED),
        (COOP.id, Open(word("other"), OPENED.device, 7)),
        (COOP.id, Open(CIRCLE, word("other"), 7)),
        (COOP.id, Open(CIRCLE, OPENED.device, 8)),
    ]
    assert len({log.log_id(NETWORK, coop, opened) for coop, opened in openings}) == 5
    expected = NETWORK.hash(b"log", encode([COOP.id, OPENED.device, CIRCLE, 7]))
    assert log.log_id(NETWORK, COOP.id, OPENED) == expected


def test_an_opening_proves_the_id_of_its_log() -> None:
    writer = LogWriter(COOP, CIRCLE, instance=3)
    first = writer.records[0]
    assert first.body is not None
    assert log.read_open(NETWORK, first.header, first.body) == Open(CIRCLE, writer.device, 3)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (Open(word("other"), COOP.device(0).sign, 0), "malformed"),
        (Open(CIRCLE, COOP.device(1).sign, 0), "malformed"),
        (Open(CIRCLE, COOP.device(0).sign, 1), "malformed"),
        (Open(CIRCLE, COOP.device(0).sign, LOG_INSTANCE_MAX + 1), "malformed"),
        (Open(CIRCLE, COOP.device(0).sign, -1), "malformed"),
        (Open(CIRCLE[:-1], COOP.device(0).sign, 0), "malformed"),
        (Open(CIRCLE, COOP.device(0).sign[:-1], 0), "malformed"),
        ({"circle": CIRCLE}, "malformed"),
        ({}, "malformed"),
    ],
)
def test_an_opening_of_another_log_is_refused(fields: object, code: str) -> None:
    header = LogWriter(COOP, CIRCLE).records[0].header
    body = write_body(salt("open"), fields)
    assert code_of(lambda: log.read_open(NETWORK, header, body)) == code


def test_an_opening_has_no_subject_and_at_most_one_ground() -> None:
    header = LogWriter(COOP, CIRCLE).records[0].header
    header = header._replace(log=log.log_id(NETWORK, COOP.id, OPENED))
    one, two = sorted([word("a"), word("b")])
    grounded = write_body(salt("open"), OPENED, refs=(one,))
    assert log.read_open(NETWORK, header, grounded) == OPENED
    for body in (
        write_body(salt("open"), OPENED, refs=(one, two)),
        write_body(salt("open"), OPENED, subject=one),
        b"\xc1",
        grounded + b"\xc0",
    ):
        assert code_of(log.read_open, NETWORK, header, body) == "malformed"


def test_the_largest_instance_opens_a_log() -> None:
    first = LogWriter(COOP, CIRCLE, instance=LOG_INSTANCE_MAX).records[0]
    assert log.read_open(NETWORK, first.header, first.body or b"").instance == LOG_INSTANCE_MAX


def test_a_head_is_signed_with_all_that_it_stands_for() -> None:
    writer = LogWriter(COOP, CIRCLE)
    head = writer.append("note/1", write_body(salt("a"), {}))
    signature = writer.sign(head)
    log.verify_head(NETWORK, writer.device, head.header, head.id, signature)
    for header, identifier, device in [
        (head.header._replace(coop=word("x")), head.id, writer.device),
        (head.header._replace(log=word("x")), head.id, writer.device),
        (head.header._replace(seq=9), head.id, writer.device),
        (head.header._replace(key_event=bytes(16)), head.id, writer.device),
        (head.header, word("x"), writer.device),
        (head.header, head.id, COOP.device(1).sign),
    ]:
        args = NETWORK, device, header, identifier, signature
        assert code_of(log.verify_head, *args) == "bad-signature"


@pytest.mark.parametrize(
    ("seq", "gap_records", "gap_bytes", "kept"),
    [
        (SIGNATURE_GAP_RECORDS_MAX, 2, 100, True),
        (3 * SIGNATURE_GAP_RECORDS_MAX, 2, 100, True),
        (7, SIGNATURE_GAP_RECORDS_MAX, 100, False),
        (7, SIGNATURE_GAP_RECORDS_MAX + 1, 100, True),
        (7, 2, SIGNATURE_GAP_BYTES_MAX, False),
        (7, 2, SIGNATURE_GAP_BYTES_MAX + 1, True),
    ],
)
def test_a_signature_is_kept_where_a_path_would_grow_too_long(
    seq: int, gap_records: int, gap_bytes: int, kept: bool
) -> None:
    assert log.keep_signature(seq, gap_records, gap_bytes) is kept
