"""Firstrun: the data folder of a co-op in the making: from confirmed words to an owner.

It is made aside, in a folder of its own, and moved into place whole: a kill at any moment leaves a
node, or something to go on with. The caller holds the process lock. It never keeps the words.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from node import access, home, keyring
from node.private_files import sync_folder
from node.store import accounts
from node.store.database import Database
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.profile import Profile

Standing = Literal["nothing", "confirmed", "made"]


class Owner(NamedTuple):
    """The first account: its name, what is kept of its password, and its first session."""

    name: str
    kept: str
    session_secret: bytes
    csrf: bytes
    now_ms: int
    session_ms: int


def standing(folder: Path, network: Network) -> Standing:
    """How far a data folder is; what was only left to be moved into place is moved."""
    aside = folder / FOLDER_NAME
    if (folder / keyring.KEYS_FILE_NAME).exists():
        shutil.rmtree(aside, ignore_errors=True)
        return "made"
    has_keys = (aside / keyring.KEYS_FILE_NAME).exists()
    if not has_keys or keyring.load(aside).coop is None:  # killed before it was whole
        return "made" if (folder / home.DATABASE_NAME).exists() else "nothing"
    if (aside / home.DATABASE_NAME).exists() and not _has_owner(aside, network):
        return "confirmed"
    _move(folder)
    return "made"


def keep(
    folder: Path,
    network: Network,
    fields: Profile,
    recovery: bytes,
    draw: Callable[[int], bytes],
) -> None:
    """Keep a co-op whose words were confirmed."""
    aside = folder / FOLDER_NAME
    shutil.rmtree(aside, ignore_errors=True)
    home.make(aside, network, fields, draw, recovery)


def name_of(folder: Path, network: Network) -> str:
    """What the co-op that is kept calls itself."""
    with _database(folder / FOLDER_NAME, network) as database:
        fields = home.kept_profile(database)
    return "" if fields is None else fields.name


def finish(folder: Path, network: Network, owner: Owner) -> None:
    """Give the co-op its owner, who is logged in by it, and move it into place."""
    with _database(folder / FOLDER_NAME, network) as database:
        user = accounts.create_user(database, owner.name, accounts.OWNER, owner.kept, owner.now_ms)
        if user is None:
            raise Refusal("already-there", owner.name)
        accounts.start_session(
            database,
            access.hash_token(owner.session_secret),
            user.n,
            owner.csrf,
            owner.now_ms,
            owner.now_ms + owner.session_ms,
        )
    _move(folder)


def _move(folder: Path) -> None:
    """The keys go last: where they lie, there is a node."""
    aside = folder / FOLDER_NAME
    for name in (home.DATABASE_NAME, keyring.KEYS_FILE_NAME):
        if (aside / name).exists():
            (aside / name).rename(folder / name)
            sync_folder(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _has_owner(aside: Path, network: Network) -> bool:
    with _database(aside, network) as database:
        return bool(accounts.list_users(database.connection))


@contextmanager
def _database(folder: Path, network: Network) -> Iterator[Database]:
    database = Database(folder / home.DATABASE_NAME, network)
    try:
        yield database
    finally:
        database.close()


FOLDER_NAME: Final = "first-run"
