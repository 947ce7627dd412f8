"""What records say of a subject: typed fields of each kind, and standings."""

import pytest

from protocol import merge, trade
from protocol.codec import encode
from protocol.merge import LASTING_DAY, Order, Standing, Version
from protocol.record import Body, open_body, write_body
from tests.protocol.coops import NETWORK, code_of, salt, word

TITLE = {"title": {"en": "Herring"}}


def order(time_ms: int, identifier: str = "record") -> Order:
    return time_ms, word("log"), time_ms, word(identifier)


def body(fields: object, *, subject: bytes | None = None) -> Body:
    return open_body(write_body(salt("a"), fields, subject=subject))


def version(time_ms: int, identifier: str = "record", day: int | None = None) -> Standing:
    return merge.lift(trade.OFFER, order(time_ms, identifier), day, trade.Offer(title={"en": "x"}))


def withdrawal(time_ms: int) -> Standing:
    return merge.lift(trade.WITHDRAW, order(time_ms, "withdrawal"), None, trade.Withdraw())


@pytest.mark.parametrize(
    ("kind", "fields", "subject"),
    [
        ("offer/1", TITLE, False),
        ("offer/1", TITLE, True),
        ("want/1", TITLE, False),
        ("withdraw/1", {}, True),
        ("erase/1", {"records": [bytes(32)]}, True),
        ("profile/1", {"country": "KE", "name": "x"}, False),
        ("part/1", {"data": b"x"}, False),
    ],
)
def test_fields_are_read_as_their_kind(kind: str, fields: object, subject: bool) -> None:
    about = word("subject") if subject else None
    assert encode(merge.read_fields(kind, body(fields, subject=about))) == encode(fields)


@pytest.mark.parametrize(
    ("kind", "fields", "subject", "code"),
    [
        ("withdraw/1", {}, False, "bad-field"),
        ("erase/1", {"records": [bytes(32)]}, False, "bad-field"),
        ("profile/1", {"country": "KE", "name": "x"}, True, "bad-field"),
        ("circle.accept/1", {"admit": bytes(32)}, True, "bad-field"),
        ("circle.accept/1", {"admit": bytes(31)}, False, "malformed"),
        ("offer/1", {}, False, "bad-field"),
        ("offer/1", {**TITLE, "colour": "red"}, False, "bad-field"),
        ("offer/1", {**TITLE, "mode": "sell"}, False, "not-canonical"),
        ("offer/1", {**TITLE, "mode": "steal"}, False, "bad-field"),
        ("offer/1", {**TITLE, "quantity": [-1, 0]}, False, "bad-field"),
        ("erase/1", {"records": sorted([word("a"), word("b")])[::-1]}, True, "bad-field"),
        ("offer/1", [], False, "bad-field"),
    ],
)
def test_fields_that_are_not_the_kinds_are_refused(
    kind: str, fields: object, subject: bool, code: str
) -> None:
    about = word("subject") if subject else None
    assert code_of(lambda: merge.read_fields(kind, body(fields, subject=about))) == code


def raw(fields: bytes) -> Body:
    return open_body(
        write_body(salt("a"), None).replace(b"\x90\xc0\xc0", b"\x90" + fields + b"\xc0")
    )


def test_the_fields_of_a_kind_that_is_newer_say_nothing_but_are_canonical() -> None:
    assert merge.read_fields("offer/2", body({"anything": [1, {"goes": b"x"}]})) is None
    for fields, code in [
        ("cb3ff8000000000000", "not-canonical"),
        ("d40100", "not-canonical"),
        ("cfffffffffffffffff", "not-canonical"),
        ("91" * 14 + "c0", "not-canonical"),
    ]:
        odd = raw(bytes.fromhex(fields))
        assert code_of(merge.read_fields, "offer/2", odd) == code


def test_the_latest_version_stands() -> None:
    assert merge.join(version(1, "old"), version(2, "new")).version == Version(
        LASTING_DAY, order(2, "new")
    )


def test_a_version_that_is_forgotten_earlier_replaces_nothing() -> None:
    kept, shorter, longer = version(1, "a", 100), version(2, "b", 99), version(3, "c", 100)
    assert merge.join(kept, shorter) == kept
    assert merge.join(kept, longer) == longer
    assert merge.join(version(4, "d"), longer) == version(4, "d")


def test_a_withdrawal_stands_until_a_later_version() -> None:
    standing = merge.join(version(1), withdrawal(2))
    assert standing.is_withdrawn
    assert not merge.join(standing, version(3)).is_withdrawn
    assert withdrawal(1).is_withdrawn
    assert not version(1).is_withdrawn
    assert not Standing().is_withdrawn


def test_an_erased_version_leaves_nothing_to_show_and_an_older_one_stays_away() -> None:
    erasure = merge.lift(trade.ERASE, order(3), None, trade.Erase((word("new"),)))
    standing = merge.join(merge.join(version(1, "old"), version(2, "new")), erasure)
    assert standing.is_erased
    assert not merge.join(standing, version(4, "newest")).is_erased
    assert not erasure.is_erased
    assert not version(1, "old").is_erased


def test_an_erasure_stands_for_versions_whose_bodies_never_came() -> None:
    named = [Version(100, order(2, "b")), Version(99, order(5, "a"))]
    fields = trade.Erase(tuple(sorted([word("a"), word("b")])))
    standing = merge.lift(trade.ERASE, order(9), None, fields, named)
    assert standing.version == named[0]
    assert standing.is_erased


def test_each_part_of_a_row_is_part_of_its_hash() -> None:
    def row(
        kind: str = "offer/1", subject: str = "s", coop: str = "c", standing: Standing | None = None
    ) -> int:
        return merge.row_hash(NETWORK, kind, word(subject), word(coop), standing or version(1))

    erasure = merge.lift(trade.ERASE, order(3), None, trade.Erase((word("x"),)))
    rows = [
        row(),
        row(kind="want/1"),
        row(subject="other"),
        row(coop="other"),
        row(standing=version(1, "other")),
        row(standing=withdrawal(1)),
        row(standing=merge.join(version(1), withdrawal(2))),
        row(standing=merge.join(version(1), erasure)),
    ]
    assert len(set(rows)) == len(rows)
    assert all(0 <= one < merge.DIGEST_MODULUS for one in rows)
    # When a version was written and until which day it lives stand in its header, which has an id.
    assert row(standing=version(1, day=7)) == row()


def test_a_row_hash_is_what_the_spec_says() -> None:
    parts = ["offer/1", 1, word("s"), word("c"), word("record"), None, []]
    expected = int.from_bytes(NETWORK.hash(b"row", encode(parts)), "big")
    assert merge.row_hash(NETWORK, "offer/1", word("s"), word("c"), version(1)) == expected
