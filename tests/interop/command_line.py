"""The program as a black box: its command line in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(ROOT)}
Answer = dict[str, Any]

# many verdicts after one start: what is loaded for the first stays loaded, and a fork gives some
_DRIVER: Final = """
import contextlib, os
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
import sys
from node.__main__ import main

def verify(file):
    sys.argv = ["coop-node", "log", "verify", file, "--json"]
    with contextlib.suppress(SystemExit):
        main()

def serve():
    for _ in range(40):
        file = b""
        while not file.endswith(b"\\n"):
            byte = os.read(0, 1)
            if not byte:
                os._exit(1)
            file += byte
        verify(file.decode().rstrip("\\n"))
        sys.stdout.flush()
        os.write(1, b".\\n")
    os._exit(0)

out = os.dup(1)
os.dup2(2, 1)
verify(sys.argv[1])
os.dup2(out, 1)
more = True
while more:
    child = os.fork()
    if child == 0:
        serve()
    more = os.waitpid(child, 0)[1] == 0
"""


class Node:
    """A data folder and the command line that acts on it."""

    def __init__(self, home: Path, name: str, country: str) -> None:
        self.home = home
        self.coop: str = self.say(
            *("init", "--name", name, "--country", country),
            *("--listen", "127.0.0.1:0", "--yes"),
        )["coop"]

    def say(self, *words: str) -> Answer:
        """The answer of a verb; one that fails is a failure of the test."""
        command = [sys.executable, "-m", "node", "--home", str(self.home), *words, "--json"]
        done = subprocess.run(
            command, capture_output=True, env=ENVIRONMENT, cwd=self.home.parent, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        answer: Answer = json.loads(done.stdout)
        return answer

    @contextmanager
    def running(self) -> Iterator[None]:
        command = [sys.executable, "-m", "node", "--home", str(self.home), "run"]
        with (
            (self.home.parent / f"{self.home.name}.log").open("wb") as log,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=ENVIRONMENT, text=True
            ) as process,
        ):
            assert process.stdout is not None
            try:
                assert process.stdout.readline().startswith("ready http")
                yield
            finally:
                process.terminate()

    def export(self, circle: str, file: Path) -> bytes:
        self.say("log", "export", "--circle", circle, str(file))
        return file.read_bytes()

    def circle(self, circle: str) -> Answer:
        listed: list[Answer] = self.say("circle", "list")["circles"]
        return next(one for one in listed if one["id"] == circle)


class Verifier:
    """`log verify` of one file after the other, in one process."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.file = folder / "verified.bin"

    def __call__(self, data: bytes) -> Answer:
        self.file.write_bytes(data)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{self.file}\n")
        self.process.stdin.flush()
        lines = iter(self.process.stdout.readline, ".\n")
        answer: Answer = json.loads("".join(lines))
        return answer


@contextmanager
def verifying(folder: Path) -> Iterator[Verifier]:
    loaded = folder / "loaded.bin"
    loaded.write_bytes(b"")
    with subprocess.Popen(
        [sys.executable, "-c", _DRIVER, str(loaded)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
        cwd=folder,
        text=True,
    ) as process:
        yield Verifier(process, folder)
