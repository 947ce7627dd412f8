"""A co-op in the making: nothing, confirmed, made; whatever moment it is killed at."""

from pathlib import Path

import pytest
from mnemonic import Mnemonic

from node import access, firstrun, home, keyring
from node.passwords import hash_password
from node.store import accounts
from node.store.database import Database
from protocol.profile import Profile
from tests.coops import NETWORK, NOW_MS

FIELDS = Profile(name="Kahawa", country="KE")
RECOVERY = bytes(range(32))
OWNER = firstrun.Owner(
    "amina", hash_password("sea and soil 12"), b"s" * 32, b"c" * 32, NOW_MS, 1000
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


def kept(folder: Path) -> None:
    firstrun.keep(folder, NETWORK, FIELDS, RECOVERY, keyring.entropy)


def test_it_goes_from_nothing_over_confirmed_to_made(folder: Path) -> None:
    assert firstrun.standing(folder, NETWORK) == "nothing"
    kept(folder)
    assert firstrun.standing(folder, NETWORK) == "confirmed"
    assert firstrun.name_of(folder, NETWORK) == "Kahawa"
    assert not (folder / keyring.KEYS_FILE_NAME).exists()
    firstrun.finish(folder, NETWORK, OWNER)
    assert firstrun.standing(folder, NETWORK) == "made"
    assert sorted(path.name for path in folder.iterdir()) == ["keys.json", "node.sqlite3"]


def test_the_owner_is_logged_in_and_the_co_op_is_the_one_of_the_words(folder: Path) -> None:
    kept(folder)
    firstrun.finish(folder, NETWORK, OWNER)
    database = Database(folder / home.DATABASE_NAME, NETWORK)
    hashed = access.hash_token(OWNER.session_secret)
    session = accounts.find_session(database.connection, hashed, NOW_MS)
    assert session is not None
    assert (session.name, session.role) == ("amina", "owner")
    assert home.kept_profile(database) == FIELDS
    database.close()
    words = home.recovery_words(RECOVERY)
    assert bytes(Mnemonic("english").to_entropy(list(words))) == RECOVERY


def test_what_was_not_whole_yet_begins_again(folder: Path) -> None:
    kept(folder)
    aside = folder / firstrun.FOLDER_NAME
    (aside / keyring.KEYS_FILE_NAME).unlink()
    assert firstrun.standing(folder, NETWORK) == "nothing"
    kept(folder)
    assert firstrun.standing(folder, NETWORK) == "confirmed"


def test_a_move_that_was_cut_short_is_finished(folder: Path, tmp_path: Path) -> None:
    kept(folder)
    coop = keyring.load(folder / firstrun.FOLDER_NAME).coop
    firstrun.finish(folder, NETWORK, OWNER)
    aside = folder / firstrun.FOLDER_NAME
    aside.mkdir(mode=0o700)
    (folder / keyring.KEYS_FILE_NAME).rename(aside / keyring.KEYS_FILE_NAME)
    assert firstrun.standing(folder, NETWORK) == "made"
    assert keyring.load(folder).coop == coop
    (folder / home.DATABASE_NAME).rename(tmp_path / "database")
    aside.mkdir(mode=0o700)
    (folder / keyring.KEYS_FILE_NAME).rename(aside / keyring.KEYS_FILE_NAME)
    (tmp_path / "database").rename(aside / home.DATABASE_NAME)
    assert firstrun.standing(folder, NETWORK) == "made"
    assert keyring.load(folder).coop == coop


def test_a_database_without_its_keys_is_nobodys_to_make_anew(folder: Path) -> None:
    home.make(folder, NETWORK, FIELDS, keyring.entropy)
    (folder / keyring.KEYS_FILE_NAME).unlink()
    assert firstrun.standing(folder, NETWORK) == "made"
