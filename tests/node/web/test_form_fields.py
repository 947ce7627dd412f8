"""Fields of a form, read into exact values or into a sentence beside each."""

from __future__ import annotations

import pytest

from node.web.form_fields import Reader, day_of, rows_of, tags_of
from protocol.keys import COOP, to_text
from protocol.values import Decimal

FIRST, SECOND = to_text(COOP, b"\x02" * 32), to_text(COOP, b"\x01" * 32)


def reader(**typed: str) -> Reader:
    return Reader({name.replace("__", "."): said for name, said in typed.items()}, "en")


def test_rows_and_languages_are_found_by_the_names_of_the_fields() -> None:
    values = {"a.2.x": "", "a.10.x": "", "a.0.y": "", "ab.7.x": "", "a.x": "", "a.99999.x": ""}
    assert rows_of(values, "a") == [0, 2, 10]
    texts = {"t.en": "", "t.pt-BR": "", "t.EN": "", "t.0": "", "text.sw": ""}
    assert list(tags_of(texts, "t")) == ["en", "pt-BR"]


def test_what_is_empty_is_none_and_no_problem() -> None:
    read = reader(a=" ")
    assert [read.line("a", 5), read.amount("a"), read.count("a"), read.until("a")] == [None] * 4
    assert (read.texts("a", 5), read.words("a", 5), read.ids("a", COOP, 5)) == ({}, (), ())
    assert read.problems == {}


def test_ids_are_ticked_or_typed_each_once_and_whole() -> None:
    read = reader(r=f"{FIRST}, {SECOND}", **{f"r__box__{SECOND}": "on"})
    assert read.ids("r", COOP, 2) == (b"\x01" * 32, b"\x02" * 32)
    cut = reader(r=FIRST[:-1])
    assert cut.ids("r", COOP, 2) == ()
    assert "coop1" in cut.problems["r"].say()
    assert "these are 2; 1 are the most" in problem_of_many()


def problem_of_many() -> str:
    read = reader(r=f"{FIRST} {SECOND}")
    read.ids("r", COOP, 1)
    return read.problems["r"].say()


def test_words_are_apart_by_commas_of_any_script() -> None:
    assert reader(w="a, b، c;a\nd").words("w", 9) == ("a", "b", "c", "d")


def test_a_number_with_many_zeros_is_a_count() -> None:
    assert reader(n="1,500").count("n") == 1500
    assert reader(n="-5").number("n") == Decimal(-5, 0)


@pytest.mark.parametrize(
    ("typed", "since_ms", "until_ms"),
    [("1970-01-02", 86_400_000, 172_799_999), ("9999-12-31", 253_402_214_400_000, None)],
)
def test_a_day_begins_and_ends(typed: str, since_ms: int, until_ms: int | None) -> None:
    assert reader(d=typed).since("d") == since_ms
    if until_ms is not None:
        assert reader(d=typed).until("d") == until_ms
    assert day_of(since_ms) == typed


@pytest.mark.parametrize("typed", ["1969-12-31", "tomorrow", "2030-13-01", "0000-00-00", "²"])
def test_what_is_no_day_is_told(typed: str) -> None:
    read = reader(d=typed)
    assert read.since("d") is None
    assert "no day of the calendar" in read.problems["d"].say()


def test_the_first_sentence_beside_a_field_stays() -> None:
    read = reader(a="x" * 10)
    read.line("a", 3)
    read.wrong("a", "another")
    assert read.problems["a"].say() == "this has 10 characters; 3 are the most"


def test_a_code_is_written_in_any_case_and_with_spaces() -> None:
    assert reader(c=" 09 01 11 ").code("c", "[0-9]{6}", "no") == "090111"
    assert reader(c="fob").code("c", "[A-Z]{3}", "no") == "FOB"
