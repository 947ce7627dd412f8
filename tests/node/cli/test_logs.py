from pathlib import Path

import pytest

from tests.node.cli.processes import CommandLine, RunningNode, until


def test_what_is_no_export_is_refused_offline(command: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "other.file"
    path.write_bytes(b"something else entirely")
    for file, code in ((path, "bad-file"), (tmp_path / "none", "machine")):
        done = command.bare("log", "verify", file, "--json")
        assert done.code == 1
        assert done.json["ok"] is False
        assert done.error == code
        assert command.bare("log", "verify", file).code == 1
    assert not command.home.exists()


@pytest.fixture(scope="module")
def exported(
    strangers: list[RunningNode], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A public circle, and the file that holds it."""
    node = strangers[0]
    circle = node("circle", "create", "Stick", "--public", "--json").json["circle"]
    fields = '{"title": {"en": "Salt"}, "where": {"country": "KE"}}'
    for _ in range(3):
        assert node("offer", "add", "-", "--circle", circle, stdin=fields).code == 0
    file = tmp_path_factory.mktemp("stick") / "circle.export"
    done = node("log", "export", file, "--circle", circle[:20], "--json")
    assert done.code == 0, done.err
    assert done.json["bytes"] == file.stat().st_size
    return circle, file


def test_an_export_is_verified_offline(
    strangers: list[RunningNode], exported: tuple[str, Path], command: CommandLine
) -> None:
    circle, file = exported
    status = strangers[0]("status", "--json").json
    shown = next(one for one in status["circles"] if one["id"] == circle)
    done = command.bare("log", "verify", file, "--json")
    assert done.code == 0, done.err
    assert done.json["ok"] is True
    assert done.json["coops"] == 1
    assert done.json["records"] == shown["records"]
    assert done.json["root"] == shown["root"]
    assert command.bare("log", "verify", file).code == 0


def test_a_flipped_byte_is_found(
    exported: tuple[str, Path], command: CommandLine, tmp_path: Path
) -> None:
    content = bytearray(exported[1].read_bytes())
    content[len(content) // 2] ^= 1
    flipped = tmp_path / "flipped.export"
    flipped.write_bytes(content)
    done = command.bare("log", "verify", flipped, "--json")
    assert (done.code, done.json["ok"]) == (1, False)


def test_a_stick_carries_a_circle_to_another_node(
    strangers: list[RunningNode], exported: tuple[str, Path], tmp_path: Path
) -> None:
    circle, file = exported
    one, other = strangers
    done = other("log", "import", file, "--json")
    assert done.code == 0, done.err
    assert done.json["circle"] == circle
    assert 0 < done.json["records_new"] <= done.json["records"]
    again = other("log", "import", file, "--json").json
    assert (again["records_new"], again["records"]) == (0, done.json["records"])

    def shown(node: RunningNode) -> tuple[str, str]:
        status = node("circle", "list", "--json").json
        found = next(entry for entry in status["circles"] if entry["id"] == circle)
        return found["root"], found["digest"]

    assert until(lambda: shown(one) == shown(other))
    back = tmp_path / "back.export"
    assert other("log", "export", back, "--circle", circle).code == 0
    assert one("log", "import", back, "--json").json["records_new"] == 0


def test_a_damaged_stick_is_refused_by_a_running_node(
    strangers: list[RunningNode], exported: tuple[str, Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.export"
    cut.write_bytes(exported[1].read_bytes()[:-1])
    done = strangers[0]("log", "import", cut, "--json")
    assert (done.code, done.error) == (1, "bad-file")
