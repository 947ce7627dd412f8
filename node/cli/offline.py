"""Offline: what is done to a data folder itself while no node runs on it, under its lock.

The only module of the command line that opens the store. It never works on a folder that another
process has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node import home as homes
from node import keyring, lock
from node.cli.words import mark as _
from node.cli.words import told
from node.clock import SystemClock
from node.keyring import Keyring, KeyringError
from node.passwords import hash_password
from node.private_files import make_private_folder
from node.settings import Settings
from node.store import accounts
from node.store.database import Database, NewerSchema, OtherNetwork
from protocol.errors import Refusal
from protocol.keys import Network


@contextmanager
def opened(home: Path) -> Iterator[Keyring]:
    """Hold the lock on a data folder; its keys. Refuses `no-home` where no node lives."""
    if not (home / keyring.KEYS_FILE_NAME).exists():
        raise Refusal("no-home", str(home))
    with lock.take(home), data_told(home):
        yield keyring.load(home)


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the lock on a data folder, made when it is new."""
    looseness = make_private_folder(home)
    if looseness is not None:
        raise KeyringError(looseness)
    with lock.take(home), data_told(home):
        yield


@contextmanager
def data_told(home: Path) -> Iterator[None]:
    """Say in words that the data is ahead of this program, or of another network."""
    try:
        yield
    except OtherNetwork as other:
        text = _("the data in {home} belongs to the network {name}; set network back to that one")
        name = repr(other.name) if other.name else "?"
        raise told(text, "other-network", home=str(home), name=name) from None
    except NewerSchema:
        text = _("the data in {home} was written by a newer coop-node; start that version")
        raise told(text, "newer-data", home=str(home)) from None


def make_owner(settings: Settings, password: str) -> None:
    """Put the first account into a fresh folder."""
    kept = hash_password(password)
    with opened(settings.home), _database(settings) as database:
        now_ms = SystemClock().now_ms()
        made = accounts.create_user(database, accounts.OWNER, accounts.OWNER, kept, now_ms)
    if made is None:
        raise Refusal("already-there", accounts.OWNER)


def rebuild(settings: Settings) -> dict[str, str]:
    """Drop and refold all rows; the digests before and after, in hexadecimal."""
    with opened(settings.home), _database(settings) as database:
        before, after = homes.rebuild(database, SystemClock().now_ms())
    return {"before": before.hex(), "after": after.hex()}


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.home / homes.DATABASE_NAME, Network(settings.network))
    try:
        yield database
    finally:
        database.close()
