"""A catalogue in a real browser: handed in, looked at, imported, mended until none is left."""

from __future__ import annotations

import re
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

GOODS = "sku,title,country,currency,price\n{rows}"
ROWS = [
    "{name}-1,Tea from Kericho,KE,KES,450",
    "{name}-2,Tea in bags,KE,KES,many",
    "{name}-3,Honey <b>of</b> the hills,KE,KES,900",
    "{name}-4,Cups,Kenya,KES,120",
]


@pytest.fixture(scope="module")
def hills(node: RunningNode) -> RunningNode:
    node.verb("circle", "create", "Hills")
    return node


def written(folder: Path, name: str) -> Path:
    """A file with two good rows and two bad ones."""
    file = folder / f"{name}.csv"
    file.write_text(GOODS.format(rows="\n".join(ROWS).replace("{name}", name)), encoding="utf-8")
    return file


def numbers(page: Page) -> list[str]:
    return [one.strip() for one in page.locator(".numbers strong").all_inner_texts()]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_goes_in_and_its_bad_rows_are_mended(
    hills: RunningNode, browser: Browser, tmp_path: Path, size: str, language: str
) -> None:
    file = written(tmp_path, f"{size}-{language}")
    with browsing(browser, SIZES[size], language) as page:
        log_in(page, hills, "/catalogue")
        check_page(page)
        page.set_input_files("#file", file)
        page.locator("#upload button").click()
        expect(page.locator("#choices")).to_be_visible()
        assert "Tea from Kericho" in page.inner_text(".cards")
        assert "Honey <b>of</b> the hills" in page.inner_text(".cards")
        check_page(page)
        page.locator("#choices button").first.click()
        expect(page.locator(".bad-row")).to_have_count(2)
        check_page(page)
        page.locator('.bad-row input[aria-invalid="true"]').first.fill("80")
        page.locator("#rows button").first.click()
        expect(page.locator(".bad-row")).to_have_count(1)
        page.locator('.bad-row input[aria-invalid="true"]').first.fill("KE")
        page.locator("#rows button").first.click()
        expect(page.locator(".notice.good")).to_be_visible()
        expect(page.locator(".numbers strong").first).to_have_text(re.compile("[4٤]"))
        check_page(page)


def test_by_keyboard_alone(hills: RunningNode, browser: Browser, tmp_path: Path) -> None:
    with browsing(browser, DESKTOP) as page:
        log_in(page, hills, "/catalogue")
        page.set_input_files("#file", written(tmp_path, "keys"))
        page.locator("#upload button").focus()
        page.keyboard.press("Enter")
        page.locator("#choices button").first.focus()
        page.keyboard.press("Enter")
        page.locator('.bad-row input[aria-invalid="true"]').first.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("80")
        page.keyboard.press("Enter")
        expect(page.locator(".bad-row")).to_have_count(1)


def test_a_file_is_dropped_and_one_too_large_is_not_sent(
    hills: RunningNode, browser: Browser
) -> None:
    with browsing(browser, PHONE) as page:
        log_in(page, hills, "/catalogue")
        page.eval_on_selector("#upload", "form => { form.dataset.most = '5'; }")
        drop(page)
        expect(page.locator("#file-problem")).to_contain_text("larger than")
        check_page(page)
        page.eval_on_selector("#upload", "form => { form.dataset.most = '5000'; }")
        drop(page)
        expect(page.locator("#choices")).to_be_visible()


def drop(page: Page) -> None:
    """Let a file fall onto the form, as a hand does."""
    page.eval_on_selector(
        "#upload",
        """form => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(["title\\nDropped tea\\n"], "dropped.csv"));
          form.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true}));
        }""",
    )


def test_without_script_it_works_too(hills: RunningNode, browser: Browser, tmp_path: Path) -> None:
    with browsing(browser, DESKTOP, java_script_enabled=False) as page:
        log_in(page, hills, "/catalogue")
        page.set_input_files("#file", written(tmp_path, "plain"))
        page.locator("#upload button").click()
        page.locator("#choices button").first.click()
        expect(page.locator(".bad-row")).to_have_count(2)


def test_a_long_import_shows_how_far_it_is(
    hills: RunningNode, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "long.csv"
    rows = "".join(f"Bean {number},KE\n" for number in range(10_002))
    file.write_text(f"title,country\n{rows}", encoding="utf-8")
    with browsing(browser, DESKTOP) as page:
        log_in(page, hills, "/catalogue")
        page.set_input_files("#file", file)
        page.locator("#upload button").click()
        page.locator("#choices button").first.click(timeout=60_000)
        page.goto(hills.address + "/catalogue")  # it goes on while nobody looks
        page.locator(".jobs a").first.click()
        expect(page.locator(".notice.good")).to_be_visible(timeout=60_000)
        assert numbers(page)[0] == "10,002"
