"""The form as its template shows it."""

from __future__ import annotations

from node.text import Message
from node.views.writing import Known
from node.web.offer_page import Form, words
from protocol.limits import IMAGES_MAX

KNOWN = Known((), (("coop1a", "Mlima"),), "KE", ("sw", "en"))


def form(*, focus: str = "", wrong: str = "", **typed: str) -> Form:
    values = {name.replace("__", "."): said for name, said in typed.items()}
    problems = {wrong: Message("no")} if wrong else {}
    return Form(values, KNOWN, "en", "/write", problems, focus)


def test_there_is_always_a_price_to_fill_in_and_a_column_for_each_language() -> None:
    shown = form(languages="en", title__sw="x")
    assert shown.rows("prices") == ["prices.0"]
    assert shown.languages == ["en", "sw"]
    assert form().languages == ["en"]


def test_what_has_something_in_it_or_is_wrong_is_unfolded() -> None:
    assert form(terms__place="Mombasa").is_open("terms.place")
    assert form(wrong="terms.carriers.0.name").is_open("terms.carriers")
    assert form(focus="fees.0.percent").is_open("fees")
    assert form(focus="fees.add").is_open("fees")
    for silent in (
        {"pack__holds__unit": "KGM"},
        {"fees__0__kind": "packing"},
        {"terms__place": " "},
    ):
        assert not form(**silent).is_open("pack", "fees", "terms.place")


def test_the_first_field_that_is_wrong_is_the_next() -> None:
    assert form(wrong="title.en").focus == "title.en"
    assert form(wrong="").focus == ""


def test_languages_to_add_begin_with_those_of_the_coop() -> None:
    tongues = [one.code for one in form(languages="en").tongues()]
    assert tongues[:3] == ["sw", "es", "ar"]
    assert "en" not in tongues


def test_a_rare_unit_that_is_chosen_is_in_the_list() -> None:
    groups = form(unit="LUB").units_of("unit")
    assert groups[0][1][0].code == "LUB"
    assert len(form(unit="KGM").units_of("unit")) == len(groups) - 1


def test_boxes_are_the_usual_ones_and_those_that_are_ticked() -> None:
    assert form(p__box__shells="on").boxes("p", ["cash"]) == ["cash", "shells"]


def test_a_full_list_takes_no_more() -> None:
    full = {f"images__{row}__hash": "x" for row in range(IMAGES_MAX)}
    assert form(**full).is_full("images")
    assert not form().is_full("images")


def test_goods_are_named_with_what_stands_above_them() -> None:
    assert len(form(item__hs="090111").goods_path) == 3
    assert form(item__hs="x").goods_path == []


def test_a_code_that_is_not_ours_is_shown_as_it_was_written() -> None:
    told = words("en")
    assert told["word"](told["terms"].PAYMENTS, "cash") == "cash"
    assert told["word"](told["terms"].PAYMENTS, "own_way") == "own way"
    assert told["taxes"][0].code == "S"
