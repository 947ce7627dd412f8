"""Circles between two real nodes in a real browser: invite, join, see each other, part."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import (
    SIZES,
    RunningNode,
    browsing,
    check_page,
    log_in,
    running_node,
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(tmp_path_factory.mktemp("other"), "Fischer am Wind", "DE") as one:
        yield one


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_an_invite_leads_another_co_op_in_and_the_open_page_shows_it(
    node: RunningNode, other: RunningNode, browser: Browser, size: str, language: str
) -> None:
    name = f"Sea and soil {size} {language}"
    with (
        browsing(browser, SIZES[size], language) as ours,
        browsing(browser, SIZES[size], language, expected=("status of 422",)) as theirs,
    ):
        log_in(ours, node, "/circles/new")
        ours.fill("main input[name=name]", name)
        check_page(ours)
        ours.locator("form[action$='/circles/new'] button").click()
        expect(ours.locator("h1")).to_contain_text(name)
        circle = ours.url
        check_page(ours)
        ours.locator("form[action$='/invites'] button").click()
        expect(ours.locator(".qr img")).to_be_visible()
        ours.wait_for_function("() => document.querySelector('.qr img').naturalWidth > 0")
        expect(ours.locator("[data-copy]")).to_be_visible()
        check_page(ours)
        invite = ours.input_value("#invite-link")
        ours.goto(circle)

        log_in(theirs, other, "/join")
        theirs.fill("textarea[name=link]", invite[:-4])
        theirs.locator("form[action$='/join'] button:not([type])").click()
        expect(theirs.locator("#link-problem")).to_contain_text("invite-malformed")
        assert theirs.input_value("textarea[name=link]") == invite[:-4]
        check_page(theirs)
        theirs.fill("textarea[name=link]", invite)
        theirs.locator("form[action$='/join'] button:not([type])").click()
        expect(theirs.locator(".notice.good")).to_be_visible()
        check_page(theirs)

        expect(ours.locator(".members")).to_contain_text("Fischer am Wind")
        expect(ours.locator(".members .dot.connected")).to_have_count(1)
        ours.locator(".members a[href*='/remove']").last.click()
        check_page(ours)
        ours.locator("button.danger").click()
        expect(ours.locator(".members .gone")).to_contain_text("Fischer am Wind")
        check_page(ours)
        ours.goto(node.address + "/circles")
        expect(ours.locator("#circles")).to_contain_text(name)
        check_page(ours)
