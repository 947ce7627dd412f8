"""A disk that fills up: a small one of its own where one may be mounted, and a quota anywhere."""

import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from tests.story.village import Coop

DISK_BYTES: Final = 8 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024
# less than a database that holds anything
LIMIT_BYTES: Final = 4096


class Disk(Protocol):
    """What a node's data folder lies on."""

    def fill(self, coop: Coop) -> None:
        """Leave no room."""

    def make_room(self, coop: Coop) -> None:
        """Give it back."""


class SmallDisk:
    """A file system in memory, filled by one large file."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self, coop: Coop) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            for size in (PIECE_BYTES, 1024, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self, coop: Coop) -> None:
        self._ballast.unlink()


class Quota:
    """A limit on the size of every file that the running process writes."""

    def fill(self, coop: Coop) -> None:
        self._limit(coop, LIMIT_BYTES)

    def make_room(self, coop: Coop) -> None:
        self._limit(coop, resource.RLIM_INFINITY)

    def _limit(self, coop: Coop, limit: int) -> None:
        assert coop.process is not None
        limits = (limit, resource.RLIM_INFINITY)
        resource.prlimit(coop.process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount a small disk at a new folder while the block runs; OSError where nobody may."""
    folder.mkdir()
    words = ["-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "coop", str(folder)]
    done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def may_mount() -> bool:
    """Whether this process may mount a disk of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder) / "disk"):
                return True
        except OSError:
            return False
