"""rejects: the rows that were not taken, as a file in the format they came in.

Each row stands as it was, with the reason in the added column `error`, which every importer
ignores: mend the rows and import the file as it is. Never touches the file it came from.
"""

import codecs
import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from node.codes import Problem
from node.text import Translate
from node.text import mark as _
from protocol.errors import Refusal

ERROR_COLUMN = "error"
# files of one catalogue's rejects beside each other; more are a sign of something else
NAMES_MAX = 1_000


class Rejects:
    """A context manager; `path` and `count` say what was written. No bad row, no file.

    `where` is a file or a folder; without it the file stands next to the catalogue, or in the
    folder `fallback` where that cannot be written to. A file that is there stays as it is, unless
    `where` names it.
    """

    def __init__(
        self,
        source: Path,
        header: Iterable[str],
        delimiter: str,
        *,
        encoding: str = "utf-8",
        where: Path | None = None,
        fallback: Path | None = None,
        translate: Translate = _,
    ) -> None:
        if where is not None and where.exists() and where.samefile(source):
            raise Refusal("already-there", f"{where} is the file that is imported")
        self.path: Path | None = None
        self.count = 0
        self._source = source
        self._header = list(header)
        self._delimiter = delimiter
        self._where = where
        self._fallback = fallback
        self._translate = translate
        self._file: TextIO | None = None
        # some programs know UTF-8 by this mark, others stumble on it: begin as the source does,
        # and with it where the source was in another encoding
        with source.open("rb") as file:
            begin = file.read(len(codecs.BOM_UTF8))
        self._is_marked = encoding != "utf-8" or begin == codecs.BOM_UTF8

    def write(self, raw: list[str], problems: list[Problem]) -> None:
        """Add a row with its reasons."""
        reason = "; ".join(problem.say(self._translate) for problem in problems)
        if self._file is None:
            self._file = self._open()
            self._write(self._file, self._header, ERROR_COLUMN)
        self._write(self._file, raw, reason)
        self.count += 1

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, file: TextIO, row: list[str], error: str) -> None:
        width = len(self._header)
        cells = row + [""] * (width - len(row))
        if ERROR_COLUMN in self._header:
            cells[self._header.index(ERROR_COLUMN)] = error
        else:
            cells.insert(width, error)
        csv.writer(file, delimiter=self._delimiter).writerow(cells)

    def _open(self) -> TextIO:
        if self._where is not None and not self._where.is_dir():
            self.path = self._where
            return self._started(self.path.open("w", encoding="utf-8", newline=""))
        try:
            return self._open_new(self._where or self._source.parent)
        except OSError:
            if self._fallback is None:
                raise
            return self._open_new(self._fallback)

    def _open_new(self, folder: Path) -> TextIO:
        for number in range(1, NAMES_MAX + 1):
            tail = "" if number == 1 else f"-{number}"
            path = folder / f"{self._source.stem}.rejected{tail}.csv"
            try:
                file = path.open("x", encoding="utf-8", newline="")
            except FileExistsError:
                continue
            self.path = path
            return self._started(file)
        raise Refusal("already-there", f"{NAMES_MAX:,} files of rejected rows in {folder}")

    def _started(self, file: TextIO) -> TextIO:
        if self._is_marked:
            file.write("\ufeff")
        return file
