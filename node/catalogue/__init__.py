"""catalogue: goods in a CSV file as offers and wants, and back, in formats told by their header.

Pure functions over files: never asks the store, never publishes, never runs what a cell says. What
is wrong with the whole file is a `Refusal`; what is wrong with a row stands in that row.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from node.catalogue import encodings, fairmondo, open_food_network, own
from node.catalogue.encodings import ENCODINGS
from node.catalogue.rejects import Rejects
from node.catalogue.row import Defaults, Format, Parser, Row, external_ids
from node.catalogue.table import ROWS_MAX, headers, read_head, records
from node.catalogue.table import count_rows as _count_rows
from node.codes import Problem, bad_field
from node.text import Translate
from node.text import mark as _
from protocol.errors import Refusal

__all__ = [
    "ENCODINGS",
    "FORMATS",
    "ROWS_MAX",
    "Catalogue",
    "Defaults",
    "Problem",
    "Rejects",
    "Row",
    "count_rows",
    "external_ids",
    "read",
    "recognise",
]


def recognise(head: bytes) -> str | None:
    """The format (a key of `FORMATS`) of a file that begins so; None when it is none of them."""
    found = _recognise(head, None, "utf-8")
    return found[0].name if found else None


def read(
    path: Path,
    format_name: str | None = None,
    defaults: Defaults | None = None,
    encoding: str | None = None,
) -> "Catalogue":
    """A catalogue whose rows are then read one by one.

    Goes through the whole file once before, so that nothing is published of a file that is damaged,
    in an encoding that nobody named, or too long: `Refusal` unknown-format, bad-file or too-large.
    """
    head = read_head(path)
    written = encoding.casefold() if encoding else encodings.recognise(path)
    if written is None:
        raise encodings.refusal(path, "utf-8")
    found = _recognise(head, format_name, written)
    if found is None:
        raise _unknown(path, head, format_name, written)
    known, delimiter, header = found
    return Catalogue(
        path=path,
        encoding=written,
        format=known,
        delimiter=delimiter,
        header=header,
        rows=_count_rows(path, delimiter, written),
        parser=known.parser(header, defaults or Defaults()),
    )


def count_rows(path: Path) -> int:
    """How many rows a catalogue has below its header, for showing how far an import is."""
    return read(path).rows


class Catalogue(msgspec.Struct, frozen=True):
    """An opened catalogue. Each iteration reads the file anew."""

    path: Path
    encoding: str
    format: Format
    delimiter: str
    header: tuple[str, ...]
    rows: int
    parser: Parser

    def __iter__(self) -> Iterator[Row]:
        """Read row by row; duplicates inside the file are problems of the later row."""
        width = len(self.header)
        seen: dict[str, int] = {}
        lines = records(self.path, self.delimiter, self.encoding)
        next(lines)
        for line, raw in lines:
            # a short row has empty cells at its end, as every program that reads CSV takes it
            cells = raw if len(raw) == width else raw[:width] + [""] * (width - len(raw))
            parsed = self.parser(cells)
            problems = parsed.problems
            if any(raw[width:]):
                text = _("{cells} cells under {columns} columns; put a text with {mark} in quotes")
                mark = repr(self.delimiter)
                problems.append(bad_field("", text, cells=len(raw), columns=width, mark=mark))
            if self.format.ids_unique and (first := seen.get(parsed.external_id)):
                text = _("the same as line {line}; leave one of them out")
                problems.append(bad_field(parsed.external_id, text, line=first))
            if parsed.external_id:
                seen.setdefault(parsed.external_id, line)
            yield Row(
                line=line,
                action=parsed.action,
                action_if_known=parsed.action_if_known,
                external_id=parsed.external_id,
                kind=parsed.kind,
                offer=None if problems else parsed.offer,
                problems=problems,
                raw=raw,
            )

    def rejects(
        self,
        where: Path | None = None,
        fallback: Path | None = None,
        translate: Translate = _,
    ) -> Rejects:
        """The file for this catalogue's bad rows; see `Rejects`."""
        return Rejects(
            self.path,
            self.header,
            self.delimiter,
            encoding=self.encoding,
            where=where,
            fallback=fallback,
            translate=translate,
        )


def _recognise(
    head: bytes, format_name: str | None, encoding: str
) -> tuple[Format, str, tuple[str, ...]] | None:
    cut = list(headers(head, encoding))
    for known in FORMATS.values():
        if format_name in {None, known.name}:
            for delimiter, header in cut:
                if known.fits(header):
                    return known, delimiter, header
    return None


def _unknown(path: Path, head: bytes, format_name: str | None, encoding: str) -> Refusal:
    if not list(headers(head, encoding)):
        return encodings.refusal(path, encoding)
    if format_name is not None and format_name not in FORMATS:
        return Refusal("unknown-format", f"{format_name!r}; there are {', '.join(FORMATS)}")
    asked = [FORMATS[format_name]] if format_name else list(FORMATS.values())
    needs = "; ".join(f"{known.name} needs {known.needs}" for known in asked)
    return Refusal("unknown-format", f"by the names of its columns; {needs}")


FORMATS: dict[str, Format] = {
    known.name: known for known in (fairmondo.FORMAT, open_food_network.FORMAT, own.FORMAT)
}
