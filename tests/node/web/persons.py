"""People of a served node, let in by links as persons are."""

from __future__ import annotations

import re

from tests.node.served import Answer, Login, Served

PASSWORD = "a long enough sentence"


async def link_for(one: Served, role: str) -> str:
    """A one-time link's path, made by the machine's owner."""
    made = await one.owner("POST", "/users/invitations", json={"role": role})
    assert made.status == 201, made.json
    return str(made.json["link"]).removeprefix(one.url)


async def use(one: Served, path: str, name: str, **form: str) -> Answer:
    """Send the form of a link."""
    fields = {"name": name, "password": PASSWORD, "again": PASSWORD, **form}
    return await one.tcp.raw("POST", path, data=fields)


async def entered(one: Served, answer: Answer) -> Login:
    """The session that an answer starts."""
    set_cookie = answer.headers["Set-Cookie"]
    name, _, value = set_cookie.partition(";")[0].partition("=")
    page = await one.tcp.raw("GET", "/people", cookies={name: value})
    csrf = re.search(r'name="csrf" content="([0-9a-f]{64})"', page.body.decode())
    assert csrf is not None
    return Login({name: value}, csrf[1], set_cookie)


async def person(one: Served, name: str, role: str) -> Login:
    """Somebody with a role, logged in."""
    answer = await use(one, await link_for(one, role), name)
    assert answer.status == 303, answer.body
    return await entered(one, answer)
