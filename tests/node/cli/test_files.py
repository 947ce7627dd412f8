import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from node.cli.files import save


async def pieces(*parts: bytes | Exception) -> AsyncGenerator[bytes, None]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


async def test_a_file_is_written_whole_in_place_of_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "circle.export"
    path.write_bytes(b"old and longer")
    assert await save(path, pieces(b"new ", b"one")) == 7
    assert path.read_bytes() == b"new one"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_broken_link_leaves_the_old_file_and_no_half(tmp_path: Path) -> None:
    path = tmp_path / "circle.export"
    path.write_bytes(b"old")
    with pytest.raises(ConnectionResetError):
        await save(path, pieces(b"half", ConnectionResetError()))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert await save(Path("-"), pieces(b"\x00\xff")) == 2
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"\x00\xff"
