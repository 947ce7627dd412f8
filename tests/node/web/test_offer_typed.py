"""An offer as its form has it; that it reads back is proved with `offer_form`."""

from __future__ import annotations

import msgspec
import pytest

from node.web.offer_typed import typed
from protocol import trade
from tests.node.web.whole_offer import WHOLE


def test_names_are_those_of_the_record() -> None:
    values = typed(WHOLE, "en")
    assert values["title.sw"] == "Kahawa"
    assert values["prices.1.from_quantity"] == "1,234.5"
    assert values["terms.payments.box.own_way"] == "on"
    assert values["where.latitude"] == "-1.292066"
    assert all(said for said in values.values()), "what is empty is left out"


@pytest.mark.parametrize(("language", "amount"), [("en", "54,000.5"), ("es", "54.000,5")])
def test_numbers_are_written_as_the_language_does(language: str, amount: str) -> None:
    assert typed(WHOLE, language)["prices.0.amount"] == amount


def test_a_time_beyond_the_calendar_is_left_out() -> None:
    far = msgspec.structs.replace(WHOLE, valid_until_ms=2**53 - 1)
    assert "valid_until" not in typed(far, "en")


def test_the_least_offer_is_a_short_form() -> None:
    values = typed(trade.Offer(title={"en": "x"}), "en")
    assert values == {"title.en": "x", "mode": "sell", "condition": "new", "unit": "C62"}
