"""Two browsers at two real nodes: what is published at one stands on the other's open page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import (
    DESKTOP,
    PHONE,
    RunningNode,
    browsing,
    check_page,
    join,
    log_in,
    running_node,
)

OTHER = "Pescadores del Sur"
TITLE = "Fresh hake"
OFFER = {
    "title": {"en": TITLE},
    "prices": [{"minor": 1200, "currency": "USD", "exponent": 2}],
    "unit": "KGM",
    "where": {"country": "CL"},
}


@pytest.fixture(scope="module")
def other(node: RunningNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    circle = node.verb("circle", "create", "Sea and soil")["circle"]
    with running_node(tmp_path_factory.mktemp("other"), OTHER, "CL") as one:
        join(node, circle, one)
        yield one


def circle_of(node: RunningNode) -> str:
    return str(node.verb("circle", "list")["circles"][0]["id"])


def test_an_offer_of_another_node_comes_to_the_open_market_and_is_announced(
    node: RunningNode, other: RunningNode, browser: Browser
) -> None:
    with browsing(browser, DESKTOP) as here, browsing(browser, PHONE, "ar") as there:
        log_in(here, node)
        log_in(there, other)
        here.evaluate("() => { window.wasNotReloaded = true; }")
        offer = other.offer(circle_of(other), OFFER)
        card = here.locator(f"[data-offer='{offer}']")
        expect(card).to_contain_text(TITLE)
        expect(here.locator("#announcer")).to_contain_text(TITLE)
        expect(there.locator(f"[data-offer='{offer}']")).to_contain_text(TITLE)
        assert here.evaluate("() => window.wasNotReloaded")
        check_page(here)
        card.get_by_role("link").click()
        journey = here.locator(".journey")
        expect(journey).to_contain_text(f"signed by {OTHER}")
        expect(journey).to_contain_text(f"received from {OTHER}")
        expect(journey).to_contain_text("checked here")
        other.verb("offer", "withdraw", offer)
        expect(here.locator("#offer [role=status]").first).to_contain_text("Taken back")
        assert here.evaluate("() => document.title").startswith(TITLE)


def test_who_connects_is_seen_on_the_open_pages(
    node: RunningNode, other: RunningNode, browser: Browser
) -> None:
    with browsing(browser) as page:
        log_in(page, node, "/coops")
        expect(page.locator(".coop-card", has_text=OTHER)).to_contain_text("connected")
        check_page(page)
        page.get_by_role("link", name=OTHER).click()
        expect(page.locator("h1")).to_have_text(OTHER)
        check_page(page)
        page.goto(node.address + "/state")
        expect(page.locator("svg.map title")).to_have_text("1 of 1 peer is connected")
        check_page(page)
        page.goto(node.address + "/coops")
        page.get_by_role("link", name=OTHER).click()
        page.locator("summary", has_text="Connection").click()
        page.get_by_role("button", name="Block it").click()
        expect(page.locator("#coop")).to_contain_text("blocked")
        page.locator("summary", has_text="Connection").click()
        page.get_by_role("button", name="Talk to it again").click()
        expect(page.locator("#coop .dot.connected")).to_have_count(1)
