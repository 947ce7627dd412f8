"""The seven fictional co-ops of `scripts/demo`, twice, and ended in the middle."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.api import offer_json
from node.codes import check_offer
from protocol import blob, trade
from tests.node.cli.processes import ROOT
from tests.story.village import GUARD_S

DEMO = [sys.executable, str(ROOT / "scripts" / "demo"), "--port", "0"]
STORY = json.loads((ROOT / "scripts" / "demo.json").read_text(encoding="utf-8"))
NAMES = [coop["profile"]["name"] for coop in STORY["coops"]]
OFFERS = sum(len(coop["offers"]) for coop in STORY["coops"])


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


def iter_until(lines: Iterable[str], wanted: str) -> Iterator[str]:
    """The lines up to the one that says what is wanted."""
    for line in lines:
        yield line
        if wanted in line:
            return


def test_a_second_start_goes_on_where_they_were(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--until-settled") as process:
        first = told_by(process)
    assert "Everything here is made up" in first
    assert [first.count(f"made {name} (") for name in NAMES] == [1] * len(NAMES)
    assert all(f"founds the circle {circle['name']!r}" in first for circle in STORY["circles"])
    assert "says yes to" in first
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        second = "".join(iter_until(process.stdout, "all seven run"))
        process.send_signal(signal.SIGINT)
        told_by(process)
    assert "\nmade " not in second
    assert "founds the circle" not in second
    # The same offers from the same co-ops, at the same addresses, with the same logins.
    settled = rf"settled: {OFFERS} offers and wants in 3 circles, digest [\w ]+"
    for pattern in (settled, r"http://\S+ +log in as .*", "(?m)^  at .*"):
        assert re.findall(pattern, first) == re.findall(pattern, second) != []
    assert len(re.findall("(?m)^  at .*", first)) == len(NAMES)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("made", signal.SIGTERM),
        ("follows an invite", signal.SIGINT),
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
        assert f"settled: {OFFERS} offers and wants" in told_by(process)


def test_a_node_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        assert any("all seven run" in said for said in process.stdout)
        held = (tmp_path / "demo" / "coffee" / "lock").read_text()
        os.kill(int(held), signal.SIGKILL)
        out, _ = process.communicate(timeout=GUARD_S)
    assert process.returncode == 1
    assert "Mlima Kahawa (fictional) ended by itself" in out
    assert "[not-running]" in out


def test_the_story_is_of_real_codes_and_its_pictures_are_small() -> None:
    pictures = ROOT / "scripts" / "demo_pictures"
    for coop in STORY["coops"]:
        assert coop["profile"]["name"].endswith("(fictional)")
        for told in coop["offers"]:
            offer = offer_json.read(told["offer"] | {"fair": []}, trade.Offer)
            offer.check()
            assert check_offer(offer) == []
    named = [told["picture"] for told in STORY["coops"]]
    named += [
        one for coop in STORY["coops"] for o in coop["offers"] for one in o.get("pictures", ())
    ]
    files = {one["file"] for one in named} | {"certificate"}
    assert {file.stem for file in pictures.glob("*.webp")} == files
    assert all(blob.sniff(file.read_bytes()) == "image/webp" for file in pictures.glob("*.webp"))
    assert all(file.stat().st_size <= 25_000 for file in pictures.glob("*.webp"))
    assert {file.stem for file in pictures.glob("*.svg")} == files
