import asyncio

from node.web import first_visit
from tests.node.web.firsts import COOP, Browser


async def test_a_form_that_is_too_large_or_none_is_refused(browser: Browser) -> None:
    await browser.open()
    large = {"name": "x" * first_visit.FORM_BYTES_MAX}
    assert (await browser.post("/start/coop", COOP | large)).status == 413
    fields = "&".join(f"a{at}=1" for at in range(first_visit.FORM_FIELDS_MAX + 1))
    assert (await browser.raw("POST", "/start/coop", data=fields)).status == 400
    assert (await browser.raw("POST", "/start/coop", data=b"name=\xff")).status == 400


async def test_whoever_comes_while_the_node_starts_waits_for_it(browser: Browser) -> None:
    await browser.confirm()
    browser.wizard.finished.set()
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(browser.raw("GET", "/circles"))
        browser.wizard.taken_over.set()
    found = await asking
    assert (found.status, found.headers["Location"]) == (303, "/circles")
