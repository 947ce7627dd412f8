"""The peer-admin scripts as an operator runs them, and the file of nodes that they take."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.node.cli.processes import ANSWER_S_MAX, ROOT, CommandLine, Result
from tests.story.village import Coop


class Script:
    """One of `scripts/`, run to its end in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self._path = ROOT / "scripts" / name
        self._folder = folder
        self._environ = CommandLine(folder).environ

    def __call__(self, *words: str | Path) -> Result:
        done = subprocess.run(
            [sys.executable, str(self._path), *map(str, words)],
            capture_output=True,
            text=True,
            timeout=ANSWER_S_MAX,
            check=False,
            cwd=self._folder,
            env=self._environ,
        )
        return Result(done.returncode, done.stdout, done.stderr)


def list_nodes(folder: Path, coops: Sequence[Coop], *scopes: str) -> Path:
    """A file of nodes with a new token of each, kept in a file of its own."""
    lines = []
    for coop in coops:
        token = folder / f"{coop.country}.token"
        made = coop.told("token", "create", "fleet", *(f"--scope={one}" for one in scopes))
        token.write_text(made["token"] + "\n")
        lines += ["[[node]]", f'name = "{coop.country}"', f'url = "{coop.address}"']
        lines.append(f'token_file = "{token.name}"')
    path = folder / "nodes.toml"
    path.write_text("\n".join(lines))
    return path
