"""People in a real browser: invited by a link, in with a role, and out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import (
    DESKTOP,
    PHONE,
    SIZES,
    RunningNode,
    browsing,
    check_page,
    log_in,
)

PASSWORD = "four calm words here"


@pytest.fixture(scope="module", autouse=True)
def _circle(node: RunningNode) -> None:
    node.verb("circle", "create", "Hill")


def come_in(page: Page, link: str, name: str) -> None:
    """Use a link as the person whom it is meant for."""
    page.goto(link)
    check_page(page)
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.locator("main form button").click()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_a_person_is_invited_comes_in_and_is_shut_out(
    node: RunningNode, browser: Browser, size: str, language: str
) -> None:
    name = f"Amina {size} {language}"
    with (
        browsing(browser, SIZES[size], language) as owner,
        browsing(browser, SIZES[size], language) as guest,
    ):
        log_in(owner, node, "/people")
        check_page(owner)
        owner.check("input[name=role][value=member]")
        owner.locator(".inviting button").first.click()
        link = owner.locator("#person-link").input_value()
        expect(owner.locator(".qr img")).to_be_visible()
        check_page(owner)
        come_in(guest, link, name)
        guest.wait_for_url(node.address + "/")
        expect(guest.locator("a.write")).to_have_count(0)
        guest.goto(node.address + "/people")
        expect(guest.locator(".person h2", has_text=name)).to_be_visible()
        expect(guest.locator(".inviting")).to_have_count(0)
        check_page(guest)
        owner.goto(node.address + "/people")
        owner.get_by_role("link", name=name).click()
        check_page(owner)
        owner.check("input[name=role][value=trader]")
        owner.locator("form[action$='/role'] button").click()
        guest.goto(node.address + "/people")
        expect(guest.locator("a.write")).to_have_count(1)
        owner.locator("form[action$='/out'] button").click()
        expect(owner.locator(".mark.bad")).to_have_count(1)
        guest.goto(node.address + "/people")
        expect(guest.locator("input[name=password]")).to_be_visible()
        owner.goto(node.address + "/people/audit")
        expect(owner.locator(".deeds li").first).to_contain_text(name)
        check_page(owner)


def test_a_link_is_made_and_a_person_removed_by_keyboard_alone(
    node: RunningNode, browser: Browser
) -> None:
    with browsing(browser, DESKTOP) as owner, browsing(browser, DESKTOP) as guest:
        log_in(owner, node, "/people")
        owner.locator(".inviting button").first.focus()
        owner.keyboard.press("Enter")
        come_in(guest, owner.locator("#person-link").input_value(), "Juma")
        guest.wait_for_url(node.address + "/")
        owner.goto(node.address + "/people")
        owner.get_by_role("link", name="Juma").focus()
        owner.keyboard.press("Enter")
        owner.locator("a[href$='/remove']").focus()
        owner.keyboard.press("Enter")
        expect(owner.get_by_role("heading", name="Remove Juma?")).to_be_visible()
        check_page(owner)
        owner.locator("button.danger").focus()
        owner.keyboard.press("Enter")
        owner.wait_for_url(node.address + "/people")
        expect(owner.locator(".person h2", has_text="Juma")).to_have_count(0)


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "ar")])
def test_the_co_op_shows_itself_with_a_picture(
    node: RunningNode, browser: Browser, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    picture = Path(__file__).parents[2] / "scripts" / "demo_pictures" / "coop-coffee.webp"
    with browsing(browser, size, language, expected=("status of 422",)) as page:
        log_in(page, node, "/profile")
        check_page(page)
        page.fill("input[name=website]", "no address")
        page.fill("input[name=person]", "Wanjiru")
        page.locator("main form > button").click()
        expect(page.locator("#website-problem")).to_be_visible()
        check_page(page)
        assert page.input_value("input[name=person]") == "Wanjiru"
        page.fill("input[name=website]", "https://mlima.example")
        page.set_input_files("input[name=picture]", picture)
        page.locator("main form > button").click()
        page.wait_for_url("**/coops/**")
        expect(page.locator("main img").first).to_be_visible()
        expect(page.locator("main")).to_contain_text("Wanjiru")
        check_page(page)
