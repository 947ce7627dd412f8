"""The vectors are what their makers make: files and code cannot drift apart."""

import json
from pathlib import Path

import pytest

from tests.vectors.make import MAKERS, made

HERE = Path(__file__).parent
PUBLISHED = {"noise", "wycheproof-ed25519"}


@pytest.mark.parametrize("name", MAKERS)
def test_a_file_is_what_is_made(name: str) -> None:
    assert (HERE / f"{name}.json").read_text(encoding="utf-8") == made(name)


def test_every_file_is_made_or_published_by_others() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == {*MAKERS, *PUBLISHED}


@pytest.mark.parametrize("name", MAKERS)
def test_every_refusal_stands_with_its_code(name: str) -> None:
    """What is listed as refused is refused."""
    for section, cases in json.loads(made(name)).items():
        if section.startswith("refused") or section == "malformed":
            assert cases
            assert all(one["refusal"] for one in cases), section


@pytest.mark.parametrize("name", [*MAKERS, *PUBLISHED])
def test_the_table_of_files_names_each(name: str) -> None:
    assert f"`{name}.json`" in (HERE / "README.md").read_text(encoding="utf-8")
