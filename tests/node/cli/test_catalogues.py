import csv
from pathlib import Path

import pytest

from tests.node.cli.processes import Person, RunningNode, until

GOODS = """sku,title,country,currency,price,unit,quantity
T-1,Tea from Kericho,KE,KES,450,KGM,120
T-2,Tea in bags,KE,KES,abc,KGM,10
T-3,Tea of herbs,KE,KES,300,KGM,40
"""


@pytest.fixture(scope="module")
def circle(nodes: list[RunningNode]) -> str:
    return str(nodes[0]("circle", "create", "Catalogues", "--json").json["circle"])


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text(GOODS)
    return path


def test_a_dry_run_tells_all_and_publishes_nothing(
    node: RunningNode, circle: str, goods: Path
) -> None:
    done = node("offer", "import", "--circle", circle, goods, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert (done.json["published"], done.json["rejected"]) == (2, 1)
    assert done.json["dry_run"] is True
    listed = node("offer", "list", "--circle", circle, "--mine", "--json")
    assert listed.json["offers"] == []


def test_good_rows_are_published_and_bad_ones_come_back_to_be_mended(
    node: RunningNode, circle: str, goods: Path
) -> None:
    done = node("offer", "import", "--circle", circle, goods, "--json")
    assert done.code == 0, done.err
    assert (done.json["published"], done.json["rejected"]) == (2, 1)
    assert done.json["format"] == "own"
    rejects = Path(done.json["rejects_file"])
    assert rejects == goods.with_name("goods.rejects.csv")
    with rejects.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["sku"] == "T-2"
    assert "price" in row["error"]
    found = until(
        lambda: node("offer", "list", "--search", "tea", "--circle", circle, "--json").json[
            "offers"
        ]
    )
    assert sorted(one["title"] for one in found) == ["Tea from Kericho", "Tea of herbs"]
    rejects.write_text(rejects.read_text().replace("abc", "250"))
    again = node("offer", "import", "--circle", circle, rejects, "--json")
    assert (again.json["published"], again.json["rejects_file"]) == (1, None), again.err


def test_rejects_never_write_over_what_someone_may_be_mending(
    node: RunningNode, circle: str, goods: Path
) -> None:
    first, second = (
        node("offer", "import", "--circle", circle, goods, "--dry-run", "--json").json
        for _ in range(2)
    )
    assert first["rejects_file"] == str(goods.with_name("goods.rejects.csv"))
    assert second["rejects_file"] == str(goods.with_name("goods.rejects-2.csv"))


def test_a_file_of_no_known_format_is_refused_whole(
    node: RunningNode, circle: str, tmp_path: Path
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    done = node("offer", "import", "--circle", circle, path, "--json")
    assert (done.code, done.error) == (1, "unknown-format")
    named = node("offer", "import", "--circle", circle, path, "--format", "xls", "--json")
    assert (named.code, named.error) == (1, "unknown-format")
    missing = node("offer", "import", "--circle", circle, tmp_path / "none.csv", "--json")
    assert (missing.code, missing.error) == (1, "machine")


def test_what_was_published_can_be_exported_and_checked_again(
    node: RunningNode, goods: Path, tmp_path: Path
) -> None:
    circle = node("circle", "create", "Export", "--json").json["circle"]
    assert node("offer", "import", "--circle", circle, goods).code == 0
    until(lambda: not node("status", "--json").json["lag"])
    file = tmp_path / "mine.csv"
    done = node("offer", "export", file, "--circle", circle, "--json")
    assert done.code == 0, done.err
    assert done.json["bytes"] == file.stat().st_size
    with file.open(newline="", encoding="utf-8-sig") as content:
        titles = [
            next(v for k, v in row.items() if k.startswith("title") and v)
            for row in csv.DictReader(content)
        ]
    assert sorted(titles) == ["Tea from Kericho", "Tea of herbs"]
    to_stdout = node("offer", "export", "-", "--circle", circle, "--json")
    assert file.read_text(encoding="utf-8") in to_stdout.out
    checked = node("offer", "import", "--circle", circle, file, "--dry-run", "--json")
    assert checked.json["rejected"] == 0


def test_at_a_terminal_there_is_a_progress_bar(
    node: RunningNode, circle: str, tmp_path: Path
) -> None:
    path = tmp_path / "many.csv"
    rows = "".join(f"M-{number},Bean {number},KE\n" for number in range(50))
    path.write_text(f"sku,title,country\n{rows}")
    shown = Person(node, "offer", "import", "--circle", circle, str(path)).read_to_end()
    assert "50/50" in shown
    assert "published" in shown
