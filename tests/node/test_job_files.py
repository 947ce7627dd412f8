"""Imports on the disk: kept batch by batch, found again, mended."""

from pathlib import Path

import pytest

from node import catalogue, job_files
from node.codes import bad_field
from node.job_files import Bad, Choices, Folder, Job

JOB = Job(
    id="a1", name="x.csv", by="owner", role="owner", changed_ms=5, state="done",
    choices=Choices(circle="circle1"), counts={"rejected": 2}, refusal=("bad-file", "line 3"),
)  # fmt: skip


def bad(line: int, *cells: str) -> Bad:
    return Bad(line, list(cells), [bad_field("price", "{cell} is not a number", cell="x")])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "imports", "a1")
    folder.make(b"title\nTea\n")
    folder.save(JOB)
    return folder


def test_a_job_is_found_again_as_it_was(tmp_path: Path, folder: Folder) -> None:
    assert job_files.found(tmp_path / "imports") == [JOB]
    folder.remove()
    assert job_files.found(tmp_path / "imports") == []


def test_what_is_none_of_ours_is_removed(tmp_path: Path, folder: Folder) -> None:
    other = tmp_path / "imports" / "b2"
    other.mkdir()
    (other / "job.json").write_text("{}")
    assert job_files.found(tmp_path / "imports") == [JOB]
    assert not other.exists()


def test_bad_rows_of_an_unfinished_batch_are_written_over(folder: Folder) -> None:
    first = folder.add_bad([bad(2, "Tea")], 0)
    folder.add_bad([bad(3, "Ice"), bad(4, "Oil")], first)
    last = folder.add_bad([bad(3, "Ice")], first)
    assert list(folder.bad(last)) == [bad(2, "Tea"), bad(3, "Ice")]
    assert list(folder.bad(first)) == [bad(2, "Tea")]


def test_of_very_many_bad_rows_the_first_are_kept(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_files, "BAD_BYTES_MAX", 1)
    last = folder.add_bad([bad(2, "Tea"), bad(3, "Ice")], 0)
    assert list(folder.bad(last)) == [bad(2, "Tea")]


def test_mended_rows_are_a_file_that_knows_where_they_came_from(folder: Folder) -> None:
    folder.mend(["title", "text"], ";", [bad(7, "Tea", "a;b\nc"), bad(30, 'Ice "cream"', "")])
    assert folder.source.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(catalogue.read(folder.source))
    assert [row.raw for row in rows] == [["Tea", "a;b\nc"], ['Ice "cream"', ""]]
    lines = folder.lines()
    assert [lines[row.line] for row in rows] == [7, 30]
