"""The house rules that no linter knows: sizes, docstrings, mirrored tests, no loose ends."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("node", "protocol", "scripts", "tests")

FILE_LINES_MAX = 400  # one thought
TEST_FILE_LINES_MAX = 450  # a thought and its cases
FUNCTION_LINES_MAX = 60  # one screen
COLUMNS_MAX = 100

# Each pattern is spelt so that it does not find itself.
LOOSE_END = re.compile(r"TO[D]O|FIX[M]E|X[X]X|NotImplemented[E]rror|pragma: no[ ]cover")
MACHINE_PATH = re.compile(r"(?<![\w.~>})-])/(?:home|root|work|farm|Users)/\w")


def test_no_file_is_longer_than_one_thought() -> None:
    def is_too_long(path: Path) -> bool:
        lines_max = TEST_FILE_LINES_MAX if is_below("tests", path) else FILE_LINES_MAX
        return len(path.read_text().splitlines()) > lines_max

    assert [name(path) for path in python_files() if is_too_long(path)] == []


def test_no_function_is_longer_than_one_screen() -> None:
    too_long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert too_long == []


def test_no_line_is_wider_than_the_page() -> None:
    too_wide = [
        f"{name(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > COLUMNS_MAX
    ]
    assert too_wide == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in python_files("node", "protocol", "scripts")
        if not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_every_module_has_its_test() -> None:
    untested = [name(path) for path in modules() if not any(p.exists() for p in mirrors(path))]
    assert untested == []


def test_no_python_file_leaves_anything_open() -> None:
    assert list(matches(LOOSE_END, python_files())) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert list(matches(MACHINE_PATH, text_files())) == []


def test_every_script_without_suffix_can_be_run() -> None:
    broken = [
        name(path)
        for path in ROOT.glob("scripts/*")
        if path.is_file() and not path.suffix
        if not os.access(path, os.X_OK) or not path.read_bytes().startswith(b"#!")
    ]
    assert broken == []


def test_protocol_brings_neither_loop_nor_sockets_into_a_fresh_process() -> None:
    code = (
        "import importlib, sys\n"
        "for module in sys.argv[1:]: importlib.import_module(module)\n"
        "print(*sorted({'asyncio', 'selectors', 'socket', 'ssl'} & sys.modules.keys()))"
    )
    dotted = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in python_files("protocol")
    ]
    fresh = subprocess.run(
        [sys.executable, "-c", code, *dotted], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (fresh.returncode, fresh.stderr, fresh.stdout.strip()) == (0, "", "")


def modules() -> Iterator[Path]:
    """Every module that a test has to mirror: all but the doors of packages."""
    for path in python_files("node", "protocol"):
        if path.name not in {"__init__.py", "__main__.py"}:
            yield path


def mirrors(module: Path) -> Iterator[Path]:
    """Where the test of a module may stand: beside its siblings or, in node, one for its package.

    node/net/dial.py: tests/node/net/test_dial.py or tests/node/test_net.py
    """
    inside = module.relative_to(ROOT)
    yield ROOT / "tests" / inside.parent / f"test_{inside.name}"
    if inside.parts[0] == "node":
        for package in list(inside.parents)[:-2]:
            yield ROOT / "tests" / package.parent / f"test_{package.name}.py"


def python_files(*rooms: str) -> Iterator[Path]:
    for path in text_files(*rooms):
        if path.suffix == ".py" or (not path.suffix and is_python_script(path)):
            yield path


def text_files(*rooms: str) -> Iterator[Path]:
    """All that the project wrote in these rooms (default: everywhere), as far as it is text."""
    if not rooms:
        yield from (path for path in ROOT.iterdir() if path.is_file() and is_text(path))
    for room in rooms or (*ROOMS, ".ci"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and is_text(path):
                yield path


def matches(pattern: re.Pattern[str], paths: Iterator[Path]) -> Iterator[str]:
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if pattern.search(line):
                yield f"{name(path)}:{number} {line.strip()[:COLUMNS_MAX]}"


def is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_python_script(path: Path) -> bool:
    first_line = path.read_text().partition("\n")[0]
    return first_line.startswith("#!") and "python" in first_line


def is_below(room: str, path: Path) -> bool:
    return path.is_relative_to(ROOT / room)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=name(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
