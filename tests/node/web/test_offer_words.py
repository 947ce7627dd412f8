"""Units, currencies and taxes by name, in the reader's language."""

from __future__ import annotations

import pytest

from node import codes
from node.web.offer_words import (
    OWN_UNITS,
    PAYMENTS,
    TAXES,
    currencies,
    unit_word,
    usual_currencies,
    usual_units,
)
from node.web.terms import PAYMENTS as PAYMENT_WORDS


@pytest.mark.parametrize(
    ("code", "language", "word"),
    [
        ("KGM", "en", "kilograms"),
        ("KGM", "es", "kilogramos"),
        ("C62", "en", "piece"),
        ("XSA", "en", "sack"),
        ("LUB", "es", "metric ton, lubricating oil"),
        ("QQQ", "en", "QQQ"),
    ],
)
def test_a_unit_by_name(code: str, language: str, word: str) -> None:
    assert unit_word(code, language) == word


def test_each_unit_that_is_offered_is_one_of_the_list() -> None:
    offered = [one.code for _, group in usual_units("en") for one in group]
    assert [code for code in (*offered, *OWN_UNITS) if codes.unit_name(code) is None] == []
    assert len(offered) == len(set(offered))


def test_each_currency_has_a_name_and_a_minor_unit() -> None:
    known = {one.code: one.name for one in currencies("es")}
    assert known["KES"] == "chelín keniano"
    assert "XAU" not in known
    assert all(known.values())


def test_the_money_of_the_country_comes_first() -> None:
    assert usual_currencies("BO", "en")[0].code == "BOB"
    usual = [one.code for one in usual_currencies("DE", "en")]
    assert usual[0] == "EUR"
    assert len(usual) == len(set(usual))
    assert usual_currencies("", "en")


def test_taxes_and_payments_are_known_codes() -> None:
    assert {one.code for one in TAXES} <= set(codes.TAX_CATEGORIES)
    assert set(PAYMENTS) <= set(PAYMENT_WORDS)
