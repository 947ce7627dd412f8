"""The built wheel works in an empty environment: nothing that it needs was left in the clone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_makes_and_runs_a_node_in_an_empty_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    empty = tmp_path / "empty"
    run(sys.executable, "-m", "venv", empty)
    lock = ROOT / "requirements.lock"
    run(empty / "bin" / "pip", "install", "--quiet", "-c", lock, wheel)
    node: list[str | Path] = [empty / "bin" / "coop-node", "--home", tmp_path / "home"]
    made = json.loads(
        run(*node, "init", "--name", "Wheel", "--country", "DE", "--listen", "127.0.0.1:0",
            "--yes", "--json")
    )  # fmt: skip
    assert len(made["recovery"]) == 24
    with subprocess.Popen(
        [*map(str, node), "run"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("ready http://127.0.0.1:")
            circle = json.loads(run(*node, "circle", "create", "Round", "--json"))["circle"]
            file = tmp_path / "round.coop"
            run(*node, "log", "export", "--circle", circle, file)
            status = json.loads(run(*node, "status", "--json"))
        finally:
            process.terminate()
        assert process.wait() == 0
    verified = json.loads(run(*node[:1], "log", "verify", file, "--json"))
    assert verified["ok"]
    assert verified["root"] == status["circles"][0]["root"]


def run(*words: str | Path) -> str:
    """The output of a command that must succeed; outside the clone, so that nothing leaks in."""
    done = subprocess.run(
        [str(word) for word in words], check=False, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
