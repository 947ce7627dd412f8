"""Real processes of the command line on real folders; what a person or a script would start."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "node"]
ANSWER_S_MAX = 120

T = TypeVar("T")


class Result(NamedTuple):
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which is one JSON object and nothing else."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> str:
        """The code of the refusal, which standard error names too."""
        code = self.json["error"]["code"]
        assert self.err.rstrip().endswith(f"{self.json['error']['sentence']} [{code}]")
        return str(code)


class CommandLine:
    """Runs verbs against one data folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("COOP_NODE_")
        } | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "TZ": "UTC", "COLUMNS": "100"}

    def __call__(self, *words: str | Path, stdin: str = "", cwd: Path | None = None) -> Result:
        """Run `coop-node --home HOME WORDS` to its end."""
        return self.bare("--home", self.home, *words, stdin=stdin, cwd=cwd)

    def bare(self, *words: str | Path, stdin: str = "", cwd: Path | None = None) -> Result:
        """Run `coop-node WORDS` to its end."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=ANSWER_S_MAX,
            check=False,
            cwd=cwd or self.home.parent,
            env=self.environ,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def init(self, name: str = "Kahawa Co-op (fictional)", country: str = "KE") -> dict[str, Any]:
        """Make the folder, listening at any free port."""
        words = ["--name", name, "--country", country, "--listen", "127.0.0.1:0", "--yes", "--json"]
        made = self("init", *words)
        assert made.code == 0, made.err
        return made.json


class RunningNode(CommandLine):
    """A node in the background."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.said = ""
        """Standard output until it was ready."""

    def start(self, *flags: str) -> None:
        """Start and wait for the line that says it is ready."""
        log = (self.home / "log.txt").open("a")
        self.process = subprocess.Popen(
            [*COMMAND, "--home", str(self.home), "run", *flags],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=self.home.parent,
            env=self.environ,
        )
        log.close()
        assert self.process.stdout is not None
        self.said = last = ""
        for line in self.process.stdout:
            last = line
            self.said += line
            if line.startswith("ready "):
                break
        word, _, self.address = last.rstrip("\n").partition(" ")
        if word != "ready":
            self.stop()
            raise AssertionError((self.home / "log.txt").read_text())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(ANSWER_S_MAX)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code


class Person:
    """Someone at a terminal, who reads and answers."""

    def __init__(self, command: CommandLine, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [*COMMAND, "--home", str(command.home), *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=command.environ | {"TERM": "xterm"},
            cwd=command.home.parent,
        )
        os.close(theirs)

    def read_until(self, pattern: str) -> re.Match[str]:
        """Read on until the terminal shows it; what was shown before is passed over."""
        while (found := re.search(pattern, self.seen)) is None:
            assert self._read(), self.seen
        self.seen = self.seen[found.end() :]
        return found

    def read_to_end(self) -> str:
        while self._read():
            pass
        os.close(self._ours)
        assert self.process.wait() == 0
        return self.seen

    def answer(self, text: str) -> None:
        os.write(self._ours, f"{text}\n".encode())

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # how a terminal ends
            return False
        self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece.decode())
        return bool(piece)


def until(found: Callable[[], T], tries_max: int = 200) -> T:
    """Ask again until there is something: peers need a moment to hear of each other."""
    for _ in range(tries_max):
        value = found()
        if value:
            return value
    raise AssertionError("it did not come to be")
