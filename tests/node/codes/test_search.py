"""Codes are found by what people call the thing."""

import pytest

from node.codes.search import hs_path, search_hs, search_units


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("coffee", "0901"),
        ("coffee not roasted", "090111"),
        ("Roasted COFFEE", "090121"),
        ("tomatoes fresh", "0702"),
        ("bicycles", "8712"),
        ("frozen shrimp", "030617"),
    ],
)
def test_goods_are_found_by_words(text: str, code: str) -> None:
    assert code in [hit.code for hit in search_hs(text, 12)]


def test_what_is_found_shows_what_stands_above_it() -> None:
    hit = next(one for one in search_hs("coffee not roasted", 12) if one.code == "090111")
    assert hit.path == hs_path("090111")
    assert len(hit.path) == 2
    assert "Coffee" in hit.path[0]
    assert "not roasted" in hit.name


def test_units_are_found_by_name_and_by_code() -> None:
    assert search_units("xsa", 5)[0].code == "XSA"
    assert "KGM" in [hit.code for hit in search_units("kilogram", 5)]
    assert "XSA" in [hit.code for hit in search_units("sack", 5)]


@pytest.mark.parametrize("text", ["", "  ", "!?", "qqqqzz", "x" * 10_000])
def test_what_is_nowhere_finds_nothing(text: str) -> None:
    assert search_hs(text, 5) == []


def test_no_more_than_asked_for() -> None:
    assert len(search_hs("of", 3)) == 3
