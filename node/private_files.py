"""private files: files and folders that only the user who runs the node may read.

Writes whole files at once (a reader or a crash sees the old or the new content, never a part) and
refuses to read what others could have read or changed. Never mends permissions of something that
already has content: whoever loosened them should know what that means.
"""

import os
import stat
from pathlib import Path

from node.text import Message
from node.text import mark as _

FOLDER_MODE = 0o700
FILE_MODE = 0o600
OTHERS_MASK = 0o077


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by new content, durably: temporary file, fsync, rename, fsync of its folder.

    Raises OSError when the machine cannot. One writer at a time: callers hold the process lock.
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)  # left by a crash
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(temporary, flags, FILE_MODE), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def read_private(path: Path, bytes_max: int) -> bytes | Message:
    """The content of a private file, or the sentence that says why it must not be used.

    Raises FileNotFoundError when there is none, other OSErrors when the machine cannot.
    """
    if path.is_symlink():
        return _not_private(path, _("{path} is a link; put the file itself there"))
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        looseness = _looseness(path, os.fstat(file.fileno()), FILE_MODE)
        if looseness is not None:
            return looseness
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        text = _("{path} is larger than {most} bytes; restore it from a backup")
        return Message(text, "too-large", {"path": str(path), "most": bytes_max})
    return content


def make_private_folder(path: Path) -> Message | None:
    """Make a folder that only we can enter; tightens an empty one, answers why another cannot be.

    Raises OSError when the machine cannot.
    """
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    looseness = folder_looseness(path)
    if looseness is not None and path.stat().st_uid == os.geteuid() and not any(path.iterdir()):
        path.chmod(FOLDER_MODE)
        looseness = folder_looseness(path)
    return looseness


def folder_looseness(path: Path) -> Message | None:
    """Why a folder is not private to us, as a sentence; None when it is."""
    return _looseness(path, path.stat(), FOLDER_MODE)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable, as a rename is not until then."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _looseness(path: Path, status: os.stat_result, mode: int) -> Message | None:
    if status.st_uid != os.geteuid():
        text = _("{path} belongs to another user; run the node as its owner")
        return _not_private(path, text)
    if stat.S_IMODE(status.st_mode) & OTHERS_MASK:
        text = _("{path} is open to other users; close it with: chmod {mode} {path}")
        return Message(text, "not-private", {"path": str(path), "mode": f"{mode:o}"})
    return None


def _not_private(path: Path, text: str) -> Message:
    return Message(text, "not-private", {"path": str(path)})
