"""Story 2: catalogues of three formats, at three co-ops, listed and searched by all of them.

COOP_NODE_REAL_CATALOGUES names a folder with more of them, such as shops really export; they are
copied, as refused rows are written beside the file.
"""

import asyncio
import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.story.village import Coop, found_circle, until_equal, village

DATA = Path(__file__).resolve().parents[1] / "data"

# file, whose it is (place in the village), rows published, passed over, refused
CATALOGUES = (
    ("fairmondo-71-columns.csv", 0, 4, 1, 3),
    ("fairmondo-older-columns.csv", 1, 4, 0, 0),
    ("open-food-network.csv", 1, 9, 0, 0),
    ("open-food-network-inventory.csv", 2, 2, 0, 0),
    ("own.csv", 2, 3, 0, 0),
)
FORMATS = ("fairmondo", "open-food-network", "own")
REAL = sorted(Path(os.environ.get("COOP_NODE_REAL_CATALOGUES") or DATA / "none").glob("*.csv"))
MORE = [DATA / "open-food-network.csv", *REAL]

MIXED = """sku,kind,language,title,quantity,unit,price,currency,country
H-1,offer,en,Heather honey,20,KGM,11.50,EUR,DE
H-2,offer,en,Clover honey,20,KGM,eleven,EUR,DE
H-3,offer,en,Linden honey,20,buckets,11.50,EUR,DE
H-4,offer,en,,20,KGM,11.50,EUR,DE
H-5,offer,en,Chestnut honey,20,KGM,11.50,EUR,Hessen
H-6,gift,en,Honey jars,500,C62,,,DE
H-7,want,en,Beeswax,5,KGM,,,DE
"""
# what is wrong in which row, and what is written there in the first and in the second round
FAULTS = {
    "H-2": ("price", "12.00", ""),
    "H-3": ("unit", "pails", "KGM"),
    "H-4": ("title", "Rape honey", ""),
    "H-5": ("country", "XX", "DE"),
    "H-6": ("kind", "want", ""),
}


@pytest.fixture(scope="module")
def coops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Coop]]:
    with village(tmp_path_factory.mktemp("village"), 3) as coops:
        found_circle(coops)
        yield coops


@pytest.mark.parametrize(("name", "place", "published", "passed", "refused"), CATALOGUES)
def test_a_catalogue_is_tried_taken_in_and_taken_in_again(
    coops: list[Coop],
    tmp_path: Path,
    name: str,
    place: int,
    published: int,
    passed: int,
    refused: int,
) -> None:
    coop, file = coops[place], copied(DATA / name, tmp_path)
    before = asyncio.run(until_equal(*coops))
    tried = imported(coop, file, "--dry-run")
    assert (tried["published"], tried["skipped"], tried["rejected"]) == (published, passed, refused)
    after = asyncio.run(until_equal(*coops))
    assert (after["records"], after["digest"]) == (before["records"], before["digest"])
    done = imported(coop, file)
    assert done == tried | {"dry_run": False, "rejects_file": done["rejects_file"]}
    assert done["format"] in FORMATS
    assert asyncio.run(until_equal(*coops))["records"] == before["records"] + published
    again = imported(coop, file)
    assert (again["published"], again["updated"], again["withdrawn"]) == (0, 0, 0)
    assert (again["skipped"], again["rejected"]) == (passed + published, refused)
    assert asyncio.run(until_equal(*coops))["records"] == before["records"] + published
    rejects = [one for one in (tried, done, again) if one["rejects_file"] is not None]
    assert len(rejects) == (3 if refused else 0)
    for one in rejects:
        assert len(rows_of(Path(one["rejects_file"]))) == refused


@pytest.mark.parametrize("file", MORE, ids=[path.name for path in MORE])
def test_what_one_co_op_offers_another_may_offer_too(
    coops: list[Coop], tmp_path: Path, file: Path
) -> None:
    coop, copy = coops[0], copied(file, tmp_path)
    before = len(coop.offers("--mine"))
    done = imported(coop, copy)
    assert done["published"] > 0
    assert (done["rejected"] > 0) == (done["rejects_file"] is not None)
    asyncio.run(until_equal(*coops))
    for one in coops:
        offered = [offer["coop"] for offer in one.offers()].count(coop.id)
        assert offered == before + done["published"]
    assert imported(coop, copy)["published"] == 0


