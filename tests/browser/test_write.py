"""Writing in a real browser: by keyboard alone, on a telephone, with mistakes, twice at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.browsing import (
    DESKTOP,
    PHONE,
    RunningNode,
    browsing,
    check_page,
    log_in,
    running_node,
)
from tests.node.drawn import picture

SHIFT_TAB_MAX = 200


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node in a circle of its own."""
    with running_node(tmp_path_factory.mktemp("writer"), "Mlima Coffee Growers", "KE") as one:
        one.verb("circle", "create", "Hill")
        yield one


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture from a camera, larger than a screen."""
    path = tmp_path_factory.mktemp("pictures") / "sack.jpg"
    path.write_bytes(picture("JPEG", (2600, 1300), comment=b"taken by Amina"))
    return path


def offers(node: RunningNode) -> list[dict[str, object]]:
    found: list[dict[str, object]] = node.verb("offer", "list")["offers"]
    return found


def titled(node: RunningNode, title: str) -> list[dict[str, object]]:
    return [one for one in offers(node) if one["title"] == title]


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on by the keyboard until a field has the focus."""
    for _ in range(SHIFT_TAB_MAX):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, field(page, name))
    page.keyboard.type(text)


def button(page: Page, value: str) -> Locator:
    return page.locator(f'button[name=do][value="{value}"]:not(.visually-hidden)')


