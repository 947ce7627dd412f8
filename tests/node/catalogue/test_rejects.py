import csv
from pathlib import Path

import pytest

from node.catalogue import Defaults, read
from node.catalogue.rejects import Rejects
from protocol.errors import Refusal

OWN = 'title,price,currency\nApples,1.5,EUR\nPears,cheap,EUR\nPlums,2,EUR,surplus\n"a\nb",x\n'
DATA = Path(__file__).parents[2] / "data"


def rejected(path: Path, where: Path | None = None) -> Rejects:
    catalogue = read(path, None, Defaults("EUR", "DE", "en"))
    with catalogue.rejects(where) as rejects:
        for row in catalogue:
            if row.problems:
                rejects.write(row.raw, row.problems)
    return rejects


def table(path: Path | None, delimiter: str = ",") -> list[list[str]]:
    assert path is not None
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def test_bad_rows_stand_next_to_the_catalogue_with_their_reasons(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN)
    rejects = rejected(source)
    assert rejects.count == 3
    assert rejects.path == tmp_path / "goods.rejected.csv"
    assert table(rejects.path) == [
        ["title", "price", "currency", "error"],
        ["Pears", "cheap", "EUR", "price: 'cheap' is not a number such as 12.50 [bad-field]"],
        [
            "Plums",
            "2",
            "EUR",
            "4 cells under 3 columns; put a text with ',' in quotes [bad-field]",
            "surplus",
        ],
        ["a\nb", "x", "", "price: 'x' is not a number such as 12.50 [bad-field]"],
    ]
    assert source.read_text() == OWN


def test_the_file_can_be_imported_as_it_is_and_after_mending(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN)
    first = rejected(source).path
    assert first is not None
    again = rejected(first).path
    assert again == tmp_path / "goods.rejected.rejected.csv"
    assert [row[0] for row in table(again)] == [row[0] for row in table(first)]

    first.write_text(
        first.read_text().replace("cheap", "3").replace("x,", "4,").replace(",surplus", "")
    )
    assert [row.problems for row in read(first, None, Defaults("EUR"))] == [[], [], []]


def test_no_bad_row_no_file(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text("title\nApples\n")
    rejects = rejected(source)
    assert (rejects.count, rejects.path) == (0, None)
    assert list(tmp_path.iterdir()) == [source]


def test_earlier_rejects_stay_as_they_are(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN)
    (tmp_path / "goods.rejected.csv").write_text("half mended")
    assert rejected(source).path == tmp_path / "goods.rejected-2.csv"
    assert (tmp_path / "goods.rejected.csv").read_text() == "half mended"


def test_they_go_where_told(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN)
    folder = tmp_path / "folder"
    folder.mkdir()
    assert rejected(source, folder).path == folder / "goods.rejected.csv"
    told = tmp_path / "told.csv"
    told.write_text("before")
    assert rejected(source, told).path == told
    assert table(told)[0] == ["title", "price", "currency", "error"]


def test_the_catalogue_itself_is_never_written(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN)
    with pytest.raises(Refusal, match="already-there"):
        rejected(source, source)
    assert source.read_text() == OWN


def test_a_folder_that_cannot_be_written_to_has_a_fallback(tmp_path: Path) -> None:
    folder, home = tmp_path / "stick", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    source = folder / "goods.csv"
    source.write_text(OWN)
    catalogue = read(source)
    bad = next(row for row in catalogue if row.problems)
    with catalogue.rejects() as without, catalogue.rejects(fallback=home) as rejects:
        source.unlink()
        folder.rmdir()  # pulled out
        with pytest.raises(FileNotFoundError):
            without.write(bad.raw, bad.problems)
        rejects.write(bad.raw, bad.problems)
    assert rejects.path == home / "goods.rejected.csv"
    assert table(rejects.path)[1][0] == "Pears"


@pytest.mark.parametrize("name", ["fairmondo-71-columns.csv", "open-food-network.csv", "own.csv"])
def test_each_format_gets_its_rejects_in_its_own_format(name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes((DATA / name).read_bytes())
    catalogue = read(source, None, Defaults("EUR", "DE", "de"))
    rows = list(catalogue)
    with catalogue.rejects() as rejects:
        for row in rows:
            rejects.write(row.raw, row.problems)
    assert rejects.path is not None
    back = read(rejects.path, None, Defaults("EUR", "DE", "de"))
    assert back.format == catalogue.format
    assert [row.offer for row in back] == [row.offer for row in rows]


def test_a_byte_order_mark_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text(OWN, encoding="utf-8-sig")
    path = rejected(source).path
    assert path is not None
    assert path.read_bytes().startswith(b"\xef\xbb\xbftitle")


def test_an_error_column_in_the_middle_keeps_its_place(tmp_path: Path) -> None:
    source = tmp_path / "goods.csv"
    source.write_text("title,error,price\nPears,old reason,cheap\n")
    assert table(rejected(source).path)[1][::2] == ["Pears", "cheap"]
    assert table(rejected(source).path)[0] == ["title", "error", "price"]
