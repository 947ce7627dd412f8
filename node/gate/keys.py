"""Keys: where the application and a request keep what was handed to them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from node.access import session_text
from node.app import Node
from node.gate.accounts import Accounts
from node.gate.people import People
from node.gate.repeats import Repeats
from node.jobs import Jobs
from node.settings import Settings

NODE: Final = web.AppKey("node", Node)
ACCOUNTS: Final = web.AppKey("accounts", Accounts)
PEOPLE: Final = web.AppKey("people", People)
REPEATS: Final = web.AppKey("repeats", Repeats)
JOBS: Final = web.AppKey("jobs", Jobs)


def base_path(settings: Settings) -> str:
    """The path below which a proxy shows the node: `/node`, or nothing."""
    return urlsplit(settings.public_url).path.rstrip("/")


def link_of(node: Node, secret: bytes) -> str:
    """The address at which a person uses a one-time link."""
    return f"{node.address}/welcome/{session_text(secret)}"
