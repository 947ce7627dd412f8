"""Importing a catalogue: what each row asks for, batch by batch, again, and through a crash."""

import asyncio
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from node import catalogue, importing
from node.catalogue import Defaults
from node.cli.client import Client, Refused
from node.importing import Matching, Progress, Publish, Reject, Report, Skip, Withdraw
from node.socket_path import client_socket_path
from node.store import fold
from node.views import market, offers, read
from node.views.market import Wanted
from protocol.errors import Refusal
from tests.node.cli.processes import RunningNode
from tests.node.served import Served

HEAD = "sku,title,price,currency,action,kind\n"


async def take(
    one: Served, circle: bytes, content: str, tmp_path: Path, *, dry_run: bool = False
) -> Report:
    """Import a text; the report."""
    path = tmp_path / "catalogue.csv"
    path.write_text(content, encoding="utf-8")
    source = await importing.opened(path, None, Defaults(currency="KES"))
    wish = importing.Wish(circle, "owner", dry_run)
    rejects = tmp_path / "rejects.csv"
    rejects.unlink(missing_ok=True)
    steps = [step async for step in importing.run(one.node, source, wish, rejects)]
    assert all(isinstance(step, Progress) for step in steps[:-1])
    assert steps[0] == Progress(0, source.rows)
    report = steps[-1]
    assert isinstance(report, Report)
    return report


async def titles(one: Served) -> list[str]:
    """What is listed, the newest first, once everything is folded."""

    def settle(database: Any) -> None:  # noqa: ANN401 - the store's own
        with database.transaction():
            while fold.fold(database, fold.BATCH_RECORDS):
                pass

    await one.node.store.write(settle)
    asker = market.Asker(one.node.coop, one.clock.now_ms())
    found = await read(
        one.node.store, lambda reader: list(market.all_fields(reader, Wanted(), asker))
    )
    return [fields.title["en"] for _, fields in found]


def counted(report: Report) -> tuple[int, int, int, int, int]:
    return (
        report.published, report.updated, report.withdrawn, report.skipped, report.rejected,
    )  # fmt: skip


def rows(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines)


@pytest.fixture
async def circle(one: Served) -> bytes:
    return await one.node.found_circle("Kreis", public=False)


