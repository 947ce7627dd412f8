"""What the code lists say at the local door."""

import pytest

from node.gate.checks import check_code, check_offer
from protocol.errors import Refusal
from protocol.trade import Offer, Price, Where


def test_an_offer_with_right_codes_passes() -> None:
    price = Price(currency="KES", exponent=2, minor=1)
    check_offer(Offer(title={"en": "x"}, prices=(price,), where=Where(country="KE")), 0)


def test_all_that_is_wrong_is_told_at_once_without_codes_in_the_text() -> None:
    price = Price(currency="QQQ", exponent=2, minor=1)
    with pytest.raises(Refusal) as refused:
        check_offer(Offer(title={"en": "x"}, prices=(price,), where=Where(country="ZZ")), 0)
    assert refused.value.code == "bad-code"
    assert "prices[0].currency" in refused.value.detail
    assert "where.country" in refused.value.detail
    assert "[bad-code]" not in refused.value.detail


def test_one_code_by_itself() -> None:
    check_code("country", "country", "KE")
    with pytest.raises(Refusal, match="did you mean GB"):
        check_code("country", "country", "UK")
