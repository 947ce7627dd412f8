"""Whole files: the formats told apart, faults of a file, and the catalogues of other programs.

The catalogues that other programs ship are not part of this project: the folder named by the
environment variable COOP_NODE_REAL_CATALOGUES may hold them. Files of our own that have the same
columns are always read.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.catalogue import FORMATS, ROWS_MAX, Defaults, Row, count_rows, export, read, recognise
from node.codes import check_offer
from protocol.errors import Refusal
from protocol.trade import Offer

DATA = Path(__file__).parents[1] / "data"
ELSEWHERE = os.environ.get("COOP_NODE_REAL_CATALOGUES")
OWN_FILES = {
    "fairmondo-71-columns.csv": ("fairmondo", 8),
    "fairmondo-older-columns.csv": ("fairmondo", 4),
    "open-food-network-inventory.csv": ("open-food-network", 2),
    "open-food-network.csv": ("open-food-network", 9),
    "own.csv": ("own", 3),
}
REAL_FILES = {
    "csv_upload_sample_10.csv": ("fairmondo", 3),
    "sample_file_120_products.csv": ("open-food-network", 120),
}
DEFAULTS = Defaults("EUR", "DE", "de")


def catalogues() -> Iterator[tuple[Path, str, int]]:
    for name, (format_name, rows) in OWN_FILES.items():
        yield DATA / name, format_name, rows
    for name, (format_name, rows) in REAL_FILES.items():
        if ELSEWHERE and (path := Path(ELSEWHERE) / name).exists():
            yield path, format_name, rows


CATALOGUES = list(catalogues())


@pytest.mark.parametrize(("path", "format_name", "count"), CATALOGUES)
def test_a_catalogue_comes_out_whole(path: Path, format_name: str, count: int) -> None:
    catalogue = read(path, None, DEFAULTS)
    assert (catalogue.format.name, catalogue.rows, count_rows(path)) == (format_name, count, count)
    rows = list(catalogue)
    assert len(rows) == count
    assert [problem.say() for row in rows for problem in row.problems] == []
    for row in rows:
        assert (row.offer is None) == (row.action not in {"create", "update"})
        if row.offer is not None:
            assert check_offer(row.offer) == []
            again = msgspec.convert(msgspec.to_builtins(row.offer), Offer)
            assert again == row.offer
    assert list(catalogue) == rows


@pytest.mark.parametrize(("path", "format_name", "count"), CATALOGUES)
def test_a_catalogue_goes_through_our_own_format_unchanged(
    path: Path, format_name: str, count: int, tmp_path: Path
) -> None:
    taken = [(row.kind, row.offer) for row in read(path, None, DEFAULTS) if row.offer]
    numbers = [offer.item.sku for _kind, offer in taken if offer.item.sku]
    written = tmp_path / "own.csv"
    assert export.write(written, taken, ["de"]) == len(taken)
    back = list(read(written, "own"))
    if len(set(numbers)) == len(numbers):
        assert [(row.kind, row.offer) for row in back] == taken
    else:  # in our own format a number stands once
        assert sum(row.offer is None for row in back) == len(numbers) - len(set(numbers))


@pytest.mark.parametrize(("path", "format_name", "count"), CATALOGUES)
def test_the_head_tells_the_format(path: Path, format_name: str, count: int) -> None:
    head = path.read_bytes()[:4096]
    assert recognise(head) == format_name
    assert recognise(b"\xef\xbb\xbf" + head) == format_name


@pytest.mark.parametrize(
    "head", [b"", b"a,b\n", b"\xff\xfet\0", b"\x80;id;title\n", b"{}", b"PK\x03\x04"]
)
def test_what_is_no_catalogue_is_not_recognised(head: bytes) -> None:
    assert recognise(head) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_recognised_or_not(head: bytes) -> None:
    assert recognise(head) in {None, *FORMATS}


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: f"title,{text}".encode("utf-8", "replace"))
)
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    rows = rows_or_code(path)
    if isinstance(rows, str):
        assert rows in {"unknown-format", "bad-file", "too-large"}
    else:
        assert all(bool(row.problems) != (row.offer is not None) for row in rows)


def rows_or_code(path: Path) -> list[Row] | str:
    try:
        return list(read(path, None, DEFAULTS))
    except Refusal as refused:
        return refused.code


def test_another_format_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("title,name,price,units,unit_type,producer,on_hand\nx,Milk,1,1,l,Farm,2\n")
    assert read(path).format.name == "open-food-network"
    with pytest.raises(Refusal, match="no column 'name'"):
        read(path, "own")
    with pytest.raises(Refusal, match="fairmondo needs € as its first column") as caught:
        read(path, "fairmondo")
    assert caught.value.code == "unknown-format"
    with pytest.raises(Refusal, match="'excel'; there are fairmondo, open-food-network, own"):
        read(path, "excel")


def test_an_unknown_file_is_refused_with_what_each_format_needs(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("name,price\nMilk,1\n")
    with pytest.raises(Refusal) as caught:
        read(path)
    assert caught.value.code == "unknown-format"
    for known in FORMATS:
        assert f"{known} needs" in caught.value.detail


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "iso8859_15"])
def test_the_older_character_sets_of_fairmondo_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "alt.csv"
    path.write_bytes("€;id;title\n;;Käse\n".encode(encoding))
    found = read(path)
    assert (found.format.name, found.header) == ("fairmondo", ("€", "id", "title"))
    assert [row.raw for row in found] == [["", "", "Käse"]]


def test_nothing_is_given_out_of_a_file_with_too_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("title\n" + "Milk\n" * (ROWS_MAX + 1))
    with pytest.raises(Refusal) as caught:
        read(path)
    assert caught.value.code == "too-large"


def test_ten_thousand_rows_with_two_bad_ones(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    lines = [f"S-{number},Milk {number},{number}.50,EUR" for number in range(10_002)]
    lines[4_000] = "S-x,,1,EUR"
    lines[9_999] = "S-y,Milk,1.555,EUR"
    path.write_text("sku,title,price,currency\n" + "\n".join(lines) + "\n")
    catalogue = read(path)
    with catalogue.rejects() as rejects:
        good = 0
        for row in catalogue:
            if row.problems:
                rejects.write(row.raw, row.problems)
            good += row.offer is not None
    assert (catalogue.rows, good, rejects.count) == (10_002, 10_000, 2)
    assert rejects.path is not None
    assert [row.line for row in read(rejects.path) if row.problems] == [2, 3]
