"""Notes in a real browser, between two real nodes: asked, announced, answered, read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import (
    DESKTOP,
    SIZES,
    RunningNode,
    browsing,
    check_page,
    join,
    log_in,
    running_node,
)

OFFER = {"title": {"en": "Baskets of reed"}, "unit": "C62", "where": {"country": "KE"}}


@pytest.fixture(scope="module")
def weavers(
    node: RunningNode, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningNode, str]]:
    """Another node in a circle with the first, and its offer, as the first one has it."""
    folder = tmp_path_factory.mktemp("weavers")
    with running_node(folder, "Reed Weavers", "UG") as other:
        circle = other.verb("circle", "create", "Lake")["circle"]
        join(other, circle, node)
        offer = other.offer(circle, OFFER)
        while not node.verb("offer", "list", "--search", "reed")["offers"]:
            pass
        yield other, offer


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_a_question_is_asked_and_answered(
    node: RunningNode,
    weavers: tuple[RunningNode, str],
    browser: Browser,
    size: str,
    language: str,
) -> None:
    other, offer = weavers
    question = f"Which sizes? ({size}, {language})"
    with (
        browsing(browser, SIZES[size], language) as asker,
        browsing(browser, SIZES[size], language) as answerer,
    ):
        log_in(answerer, other, "/notes")
        log_in(asker, node, f"/notes/new?offer={offer}")
        check_page(asker)
        asker.fill("#text", question)
        asker.locator("main form button").click()
        expect(asker.locator(".talk .ours")).to_contain_text(question)
        check_page(asker)
        # the other node's open page shows it by itself
        expect(answerer.locator("#unread")).to_be_visible()
        thread = answerer.locator(".threads a", has_text=question)
        expect(thread).to_be_visible()
        check_page(answerer)
        thread.click()
        expect(answerer.locator(".talk .theirs")).to_contain_text(question)
        answerer.fill("#text", "Up to the knee.")
        answerer.locator("main form button").click()
        expect(answerer.locator(".talk .ours")).to_contain_text("Up to the knee.")
        check_page(answerer)
        expect(answerer.locator("#unread")).to_be_hidden()
        expect(asker.locator(".talk .theirs")).to_contain_text("Up to the knee.")


def test_by_keyboard_alone(
    node: RunningNode, weavers: tuple[RunningNode, str], browser: Browser
) -> None:
    _, offer = weavers
    with browsing(browser, DESKTOP) as page:
        log_in(page, node, f"/notes/new?offer={offer}")
        page.locator("#text").focus()
        page.keyboard.type("Do you send them by boat?")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".talk .ours")).to_contain_text("by boat")


def test_without_script_it_works_too(
    node: RunningNode, weavers: tuple[RunningNode, str], browser: Browser
) -> None:
    _, offer = weavers
    with browsing(browser, DESKTOP, java_script_enabled=False) as page:
        log_in(page, node, f"/notes/new?offer={offer}")
        page.fill("#text", "Plainly asked.")
        page.locator("main form button").click()
        expect(page.locator(".talk .ours")).to_contain_text("Plainly asked.")
