"""Job files: an import on the disk: the file that came in, how far it is, and its bad rows.

Each job has a folder of its own below the data folder. Whatever ends the node, a job is found again
as it was after its last whole batch. It never reads a catalogue's cells and never publishes.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from node.codes import Problem
from node.private_files import FOLDER_MODE, write_private

State = Literal["unread", "checking", "checked", "importing", "stopped", "done"]


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chose; empty: encoding and format are recognised, a default is not needed."""

    circle: str
    encoding: str = ""
    format: str = ""
    currency: str = ""
    country: str = ""
    language: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue on its way in.

    `counts` is what this round's rows came to, `before` what those of earlier rounds did: a round
    is the whole file, then the mended rows alone. `bad_bytes` is how much of the file of bad rows
    belongs to the `done` rows. `refusal` says why it stands still: code and detail.
    """

    id: str
    name: str
    by: str
    role: str
    changed_ms: int
    state: State
    choices: Choices
    recognised: tuple[str, str] = ("", "")
    """Format and encoding."""
    lacks: tuple[str, ...] = ()
    rows: int = 0
    done: int = 0
    bad_bytes: int = 0
    round: int = 0
    counts: Mapping[str, int] = {}
    before: Mapping[str, int] = {}
    refusal: tuple[str, str] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the node works on it, or will."""
        return self.state in {"checking", "importing"}

    @property
    def bad(self) -> int:
        """How many rows are not good, as far as it is known."""
        return self.counts.get("rejected", 0)

    def total(self, name: str) -> int:
        """How much was done over all rounds."""
        return self.counts.get(name, 0) + self.before.get(name, 0)


class Bad(msgspec.Struct, frozen=True):
    """A row that was not taken: its line in the file that a person sent, its cells, the reasons."""

    line: int
    cells: list[str]
    problems: list[Problem]


class Folder:
    """The folder of one job."""

    def __init__(self, jobs: Path, identifier: str) -> None:
        self.path = jobs / identifier
        self.source = self.path / "source.csv"
        self._bad = self.path / "bad.jsonl"
        self._lines = self.path / "lines.json"

    def make(self, data: bytes) -> None:
        """A new folder with the file that came in."""
        self.path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
        self.path.mkdir(mode=FOLDER_MODE)
        write_private(self.source, data)

    def save(self, job: Job) -> None:
        """Keep how far it is; durable when this returns."""
        write_private(self.path / JOB_NAME, msgspec.json.encode(job))

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def add_bad(self, some: Iterable[Bad], begin: int) -> int:
        """Write bad rows behind the first `begin` bytes; how long the file is then.

        What stands behind `begin` is of a batch that was never finished. Beyond BAD_BYTES_MAX
        nothing is kept: so many bad rows are one fault repeated.
        """
        with self._bad.open("r+b" if self._bad.exists() else "w+b") as file:
            file.truncate(begin)
            file.seek(begin)
            for one in some:
                if file.tell() < BAD_BYTES_MAX:
                    file.write(msgspec.json.encode(one) + b"\n")
            return file.tell()

    def bad(self, most_bytes: int) -> Iterator[Bad]:
        """The bad rows that are kept, in the order of the file."""
        if not self._bad.exists():
            return
        with self._bad.open("rb") as file:
            while file.tell() < most_bytes and (line := file.readline()):
                yield _BAD.decode(line)

    def mend(self, header: Sequence[str], delimiter: str, rows: Iterable[Bad]) -> None:
        """Make these rows the file that is imported next, in UTF-8 with its mark."""
        lines: dict[int, int] = {}
        place = 1 + _line_count(written := _row(header, delimiter))
        parts = [written]
        for one in rows:
            parts.append(_row(one.cells, delimiter))
            lines[place] = one.line
            place += _line_count(parts[-1])
        write_private(self._lines, msgspec.json.encode(lines))
        write_private(self.source, "".join(parts).encode("utf-8-sig"))

    def lines(self) -> dict[int, int]:
        """Line in the file as it is now -> line in the file that a person sent; empty: the same."""
        return _LINES.decode(self._lines.read_bytes()) if self._lines.exists() else {}


def found(jobs: Path) -> list[Job]:
    """All jobs on the disk; what is none of ours is removed."""
    kept: list[Job] = []
    for path in sorted(jobs.iterdir()) if jobs.is_dir() else ():
        try:
            kept.append(_JOB.decode((path / JOB_NAME).read_bytes()))
        except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
            shutil.rmtree(path, ignore_errors=True)
    return kept


def _row(cells: Sequence[str], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerow(cells)
    return text.getvalue()


def _line_count(text: str) -> int:
    return len(LINE_END.findall(text))


JOB_NAME: Final = "job.json"
LINE_END: Final = re.compile(r"\r\n|\r|\n")
BAD_BYTES_MAX: Final = 16 * 1024 * 1024
_BAD: Final = msgspec.json.Decoder(Bad)
_JOB: Final = msgspec.json.Decoder(Job)
_LINES: Final = msgspec.json.Decoder(dict[int, int])
