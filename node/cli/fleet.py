"""Fleet: many nodes at once, as an operator lists them for the peer-admin scripts.

A TOML file names each node, its address and where its token is kept; the same question goes to all
of them side by side, and one that does not answer is an answer too.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from node.cli.client import Client, Refused

T = TypeVar("T")


class NodeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[node]]` of the file: a token itself, or (better) the file that holds it."""

    name: str
    url: str
    token: str = ""
    token_file: str = ""


class FleetError(Exception):
    """The file of nodes cannot be used; its sentence says why."""


def read(path: Path) -> list[NodeEntry]:
    """The nodes in a file; FleetError when it is missing, broken, empty or too long."""
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = msgspec.convert(parsed.get("node", []), list[NodeEntry])
    except OSError as fault:
        raise FleetError(f"{path} cannot be read: {fault.strerror}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as fault:
        raise FleetError(f"{path} is not a list of nodes: {fault}") from fault
    if not 0 < len(entries) <= NODES_MAX:
        raise FleetError(f"{path} lists {len(entries)} nodes; 1 to {NODES_MAX} are allowed")
    return [_with_token(path.parent, entry) for entry in entries]


async def ask_all(
    entries: Sequence[NodeEntry], question: Callable[[Client], Awaitable[T]]
) -> list[tuple[NodeEntry, T | Refused]]:
    """Put a question to every node, a few at a time; (node, answer or refusal) in their order."""
    slots = asyncio.Semaphore(AT_ONCE_MAX)

    async def ask(entry: NodeEntry) -> tuple[NodeEntry, T | Refused]:
        async with slots:
            try:
                async with asyncio.timeout(ANSWER_S_MAX), Client(entry.url, entry.token) as client:
                    return entry, await question(client)
            except Refused as refused:
                return entry, refused
            except TimeoutError:
                return entry, Refused("no-answer", f"no answer within {ANSWER_S_MAX} seconds")

    return list(await asyncio.gather(*(ask(entry) for entry in entries)))


def _with_token(folder: Path, entry: NodeEntry) -> NodeEntry:
    if entry.token or not entry.token_file:
        return entry
    path = folder / entry.token_file
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise FleetError(f"the token of {entry.name} cannot be read from {path}") from fault
    return msgspec.structs.replace(entry, token=token)


NODES_MAX: Final = 1000
AT_ONCE_MAX: Final = 16
ANSWER_S_MAX: Final = 30
