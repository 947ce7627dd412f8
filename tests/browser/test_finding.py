"""Finding in a real browser: filters as chips, one offer by itself, our own, at both sizes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import DESKTOP, PHONE, SIZES, RunningNode, browsing, check_page, log_in

FIRST_PAGE_BYTES_MAX = 150_000
FULL = {
    "title": {"en": "Green coffee", "es": "Café verde"},
    "text": {"en": "Hand picked.\nDried on beds.", "es": "Cosechado a mano."},
    "item": {"hs": "090111", "category": ["coffee"]},
    "prices": [
        {"minor": 450000, "currency": "USD", "exponent": 2},
        {"minor": 420000, "currency": "USD", "exponent": 2, "from_quantity": "10"},
    ],
    "unit": "TNE",
    "quantity": "12",
    "pack": {"holds": {"amount": "60", "unit": "KGM"}, "name": {"en": "saca"}},
    "terms": {"incoterm": "FOB", "place": "Mombasa", "payments": ["bank-transfer"]},
    "fair": [{"scheme": "fair", "answers": {"support": {"yes": True, "checked": ["longterm"]}}}],
    "links": [{"kind": "page", "url": "https://example.org/nyeri"}],
    "where": {"country": "KE", "place": "Nyeri"},
}
RIDE = {"title": {"en": "A ride to Nairobi"}, "mode": "service", "where": {"country": "KE"}}
TILES = {"title": {"en": "Roof tiles"}, "condition": "good", "where": {"country": "CL"}}


@pytest.fixture(scope="module")
def market(node: RunningNode) -> tuple[RunningNode, str]:
    circle = node.verb("circle", "create", "Hill")["circle"]
    offer = node.offer(circle, FULL)
    for one in (RIDE, TILES):
        node.offer(circle, one)
    rows = "\n".join(f"Seedlings of row {number}" for number in range(50))
    file = node.home.parent / "many.csv"
    file.write_text(f"title\n{rows}\n", encoding="utf-8")
    node.verb("offer", "import", str(file), "--circle", circle, "--country", "TZ")
    return node, offer


def filters(page: Page) -> None:
    """Open them where they are folded."""
    summary = page.locator("details.filters > summary")
    if summary.is_visible():
        summary.click()


@pytest.mark.parametrize("size", SIZES)
def test_filters_narrow_stand_in_the_address_and_are_left_out_again(
    market: tuple[RunningNode, str], browser: Browser, size: str
) -> None:
    node, _ = market
    with browsing(browser, SIZES[size]) as page:
        log_in(page, node)
        filters(page)
        page.select_option("select[name=country]", "KE")
        expect(page.locator("[data-offer]")).to_have_count(2)
        page.select_option("select[name=mode]", "sell")
        expect(page.locator("[data-offer]")).to_have_count(1)
        assert page.url == f"{node.address}/?mode=sell&country=KE"
        check_page(page)
        page.reload()
        expect(page.locator("[data-offer]")).to_have_count(1)
        page.locator(".chip", has_text="for sale").click()
        expect(page.locator("[data-offer]")).to_have_count(2)
        filters(page)
        expect(page.locator("select[name=country]")).to_have_value("KE")
        expect(page.locator("select[name=mode]")).to_have_value("")
        page.go_back()
        expect(page.locator("[data-offer]")).to_have_count(1)


def test_a_word_leads_to_its_kind_of_goods(
    market: tuple[RunningNode, str], browser: Browser
) -> None:
    node, offer = market
    with browsing(browser) as page:
        log_in(page, node)
        page.locator("#search").press_sequentially("decaffeinated")
        expect(page.locator("[data-offer]")).to_have_count(0)
        page.locator(".hints a").first.click()
        expect(page.locator(f"[data-offer='{offer}']")).to_have_count(1)


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "ar")])
def test_an_offer_says_all_of_itself(
    market: tuple[RunningNode, str], browser: Browser, size: tuple[int, int], language: str
) -> None:
    node, offer = market
    with browsing(browser, size, language) as page:
        log_in(page, node, f"/offers/{offer}")
        check_page(page)
        shown = page.inner_text("main")
        for part in ("Green coffee", "Hand picked.\nDried on beds.", "Nyeri", "FOB", "Mombasa"):
            assert part in shown, part
        expect(page.locator(".tiers tbody tr")).to_have_count(2)
        expect(page.locator(".other-language")).to_have_count(1)
        page.locator(".other-language summary").click()
        expect(page.locator(".other-language")).to_contain_text("Cosechado a mano.")
        link = page.locator("a[href='https://example.org/nyeri']")
        assert "noreferrer" in (link.get_attribute("rel") or "")
        expect(page.locator(".journey li.good")).to_have_count(1)
        check_page(page)


def test_ours_are_offered_again_by_keyboard_alone(
    market: tuple[RunningNode, str], browser: Browser
) -> None:
    node, _ = market
    over = node.offer(
        str(node.verb("circle", "list")["circles"][0]["id"]), {"title": {"en": "Old nets"}}
    )
    node.verb("offer", "withdraw", over)
    with browsing(browser) as page:
        log_in(page, node, "/mine")
        row = page.locator(".own", has_text="Old nets")
        expect(row).to_contain_text("taken back")
        check_page(page)
        again = row.get_by_role("link", name="Offer again")
        again.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/renew")
        check_page(page)
        page.get_by_role("radio").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/offers/{over}")
        expect(page.locator("h1")).to_have_text("Old nets")
        page.goto(node.address + "/mine")
        expect(page.locator(".own", has_text="Old nets")).to_contain_text("stands")


def test_the_first_page_is_light(market: tuple[RunningNode, str], browser: Browser) -> None:
    node, _ = market
    with browsing(browser) as page:
        log_in(page, node, "/coops")
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.send("Network.setBypassServiceWorker", {"bypass": True})
        sizes: list[int] = []
        wire.on("Network.loadingFinished", lambda one: sizes.append(int(one["encodedDataLength"])))
        page.goto(node.address + "/")
        expect(page.locator("[data-offer]")).to_have_count(48)
        page.wait_for_load_state("load")
        assert sum(sizes) > 0
        assert sum(sizes) < FIRST_PAGE_BYTES_MAX
