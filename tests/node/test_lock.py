import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.lock import LOCK_FILE_NAME, LockedElsewhere, take

ROOT = Path(__file__).resolve().parents[2]

HOLD = """
import sys
from pathlib import Path
from node.lock import take
with take(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A second real process that holds the lock until its input ends or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_lock_notes_the_process_id_and_forgets_it_on_release(tmp_path: Path) -> None:
    with take(tmp_path):
        assert (tmp_path / LOCK_FILE_NAME).read_text() == f"{os.getpid()}\n"
    assert (tmp_path / LOCK_FILE_NAME).read_text() == ""


def test_lock_file_is_private(tmp_path: Path) -> None:
    with take(tmp_path):
        assert (tmp_path / LOCK_FILE_NAME).stat().st_mode & 0o077 == 0


def test_second_process_is_named(tmp_path: Path) -> None:
    with holder(tmp_path) as process, pytest.raises(LockedElsewhere) as refused:
        take(tmp_path)
    assert refused.value.process_id == process.pid
    assert str(refused.value) == (
        f"process {process.pid} works on {tmp_path} already; stop it first [locked]"
    )


def test_holder_that_has_not_said_its_id_is_still_refused(tmp_path: Path) -> None:
    with holder(tmp_path):
        (tmp_path / LOCK_FILE_NAME).write_text("")
        with pytest.raises(LockedElsewhere) as refused:
            take(tmp_path)
    assert refused.value.process_id is None
    assert str(refused.value) == f"another process works on {tmp_path}; stop it first [locked]"


def test_released_folder_can_be_taken_by_another_process(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert process.communicate()[0] == "released\n"
        with take(tmp_path):
            assert (tmp_path / LOCK_FILE_NAME).read_text() == f"{os.getpid()}\n"


def test_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert (tmp_path / LOCK_FILE_NAME).read_text() == f"{process.pid}\n"
        with take(tmp_path):
            assert (tmp_path / LOCK_FILE_NAME).read_text() == f"{os.getpid()}\n"


def test_same_process_cannot_take_it_twice(tmp_path: Path) -> None:
    with take(tmp_path), pytest.raises(LockedElsewhere) as refused:
        take(tmp_path)
    assert refused.value.process_id == os.getpid()


def test_closing_twice_does_not_release_a_later_lock(tmp_path: Path) -> None:
    first = take(tmp_path)
    first.close()
    with take(tmp_path):
        first.close()
        with pytest.raises(LockedElsewhere):
            take(tmp_path)


def test_missing_folder_is_the_machines_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "nowhere")
