"""table: a CSV file as rows of cells, read piece by piece, with the line that each begins on.

Knows nothing of offers. What a person sends may be any bytes: each fault of the file as a whole is
a refusal that names the line and says what to do.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from node.catalogue.encodings import codec_of, refusal, refuse_wide
from protocol.errors import Refusal
from protocol.limits import BODY_BYTES_MAX

# a co-op's whole range of goods many times over; a larger one is imported in parts
ROWS_MAX = 100_000
COLUMNS_MAX = 1_000
FILE_BYTES_MAX = 512 * 1024 * 1024
# what is looked at to tell the format: the longest header known is 1.5 kB
HEAD_BYTES = 64 * 1024

# the column `more` of our own format: a whole record as JSON, where a byte may become `\u0001`
CELL_CHARS_MAX = 6 * BODY_BYTES_MAX

DELIMITERS = (",", ";", "\t")

Cells = list[str]


def read_head(path: Path) -> bytes:
    """The beginning of a file, for `recognise`; refuses an empty file and one that is too large."""
    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        raise Refusal("too-large", f"{size:,} bytes, {FILE_BYTES_MAX:,} are the most; split it")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise Refusal("unknown-format", "the file is empty")
    refuse_wide(head)
    return head


def headers(head: bytes, encoding: str = "utf-8") -> Iterator[tuple[str, tuple[str, ...]]]:
    """The first row, as each delimiter would cut it; none when it is not text in this encoding."""
    try:
        text = codecs.getincrementaldecoder(codec_of(encoding))().decode(head)
    except UnicodeDecodeError:
        return
    text = text.lstrip("\r\n")
    for delimiter in DELIMITERS:
        try:
            first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            continue
        yield delimiter, tuple(name.strip() for name in first)


def records(path: Path, delimiter: str, encoding: str = "utf-8") -> Iterator[tuple[int, Cells]]:
    """(line it begins on, cells) of each row that is not empty, the header first.

    A quotation mark left open, a byte that is not of this encoding, a NUL byte: `Refusal` with the
    line.
    """
    with path.open(encoding=codec_of(encoding), newline="") as file:
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                if any(cells):
                    yield line, cells
                line = reader.line_num + 1
        except UnicodeDecodeError:
            raise refusal(path, encoding) from None
        except csv.Error as broken:
            raise Refusal("bad-file", _told(line, str(broken))) from None


def count_rows(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> int:
    """Rows below the header; reads the whole file and refuses what no row of it can mend.

    Refuses `too-large` beyond `ROWS_MAX` rows.
    """
    count = -1
    for line, cells in records(path, delimiter, encoding):
        count += 1
        if count == 0:
            _check_header(line, cells)
        if count > ROWS_MAX:
            raise Refusal("too-large", f"more than {ROWS_MAX:,} rows; split the file")
    return max(count, 0)


def _lines(file: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        if "\0" in line:
            raise Refusal("bad-file", f"line {number} has a NUL byte; it is no text")
        yield line


def _check_header(line: int, cells: Cells) -> None:
    if len(cells) > COLUMNS_MAX:
        raise Refusal(
            "bad-file", f"line {line} has {len(cells):,} columns; {COLUMNS_MAX:,} at most"
        )
    names = [name.strip() for name in cells if name.strip()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal("bad-file", f"the column {twice[0]!r} is there twice; rename or remove one")


def _told(line: int, reason: str) -> str:
    if "field limit" in reason:
        told = f"line {line}: a cell of more than {CELL_CHARS_MAX:,} characters"
        return f"{told}; is a quotation mark left open?"
    if "unexpected end" in reason:
        return f"line {line}: a quotation mark is opened and never closed"
    return f"line {line}: {reason}; a quotation mark inside a text is written twice"


# the limit of Python's reader holds for the whole process, and is too low for that column
csv.field_size_limit(CELL_CHARS_MAX)
