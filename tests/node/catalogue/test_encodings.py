"""Character sets: told by bytes where that is sure, refused with a way out where it is not."""

from pathlib import Path

import pytest

from node import catalogue
from node.catalogue import Defaults, encodings
from protocol.errors import Refusal

OLD = ("cp1252", "mac_roman", "iso8859_15")
NAMES = ("windows-1252", "macroman", "iso-8859-15")
OLD_ONES = list(zip(OLD, NAMES, strict=True))
DATA = Path(__file__).parents[2] / "data" / "fairmondo-71-columns.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(("codec", "name"), OLD_ONES)
@pytest.mark.parametrize("header", ["€;id;title", '"€";"id"', "€,id", "€\tid"])
def test_the_sign_of_the_euro_in_the_first_cell_tells(
    file: Path, codec: str, name: str, header: str
) -> None:
    file.write_bytes(f"{header}\n;1;Äpfel\n".encode(codec))
    assert encodings.recognise(file) == name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_known_with_its_mark_and_without(file: Path, encoding: str) -> None:
    file.write_bytes("€;id\n;Äpfel\n".encode(encoding))
    assert encodings.recognise(file) == "utf-8"


@pytest.mark.parametrize("codec", OLD)
def test_without_the_sign_a_person_has_to_say(file: Path, codec: str) -> None:
    file.write_bytes("title;text\nÄpfel;süß\n".encode(codec))
    assert encodings.recognise(file) is None
    with pytest.raises(Refusal, match="name its encoding") as caught:
        catalogue.read(file)
    assert caught.value.code == "unknown-format"
    assert "windows-1252" in caught.value.detail


@pytest.mark.parametrize(("codec", "name"), OLD_ONES)
def test_once_it_is_said_every_letter_is_right(file: Path, codec: str, name: str) -> None:
    file.write_bytes("title;text\nÄpfel und Würste;süß\n".encode(codec))
    (row,) = catalogue.read(file, None, Defaults(language="de"), name)
    assert row.offer is not None
    assert (row.offer.title, row.offer.text) == ({"de": "Äpfel und Würste"}, {"de": "süß"})


@pytest.mark.parametrize("codec", OLD)
def test_a_whole_catalogue_reads_the_same_in_each(file: Path, codec: str) -> None:
    text = DATA.read_text(encoding="utf-8")
    file.write_bytes(text.encode(codec, "replace"))
    plain = file.with_name("plain.csv")
    plain.write_text(text.encode(codec, "replace").decode(codec), encoding="utf-8")
    assert [row.offer for row in catalogue.read(file)] == [
        row.offer for row in catalogue.read(plain)
    ]


def test_bad_rows_of_an_old_file_are_written_in_utf8_with_its_mark(file: Path) -> None:
    file.write_bytes("title;price\nWürste;x\n".encode("cp1252"))
    source = catalogue.read(file, None, None, "windows-1252")
    with source.rejects() as rejects:
        for row in source:
            rejects.write(row.raw, row.problems)
    assert rejects.path is not None
    assert "Würste" in rejects.path.read_bytes().decode("utf-8-sig")
    assert encodings.recognise(rejects.path) == "utf-8"
    assert rejects.path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_named(file: Path, encoding: str) -> None:
    file.write_bytes("title,text\nApple,red\n".encode(encoding))
    for given in (None, "utf-8"):
        with pytest.raises(Refusal, match="UTF-16"):
            catalogue.read(file, None, None, given)


def test_a_byte_that_the_set_does_not_have_is_named_with_its_line(file: Path) -> None:
    file.write_bytes(b"title\nApple\n\x81\n")
    with pytest.raises(Refusal, match=r"line 3, byte 13 of the file \(0x81\) is not windows-1252"):
        catalogue.read(file, None, None, "windows-1252")


def test_a_set_that_there_is_not_is_refused_with_those_that_there_are(file: Path) -> None:
    file.write_text("title\nApple\n")
    with pytest.raises(Refusal, match="utf-8, windows-1252, macroman, iso-8859-15"):
        catalogue.read(file, None, None, "klingon")
