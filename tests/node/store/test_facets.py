"""What of an offer is filtered by: its columns, and small tables that follow each edit."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from node import acts
from node.store import facets, fold
from node.store.database import Database, connect
from node.store.market import Wanted, count
from protocol import trade
from protocol.values import Blob, Decimal
from tests.coops import NETWORK
from tests.node.store.market import Market

OLD_STEPS = 3
PICTURE = Blob(bytes=1, hash=bytes(32), type="application/pdf")


def price(currency: str, minor: int, exponent: int = 2, per: Decimal | None = None) -> trade.Price:
    return trade.Price(currency=currency, minor=minor, exponent=exponent, per=per or Decimal(1, 0))


@pytest.mark.parametrize(
    ("given", "e4"),
    [
        (price("EUR", 1250), 125_000),
        (price("JPY", 1250, 0), 12_500_000),
        (price("KES", 54_000, 2, Decimal(6, 1)), 90_000),  # 540.00 for 60
        (price("EUR", 1, 2, Decimal(3, 0)), 33),
        (price("EUR", 100, 2, Decimal(5, -1)), 20_000),  # 1.00 for a half
        (price("EUR", 2**53 - 1, 0), facets.PRICE_MAX),
        (price("EUR", 2**53 - 1, 4), 2**53 - 1),
    ],
)
def test_a_price_is_kept_for_one_unit(given: trade.Price, e4: int) -> None:
    assert facets.price_e4(given) == e4


def test_the_best_that_stands_behind_a_claim_counts() -> None:
    claimed = trade.Fair(scheme="fair")
    proved = trade.Fair(scheme="social", evidence=(PICTURE,))
    named = trade.Fair(scheme="organic", confirmed_by=(bytes(32),))
    levels = [
        facets.fairness(some) for some in ((), (claimed,), (claimed, proved), (proved, named))
    ]
    assert [facets.FAIRNESS[one] for one in levels] == ["", "claimed", "evidence", "confirmed"]


def test_a_body_that_is_gone_leaves_no_facets() -> None:
    assert facets.facets_of(None) == facets.Facets()


def kept(market: Market) -> dict[str, list[Any]]:
    found = {}
    for table in ("offer_category", "offer_price"):
        rows = market.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        found[table] = [(row[0], *row[2:]) for row in rows]
    return found


def test_categories_and_further_prices_follow_each_edit() -> None:
    market = Market()
    item = trade.Item(category=("Spices", " spices ", "Vanilla  beans"))
    several = (price("EUR", 100), price("USD", 120), price("USD", 110), price("EUR", 90))
    offer = market.add("Vanilla", item=item, prices=several)
    assert kept(market) == {
        "offer_category": [("spices",), ("vanilla beans",)],
        "offer_price": [("USD", 12_000)],
    }
    market.add("Vanilla", subject=offer, item=trade.Item(category=("food",)))
    assert kept(market) == {"offer_category": [("food",)], "offer_price": []}
    market.do(lambda database, signing: acts.erase(database, signing, [offer]))
    assert kept(market) == {"offer_category": [], "offer_price": []}


def old_file(market: Market, path: Path) -> None:
    """The market's records in a file as it was before there were facets."""
    steps = sorted(
        (one for one in files("node.store").joinpath("schema").iterdir() if one.name[0].isdigit()),
        key=lambda one: one.name,
    )
    old = connect(path)
    for step in steps[:OLD_STEPS]:
        old.executescript(step.read_text(encoding="utf-8"))
    old.execute(f"PRAGMA user_version = {OLD_STEPS}")
    old.close()
    connection = market.connection
    connection.execute("ATTACH ? AS old", (str(path),))
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = connection.execute(
        "SELECT name FROM old.sqlite_master WHERE type = 'table' AND name NOT LIKE 'offer%'"
    ).fetchall()
    for (table,) in tables:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT a.name FROM pragma_table_info(?1, 'main') AS a "
                "JOIN pragma_table_info(?1, 'old') AS b ON a.name = b.name",
                (table,),
            )
        ]
        columns = ", ".join(names)
        if names:
            connection.execute(
                f"INSERT INTO old.{table} ({columns}) SELECT {columns} FROM main.{table}"
            )
    connection.execute("DETACH old")


def test_the_offers_of_an_old_file_are_found_by_filters_too(tmp_path: Path) -> None:
    market = Market()
    offer = market.add("Coffee", item=trade.Item(hs="090111"), prices=(price("KES", 100),))
    market.add("Better coffee", subject=offer, item=trade.Item(hs="090121"))
    market.add("Tea", item=trade.Item(category=("drinks",)))
    old_file(market, tmp_path / "old.sqlite3")
    database = Database(tmp_path / "old.sqlite3", NETWORK)
    assert fold.lag(database) > 0
    while fold.lag(database):
        with database.transaction():
            fold.fold(database, fold.BATCH_RECORDS)
    connection = database.connection
    for wanted, many in (
        (Wanted(), 2),
        (Wanted(hs="0901"), 1),
        (Wanted(hs="090111"), 0),
        (Wanted(category="drinks"), 1),
        (Wanted(match='"coffee"*'), 1),
        (Wanted(currency="KES"), 0),
    ):
        assert count(connection, wanted, market.asker) == many, wanted
    digests = [
        one.execute("SELECT day, kind, sum FROM digest ORDER BY 1, 2").fetchall()
        for one in (connection, market.connection)
    ]
    assert digests[0] == digests[1]
    database.close()
