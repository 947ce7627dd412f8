"""The market in a real browser: find as one types, at both sizes, in two directions."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import (
    DESKTOP,
    SIZES,
    RunningNode,
    browsing,
    check_page,
    log_in,
)

OFFER = {
    "title": {"en": "Green coffee <script>alert(1)</script>"},
    "quantity": "12",
    "unit": "TNE",
    "prices": [{"minor": 450000, "currency": "USD", "exponent": 2}],
    "where": {"country": "KE"},
}


@pytest.fixture(scope="module")
def market(node: RunningNode) -> RunningNode:
    node.offer(node.verb("circle", "create", "Hill")["circle"], OFFER)
    return node


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_who_types_finds_and_nothing_of_an_offer_runs(
    market: RunningNode, browser: Browser, size: str, language: str
) -> None:
    with browsing(browser, SIZES[size], language) as page:
        log_in(page, market)
        expect(page.locator("[data-offer]")).to_have_count(1)
        assert "<script>alert(1)</script>" in page.inner_text("main")
        check_page(page)
        page.locator("#search").press_sequentially("tea")
        expect(page.locator("[data-offer]")).to_have_count(0)
        check_page(page)
        page.fill("#search", "gre")
        expect(page.locator("[data-offer]")).to_have_count(1)


def test_a_wrong_password_is_told_and_shows_nothing(market: RunningNode, browser: Browser) -> None:
    with browsing(browser, DESKTOP, expected=("status of 401",)) as page:
        page.goto(market.address + "/")
        page.fill("input[name=name]", "owner")
        page.fill("input[name=password]", "not-the-password")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("bad-password")
        assert "Green coffee" not in page.content()
        check_page(page)
