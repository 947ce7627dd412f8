import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.socket_path import (
    NOTE_FILE_NAME,
    SOCKET_FILE_NAME,
    SOCKET_PATH_BYTES_MAX,
    SocketPathError,
    client_socket_path,
    server_socket_path,
)


@pytest.fixture
def base() -> Iterator[Path]:
    """A private folder with a short path, as a runtime folder is."""
    path = Path(tempfile.mkdtemp(prefix="s", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def environ(base: Path) -> dict[str, str]:
    (base / "run").mkdir(mode=0o700)
    (base / "temporary").mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(base / "run"), "TMPDIR": str(base / "temporary")}


def home_with_socket_bytes(base: Path, byte_count: int) -> Path:
    """A data folder in which the socket's path is exactly so long."""
    missing = byte_count - len(os.fsencode(base / "x" / SOCKET_FILE_NAME))
    home = base / ("x" * (1 + missing))
    home.mkdir(mode=0o700)
    assert len(os.fsencode(home / SOCKET_FILE_NAME)) == byte_count
    return home


async def is_answered(server_path: Path, client_path: Path) -> bool:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"here\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(answer, server_path):
        reader, writer = await asyncio.open_unix_connection(client_path)
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    return line == b"here\n"


async def test_longest_path_that_fits_is_used_itself(base: Path, environ: dict[str, str]) -> None:
    home = home_with_socket_bytes(base, SOCKET_PATH_BYTES_MAX)
    path = server_socket_path(home, environ)
    assert path == home / SOCKET_FILE_NAME
    assert client_socket_path(home) == path
    assert not (home / NOTE_FILE_NAME).exists()
    assert await is_answered(path, path)


async def test_one_byte_more_goes_to_the_runtime_folder(
    base: Path, environ: dict[str, str]
) -> None:
    home = home_with_socket_bytes(base, SOCKET_PATH_BYTES_MAX + 1)
    path = server_socket_path(home, environ)
    assert path.parent == base / "run" / f"coop-node-{os.geteuid()}"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    found = client_socket_path(home)
    assert found == path
    assert await is_answered(path, found)


def test_length_counts_in_bytes(base: Path, environ: dict[str, str]) -> None:
    home = base / ("é" * 45)  # 45 characters would fit
    home.mkdir(mode=0o700)
    assert server_socket_path(home, environ).parent.parent == base / "run"


def test_second_start_finds_the_same_path(base: Path, environ: dict[str, str]) -> None:
    home = home_with_socket_bytes(base, 150)
    assert server_socket_path(home, environ) == server_socket_path(home, environ)


def test_two_long_homes_of_one_user_have_two_paths(base: Path, environ: dict[str, str]) -> None:
    paths = {
        server_socket_path(home_with_socket_bytes(base, byte_count), environ)
        for byte_count in (150, 151)
    }
    assert len(paths) == 2


def test_unusable_runtime_folder_is_passed_over(base: Path, environ: dict[str, str]) -> None:
    open_to_all = base / "run" / f"coop-node-{os.geteuid()}"
    open_to_all.mkdir()
    (open_to_all / "content").touch()
    open_to_all.chmod(0o777)
    path = server_socket_path(home_with_socket_bytes(base, 150), environ)
    assert path.parent.parent == base / "temporary"


def test_link_in_place_of_the_folder_is_passed_over(base: Path, environ: dict[str, str]) -> None:
    (base / "elsewhere").mkdir(mode=0o700)
    (base / "run" / f"coop-node-{os.geteuid()}").symlink_to(base / "elsewhere")
    path = server_socket_path(home_with_socket_bytes(base, 150), environ)
    assert path.parent.parent == base / "temporary"


def test_without_any_place_the_sentence_says_what_to_do(base: Path) -> None:
    home = home_with_socket_bytes(base, 150)
    nowhere = {"XDG_RUNTIME_DIR": str(base / "missing"), "TMPDIR": str(home)}
    with pytest.raises(SocketPathError) as refused:
        server_socket_path(home, nowhere)
    assert str(refused.value) == (
        f"the path of {home} is too long for a socket and no runtime folder is ours alone; "
        "set XDG_RUNTIME_DIR to a private folder with a short path [no-socket-place]"
    )
    assert client_socket_path(home) is None


def test_note_goes_when_the_path_fits_again(base: Path, environ: dict[str, str]) -> None:
    long_home = home_with_socket_bytes(base, 150)
    server_socket_path(long_home, environ)
    home = long_home.rename(base / "short")
    assert (home / NOTE_FILE_NAME).exists()
    assert server_socket_path(home, environ) == home / SOCKET_FILE_NAME
    assert not (home / NOTE_FILE_NAME).exists()
    assert client_socket_path(home) == home / SOCKET_FILE_NAME


def test_client_does_not_follow_a_note_into_a_folder_that_is_open(
    base: Path, environ: dict[str, str]
) -> None:
    home = home_with_socket_bytes(base, 150)
    path = server_socket_path(home, environ)
    path.parent.chmod(0o755)
    assert client_socket_path(home) is None
    path.parent.rmdir()
    assert client_socket_path(home) is None


def test_client_does_not_follow_a_note_that_others_could_write(
    base: Path, environ: dict[str, str]
) -> None:
    home = home_with_socket_bytes(base, 150)
    server_socket_path(home, environ)
    (home / NOTE_FILE_NAME).chmod(0o666)
    assert client_socket_path(home) is None


def test_copied_folder_does_not_lead_to_the_originals_node(
    base: Path, environ: dict[str, str]
) -> None:
    home = home_with_socket_bytes(base, 150)
    server_socket_path(home, environ)
    copy = base / "copy"
    shutil.copytree(home, copy)
    assert (copy / NOTE_FILE_NAME).exists()
    assert client_socket_path(copy) is None
