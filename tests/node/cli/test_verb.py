import asyncio
import json
import sqlite3
from collections.abc import Awaitable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from node.cli.verb import Answer, Call, before, family, refusal_of, run, verb
from node.cli.words import told
from node.lock import LockedElsewhere
from protocol.errors import Refusal


def program() -> typer.Typer:
    """A family with one verb that tells what it was given."""
    app = typer.Typer()
    app.callback()(before)
    inner = family("Things.")
    app.add_typer(inner, name="thing")

    @verb(inner, "show")
    async def show(call: Call, name: str, many: int = 1) -> Answer:
        """Show a thing."""
        value = {"name": name, "many": many, "home": str(call._home), "json": call.as_json}
        return Answer(value, lambda screen: screen.line("{name}", name=name))

    @verb(inner, "refuse")
    async def refuse(_call: Call) -> Answer:
        """Refuse."""
        raise Refusal("not-found", "rec1")

    return app


@pytest.mark.parametrize(
    "words",
    [
        ["--home", "/h", "--json", "thing", "show", "a"],
        ["thing", "--home", "/h", "--json", "show", "a"],
        ["thing", "show", "a", "--home", "/h", "--json"],
        ["--json", "thing", "show", "--home", "/h", "a"],
        ["--home", "/other", "thing", "show", "a", "--home", "/h", "--json"],
    ],
)
def test_home_and_json_are_taken_before_and_behind_the_verb(words: list[str]) -> None:
    done = CliRunner().invoke(program(), words)
    assert done.exit_code == 0
    expected = {"name": "a", "many": 1, "home": "/h", "json": True}
    assert json.loads(done.stdout) == expected
    assert done.stdout.count("\n") == 1


def test_people_get_sentences(tmp_path: Path) -> None:
    done = CliRunner().invoke(program(), ["thing", "show", "a\x1b", "--home", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (0, "a\\x1b\n")


def test_a_refusal_is_exit_code_1_with_the_sentence_on_standard_error(tmp_path: Path) -> None:
    words = ["thing", "refuse", "--home", str(tmp_path)]
    done = CliRunner().invoke(program(), words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "nothing with this id is here: rec1 [not-found]\n"
    with_json = CliRunner().invoke(program(), [*words, "--json"])
    assert (with_json.exit_code, with_json.stderr) == (1, done.stderr)
    error = {"code": "not-found", "sentence": "nothing with this id is here: rec1"}
    assert json.loads(with_json.stdout) == {"error": error}


@pytest.mark.parametrize("words", [["thing", "show"], ["thing", "show", "a", "--x"], ["thing"], []])
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    assert CliRunner().invoke(program(), words).exit_code == 2


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Refusal("disk-full"), "disk-full", "make room"),
        (Refusal("bad-field", "{brace}"), "bad-field", "{brace}"),
        (told("{count} circles", "ambiguous-id", count=2), "ambiguous-id", "2 circles"),
        (LockedElsewhere(Path("h"), 77), "home-in-use", "process 77"),
        (PermissionError(13, "Permission denied", "f.csv"), "machine", "f.csv"),
        (OSError("odd"), "machine", "odd"),
        (sqlite3.DatabaseError("malformed"), "data-damaged", "malformed"),
        (ExceptionGroup("g", [Refusal("not-found")]), "not-found", "nothing"),
        (ZeroDivisionError("x"), "internal", "ZeroDivisionError"),
    ],
)
def test_each_fault_has_its_code_and_says_what_is_wrong(
    fault: Exception, code: str, words: str
) -> None:
    message = refusal_of(fault)
    assert message.code == code
    assert words in message.say()


def test_our_own_fault_leaves_its_cause_on_standard_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def fail() -> Answer:
        raise ZeroDivisionError("by nothing")

    assert run(Call(tmp_path, as_json=True), fail()) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == "internal"
    assert "Traceback" in shown.err


def test_a_failed_answer_is_exit_code_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async def fails() -> Answer:
        return Answer({"ok": False}, lambda _screen: None, failed=True)

    assert run(Call(tmp_path, as_json=True), fails()) == 1
    assert json.loads(capsys.readouterr().out) == {"ok": False}


def test_broken_settings_leave_english(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('language = "de"\n')
    assert Call(tmp_path, as_json=False).language == "de"
    (tmp_path / "node.toml").write_text('language = "de"\nnonsense')
    assert Call(tmp_path, as_json=False).language == "en"


def test_a_verb_runs_on_a_loop_of_its_own() -> None:
    async def name() -> None:
        assert asyncio.get_running_loop().is_running()

    doing: Awaitable[None] = name()
    assert run(Call(None, as_json=False), doing) == 0
