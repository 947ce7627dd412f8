"""Story 1 in a real browser: from the link of the terminal to a circle with another node."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import (
    COMMAND,
    DESKTOP,
    PHONE,
    SIZES,
    RunningNode,
    browsing,
    check_page,
    verb,
)

PASSWORD = "sea and soil 12"
CAUSED = ("status of 422", "status of 410")
TABS_MAX = 80
SCANNER = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return [{ rawValue: "coopinvite:read-from-the-picture" }]; }
};
"""


@contextmanager
def first_run(home: Path) -> Iterator[tuple[str, str]]:
    """A node in a folder that has none: (the link of the terminal, where it answers)."""
    command = [*COMMAND, "--home", str(home), "run", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().split()[-1]
        address = process.stdout.readline().removeprefix("ready ").strip()
        try:
            yield link, address
        finally:
            process.terminate()


def tell_coop(page: Page) -> list[str]:
    """Fill in the first page; the words of the second."""
    page.fill("input[name=name]", "Fischer am Wind eG")
    page.select_option("select[name=country]", "DE")
    page.check("input[value=fishing]")
    page.check("input[value=producer]")
    page.locator("form[action$='/start/coop'] button").click()
    expect(page.locator(".recovery .word")).to_have_count(24)
    return page.locator(".recovery .word").all_inner_texts()


def answer(page: Page, words: list[str]) -> None:
    """Type the words that are asked back."""
    page.locator("a[href$='/start/check']").click()
    for field in page.locator("input[name^=word]").all():
        place = int((field.get_attribute("name") or "").removeprefix("word"))
        field.fill(words[place - 1])
    page.locator("form[action$='/start/check'] button").click()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_a_link_becomes_a_node_with_a_circle(
    browser: Browser, tmp_path: Path, size: str, language: str
) -> None:
    with (
        first_run(tmp_path / "home") as (link, address),
        browsing(browser, SIZES[size], language, expected=CAUSED) as page,
    ):
        page.goto(link)
        check_page(page)
        page.locator("form[action$='/start/coop'] button").click()
        expect(page.locator("#name-problem")).to_be_visible()
        words = tell_coop(page)
        check_page(page)
        answer(page, ["wrong"] * 24)
        expect(page.get_by_role("alert")).to_contain_text("bad-words")
        assert page.locator(".recovery .word").all_inner_texts() == words
        answer(page, words)
        page.fill("input[name=name]", "Amina")
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=again]", PASSWORD + "!")
        check_page(page)
        page.locator("form[action$='/start/owner'] button").click()
        expect(page.locator("#again-problem")).to_be_visible()
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=again]", PASSWORD)
        page.locator("form[action$='/start/owner'] button").click()
        page.wait_for_url(f"{address}/circles/first")
        check_page(page)
        page.fill("form[action$='/circles/new'] input[name=name]", "Sea and soil")
        page.locator("form[action$='/circles/new'] button").click()
        expect(page.locator("h1")).to_contain_text("Sea and soil")
        expect(page.locator(".members")).to_contain_text("Fischer am Wind eG")
        page.goto(link)
        expect(page.locator("main")).to_contain_text("link-used")
        status = verb(tmp_path / "home", "status")
        assert (status["name"], len(status["circles"])) == ("Fischer am Wind eG", 1)


def test_the_sheet_that_is_printed_has_the_words_and_nothing_else(
    browser: Browser, tmp_path: Path
) -> None:
    with first_run(tmp_path / "home") as (link, _), browsing(browser, DESKTOP) as page:
        page.goto(link)
        words = tell_coop(page)
        expect(page.locator("[data-print]")).to_be_visible()
        page.emulate_media(media="print")
        shown = page.inner_text("body")
        assert [word for word in words if word not in shown] == []
        expect(page.locator("h1")).to_be_hidden()
        expect(page.locator("a[href$='/start/check']")).to_be_hidden()
        assert "Fischer am Wind eG" in shown


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is where the selector says."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return
    raise AssertionError(f"no way to {selector}")


def test_by_keyboard_alone(browser: Browser, tmp_path: Path, node: RunningNode) -> None:
    circle = node.verb("circle", "create", "Hill")["circle"]
    invite = node.verb("invite", "create", "--circle", circle)["link"]
    with (
        first_run(tmp_path / "home") as (link, address),
        browsing(browser, PHONE) as page,
    ):
        page.goto(link)
        page.keyboard.type("Mlima")
        tab_to(page, "select[name=country]")
        page.keyboard.type("Kenya")
        tab_to(page, "form[action$='/start/coop'] button")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/start/words")
        words = page.locator(".recovery .word").all_inner_texts()
        tab_to(page, "a[href$='/start/check']")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/start/check")
        for field in page.locator("input[name^=word]").all():
            name = field.get_attribute("name") or ""
            if not page.evaluate("one => document.activeElement.name === one", name):
                tab_to(page, f"input[name={name}]")
            page.keyboard.type(words[int(name.removeprefix("word")) - 1])
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/start/owner")
        page.keyboard.type("Amina")
        for name in ("password", "again"):
            tab_to(page, f"input[name={name}]")
            page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/circles/first")
        tab_to(page, "textarea[name=link]")
        page.keyboard.insert_text(invite)
        tab_to(page, "form[action$='/join'] button")
        page.keyboard.press("Enter")
        expect(page.locator(".notice.good")).to_be_visible()
        check_page(page)
        tab_to(page, "#progress a")
        page.keyboard.press("Enter")
        expect(page.locator(".members")).to_contain_text("Mlima")


def test_where_the_browser_reads_codes_a_picture_fills_the_field(
    browser: Browser, node: RunningNode, tmp_path: Path
) -> None:
    picture = tmp_path / "code.png"
    Image.new("L", (9, 9)).save(picture)
    with browsing(browser, PHONE) as page:
        page.add_init_script(SCANNER)
        page.goto(f"{node.address}/login?next=/join")
        page.fill("input[name=name]", "owner")
        page.fill("input[name=password]", node.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{node.address}/join")
        expect(page.locator("[data-scanner]")).to_be_visible()
        check_page(page)
        page.set_input_files("[data-scan-picture]", str(picture))
        expect(page.locator("textarea[name=link]")).to_have_value(
            "coopinvite:read-from-the-picture"
        )
