"""Looking at pages over a real connection, as whoever is logged in."""

from __future__ import annotations

from collections.abc import Mapping

from tests.node.served import Answer, Login, Served


def text(answer: Answer) -> str:
    """A page as it is written."""
    return answer.body.decode()


async def look(one: Served, login: Login, path: str = "/", **asked: object) -> Answer:
    """Ask for a page."""
    return await one.tcp.raw("GET", path, cookies=login.cookies, **asked)


async def send(one: Served, login: Login, path: str, form: Mapping[str, str]) -> Answer:
    """Send a form of a page."""
    fields = {"csrf": login.csrf, **form}
    return await one.tcp.raw("POST", path, data=fields, cookies=login.cookies)
