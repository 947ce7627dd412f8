"""What the small buttons in an offer's form do to what is typed."""

from __future__ import annotations

from node.web.offer_rows import languages_in, languages_of, press, with_questions
from protocol.limits import LANGUAGES_MAX, PRICES_MAX

PRICES = {
    "prices.0.amount": "5",
    "prices.0.currency": "KES",
    "prices.0.per": "60",
    "prices.1.amount": "4",
    "prices.2.amount": "3",
    "title.en": "x",
}


def amounts(values: dict[str, str]) -> list[str]:
    return [said for name, said in sorted(values.items()) if name.endswith(".amount")]


def test_a_price_more_takes_the_currency_of_the_last_and_is_where_one_types_next() -> None:
    once = press({"prices.0.amount": "5", "prices.0.currency": "KES"}, "add:prices")
    assert once.values["prices.1.currency"] == "KES"
    assert (once.values["prices.1.amount"], once.focus) == ("", "prices.1.amount")


def test_a_list_that_is_full_takes_no_more() -> None:
    values: dict[str, str] = {}
    for _ in range(PRICES_MAX + 3):
        values = press(values, "add:prices").values
    assert len(amounts(values)) == PRICES_MAX


def test_rows_go_away_and_change_places_and_nothing_else_does() -> None:
    assert amounts(press(PRICES, "remove:prices.1").values) == ["5", "3"]
    assert amounts(press(PRICES, "up:prices.2").values) == ["5", "3", "4"]
    down = press(PRICES, "down:prices.0")
    assert amounts(down.values) == ["4", "5", "3"]
    assert (down.values["prices.1.per"], down.values["title.en"]) == ("60", "x")
    assert down.focus == "prices.1.down"
    for nothing in ("up:prices.0", "down:prices.2", "up:prices.9", "remove:prices.x", "what:else"):
        assert press(PRICES, nothing).values == PRICES


def test_a_language_comes_and_goes_with_all_that_stands_in_it() -> None:
    values = {"languages": "en", "new_language": "sw", "title.en": "x", "barter.0.name.en": "y"}
    both = press(values, "speak:").values
    assert languages_of(both) == ["en", "sw"]
    both |= {"title.sw": "z", "images.0.alt.sw": "z", "item.sw": "no text"}
    assert languages_in(both) == ["en", "sw"]
    one = press(both, "hush:sw").values
    assert languages_of(one) == ["en"]
    assert "title.sw" not in one
    assert "images.0.alt.sw" not in one
    assert one["item.sw"] == "no text"
    assert press(one, "hush:en").values == one


def test_languages_have_a_limit_and_a_form() -> None:
    many = " ".join(f"a{chr(97 + one)}" for one in range(26))
    assert len(languages_of({"languages": many})) == LANGUAGES_MAX
    assert languages_of({"languages": 'en "><b> EN'}) == ["en"]
    assert press({"languages": "en"}, "speak:<b>").values == {"languages": "en"}


def test_what_was_found_is_taken_over() -> None:
    assert press({"search.hs": "coffee"}, "goods:090111").values["item.hs"] == "090111"
    assert press({"unit": "C62"}, "unit:XSA").values["unit"] == "XSA"


def test_each_question_of_a_claim_is_there_once() -> None:
    values = {"fair.0.scheme": "fairmondo/fair_trust", "fair.0.answers.0.code": "controlling"}
    full = with_questions(values)
    asked = [said for name, said in full.items() if name.endswith(".code")]
    assert sorted(asked) == [
        "awareness_raising", "controlling", "environment_protection", "labor_conditions", "support",
    ]  # fmt: skip
    assert with_questions(full) == full
