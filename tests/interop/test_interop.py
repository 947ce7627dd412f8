"""Real export files of the command line, read by the reader that knows nothing but SPEC.md."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.interop.command_line import ROOT, Node, Verifier
from tests.interop.reader import FIRST_LINE, summary
from tests.interop.reader_codec import RefusalError
from tests.interop.reader_texts import id_of

COFFEE: Final = {
    "title": {"en": "Coffee", "sw": "Kahawa"},
    "quantity": "12",
    "unit": "KGM",
    "prices": [{"minor": 100, "currency": "EUR", "exponent": 2}],
}
TEA: Final = {"title": {"en": "Tea"}, "quantity": "2.5", "unit": "KGM"}
POLLS: Final = 200
FLIPS: Final = 300
COMMAND_EACH: Final = {"joined": 1, "joined, by the other": 12, "removed": 12}


@dataclass(frozen=True)
class Export:
    """A file, and what the node that wrote it says of the circle at that time."""

    data: bytes
    circle: dict[str, Any]
    now_ms: int


def take(node: Node, circle: str, folder: Path, name: str) -> Export:
    listed = node.circle(circle)
    data = node.export(circle, folder / f"{name}.bin")
    return Export(data, listed, node.say("status")["time_ms"])


def until_equal(one: Node, other: Node, circle: str) -> None:
    """Ask both until they hold the same; each question is a process, so nobody waits idly."""
    for _ in range(POLLS):
        if one.circle(circle)["root"] == other.circle(circle)["root"]:
            return
    pytest.fail("two nodes did not come to the same root")


def story(folder: Path) -> Iterator[tuple[str, Export]]:
    """A circle of two co-ops, exported after each chapter."""
    coffee, tea = folder / "coffee.json", folder / "tea.json"
    coffee.write_text(json.dumps(COFFEE), "utf-8")
    tea.write_text(json.dumps(TEA), "utf-8")
    with ExitStack() as stack:
        first = Node(folder / "A", "Kagumo", "KE")
        second = Node(folder / "B", "Weltladen", "DE")
        for node in (first, second):
            stack.enter_context(node.running())
        circle: str = first.say("circle", "create", "North Sea")["circle"]
        yield "founded", take(first, circle, folder, "founded")
        told: str = first.say("offer", "add", "--circle", circle, str(coffee))["offer"]
        first.say("offer", "edit", told, str(tea))
        other: str = first.say("offer", "add", "--circle", circle, str(coffee))["offer"]
        first.say("offer", "withdraw", other, "--reason", "en=sold")
        first.say("want", "add", "--circle", circle, str(tea))
        yield "traded", take(first, circle, folder, "traded")
        second.say("join", first.say("invite", "create", "--circle", circle)["link"])
        until_equal(first, second, circle)
        second.say("offer", "add", "--circle", circle, str(coffee))
        until_equal(first, second, circle)
        yield "joined", take(first, circle, folder, "joined")
        yield "joined, by the other", take(second, circle, folder, "joined-too")
        first.say("circle", "remove", circle, second.coop)
        first.say("offer", "add", "--circle", circle, str(tea))
        yield "removed", take(first, circle, folder, "removed")
        first.say("circle", "admit", circle, second.coop)
        yield "admitted again", take(first, circle, folder, "again")


CHAPTERS: Final = ("founded", "traded", "joined", "joined, by the other", "removed")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Export]:
    return dict(story(tmp_path_factory.mktemp("story")))


def refusal_of(data: bytes) -> str | None:
    try:
        summary(data, 0)
    except RefusalError as refusal:
        return str(refusal)
    return None


@pytest.mark.parametrize("chapter", [*CHAPTERS, "admitted again"])
def test_reader_and_log_verify_agree(
    exports: dict[str, Export], chapter: str, log_verify: Verifier
) -> None:
    export = exports[chapter]
    found, said = summary(export.data, export.now_ms), log_verify(export.data)
    told = ("coops", "records", "root")
    assert said["ok"] is True
    assert {name: said[name] for name in told} == {name: found[name] for name in told}
    assert id_of(said["circle"])[0] == "circle"


@pytest.mark.parametrize("chapter", [*CHAPTERS, "admitted again"])
def test_reader_and_node_agree_on_root_records_and_rows(
    exports: dict[str, Export], chapter: str
) -> None:
    export = exports[chapter]
    found = summary(export.data, export.now_ms)
    told = ("records", "root", "digest")
    assert {name: found[name] for name in told} == {name: export.circle[name] for name in told}


def test_offers_are_told(exports: dict[str, Export]) -> None:
    export = exports["joined"]
    offers = summary(export.data, export.now_ms)["offers"]
    assert isinstance(offers, list)
    found = sorted((offer["title"]["en"], offer["withdrawn"]) for offer in offers)
    assert found == [("Coffee", False), ("Coffee", True), ("Tea", False), ("Tea", False)]
    assert not any(offer["erased"] or offer["expired"] for offer in offers)


def test_command_line_of_the_reader(exports: dict[str, Export], tmp_path: Path) -> None:
    export = exports["joined"]
    whole, broken = tmp_path / "whole.bin", tmp_path / "broken.bin"
    whole.write_bytes(export.data)
    broken.write_bytes(export.data[:-1])
    reader = [sys.executable, str(ROOT / "tests" / "interop" / "reader.py")]
    done = [
        subprocess.run(
            [*reader, str(file), "--json"], capture_output=True, cwd=tmp_path, check=False
        )
        for file in (whole, broken)
    ]
    said = json.loads(done[0].stdout)
    assert done[0].returncode == 0
    assert said == {
        "ok": True,
        "coops": 2,
        "records": export.circle["records"],
        "root": export.circle["root"],
    }
    assert (done[1].returncode, json.loads(done[1].stdout)["ok"]) == (1, False)


# -------------------------------------------------------------------------------------- damage


def structure_of(data: bytes) -> list[int]:
    """The first line, each block's length and first bytes, and the whole end."""
    places, at = list(range(len(FIRST_LINE))), len(FIRST_LINE)
    last = at
    while at < len(data):
        places += range(at, min(at + 12, len(data)))
        last = at
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return sorted({*places, *range(last, len(data))})