async def test_a_catalogue_is_published_and_again_it_is_not(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    file = rows("1,Coffee,5.40,,,", "2,Tea,3,EUR,,", "3,Ice,,,,want")
    first = await take(one, circle, file, tmp_path)
    again = await take(one, circle, file, tmp_path)
    assert (first.format, counted(first)) == ("own", (3, 0, 0, 0, 0))
    assert counted(again) == (0, 0, 0, 3, 0)
    assert await titles(one) == ["Ice", "Tea", "Coffee"]


async def test_only_what_changed_is_changed(one: Served, circle: bytes, tmp_path: Path) -> None:
    await take(one, circle, rows("1,Coffee,5,,,", "2,Tea,3,,,"), tmp_path)
    report = await take(one, circle, rows("1,Coffee,6,,,", "2,Tea,3,,,", "3,Ice,1,,,"), tmp_path)
    assert counted(report) == (1, 1, 0, 1, 0)
    assert sorted(await titles(one)) == ["Coffee", "Ice", "Tea"]


async def test_actions_withdraw_and_offer_again(one: Served, circle: bytes, tmp_path: Path) -> None:
    await take(one, circle, rows("1,Coffee,5,,,", "2,Tea,3,,,", "3,Ice,1,,,"), tmp_path)
    gone = rows("1,,,,deactivate,", "2,,,,delete,", "3,,,,nothing,")
    report = await take(one, circle, gone, tmp_path)
    assert (counted(report), report.erased) == ((0, 0, 1, 1, 0), 1)
    assert await titles(one) == ["Ice"]
    # of what was erased nobody knows the number any more
    assert counted(await take(one, circle, gone, tmp_path)) == (0, 0, 0, 2, 1)
    back = rows("1,,,,activate,", "2,Green tea,4,,create,", "3,,,,activate,")
    assert counted(await take(one, circle, back, tmp_path)) == (1, 1, 0, 1, 0)
    assert sorted(await titles(one)) == ["Coffee", "Green tea", "Ice"]


async def test_what_is_deleted_is_erased_with_all_its_versions(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    await take(one, circle, rows("1,Coffee,5,,,", "2,Tea,3,,,"), tmp_path)
    await take(one, circle, rows("1,Better coffee,5,,,"), tmp_path)
    await take(one, circle, rows("1,,,,delete,"), tmp_path)
    assert await titles(one) == ["Tea"]
    await one.node.rebuild()
    bodies = await one.node.store.write(
        lambda database: [
            body
            for (body,) in database.connection.execute(
                "SELECT body FROM record WHERE body NOT NULL"
            )
            if b"offee" in body
        ]
    )
    assert bodies == []


async def test_a_row_that_cannot_be_taken_comes_back_with_its_reason(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    await take(one, circle, rows("1,Coffee,5,,,"), tmp_path)
    file = rows("1,Coffee,5,,,want", "9,,,,deactivate,", "3,Tea,x,,,", "4,Ice,1,,,")
    report = await take(one, circle, file, tmp_path)
    assert counted(report) == (1, 0, 0, 0, 3)
    assert report.rejects_csv is not None
    head, *bad = report.rejects_csv.splitlines()
    assert head == HEAD.strip() + ",error"
    assert [line.split(",")[0] for line in bad] == ["1", "9", "3"]
    assert "an offer cannot become a want" in bad[0]
    assert "[not-found]" in bad[1]
    assert "price" in bad[2]


async def test_what_is_over_is_not_published(one: Served, circle: bytes, tmp_path: Path) -> None:
    file = "sku,title,valid_until\n1,Fish,2020-01-01\n2,Coffee,2099-01-01\n"
    report = await take(one, circle, file, tmp_path)
    assert (counted(report), "this day is over" in (report.rejects_csv or "")) == (
        (1, 0, 0, 0, 1), True,
    )  # fmt: skip


async def test_a_dry_run_says_what_would_be_and_does_nothing(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    file = rows("1,Coffee,5,,,", "2,Tea,x,,,")
    report = await take(one, circle, file, tmp_path, dry_run=True)
    assert (counted(report), report.dry_run) == ((1, 0, 0, 0, 1), True)
    assert await titles(one) == []


async def test_rows_without_a_number_are_told_apart_by_their_content(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    file = "title,text\nCoffee,washed\nCoffee,washed\nCoffee,natural\n"
    first = await take(one, circle, file, tmp_path)
    again = await take(one, circle, file, tmp_path)
    more = await take(one, circle, file + "Coffee,washed\n", tmp_path)
    assert [counted(report) for report in (first, again, more)] == [
        (3, 0, 0, 0, 0),
        (0, 0, 0, 3, 0),
        (1, 0, 0, 3, 0),
    ]


async def test_an_open_food_network_file_is_known_by_its_products(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    head = "producer,sku,name,display_name,category,units,unit_type,price,on_hand\n"
    file = head + "Kirima,,Coffee,,Drinks,500,g,3.20,5\nKirima,,Coffee,,Drinks,250,g,1.80,5\n"
    first = await take(one, circle, file, tmp_path)
    again = await take(one, circle, file.replace("3.20", "3.40"), tmp_path)
    assert (first.format, counted(first)) == ("open-food-network", (2, 0, 0, 0, 0))
    assert counted(again) == (0, 1, 0, 1, 0)


async def test_the_market_s_own_file_is_only_added_to(
    one: Served, circle: bytes, tmp_path: Path
) -> None:
    sample = Path(__file__).parents[1] / "data" / "fairmondo-71-columns.csv"
    content = sample.read_text(encoding="utf-8")
    first = await take(one, circle, content, tmp_path)
    again = await take(one, circle, content, tmp_path)
    assert first.format == "fairmondo"
    assert first.published > 0
    assert (again.published, again.updated) == (0, 0)
    assert again.rejected == first.rejected


@pytest.mark.parametrize("rows_at_once", [1, 2, 3])
async def test_batches_make_no_difference(
    one: Served, circle: bytes, tmp_path: Path, rows_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(importing, "BATCH_ROWS", rows_at_once)
    file = rows("1,Coffee,5,,,", "2,Tea,3,,,", "3,Ice,x,,,", "4,Salt,1,,,", "5,Rice,1,,,")
    report = await take(one, circle, file, tmp_path)
    assert counted(report) == (4, 0, 0, 0, 1)
    assert await titles(one) == ["Rice", "Salt", "Tea", "Coffee"]


async def test_large_rows_make_small_batches(one: Served, circle: bytes, tmp_path: Path) -> None:
    text = "x" * 9_900
    lines = [f"{number},Coffee {number},{text}" for number in range(300)]
    report = await take(one, circle, "sku,title,text\n" + "\n".join(lines), tmp_path)
    assert counted(report) == (300, 0, 0, 0, 0)
    assert len(await titles(one)) == 300


async def test_an_import_that_was_cut_off_goes_on(
    one: Served, circle: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 2)
    lines = [f"{number},Coffee {number},1,,," for number in range(7)]
    path = tmp_path / "catalogue.csv"
    path.write_text(rows(*lines), encoding="utf-8")
    source = await importing.opened(path, None, Defaults(currency="KES"))
    wish = importing.Wish(circle, "owner")
    steps = importing.run(one.node, source, wish, tmp_path / "rejects.csv")
    assert [await anext(steps) for _ in range(3)] == [Progress(n, 7) for n in (0, 2, 4)]
    await steps.aclose()
    assert len(await titles(one)) == 4
    report = await take(one, circle, rows(*lines), tmp_path)
    assert counted(report) == (3, 0, 0, 4, 0)
    assert len(await titles(one)) == 7


async def test_nobody_imports_into_a_circle_of_others(one: Served, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        await take(one, bytes(32), rows("1,Coffee,5,,,"), tmp_path)


async def test_a_file_that_is_none_is_refused_before_anything(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refusal, match="unknown-format"):
        await importing.opened(path, None, Defaults())


# ------------------------------------------------------------------ what a row means, by itself


def steps_of(file: str, own: Iterable[offers.OwnOffer], tmp_path: Path) -> list[str]:

    path = tmp_path / "catalogue.csv"
    path.write_text(file, encoding="utf-8")
    matching = Matching(0)
    matching.know(own)
    names = {Publish: "publish", Withdraw: "withdraw", Skip: "skip", Reject: "reject"}
    return [
        names[type(step)] + (" again" if isinstance(step, Publish) and step.subject else "")
        for step in map(matching.step, catalogue.read(path, None, Defaults(currency="EUR")))
    ]


def test_an_unknown_number_with_an_action_is_rejected(tmp_path: Path) -> None:
    file = rows("1,,,,activate,", "2,,,,delete,", "3,Tea,1,,update,", "4,Tea,1,,create,")
    assert steps_of(file, [], tmp_path) == ["reject", "reject", "reject", "publish"]


# ---------------------------------------------------------------------------- through a crash


ROWS = 4_000


async def cut_off(node: RunningNode, circle: str, path: Path, batches: int) -> None:
    """Import until so many batches are told, then kill the node."""

    async def follow() -> None:
        async with Client(socket_of(node)) as client:
            with path.open("rb") as file:
                query = {"circle": circle, "currency": "EUR"}
                async for line in client.stream_lines("/imports", query=query, file=file):
                    if line.get("progress", 0) >= batches * importing.BATCH_ROWS:
                        node.stop(signal.SIGKILL)

    with pytest.raises(Refused, match="connection-lost"):
        await follow()


async def whole(node: RunningNode, circle: str, path: Path) -> dict[str, Any]:
    async with Client(socket_of(node)) as client:
        with path.open("rb") as file:
            query = {"circle": circle, "currency": "EUR"}
            lines = client.stream_lines("/imports", query=query, file=file)
            return [line async for line in lines][-1]


async def listed(node: RunningNode) -> int:
    async with Client(socket_of(node)) as client:
        while (await client.get("/status"))["lag"]:
            await asyncio.sleep(0)
        seen: set[str] = set()
        query: dict[str, Any] = {"limit": 1000}
        while True:
            page = await client.get("/offers", query)
            seen |= {line["title"] for line in page["offers"]}
            if page["next"] is None:
                return len(seen)
            query["after"] = page["next"]


def socket_of(node: RunningNode) -> Path:
    socket = client_socket_path(node.home)
    assert socket is not None
    return socket


async def test_a_killed_node_keeps_whole_batches_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    lines = (f"{number},Coffee {number},1,,," for number in range(ROWS))
    path.write_text(rows(*lines), encoding="utf-8")
    node = RunningNode(tmp_path / "home")
    node.init()
    node.start()
    made = node("circle", "create", "Kreis", "--json").json
    try:
        await cut_off(node, made["circle"], path, 2)
        node.start()
        kept = await listed(node)
        done = await whole(node, made["circle"], path)
        total = await listed(node)
    finally:
        if node.process is not None:
            node.stop()
    assert kept >= 2 * importing.BATCH_ROWS
    assert kept % importing.BATCH_ROWS == 0
    assert (done["published"], done["skipped"]) == (ROWS - kept, kept)
    assert total == ROWS
