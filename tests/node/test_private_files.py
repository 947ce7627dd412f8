import os
import stat
from pathlib import Path

import pytest

from node.private_files import (
    folder_looseness,
    make_private_folder,
    read_private,
    sync_folder,
    write_private,
)
from node.text import Message

BYTES_MAX = 100


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def folder_of_another_user(tmp_path: Path) -> Path:
    """As root one can be made; for anybody else the root folder is one."""
    if os.geteuid() != 0:
        return Path("/")
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65_534, 65_534)
    return folder


def test_written_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "file"
    before = os.umask(0)
    try:
        write_private(path, b"content")
    finally:
        os.umask(before)
    assert (mode_of(path), read_private(path, BYTES_MAX)) == (0o600, b"content")


def test_writing_replaces_the_whole_content_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"a long first content")
    write_private(path, b"second")
    assert read_private(path, BYTES_MAX) == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "file.new").write_bytes(b"half of")
    write_private(tmp_path / "file", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"old")
    (tmp_path / "file.new").mkdir()  # the temporary file cannot be made
    with pytest.raises(OSError, match=r"file\.new"):
        write_private(path, b"new")
    assert read_private(path, BYTES_MAX) == b"old"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_file_open_to_others_is_not_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    write_private(path, b"content")
    path.chmod(mode)
    found = read_private(path, BYTES_MAX)
    assert isinstance(found, Message)
    assert found.say() == (
        f"{path} is open to other users; close it with: chmod 600 {path} [not-private]"
    )


def test_file_that_only_we_can_read_may_be_write_protected(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"content")
    path.chmod(0o400)
    assert read_private(path, BYTES_MAX) == b"content"


def test_size_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"x" * BYTES_MAX)
    assert read_private(path, BYTES_MAX) == b"x" * BYTES_MAX
    write_private(path, b"x" * (BYTES_MAX + 1))
    found = read_private(path, BYTES_MAX)
    assert isinstance(found, Message)
    assert found.code == "too-large"


def test_link_is_not_followed(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    found = read_private(tmp_path / "link", BYTES_MAX)
    assert isinstance(found, Message)
    assert found.code == "not-private"


def test_missing_file_is_the_machines_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / "file", BYTES_MAX)


def test_missing_folder_is_made_private(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "folder"
    assert make_private_folder(folder) is None
    assert mode_of(folder) == 0o700


def test_empty_folder_is_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    assert make_private_folder(folder) is None
    assert mode_of(folder) == 0o700


def test_folder_with_content_is_left_for_its_owner_to_close(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "content").touch()
    folder.chmod(0o755)
    found = make_private_folder(folder)
    assert found is not None
    assert found.say() == (
        f"{folder} is open to other users; close it with: chmod 700 {folder} [not-private]"
    )
    assert mode_of(folder) == 0o755


def test_folder_of_another_user_is_not_private(tmp_path: Path) -> None:
    folder = folder_of_another_user(tmp_path)
    found = folder_looseness(folder)
    assert found is not None
    assert found.say() == (
        f"{folder} belongs to another user; run the node as its owner [not-private]"
    )
    assert make_private_folder(folder) == found


def test_syncing_a_file_as_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sync_folder(tmp_path)
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")
