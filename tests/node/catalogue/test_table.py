from pathlib import Path

import pytest

from node.catalogue.table import (
    CELL_CHARS_MAX,
    COLUMNS_MAX,
    HEAD_BYTES,
    ROWS_MAX,
    count_rows,
    headers,
    read_head,
    records,
)
from protocol.errors import Refusal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def test_each_row_is_told_with_the_line_it_begins_on(file: Path) -> None:
    file.write_bytes(b'a,b\r\n"two\r\nlines",1\r\n\r\nlast,2')
    assert list(records(file, ",")) == [
        (1, ["a", "b"]),
        (2, ["two\r\nlines", "1"]),
        (5, ["last", "2"]),
    ]
    assert count_rows(file) == 2


def test_rows_without_content_are_passed_over(file: Path) -> None:
    file.write_text("a,b\n,,,\n\n1,2\n,\n")
    assert [cells for _line, cells in records(file, ",")] == [["a", "b"], ["1", "2"]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbftitle;text\n")
    assert dict(headers(read_head(file)))[";"] == ("title", "text")
    assert next(records(file, ";"))[1] == ["title", "text"]


def test_a_character_cut_by_the_end_of_the_head_does_no_harm(file: Path) -> None:
    file.write_text("title\n" + "ä" * HEAD_BYTES, encoding="utf-8")
    head = read_head(file)
    assert len(head) == HEAD_BYTES
    assert dict(headers(head))[","] == ("title",)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
def test_an_empty_file_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(Refusal, match="is empty") as caught:
        read_head(file)
    assert caught.value.code == "unknown-format"


def test_a_file_that_is_not_utf8_is_refused_with_line_and_byte(file: Path) -> None:
    file.write_bytes("title,text\nÄpfel,süß\nBirnen,".encode() + b"gr\xfcn\n")
    with pytest.raises(Refusal) as caught:
        count_rows(file)
    assert caught.value.code == "unknown-format"
    assert "line 3, byte 34 of the file (0xFC) is not UTF-8" in caught.value.detail
    assert file.read_bytes()[33] == 0xFC
    assert "save it as CSV with the character set UTF-8" in caught.value.detail


def test_a_bad_byte_far_down_is_found_before_any_row_is_given_out_by_counting(file: Path) -> None:
    file.write_bytes(b"title\n" + b"row\n" * 50_000 + b"\xff\n")
    with pytest.raises(Refusal, match="line 50002, byte 200007 "):
        count_rows(file)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a,b\n1,2\n3,\0\n", "line 3 has a NUL byte"),
        (b'a,b\n1,2\n"open,3\n4,5\n', "line 3: a quotation mark is opened and never closed"),
        (b'a,b\n"in"side,2\n', "line 2: .* a quotation mark inside a text is written twice"),
        (
            b"a,b\n1," + b"x" * (CELL_CHARS_MAX + 1) + b"\n",
            "line 2: a cell of more than 294,912 characters",
        ),
        (b"a,b,a\n1,2,3\n", "'a' is there twice"),
        (b",".join(b"c%d" % n for n in range(COLUMNS_MAX + 1)) + b"\n", "has 1,001 columns"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    with pytest.raises(Refusal, match=told) as caught:
        count_rows(file)
    assert caught.value.code == "bad-file"


def test_many_rows_are_read_and_one_too_many_is_refused(file: Path) -> None:
    file.write_text("title\n" + "x\n" * 10_002)
    assert count_rows(file) == 10_002
    file.write_text("title\n" + "x\n" * ROWS_MAX)
    assert count_rows(file) == ROWS_MAX
    file.write_text("title\n" + "x\n" * (ROWS_MAX + 1))
    with pytest.raises(Refusal, match="more than 100,000 rows; split the file") as caught:
        count_rows(file)
    assert caught.value.code == "too-large"


def test_a_header_alone_has_no_rows(file: Path) -> None:
    file.write_text("title\n")
    assert count_rows(file) == 0


def test_a_name_over_several_lines_is_one_name(file: Path) -> None:
    assert dict(headers(b'"a\nb",c\n'))[","] == ("a\nb", "c")