def test_bad_rows_are_mended_and_taken_in_until_none_is_left(
    coops: list[Coop], tmp_path: Path
) -> None:
    file = tmp_path / "honey.csv"
    file.write_text(MIXED)
    done = imported(coops[0], file)
    assert (done["published"], done["rejected"]) == (2, 5)
    rejects = Path(done["rejects_file"])
    assert rejects == tmp_path / "honey.rejects.csv"
    rows = rows_of(rejects)
    assert [row["sku"] for row in rows] == list(FAULTS)
    for row in rows:
        assert FAULTS[row["sku"]][0] in row["error"], row
    mend(rejects, 1)
    second = imported(coops[0], rejects)
    assert (second["published"], second["rejected"]) == (3, 2)
    rejects = Path(second["rejects_file"])
    assert [row["sku"] for row in rows_of(rejects)] == ["H-3", "H-5"]
    mend(rejects, 2)
    third = imported(coops[0], rejects)
    assert (third["published"], third["rejected"], third["rejects_file"]) == (2, 0, None)
    assert imported(coops[0], file)["published"] == 0
    asyncio.run(until_equal(*coops))
    for coop in coops:
        assert len(coop.offers("--search", "honey")) == 6
        assert [one["kind"] for one in coop.offers("--search", "beeswax")] == ["want"]


def test_a_row_that_withdraws_an_unknown_offer_comes_back_and_a_mended_one_works(
    coops: list[Coop], tmp_path: Path
) -> None:
    file = copied(DATA / "fairmondo-71-columns.csv", tmp_path)
    rejects = Path(imported(coops[0], file)["rejects_file"])
    assert all("[not-found]" in row["error"] for row in rows_of(rejects))
    before = [one["coop"] for one in coops[2].offers("--search", "Segeltuch")]
    assert coops[0].id in before
    # The first of them meant another offer, the others ask for nothing any more.
    lines = rejects.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("ALT-1", "TAS-7")
    lines[2] = lines[2].replace(";deactivate;", ";nothing;")
    lines[3] = lines[3].replace("ALT-2;a;", "ALT-2;nothing;")
    rejects.write_text("\n".join(lines) + "\n", encoding="utf-8")
    mended = imported(coops[0], rejects)
    assert (mended["erased"], mended["skipped"], mended["rejected"]) == (1, 2, 0)
    asyncio.run(until_equal(*coops))
    before.remove(coops[0].id)
    for coop in coops:
        assert [one["coop"] for one in coop.offers("--search", "Segeltuch")] == before


def test_all_three_list_and_search_all_of_it(coops: list[Coop]) -> None:
    status = asyncio.run(until_equal(*coops))
    everything = [[shared(one) for one in coop.offers()] for coop in coops]
    assert everything[0] == everything[1] == everything[2]
    assert {one["coop"] for one in everything[0]} == {coop.id for coop in coops}
    assert len(everything[0]) < status["records"]
    for words in (
        ("--search", "kaffee"),
        ("--search", "möhren"),
        ("--search", "kahawa"),
        ("--country", "KE"),
        ("--country", "jp", "--kind", "offer"),
        ("--kind", "want"),
    ):
        found = [[shared(one) for one in coop.offers(*words)] for coop in coops]
        assert found[0] == found[1] == found[2]
        assert 0 < len(found[0]) < len(everything[0]), words
    pages = [coop.told("offer", "list", "--limit", "2") for coop in coops]
    assert [len(page["offers"]) for page in pages] == [2, 2, 2]
    assert [page["total"] for page in pages] == [len(everything[0])] * 3
    for coop in coops:
        digests = coop.told("rebuild")
        assert digests["before"] == digests["after"] == status["digest"]


def imported(coop: Coop, file: Path, *words: str) -> dict[str, Any]:
    return coop.told("offer", "import", file, *words)


def shared(offer: dict[str, Any]) -> dict[str, Any]:
    """An offer without what each node sees in its own way."""
    return {key: value for key, value in offer.items() if key != "mine"}


def copied(file: Path, folder: Path) -> Path:
    return Path(shutil.copyfile(file, folder / file.name))


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as content:
        delimiter = ";" if ";" in content.readline() else ","
        content.seek(0)
        return list(csv.DictReader(content, delimiter=delimiter))


def mend(rejects: Path, turn: int) -> None:
    """Write into each row what is right instead of what is wrong; the reasons stay in it."""
    rows = rows_of(rejects)
    for row in rows:
        field, *right = FAULTS[row["sku"]]
        row[field] = right[turn - 1]
    with rejects.open("w", newline="", encoding="utf-8") as content:
        writer = csv.DictWriter(content, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
