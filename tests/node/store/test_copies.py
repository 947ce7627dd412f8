"""Copies of a database that is being written to."""

from pathlib import Path

from node.store import copies
from node.store.database import Database
from tests.coops import NETWORK, Coop


def test_a_copy_is_whole_while_the_node_goes_on_writing(tmp_path: Path) -> None:
    coop = Coop("fishers", tmp_path / "node.sqlite3")
    circle = coop.found()
    coop.offer(circle, "before")
    assert copies.copy_to(tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3") is None
    coop.offer(circle, "after")
    copy = Database(tmp_path / "copy.sqlite3", NETWORK)
    assert copy.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    titles = copy.connection.execute("SELECT count(*) FROM offer").fetchone()
    assert titles == (1,)
    copy.close()
    coop.database.close()


def test_a_copy_is_for_its_owner_alone_and_a_half_one_is_never_taken_for_whole(
    tmp_path: Path,
) -> None:
    coop = Coop("fishers", tmp_path / "node.sqlite3")
    target = tmp_path / "copy.sqlite3"
    (tmp_path / "copy.part").write_bytes(b"half of an older one")
    assert copies.copy_to(tmp_path / "node.sqlite3", target) is None
    assert target.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "copy.part").exists()
    assert copies.copy_to(tmp_path / "node.sqlite3", target) is None
    assert target.read_bytes().startswith(b"SQLite format 3\0")
    coop.database.close()


def test_a_copy_that_fails_leaves_nothing_behind_and_the_older_one_as_it_was(
    tmp_path: Path,
) -> None:
    path, target = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3"
    coop = Coop("fishers", path)
    circle = coop.found()
    coop.offer(circle, *(f"cod {number}" for number in range(900)))
    assert copies.copy_to(path, target) is None
    before = target.read_bytes()
    coop.database.close()
    with path.open("r+b") as damaged:
        damaged.seek(path.stat().st_size // 2)
        damaged.write(b"\xff" * 65536)
    failure = copies.copy_to(path, target)
    assert failure is not None
    assert "malformed" in failure.detail
    assert target.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.sqlite3", "node.sqlite3"]


def test_the_newest_copies_are_kept(tmp_path: Path) -> None:
    names = [f"node-202506{day:02}.sqlite3" for day in range(1, 6)]
    for name in [*names, "other.sqlite3"]:
        (tmp_path / name).touch()
    (tmp_path / "node-20250600.part").write_bytes(b"half, and then the power went")
    removed = copies.prune(tmp_path, 2)
    assert sorted(path.name for path in removed) == ["node-20250600.part", *names[:3]]
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [*names[3:], "other.sqlite3"]
