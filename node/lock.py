"""lock: one process at a time on a data folder.

The lock is the kernel's (`flock`), so it ends with the process however that ends; the file and
the process id in it stay and mean nothing by themselves. Never waits, and never removes the file:
two processes could then hold locks on two files of one name.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from node.text import Message, ToldError
from node.text import mark as _

LOCK_FILE_NAME = "lock"

# a process id in decimal is at most 10 digits; more in the file is not one of ours
PROCESS_ID_DIGITS_MAX = 10


class LockedElsewhere(ToldError):  # noqa: N818  # it is a finding, not a fault
    """Another process works on the data folder; `process_id` is None when it did not say."""

    def __init__(self, home: Path, process_id: int | None) -> None:
        """Say who holds the folder and what to do."""
        self.process_id = process_id
        if process_id is None:
            text = _("another process works on {home}; stop it first")
            super().__init__(Message(text, "locked", {"home": str(home)}))
            return
        text = _("process {process} works on {home} already; stop it first")
        super().__init__(Message(text, "locked", {"home": str(home), "process": str(process_id)}))


class ProcessLock:
    """The lock on a data folder, held from the moment it is made until `close`.

    Made by `take`; a context manager. A process that forks shares it with its child.
    """

    def __init__(self, descriptor: int) -> None:
        """Own a locked file descriptor."""
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Release the folder; a second call does nothing."""
        if self._descriptor is None:
            return
        os.ftruncate(self._descriptor, 0)  # our id must not be blamed after we are gone
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        """Held already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the folder."""
        self.close()


def take(home: Path) -> ProcessLock:
    """Lock an existing data folder. Raises LockedElsewhere, or OSError if the disk cannot lock."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(home / LOCK_FILE_NAME, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        process_id = _noted_process_id(descriptor)
        os.close(descriptor)
        raise LockedElsewhere(home, process_id) from None
    except OSError:
        os.close(descriptor)
        raise
    return ProcessLock(descriptor)


def _noted_process_id(descriptor: int) -> int | None:
    noted = os.pread(descriptor, PROCESS_ID_DIGITS_MAX + 1, 0).strip()
    return int(noted) if noted.isdigit() else None