def test_an_offer_of_two_languages_a_tier_and_a_picture_by_the_keyboard_alone(
    writer: RunningNode, browser: Browser, photograph: Path
) -> None:
    with browsing(browser, DESKTOP) as page:
        log_in(page, writer, "/write")
        type_into(page, "title.en", "Keyboard coffee")
        type_into(page, "new_language", "Swa")
        tab_to(page, button(page, "speak:"))
        page.keyboard.press("Enter")
        expect(field(page, "title.sw")).to_be_focused()
        page.keyboard.type("Kahawa")
        type_into(page, "unit", "kilogram")
        type_into(page, "prices.0.amount", "1,540.50")
        tab_to(page, button(page, "add:prices"))
        page.keyboard.press("Enter")
        expect(field(page, "prices.1.amount")).to_be_focused()
        page.keyboard.type("1500")
        type_into(page, "prices.1.from_quantity", "600")
        tab_to(page, page.locator("#f-images-file"))
        page.locator("#f-images-file").set_input_files(photograph)  # the system's own window
        expect(page.locator(".picture-item img")).to_have_js_property("naturalWidth", 2048)
        type_into(page, "images.0.alt.en", "A sack")
        check_page(page)
        tab_to(page, page.locator("button.publish"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/published?*")
        expect(page.get_by_role("heading", level=1)).to_have_text("Keyboard coffee")
        check_page(page)
    made = writer.verb("offer", "show", str(titled(writer, "Keyboard coffee")[0]["id"]))["offer"]
    assert made["title"] == {"en": "Keyboard coffee", "sw": "Kahawa"}
    assert [price["minor"] for price in made["prices"]] == [154_050, 150_000]
    assert made["prices"][1]["from_quantity"] == "600"
    assert (made["unit"], made["images"][0]["alt"]) == ("KGM", {"en": "A sack"})


def test_at_a_telephone_in_arabic(writer: RunningNode, browser: Browser, photograph: Path) -> None:
    with browsing(browser, PHONE, "ar") as page:
        log_in(page, writer, "/write")
        field(page, "title.ar").fill("قهوة")
        field(page, "prices.0.amount").fill("١٬٢٣٤٫٥٠")
        page.locator("#f-images-file").set_input_files([photograph, photograph])
        expect(page.locator(".picture-item")).to_have_count(1)
        page.locator("#d-goods summary").click()
        page.locator("#f-search-hs").press_sequentially("coffee not roasted")
        button(page, "goods:090111").click()
        expect(field(page, "item.hs")).to_have_value("090111")
        check_page(page)
        button(page, "preview").click()
        expect(page.locator("#preview h1")).to_have_text("قهوة")
        check_page(page)
        page.locator("button.publish").click()
        page.wait_for_url("**/published?*")
        check_page(page)
    made = writer.verb("offer", "show", str(titled(writer, "قهوة")[0]["id"]))["offer"]
    assert (made["prices"][0]["minor"], made["item"]["hs"]) == (123_450, "090111")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_mistake_is_told_beside_its_field(
    writer: RunningNode, browser: Browser, size: tuple[int, int]
) -> None:
    with browsing(browser, size) as page:
        log_in(page, writer, "/write")
        field(page, "title.en").fill("Cof\u202efee")
        page.locator("#d-delivery > summary").click()
        field(page, "terms.lead_days_min").fill("soon")
        page.locator("button.publish").click()
        expect(page.locator("#f-title-en-problem")).to_contain_text("U+202E")
        expect(page.locator("#f-terms-lead_days_min-problem")).to_contain_text("not a number")
        expect(field(page, "title.en")).to_be_focused()
        expect(field(page, "terms.lead_days_min")).to_have_value("soon")
        check_page(page)
        page.get_by_role("alert").get_by_role("link").last.click()
        expect(field(page, "terms.lead_days_min")).to_be_visible()


def test_what_is_no_picture_is_told_and_the_rest_stays(
    writer: RunningNode, browser: Browser, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no picture")
    with browsing(browser, DESKTOP, expected=("status of 422",)) as page:
        log_in(page, writer, "/write")
        field(page, "title.en").fill("Kept")
        page.locator("#f-images-file").set_input_files(broken)
        expect(page.locator(".progress .field-problem")).to_contain_text("not-a-picture")
        expect(field(page, "title.en")).to_have_value("Kept")


def test_a_draft_outlives_a_closed_tab_a_lost_node_and_an_ended_login(
    writer: RunningNode, browser: Browser
) -> None:
    lost = ("ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
    with browsing(browser, DESKTOP, expected=lost) as page:
        log_in(page, writer, "/write")
        field(page, "title.en").fill("Draft coffee")
        button(page, "add:prices").click()
        field(page, "prices.1.amount").fill("7")
        page.goto(writer.address + "/")  # as closing the tab does, it hides the page
        page.goto(writer.address + "/write")
        expect(page.get_by_role("status").filter(has_text="is back")).to_be_visible()
        expect(field(page, "prices.1.amount")).to_have_value("7")
        check_page(page)
        page.route("**/write", lambda route: route.abort())
        page.locator("button.publish").click()
        expect(page.locator("#trouble")).to_contain_text("cannot be reached")
        expect(field(page, "title.en")).to_have_value("Draft coffee")
        page.unroute("**/write")
        field(page, "title.en").fill("Draft coffee, washed")
        page.context.clear_cookies()
        page.locator("button.publish").click()
        page.fill("input[name=name]", "owner")  # the login, which it waits for
        page.fill("input[name=password]", writer.password)
        page.keyboard.press("Enter")
        expect(field(page, "title.en")).to_have_value("Draft coffee, washed")
        field(page, "prices.0.amount").fill("8")
        page.locator("button.publish").click()
        page.wait_for_url("**/published?*")
        page.goto(writer.address + "/write")
        expect(field(page, "title.en")).to_have_value("")
    assert len(titled(writer, "Draft coffee, washed")) == 1


def test_a_double_click_publishes_once(writer: RunningNode, browser: Browser) -> None:
    with browsing(browser, DESKTOP) as page:
        log_in(page, writer, "/write")
        field(page, "title.en").fill("Clicked twice")
        page.locator("button.publish").dblclick()
        page.wait_for_url("**/published?*")
    assert len(titled(writer, "Clicked twice")) == 1


def test_two_who_change_one_offer_at_once(writer: RunningNode, browser: Browser) -> None:
    with browsing(browser, DESKTOP) as one, browsing(browser, PHONE) as other:
        log_in(one, writer, "/write")
        field(one, "title.en").fill("Shared coffee")
        one.locator("button.publish").click()
        one.wait_for_url("**/published?*")
        path = one.url.removeprefix(writer.address).partition("/published")[0]
        log_in(other, writer, f"{path}/edit")
        one.goto(f"{writer.address}{path}/edit")
        field(one, "title.en").fill("Coffee of one")
        field(other, "title.en").fill("Coffee of the other")
        field(other, "quantity").fill("5")
        one.locator("button.publish").click()
        one.wait_for_url("**/published?*")
        expect(other.get_by_text("published a newer version while you write")).to_be_visible()
        other.locator("button.publish").click()
        expect(other.get_by_text("both of you changed this")).to_be_visible()
        check_page(other)
        other.locator('[name="take.title"][value=theirs]').check()
        button(other, "choose").click()
        expect(field(other, "title.en")).to_have_value("Coffee of one")
        expect(field(other, "quantity")).to_have_value("5")
        other.locator("button.publish").click()
        other.wait_for_url("**/published?*")
    made = writer.verb("offer", "show", path.removeprefix("/offers/"))["offer"]
    assert (made["title"], made["quantity"]) == ({"en": "Coffee of one"}, "5")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_withdrawing_says_first_what_it_does(
    writer: RunningNode, browser: Browser, language: str
) -> None:
    circle = writer.verb("circle", "list")["circles"][0]["id"]
    offer = writer.offer(circle, {"title": {"en": f"To go {language}"}})
    with browsing(browser, PHONE, language) as page:
        log_in(page, writer, f"/offers/{offer}/withdraw")
        expect(page.locator(".effects li")).to_have_count(4)
        check_page(page)
        field(page, "reason.en").fill("Sold")
        page.locator("button.danger").click()
        page.wait_for_url(f"**/offers/{offer}")
        check_page(page)
    assert titled(writer, f"To go {language}") == []
