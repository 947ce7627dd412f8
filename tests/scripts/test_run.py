"""`scripts/run` on a clone that is set up already: one's own node."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node.cli.processes import ANSWER_S_MAX, ROOT, CommandLine


class Clone:
    """The scripts in a folder whose environment is the one that the tests run in."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self._root = folder / "clone"
        shutil.copytree(ROOT / "scripts", self._root / "scripts")
        for name in ("pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self._root)
        programs = self._root / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, words in (("python", ""), ("coop-node", "-m node")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
            program.chmod(0o755)
        told = subprocess.run(
            ["/bin/sh", "-c", "cat requirements.lock pyproject.toml | cksum"],
            cwd=self._root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        (self._root / ".venv" / ".ready").write_text(f"{self._root.resolve()} {told.stdout}")

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self._root / "scripts" / "run"), *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home.parent,
            env=CommandLine(self.home).environ | {"PYTHONUNBUFFERED": "1"},
        )

    def told(self, *words: str | Path) -> tuple[int, str, str]:
        """Run to the end: exit code, standard output, standard error."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=ANSWER_S_MAX)
        return process.returncode, out, err

    def run_until_ready(self) -> str:
        """Run a node, stop it once it is ready: what it said until then."""
        with self.start("--home", self.home, "--listen", "127.0.0.1:0") as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("ready http://127.0.0.1:"):
                    break
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=ANSWER_S_MAX)
        assert (process.returncode, out) == (0, ""), err
        return "".join(said)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


LINK = re.compile(r"first run: open this link once: http://127\.0\.0\.1:\d+/start/[0-9a-f]{32}\n")


def test_a_start_without_a_node_shows_a_link_each_time_another(clone: Clone) -> None:
    first, second = clone.run_until_ready(), clone.run_until_ready()
    assert LINK.match(first)
    assert LINK.match(second)
    assert first.splitlines()[0].rpartition("/")[2] != second.splitlines()[0].rpartition("/")[2]


def test_a_folder_with_settings_alone_keeps_them(clone: Clone) -> None:
    clone.home.mkdir(mode=0o700)
    (clone.home / "node.toml").write_text('log_format = "json"\n')
    assert LINK.match(clone.run_until_ready())
    assert (clone.home / "node.toml").read_text() == 'log_format = "json"\n'


def test_a_folder_that_was_made_is_run(clone: Clone) -> None:
    CommandLine(clone.home).init()
    assert clone.run_until_ready().startswith("ready ")


def test_help_tells_both_ways_and_starts_nothing(clone: Clone) -> None:
    code, out, err = clone.told("--help")
    assert (code, err) == (0, "")
    assert "--demo" in out
    code, out, err = clone.told("--demo", "--help")
    assert (code, err) == (0, "")
    assert out.startswith("usage: scripts/run --demo")


def test_wrong_words_start_nothing(clone: Clone) -> None:
    code, _, err = clone.told("--home")
    assert code == 2
    assert "--home needs a folder" in err
    assert clone.told("--home", clone.home, "--lisen", "127.0.0.1:0")[0] == 2
    assert clone.told("--demo", "--colour")[0] == 2
