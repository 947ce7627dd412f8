"""The larger parts of an offer's form."""

from __future__ import annotations

from node.web.form_fields import Reader
from node.web.offer_parts import blob_of, fair_of, fees_of, item_of, terms_of
from protocol.keys import BLOB, to_text
from protocol.limits import LIST_MAX


def test_an_item_in_plain_words_and_codes() -> None:
    reader = Reader({"i.category": "coffee, food", "i.hs": "0901", "i.gtin": "12345"}, "en")
    item = item_of(reader, "i")
    assert (item["category"], item["hs"], item["gtin"]) == (("coffee", "food"), "0901", None)
    assert "bar code" in reader.problems["i.gtin"].say()


def test_amounts_in_terms_are_in_the_currency_of_the_first_price() -> None:
    values = {"terms.carriers.0.name": "Boda", "terms.carriers.0.price": "1.5"}
    reader = Reader(values, "en")
    assert terms_of(reader, "TND")["carriers"][0]["price_minor"] == 1500
    without = Reader(values, "en")
    terms_of(without, "")
    assert "write a price first" in without.problems["terms.carriers.0.price"].say()


def test_ticked_and_typed_payments_are_one_list() -> None:
    values = {"terms.payments.box.cash": "on", "terms.payments.more": "shells, cash"}
    assert terms_of(Reader(values, "en"), "")["payments"] == ("cash", "shells")


def test_a_fee_says_how_much() -> None:
    reader = Reader({"f.kind": "packing", "f.per_order": "2"}, "en")
    assert fees_of(reader, "f", "EUR")["per_order_minor"] == 200
    assert reader.problems == {}


def test_questions_that_nobody_answered_are_left_out() -> None:
    values = {"c.scheme": "fair", "c.answers.0.code": "a", "c.answers.1.code": "b"}
    values |= {"c.answers.1.yes": "on", "c.answers.1.checked.box.x": "on"}
    claim = fair_of(Reader(values, "en"), "c")
    assert list(claim["answers"]) == ["b"]
    assert claim["answers"]["b"]["checked"] == ("x",)


def test_too_many_boxes_are_told() -> None:
    values = {f"terms.payments.box.c{one}": "on" for one in range(LIST_MAX + 1)}
    reader = Reader(values, "en")
    terms_of(reader, "")
    assert f"{LIST_MAX} are the most" in reader.problems["terms.payments.more"].say()


def test_a_file_is_carried_on_by_its_id() -> None:
    values = {"p.hash": to_text(BLOB, b"\x07" * 32), "p.bytes": "12", "p.type": "image/png"}
    assert blob_of(Reader(values, "en"), "p")["hash"] == b"\x07" * 32
    assert blob_of(Reader({"p.bytes": "9" * 50}, "en"), "p")["bytes"] == 0
