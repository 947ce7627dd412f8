"""socket path: where the command line finds the running node.

The unix socket lies in the data folder. A socket's path is limited to 107 bytes by the operating
system; when that one is longer, a short one in a private runtime folder is used, and the data
folder notes where it is. Never opens or removes the socket.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from node.private_files import folder_looseness, make_private_folder, read_private, write_private
from node.text import Message, ToldError
from node.text import mark as _

SOCKET_FILE_NAME = "coop-node.sock"
NOTE_FILE_NAME = "socket-path"

# sun_path of Linux is 108 bytes with its final zero
SOCKET_PATH_BYTES_MAX = 107


class SocketPathError(ToldError):
    """There is no safe place for the socket."""


def server_socket_path(home: Path, environ: Mapping[str, str]) -> Path:
    """The path to listen on; makes its folder, and notes it for clients when it is elsewhere.

    `environ` is asked for XDG_RUNTIME_DIR and TMPDIR. Raises SocketPathError when no folder will
    do. The caller holds the process lock.
    """
    note = home / NOTE_FILE_NAME
    path = home.resolve() / SOCKET_FILE_NAME
    if _fits(path):
        note.unlink(missing_ok=True)
        return path
    path = _short_path(home, environ)
    write_private(note, os.fsencode(path) + b"\n")
    return path


def client_socket_path(home: Path) -> Path | None:
    """The path to connect to; None when no node can be running there.

    A noted folder that is no longer ours alone counts as none, as someone else may listen in it;
    so does a note that was copied with the data folder, as it leads to the original's node.
    """
    try:
        noted = read_private(home / NOTE_FILE_NAME, SOCKET_PATH_BYTES_MAX + 1)
    except FileNotFoundError:
        path = home.resolve() / SOCKET_FILE_NAME
        return path if _fits(path) else None
    if isinstance(noted, Message):
        return None
    path = Path(os.fsdecode(noted.rstrip(b"\n")))
    try:
        ours = not path.parent.is_symlink() and folder_looseness(path.parent) is None
    except FileNotFoundError:
        return None
    return path if ours and path.name == _short_name(home) else None


def _short_path(home: Path, environ: Mapping[str, str]) -> Path:
    name = _short_name(home)
    for base in _runtime_folders(environ):
        path = base / f"coop-node-{os.geteuid()}" / name
        if base.is_dir() and _fits(path) and _is_made_private(path.parent):
            return path
    text = _(
        "the path of {home} is too long for a socket and no runtime folder is ours alone; "
        "set XDG_RUNTIME_DIR to a private folder with a short path"
    )
    raise SocketPathError(Message(text, "no-socket-place", {"home": str(home)}))


def _short_name(home: Path) -> str:
    # one user may run several nodes; the folder's number on its disk is the same by every
    # spelling of its path, and another one for a copy of the folder
    status = home.stat()
    return f"{status.st_dev:x}-{status.st_ino:x}.sock"


def _runtime_folders(environ: Mapping[str, str]) -> tuple[Path, Path]:
    return (
        Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}").absolute(),
        Path(environ.get("TMPDIR") or "/tmp").absolute(),  # noqa: S108  # made private inside
    )


def _is_made_private(folder: Path) -> bool:
    try:
        return not folder.is_symlink() and make_private_folder(folder) is None
    except OSError:  # not ours to write, or not a folder: the next place is tried
        return False


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX
