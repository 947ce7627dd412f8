import io
import sys

import pytest

from node.cli.show import PIPE_COLUMNS, Screen, flat, plain, short

COOP = "coop1djmyw47jqc7mjapypjq309kpshelsxlx7qx20fzzk23lys585x6qfgly5g"


def test_a_short_id_is_a_beginning_that_the_node_takes_back() -> None:
    assert short(COOP) == "coop1djmyw47jqc"
    assert COOP.startswith(short(COOP))
    assert len(short(COOP)) >= 8
    assert short("no-id-at-all-and-longer-than-one") == "no-id-at-all-and-"
    assert short(None) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müsli, 500 g", "Müsli, 500 g"),
        ("क्\u200dष", "क्\u200dष"),
        ("12\u202f500,00\xa0€", "12\u202f500,00\xa0€"),
        ("\x1b[2J", "\\x1b[2J"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("two\nlines\r", "two\\nlines\\r"),
    ],
)
def test_no_text_of_others_moves_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_fields_are_named_by_where_they_stand() -> None:
    value = {"title": {"en": "Rice"}, "prices": [{"minor": 5}, {"minor": 4}], "unit": "KGM"}
    assert list(flat(value)) == [
        ("title.en", "Rice"),
        ("prices.1.minor", 5),
        ("prices.2.minor", 4),
        ("unit", "KGM"),
    ]


def test_fields_are_followed_no_deeper_than_the_limit() -> None:
    value: object = "end"
    for _ in range(10):
        value = {"a": value}
    ((name, rest),) = flat(value)
    assert name == ".".join("a" * 8)
    assert rest == {"a": {"a": "end"}}


def printed(language: str = "en") -> tuple[Screen, io.StringIO]:
    stream = io.StringIO()
    screen = Screen(language)
    screen.console.file = stream
    return screen, stream


def test_sentences_and_cells_are_made_harmless_and_never_broken() -> None:
    screen, stream = printed()
    screen.line("published: {offer}", offer="x" * (PIPE_COLUMNS + 50) + "\x1b[1m")
    assert stream.getvalue() == f"published: {'x' * (PIPE_COLUMNS + 50)}\\x1b[1m\n"


def test_a_table_shows_each_row_with_numbers_at_the_right() -> None:
    screen, stream = printed()
    screen.table(["name", "count"], [["[red]a", 5], ["b\x07", 1234]])
    lines = stream.getvalue().splitlines()
    assert [line.split() for line in lines if line[:1] not in ("", " ", "─")] == [
        ["name", "count"],
        ["[red]a", "5"],
        ["b\\x07", "1234"],
    ]
    assert lines[2].endswith("    5 ") or lines[2].endswith("    5")


def test_facts_leave_out_what_is_empty() -> None:
    screen, stream = printed()
    screen.facts([("name", "a"), ("website", None), ("sectors", []), ("public", False)])
    assert [line.split() for line in stream.getvalue().splitlines()] == [
        ["name", "a"],
        ["public", "no"],
    ]


def test_a_moment_is_written_as_the_language_does() -> None:
    assert printed("de")[0].moment(1_700_000_000_000)[:11] == "14.11.2023,"
    assert printed()[0].moment(None) == ""
    assert "9999" in printed()[0].moment(10**18)


def test_a_qr_code_is_for_terminals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen("en")
    screen.qr("https://coop.example/join#1")
    assert capsys.readouterr().out == ""
    screen.is_terminal = True
    screen.qr("https://coop.example/join#1")
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) > 10
    assert sys.stdout is not None