def damaged(data: bytes, rng: random.Random) -> Iterator[bytes]:
    places = structure_of(data) + rng.sample(range(len(data)), FLIPS)
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        yield bytes(changed)


@pytest.mark.parametrize("chapter", CHAPTERS[2:])
def test_no_flipped_bit_passes(
    exports: dict[str, Export], chapter: str, log_verify: Verifier
) -> None:
    for number, changed in enumerate(damaged(exports[chapter].data, random.Random(chapter))):
        assert refusal_of(changed) is not None
        # Each byte of a file has its test beside the export; a whole command for each is slow.
        if number % COMMAND_EACH[chapter] == 0:
            assert log_verify(changed)["ok"] is False


@pytest.mark.parametrize("chapter", CHAPTERS[:2])
def test_no_cut_or_longer_file_passes(
    exports: dict[str, Export], chapter: str, log_verify: Verifier
) -> None:
    data, rng = exports[chapter].data, random.Random(chapter)
    ends = [0, 18, 19, 22, 23, len(data) - 1, *rng.sample(range(len(data)), 50)]
    for changed in [*(data[:end] for end in ends), data + b"\0", data + data[19:], data * 2]:
        assert refusal_of(changed) is not None
        assert log_verify(changed)["ok"] is False


def test_blocks_of_two_files_do_not_mix(exports: dict[str, Export], log_verify: Verifier) -> None:
    one, other = exports["traded"].data, exports["joined"].data
    for end in structure_of(one)[len(FIRST_LINE) :: 7]:
        mixed = one[:end] + other[end:]
        if mixed not in (one, other):
            assert refusal_of(mixed) is not None
            assert log_verify(mixed)["ok"] is False
