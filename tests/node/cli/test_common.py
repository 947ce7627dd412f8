import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from node.cli.client import Client
from node.cli.common import FIELDS_BYTES_MAX, at, circle_of, fields_in, named, texts_of
from node.text import ToldError


class Circles(Client):
    """A client whose node is in these circles."""

    def __init__(self, *circles: str) -> None:
        super().__init__(Path("none"))
        self.circles = circles

    async def get(self, path: str, query: object = None) -> dict[str, Any]:
        assert path == "/status"
        return {"circles": [{"id": circle} for circle in self.circles]}


async def test_a_named_circle_is_left_to_the_node() -> None:
    assert await circle_of(Circles(), "circle1xyz") == "circle1xyz"


async def test_the_only_circle_need_not_be_named() -> None:
    assert await circle_of(Circles("circle1a"), None) == "circle1a"


@pytest.mark.parametrize(
    ("circles", "code"),
    [((), "unknown-circle"), (("circle1a", "circle1b"), "ambiguous-id")],
)
async def test_no_circle_and_many_circles_are_told_apart(
    circles: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ToldError) as told:
        await circle_of(Circles(*circles), None)
    assert told.value.message.code == code


def test_no_argument_leaves_its_place_in_a_path() -> None:
    assert at("offers", "../peers?x#y", "withdrawal") == "/offers/..%2Fpeers%3Fx%23y/withdrawal"


def test_texts_are_read_by_language() -> None:
    given = ["Guten Tag", "pt-BR=Bom dia", "fr=a=b", "Price=5"]
    assert texts_of(given[:3], "de") == {"de": "Guten Tag", "pt-BR": "Bom dia", "fr": "a=b"}
    assert texts_of(given[3:], "en") == {"en": "Price=5"}


def test_what_was_not_given_is_not_asked_for() -> None:
    assert named({"a": None, "b": False, "c": 0, "d": "", "e": True}) == {
        "c": 0,
        "d": "",
        "e": True,
    }


def test_fields_come_from_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rice.json"
    path.write_text('{"title": {"en": "Rice"}}')
    assert fields_in(path) == {"title": {"en": "Rice"}}
    stdin = SimpleNamespace(buffer=io.BytesIO(b'{"unit": "KGM"}'))
    monkeypatch.setattr("sys.stdin", stdin)
    assert fields_in(Path("-")) == {"unit": "KGM"}


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'{"a": "\xff"}', b"7"])
def test_a_file_that_is_not_one_object_is_a_bad_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rice.json"
    path.write_bytes(content)
    with pytest.raises(ToldError) as told:
        fields_in(path)
    assert told.value.message.code == "bad-file"


def test_a_file_of_fields_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "rice.json"
    path.write_bytes(b"{}".ljust(FIELDS_BYTES_MAX))
    assert fields_in(path) == {}
    path.write_bytes(b"{}".ljust(FIELDS_BYTES_MAX + 1))
    with pytest.raises(ToldError) as told:
        fields_in(path)
    assert told.value.message.code == "too-large"
