"""Catalogues over the API: in line by line, out as a file that reads back."""

import pytest

from tests.node.served import OFFER_JSON, Served

FILE = "sku,title,price\n1,Coffee,5.40\n2,Tea,x\n"


async def test_a_catalogue_is_answered_line_by_line(one: Served) -> None:
    circle = await one.circle()
    query = {"circle": circle[:12], "currency": "EUR", "country": "KE", "language": "en"}
    found = await one.owner("POST", "/imports", params=query, data=FILE.encode())
    assert found.headers["Content-Type"] == "application/x-ndjson"
    *progress, report = found.lines
    assert progress == [{"progress": 0, "total": 2}, {"progress": 2, "total": 2}]
    assert report | {"rejects_csv": None} == {
        "format": "own",
        "published": 1,
        "updated": 0,
        "withdrawn": 0,
        "erased": 0,
        "skipped": 0,
        "rejected": 1,
        "rejects_csv": None,
        "dry_run": False,
    }
    assert report["rejects_csv"].startswith("sku,title,price,error\r\n2,Tea,x,")


async def test_a_dry_run_publishes_nothing(one: Served) -> None:
    circle = await one.circle()
    before = (await one.owner("GET", "/status")).json["records"]
    query = {"circle": circle, "currency": "EUR", "dry_run": "1"}
    found = await one.owner("POST", "/imports", params=query, data=FILE.encode())
    assert (found.lines[-1]["published"], found.lines[-1]["dry_run"]) == (1, True)
    assert (await one.owner("GET", "/status")).json["records"] == before


@pytest.mark.parametrize(
    ("change", "data", "status", "code"),
    [
        ({}, b"", 422, "unknown-format"),
        ({}, b"a,b\n1,2\n", 422, "unknown-format"),
        ({}, b'title\n"open\n', 422, "bad-file"),
        ({"format": "fairmondo"}, FILE.encode(), 422, "unknown-format"),
        ({"currency": "QQQ"}, FILE.encode(), 422, "bad-code"),
        ({"currency": "euro"}, FILE.encode(), 422, "bad-field"),
        ({"country": "ZZ"}, FILE.encode(), 422, "bad-code"),
        ({"language": "English"}, FILE.encode(), 422, "bad-field"),
        ({"circle": "circle1qqq"}, FILE.encode(), 404, "not-found"),
        ({"circle": ""}, FILE.encode(), 422, "bad-field"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_the_whole_is_told_before_anything(
    one: Served, change: dict[str, str], data: bytes, status: int, code: str
) -> None:
    query = {"circle": await one.circle(), "currency": "EUR", **change}
    found = await one.owner("POST", "/imports", params=query, data=data)
    assert (found.status, found.code) == (status, code)


async def test_a_circle_of_others_takes_no_catalogue(one: Served) -> None:
    circle = await one.circle()
    own = (await one.owner("GET", "/status")).json["coop"]
    await one.owner("POST", f"/circles/{circle}/removals", json={"coop": own})
    found = await one.owner("POST", "/imports", params={"circle": circle}, data=FILE.encode())
    assert (found.status, found.code) == (403, "not-a-member")


async def test_a_catalogue_reads_back_to_the_same_offers(one: Served) -> None:
    circle = await one.circle()
    await one.owner("POST", "/offers", json={"circle": circle, "offer": OFFER_JSON})
    out = await one.owner("GET", "/catalogue", params={"circle": circle, "mine": "1"})
    assert out.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in out.headers["Content-Disposition"]
    again = await one.owner("POST", "/imports", params={"circle": circle}, data=out.body)
    assert (again.lines[-1]["published"], again.lines[-1]["skipped"]) == (0, 1)


async def test_a_catalogue_without_offers_is_a_header(one: Served) -> None:
    out = await one.owner("GET", "/catalogue")
    assert out.body.decode("utf-8-sig").splitlines()[0].startswith("sku,")
    assert len(out.body.splitlines()) == 1
