"""The fair questionnaires in words: complete, and honest about what they do not know."""

from __future__ import annotations

import pytest

from node.catalogue.fairmondo_fair import ECOLOGIC_SEALS, FAIR_SEALS
from node.web import fair_words, terms
from node.web.fair_words import ASKED, BOXES, QUESTIONS, SCHEMES, SEALS_OF


def test_each_question_and_each_box_has_words() -> None:
    asked = [question for questions in ASKED.values() for question in questions]
    assert [one.name for one in asked if one.name not in QUESTIONS] == []
    assert [box for one in asked for box in one.boxes if box not in BOXES] == []


def test_each_claim_that_the_form_offers_has_a_name() -> None:
    assert [scheme for scheme in SCHEMES if scheme not in terms.SCHEMES] == []
    assert set(ASKED) | set(SEALS_OF) <= set(SCHEMES)


@pytest.mark.parametrize("seal", [*FAIR_SEALS, *ECOLOGIC_SEALS])
def test_each_seal_is_readable(seal: str) -> None:
    assert "_" not in fair_words.seal_word(seal)


def test_what_another_node_asks_is_shown_as_it_was_written() -> None:
    assert fair_words.question_word("own_question") == "own question"
    assert fair_words.box_word("own_box") == "own box"
