"""A page that was seen can be read when the node is away, until one logs out."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.browsing import PHONE, browsing, check_page, log_in, running_node

OFFER = {"title": {"en": "Green coffee"}, "unit": "KGM"}
GONE = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "net::ERR", "htmx:")


def test_what_was_seen_can_be_read_without_the_node(browser: Browser, tmp_path: Path) -> None:
    with running_node(tmp_path, "Mlima", "KE") as node:
        node.offer(node.verb("circle", "create", "Hill")["circle"], OFFER)
        with browsing(browser, PHONE, expected=GONE) as page:
            log_in(page, node)
            page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
            page.goto(node.address + "/")
            expect(page.locator("[data-offer]")).to_have_count(1)
            node.process.terminate()
            node.process.wait()
            page.goto(node.address + "/")
            expect(page.locator("[data-offer]")).to_contain_text("Green coffee")
            expect(page.locator("#connection")).to_be_visible()
            page.goto(node.address + "/state")
            expect(page.locator("h1")).to_have_text("The node cannot be reached")
            check_page(page)
