"""Story 1: the three fictional co-ops of `scripts/demo`, twice, and ended in the middle."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.node.cli.processes import ROOT
from tests.story.village import GUARD_S

DEMO = [sys.executable, str(ROOT / "scripts" / "demo"), "--port", "0"]
NAMES = ("Kutterfisch Nordlicht", "Mlima Kahawa", "Catadores da Serra")
OFFERS = 6


@contextmanager
def demo(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The demo while the block runs; whatever it started has ended with it."""
    environ = {name: value for name, value in os.environ.items() if name[:5] != "COOP_"}
    process = subprocess.Popen(
        [*DEMO, "--home", str(home), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    try:
        with process:
            yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert children(home) == []


def children(home: Path) -> list[str]:
    """Processes that work on a folder of the demo's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if any(word.startswith(os.fsencode(home)) for word in words):
            found.append(b" ".join(words).decode())
    return found


def told_by(process: subprocess.Popen[str]) -> str:
    """All that it says, once it has ended as it should."""
    out, _ = process.communicate(timeout=GUARD_S)
    assert process.returncode == 0, out
    assert out.splitlines()[-1] == "all ended cleanly"
    return out


def test_a_second_start_goes_on_where_they_were(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--until-settled") as process:
        first = told_by(process)
    assert [len(re.findall(f"^made {name}", first, re.MULTILINE)) for name in NAMES] == [1, 1, 1]
    assert first.count("joins by invite: joined") == 2
    with demo(tmp_path / "demo", "--until-settled") as process:
        second = told_by(process)
    assert "made " not in second
    assert "founds the circle" not in second
    # The same offers from the same co-ops, at the same addresses, with the same logins.
    for pattern in (rf"settled: {OFFERS} on all three, digest \w+", r"http://\S+ +log in as .*"):
        assert re.findall(pattern, first) == re.findall(pattern, second) != []
    arrived = [sorted(re.findall("^  at .*", told, re.MULTILINE)) for told in (first, second)]
    assert arrived[0] == arrived[1]
    assert len(arrived[0]) == 2 * OFFERS


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("made", signal.SIGTERM),
        ("joins by invite", signal.SIGINT),
        ("all three run", signal.SIGINT),
    ],
)
def test_ended_at_any_point_it_ends_all_and_goes_on_at_the_next_start(
    tmp_path: Path, line: str, number: signal.Signals
) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        assert any(line in said for said in process.stdout)
        process.send_signal(number)
        told_by(process)
    with demo(tmp_path / "demo", "--until-settled") as process:
        assert f"settled: {OFFERS} on all three" in told_by(process)


def test_a_node_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        assert any("all three run" in said for said in process.stdout)
        held = (tmp_path / "demo" / "coffee" / "lock").read_text()
        os.kill(int(held), signal.SIGKILL)
        out, _ = process.communicate(timeout=GUARD_S)
    assert process.returncode == 1
    assert "Mlima Kahawa (fictional) ended by itself" in out
    assert "[not-running]" in out
